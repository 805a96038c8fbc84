"""What a plan lets a group have: at, below and above each limit, on pages, in the API, at once."""

import itertools
import threading

import pytest
import time_machine
from django.db import connections, transaction

from apps.documents.models import Document, DocumentKind
from apps.organisation.actions import add_store, change_store_state, invite_staff
from apps.organisation.models import LegalEntity, Role, StaffMember, Store
from billing import plans
from billing.entitlements import LimitReached, used
from billing.plans import GIGABYTE, MODULES, PLANS, Resource
from forecourt.kernel import files
from forecourt.kernel.access import Actor
from forecourt.kernel.files import quota_bytes
from forecourt.kernel.groups import inside
from forecourt.kernel.models import StoredFile
from tests.billing.test_standing import stand
from tests.factories.crm import make_customer
from tests.factories.organisation import actor_of, make_staff, make_store


def store_values(code: str) -> dict:
    company = LegalEntity.objects.first() or LegalEntity.objects.create(name_zh="公司")
    return {
        "code": code,
        "name_zh": f"门店{code}",
        "legal_entity_id": company.pk,
    }


def fill(count: int) -> None:
    for _number in range(count - Store.objects.exclude(state="CLOSED").count()):
        make_store()


@pytest.fixture
def starter(group):
    """A group on Starter, which allows three stores; entered as a request would enter it."""
    here = stand(group, "ACTIVE", "starter")
    with inside(here):
        yield here


def test_stores_are_added_up_to_the_limit_and_not_above(starter):
    owner = actor_of(make_staff("group_owner"))
    fill(2)
    third = add_store(**store_values("C3"), actor=owner)
    with pytest.raises(LimitReached) as refused:
        add_store(**store_values("C4"), actor=owner)
    assert "3" in refused.value.message
    assert not Store.objects.filter(code="C4").exists()
    change_store_state(store_id=third.pk, state="CLOSED", actor=owner)
    add_store(**store_values("C5"), actor=owner)
    with pytest.raises(LimitReached):
        change_store_state(store_id=third.pk, state="OPENING", actor=owner)
    third.refresh_from_db()
    assert third.state == "CLOSED"


def test_the_page_says_which_plan_allows_more_and_keeps_what_was_typed(starter, client_of):
    browser = client_of(starter, make_staff("group_owner").user)
    fill(3)
    values = store_values("C4")
    hours = {
        "opens_at": "09:00",
        "closes_at": "18:00",
        "state": "OPEN",
        "time_zone": "Asia/Shanghai",
    }
    names = {"legal_entity_id": values["legal_entity_id"], "region_id": "", "brand_names": ""}
    page = browser.post("/organisation/stores/new/", values | hours | names)
    text = page.content.decode()
    assert page.status_code == 422

    assert "专业版" in text
    assert 'value="门店C4"' in text
    assert not Store.objects.filter(code="C4").exists()


def test_staff_are_limited_too(starter, monkeypatch):
    owner = actor_of(make_staff("group_owner"))
    role = Role.objects.get(code="sales_advisor")
    wish = {"role_ids": [role.pk], "actor": owner, "is_mailed": False}
    monkeypatch.setitem(plans.STARTER.limits, Resource.STAFF, 2)
    invite_staff(name="新人", email="one@test.example", **wish)
    with pytest.raises(LimitReached):
        invite_staff(name="新人", email="two@test.example", **wish)
    assert not StaffMember.objects.filter(email="two@test.example").exists()


def test_the_page_of_an_invitation_says_which_plan_has_more_seats(starter, client_of, monkeypatch):
    owner = make_staff("group_owner")
    monkeypatch.setitem(plans.STARTER.limits, Resource.STAFF, 2)
    browser, role = client_of(starter, owner.user), Role.objects.get(code="sales_advisor")

    def invite(email: str):
        values = {"name": "新人", "email": email, "roles": [role.pk], "home_store_id": ""}
        page = browser.post("/organisation/staff/invite/", values | {"language": "zh-hans"})
        return page.status_code, page.content.decode()

    assert invite("one@test.example")[0] in (200, 204, 302)
    assert StaffMember.objects.filter(email="one@test.example").exists()
    status, text = invite("two@test.example")
    assert status == 422
    assert "专业版" in text
    assert 'value="two@test.example"' in text
    assert not StaffMember.objects.filter(email="two@test.example").exists()


def _add_store(number: int, actor: Actor) -> None:
    add_store(**store_values(f"R{number}"), actor=actor)


def _invite(number: int, actor: Actor) -> None:
    roles = [Role.objects.get(code="sales_advisor").pk]
    address = f"r{number}@test.example"
    invite_staff(name="新人", email=address, role_ids=roles, actor=actor, is_mailed=False)


@pytest.mark.parametrize(
    ("add", "resource"), [(_add_store, Resource.STORES), (_invite, Resource.STAFF)]
)
def test_of_two_who_add_the_last_one_at_once_one_is_refused(live_group, monkeypatch, add, resource):
    """Stores and seats: two left of three, so that there is room for one."""
    monkeypatch.setitem(plans.STARTER.limits, resource, 3)
    here = stand(live_group, "ACTIVE", "starter")
    with inside(here):
        owner = actor_of(make_staff("group_owner"))
        LegalEntity.objects.create(name_zh="公司")
        for _number in range(2 - used(resource)):
            make_store() if resource is Resource.STORES else make_staff("sales_advisor")
        assert used(resource) == 2
    outcomes: list[str] = []
    gate = threading.Barrier(2)

    def try_it(number: int) -> None:
        try:
            with inside(here):
                gate.wait()
                with transaction.atomic():
                    add(number, owner)
            outcomes.append("added")
        except LimitReached:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=try_it, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["added", "refused"]
    with inside(here):
        assert used(resource) == 3


@pytest.mark.parametrize(
    ("plan", "path", "allowed"),
    [
        ("starter", "/approvals/", False),
        ("starter", "/settings/webhooks/", False),
        ("starter", "/overview/sales/", False),
        ("starter", "/crm/leads/", True),
        ("professional", "/approvals/", True),
        ("professional", "/overview/sales/", False),
        ("group", "/overview/sales/", True),
        ("", "/overview/sales/", True),
    ],
)
def test_a_page_that_is_not_in_the_plan_says_which_plan_has_it(
    group, client_of, plan, path, allowed
):
    here = stand(group, "ACTIVE" if plan else "TRIALING", plan)
    browser = client_of(
        here,
        make_staff(
            "group_owner",
        ).user,
    )
    page = browser.get(path, headers={"Accept-Language": "en"})
    assert (page.status_code == 402) is not allowed
    if not allowed:
        better = "集团版" if "overview" in path else "专业版"
        assert better in page.content.decode()


def test_the_api_keeps_to_the_plan(starter, client_of):
    browser = client_of(starter, make_staff("group_owner").user)
    answer = browser.get("/api/v1/webhooks", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json()["code"]) == (402, "not_in_plan")
    assert "Professional" in answer.json()["detail"]
    assert browser.get("/api/v1/stores").headers["RateLimit-Limit"] == "600"


def test_the_api_answers_as_often_a_minute_as_the_plan_says_and_not_oftener(
    starter, client_of, monkeypatch, settings
):
    """Of the whole group: whoever of its people calls."""
    settings.API_RATE_PER_TOKEN = settings.API_RATE_PER_GROUP = 0
    monkeypatch.setitem(plans.STARTER.limits, Resource.API_CALLS, 3)
    people = [client_of(starter, make_staff("group_owner").user) for _number in range(2)]
    with time_machine.travel("2026-05-04T09:00:05Z", tick=False):
        answers = [people[number % 2].get("/api/v1/stores") for number in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["code"] == "rate_limited"


def test_storage_is_the_plans(starter, group, settings):
    assert quota_bytes() == 200 * GIGABYTE
    with inside(stand(group, "TRIALING")):
        assert quota_bytes() == settings.FILES_QUOTA_GIGABYTES * 10**9


def test_every_module_is_in_some_plan_and_dearer_plans_have_no_less():
    assert PLANS[-1].modules == set(MODULES)
    for cheap, dear in itertools.pairwise(PLANS):
        assert cheap.modules <= dear.modules
        assert cheap.price_of_stores(1, "month", "cny") < dear.price_of_stores(1, "month", "cny")
        for resource in Resource:
            less, more = cheap.limit_of(resource), dear.limit_of(resource)
            assert more is None or (less is not None and less <= more)


def test_an_upload_beyond_the_plans_storage_is_refused_on_the_page_and_in_the_api(
    starter, client_of
):
    advisor = make_staff("sales_advisor", make_store())
    customer = make_customer(owner=advisor)
    browser = client_of(starter, advisor.user)
    kept = files.keep_bytes(
        purpose="documents.document", name="a.txt", content=b"x", content_type="text/plain"
    )
    # All but one megabyte of what Starter has is used.
    StoredFile.objects.filter(pk=kept.pk).update(size=quota_bytes() - 2**20)
    body = {
        "subject": "crm.customer",
        "subject_id": str(customer.pk),
        "kind_id": str(DocumentKind.objects.get(code="other").pk),
        "name": "film.mp4",
    }

    def announce(size: int):
        # What the page's own upload sends, and what programs send.
        return browser.post(
            "/api/v1/documents", body | {"size": size}, content_type="application/json"
        )

    refused = announce(2**20 + 1)
    assert (refused.status_code, refused.json()["code"]) == (409, "over_quota")
    assert "GB" in refused.json()["detail"]
    assert not Document.objects.exists()
    own = {"purpose": "approvals.attachment", "name": "a.pdf", "size": 2**20 + 1}
    for address in ("/files/uploads", "/api/v1/uploads"):
        assert browser.post(address, own, content_type="application/json").status_code == 409
    assert announce(2**20).status_code == 201
    assert announce(1).status_code == 409
