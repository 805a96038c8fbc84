"""The door through which feeds push: their own token, told what became of it; and their keepers."""

import json

import pytest

from apps.crm.actions import (
    change_feed,
    create_feed,
    revoke_feed_token,
    rotate_feed_token,
    save_feed_mapping,
)
from apps.crm.models import FeedMessage, Lead, LeadFeed
from apps.crm.rules.feeds import LARGEST_PAYLOAD
from forecourt.kernel.access import system_actor
from tests.crm.feed_samples import autohome, yiche
from tests.factories.crm import next_phone
from tests.factories.organisation import make_staff, make_store

SYSTEM = system_actor()


@pytest.fixture
def made(group):
    make_staff(store=make_store())
    made = create_feed(name="Autohome", code="autohome", source="AUTOHOME", actor=SYSTEM)
    mapping = made.feed.mapping
    del mapping["store"]
    save_feed_mapping(feed_id=made.feed.pk, mapping=mapping, actor=SYSTEM)
    return made


@pytest.fixture
def push(group, caller):
    """``push(token, sample)``: what a platform sends, by its own token."""

    def send(token, sample, code="autohome"):
        content_type, body = sample
        home = caller(group, token=token)
        return home._at_home(
            home.client.post,
            f"/api/v1/feeds/{code}",
            data=body,
            content_type=content_type,
            headers=home.headers,
        )

    return send


def test_a_feed_pushes_with_its_own_token_and_hears_what_became_of_it(made, push):
    phone = next_phone()

    new = push(made.token, autohome(1, phone))
    again = push(made.token, autohome(1, phone))
    stuck = push(made.token, autohome(2, "nonsense"))

    lead = Lead.objects.get()
    assert (new.status_code, again.status_code, stuck.status_code) == (201, 200, 202)
    assert new.json()["lead_id"] == again.json()["lead_id"] == str(lead.pk)
    assert (again.json()["is_redelivery"], stuck.json()["problems"]) == (True, ["phone"])
    assert phone.removeprefix("+86") not in new.content.decode()


def test_no_other_token_opens_the_door(made, push):
    other = create_feed(name="Yiche", code="yiche", source="YICHE", actor=SYSTEM)
    sample = autohome(1, next_phone())
    rotated = rotate_feed_token(feed_id=made.feed.pk, actor=SYSTEM)
    refused = [
        push(made.token, sample),
        push(other.token, sample),
        push("", sample),
        push(rotated.token, sample, code="nothing"),
    ]
    assert push(rotated.token, sample).status_code == 201
    change_feed(feed_id=made.feed.pk, is_active=False, actor=SYSTEM)
    refused.append(push(rotated.token, sample))
    change_feed(feed_id=made.feed.pk, is_active=True, actor=SYSTEM)
    revoke_feed_token(feed_id=made.feed.pk, actor=SYSTEM)
    refused.append(push(rotated.token, sample))

    assert {answer.status_code for answer in refused} == {401}
    assert FeedMessage.objects.count() == 1
    assert rotated.token not in json.dumps(list(LeadFeed.objects.values()), default=str)


def test_what_is_too_large_or_of_another_kind_is_refused(made, push):
    large = autohome(1, next_phone(), remark="x" * LARGEST_PAYLOAD)

    assert push(made.token, large).status_code == 413
    assert push(made.token, ("text/xml", "<lead/>")).status_code == 415
    assert push(made.token, yiche(1, "1")).status_code == 202
    assert FeedMessage.objects.count() == 1


def test_a_feed_has_a_limit_of_its_own(made, push, settings):
    settings.API_RATE_PER_TOKEN = 2
    answers = [push(made.token, autohome(1, "13800138000")) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0


def test_a_groups_keepers_set_a_feed_up_through_the_api(group, caller, push):
    owner = caller(group, make_staff("group_owner", make_store()))
    body = {"name": "Web", "code": "web", "source": "WEB"}

    made = owner.post("lead-feeds", body).json()
    address = f"lead-feeds/{made['id']}"
    mapping = {"mapping": {"phone": {"path": "tel", "values": {}, "otherwise": ""}}}
    mapped = owner.post(f"{address}/mapping", mapping)
    tried = owner.post(f"{address}/try", {"payload": '{"tel": "13800138000"}'}).json()
    stuck = push(made["token"], ("application/json", "{}"), code="web").json()
    dismissed = owner.post(f"feed-messages/{stuck['message_id']}/dismiss", {"reason": "a test"})

    assert mapped.json()["mapping"] == mapping["mapping"]
    assert (tried["problems"], tried["found"][0]["value"]) == ({}, "13800138000")
    assert dismissed.json()["state"] == "DISMISSED"
    assert owner.post(f"{address}/revoke").json()["token_hint"] == ""
    assert owner.post(f"feed-messages/{stuck['message_id']}/replay").status_code == 409
    manager = caller(group, make_staff("store_manager", make_store()))
    assert manager.get("lead-feeds").status_code == 403
