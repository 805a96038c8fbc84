"""The feed of events and webhooks over the API."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.crm.actions import mark_invalid
from forecourt.kernel.access import system_actor
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import IdempotencyKey, Webhook, WebhookDelivery
from tests.factories.crm import make_lead
from tests.factories.organisation import make_staff, make_store
from tests.kernel.test_webhooks import deliver
from tests.receivers import receiver

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"


@pytest.fixture
def owner(group: GroupIdentity) -> Any:
    return make_staff("group_owner")


def lead() -> Any:
    return make_lead(owner=make_staff("sales_advisor", make_store()))


def test_whoever_follows_next_hears_everything_once(
    group: GroupIdentity, caller: Callable[..., Any], owner: Any
) -> None:
    owned = caller(group, owner)
    start = owned.get("events?after=now").json()
    assert (start["data"], start["has_more"]) == ([], False)
    made = [lead() for _number in range(5)]
    mark_invalid(lead_id=made[0].pk, reason="DUPLICATE", actor=system_actor())

    address, found, pages = start["links"]["next"], [], 0
    address += "&limit=2&type=lead.registered,lead.invalid"
    while True:
        answer = owned.get(address.partition("/api/v1/")[2])
        assert answer.status_code == 200
        body = answer.json()
        found += body["data"]
        pages += 1
        address = body["links"]["next"]
        if not body["has_more"]:
            break

    assert [event["type"] for event in found] == ["lead.registered"] * 5 + ["lead.invalid"]
    assert pages == 3
    assert len({event["id"] for event in found}) == 6
    assert owned.get(address.partition("/api/v1/")[2]).json()["data"] == []
    subject = found[0]["subject"]
    read = owned.get(subject["url"].partition("/api/v1/")[2])
    assert read.json()["id"] == subject["id"] == str(made[0].pk)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=nonsense", "after"),
        ("type=no.such", "type"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("since=2026-01-01", "since"),
    ],
)
def test_what_means_nothing_is_a_problem_document(
    group: GroupIdentity, caller: Callable[..., Any], owner: Any, query: str, field: str
) -> None:
    answer = caller(group, owner).get(f"events?{query}")

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert field in json.dumps(answer.json())


def test_one_hears_only_of_what_one_has_the_right_to(
    group: GroupIdentity, caller: Callable[..., Any], owner: Any
) -> None:
    lead()
    clerk = caller(group, make_staff("inventory_clerk", make_store()))
    types = [row["type"] for row in clerk.get("event-types").json()["data"]]

    assert "stock_unit.received" in types
    assert "lead.registered" not in types
    assert clerk.get("events?type=lead.registered").status_code == 403
    narrowed = caller(group, owner, scopes=["crm.view_lead"])
    heard = {row["type"] for row in narrowed.get("event-types").json()["data"]}
    assert {name.partition(".")[0] for name in heard} == {"lead"}
    told = {row["type"] for row in narrowed.get("events").json()["data"]}
    assert told <= heard


def test_the_feed_costs_few_queries(
    group: GroupIdentity,
    caller: Callable[..., Any],
    owner: Any,
    django_assert_max_num_queries: Any,
) -> None:
    owned = caller(group, owner)
    address = owned.get("events?after=now").json()["links"]["next"].partition("/api/v1/")[2]
    for _number in range(10):
        lead()
    owned.get(address)

    with django_assert_max_num_queries(12):
        assert len(owned.get(address).json()["data"]) > 10


def test_a_webhook_is_made_changed_tried_and_removed(
    group: GroupIdentity, caller: Callable[..., Any], owner: Any
) -> None:
    owned = caller(group, owner)
    with receiver() as far:
        body = {"name": "DMS", "url": far.url, "types": ["lead.registered"]}
        made = owned.post("webhooks", body, Idempotency_Key="k1")
        assert made.status_code == 201
        secret, at = made.json()["secret"], f"webhooks/{made.json()['id']}"
        assert secret.startswith("fcw_")
        again = owned.post("webhooks", body, Idempotency_Key="k1")
        assert (again.status_code, again.json()["secret"]) == (201, None)
        assert secret not in str(list(IdempotencyKey.objects.values()))
        assert "secret" not in owned.get(at).json()

        assert owned.post(f"{at}/test").status_code == 202
        lead()
        deliver()
        rows = owned.get(f"{at}/deliveries?state=DELIVERED").json()["data"]
        assert [row["type"] for row in rows] == ["lead.registered", "ping"]
        replay = owned.post(f"{at}/replay", {"delivery_id": rows[0]["id"]})
        assert (replay.status_code, replay.json()) == (202, {"events": 1})
        deliver()
        assert far.ids[-1] == far.ids[-2]

        renewed = owned.post(f"{at}/rotate").json()["secret"]
        assert renewed not in (secret, None)
        etag = owned.get(at)["ETag"]
        off = owned.patch(at, {"is_active": False}, If_Match=etag)
        assert (off.json()["is_active"], off.json()["off_reason"]) == (False, "BY_HAND")
        assert owned.post(f"{at}/test").status_code == 409
        assert owned.delete(at).status_code == 204
        assert owned.get(at).status_code == 404
    assert not Webhook.objects.exists()
    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://10.0.0.1/"}, "url"),
        ({"url": "https://user:x@localhost/"}, "url"),
        ({"types": []}, "types"),
        ({"types": ["no.such"]}, "types"),
        ({"name": ""}, "name"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_a_bad_webhook_is_refused_by_field(
    group: GroupIdentity,
    caller: Callable[..., Any],
    owner: Any,
    change: dict[str, Any],
    field: str,
) -> None:
    body = {"name": "DMS", "url": "http://127.0.0.1:9999/", "types": ["lead.registered"], **change}

    answer = caller(group, owner).post("webhooks", body)

    assert answer.status_code == 422
    assert field in {answer.json().get("field"), *(e["field"] for e in answer.json()["errors"])}
    assert not Webhook.objects.exists()


def test_replaying_takes_one_of_two_ways(
    group: GroupIdentity, caller: Callable[..., Any], owner: Any
) -> None:
    owned = caller(group, owner)
    with receiver() as far:
        made = owned.post(
            "webhooks", {"name": "a", "url": far.url, "types": ["lead.registered"]}
        ).json()
        other = owned.post(
            "webhooks", {"name": "b", "url": far.url, "types": ["lead.registered"]}
        ).json()
        ping = owned.post(f"webhooks/{other['id']}/test").json()
    at = f"webhooks/{made['id']}/replay"

    assert owned.post(at, {}).status_code == 422
    assert owned.post(at, {"since": "2020-01-01T00:00:00Z"}).status_code == 422
    assert owned.post(at, {"delivery_id": ping["id"]}).status_code == 404


def test_the_receiver_of_the_documentation_verifies_deliveries(
    group: GroupIdentity, caller: Callable[..., Any], owner: Any
) -> None:
    (source,) = re.findall(r"```python\n(import hashlib.*?)```", DOCS.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(source, "docs/api.md", "exec"), names)  # the documentation's own words
    is_genuine = names["is_genuine"]
    owned = caller(group, owner)
    with receiver() as far:
        made = owned.post(
            "webhooks", {"name": "DMS", "url": far.url, "types": ["lead.registered"]}
        ).json()
        lead()
        deliver()
    (request,) = far.got
    header = request.headers["Forecourt-Signature"]

    assert is_genuine(request.body, header, made["secret"])
    assert not is_genuine(request.body + b" ", header, made["secret"])
    assert not is_genuine(request.body, header, "fcw_other")
    old = re.sub(r"t=\d+", f"t={int(time.time()) - 3600}", header)
    assert not is_genuine(request.body, old, made["secret"])
