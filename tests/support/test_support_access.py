"""Support access: given by the owner alone, told of on every page, narrow, over in a second."""

from copy import copy
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from forecourt.kernel.access import all_permissions
from forecourt.kernel.clock import now
from forecourt.kernel.groups import inside
from forecourt.kernel.models import AuditEntry
from forecourt.operators.accounts import end_operator
from forecourt.support import granting
from forecourt.support.models import SupportGrant, SupportVisit
from forecourt.support.rules import MAY_CHANGE, permissions_of
from tests.factories.crm import make_customer
from tests.factories.organisation import actor_of, make_staff
from tests.hostile.routes import routes
from tests.hostile.rows import kind_of, make_place, value_of
from tests.operators.conftest import operator_browser  # noqa: F401 - a fixture

WHY = "The report of March shows too little"


@pytest.fixture
def owner(group):
    return make_staff("group_owner", name="王老板")


def let_in(owner, *, may_change: bool = False, hours: int = 4) -> SupportGrant:
    return granting.grant(hours=hours, reason=WHY, may_change=may_change, actor=actor_of(owner))


def door(slug: str = "alpha") -> Client:
    """The operator's browser, as a group's address knows it."""
    return Client(headers={"host": f"{slug}.{settings.BASE_DOMAIN}"})


def knock(at_door: Client, console: Client) -> str:
    """From the door to the console and back: the link with the key."""
    asked = urlsplit(at_door.get("/support/enter/").headers["Location"])
    answer = console.post(f"{asked.path}?{asked.query}", {"reason": WHY})
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    link = urlsplit(answer.headers["Location"])
    return f"{link.path}?{link.query}"


@pytest.fixture
def inside_browser(group, owner, operator_browser):  # noqa: F811
    """``inside_browser(may_change=True)``: an operator who is in the group."""

    def make(**how) -> Client:
        let_in(owner, **how)
        browser = door()
        assert browser.get(knock(browser, operator_browser("li"))).headers["Location"] == "/"
        return browser

    return make


def test_the_owner_alone_lets_support_in_for_72_hours_at_most(group, owner, client_of):
    manager = make_staff("store_manager")
    assert client_of(group, manager.user).get("/settings/support/").status_code == 403
    browser = client_of(group, owner.user)
    given = {"hours": "4", "reason": WHY}
    for wrong in ({"hours": "73"}, {"reason": "short"}):
        assert browser.post("/settings/support/grant/", given | wrong).status_code == 422
    assert not SupportGrant.objects.exists()
    assert browser.post("/settings/support/grant/", given).status_code == 200
    assert browser.post("/settings/support/grant/", given).status_code == 422
    assert SupportGrant.objects.get().until <= now() + timedelta(hours=4)
    assert WHY in browser.get("/settings/support/").content.decode()
    assert AuditEntry.objects.get(action="support_granted").actor_name == "王老板"
    assert browser.post("/settings/support/end/").status_code == 302
    assert AuditEntry.objects.filter(action="support_ended").count() == 1


def test_everybody_is_shown_that_support_may_be_there_and_it_costs_no_query(
    group, owner, client_of
):
    advisor = client_of(group, make_staff().user)
    advisor.get("/")
    with CaptureQueriesContext(connection) as before:
        assert "heart-handshake" not in advisor.get("/accounts/profile/").content.decode()
    let_in(owner)
    text = advisor.get("/accounts/profile/").content.decode()
    assert "heart-handshake" in text and "王老板" in text
    with CaptureQueriesContext(connection) as after:
        advisor.get("/accounts/profile/")
    assert len(after) <= len(before)
    granting.end(actor=actor_of(owner))
    assert "heart-handshake" not in advisor.get("/accounts/profile/").content.decode()


def test_an_operator_comes_in_by_her_name_sees_masked_fields_and_is_told_of(group, inside_browser):
    customer = make_customer(name="顾客甲", phone="+8613911112222")
    browser = inside_browser()
    answer = browser.get(f"/crm/customers/{customer.pk}/")
    text = answer.content.decode()
    assert answer.status_code == 200 and "顾客甲" in text
    assert "13911112222" not in text and "139 1111 2222" not in text
    assert "Li" in text
    seen = AuditEntry.objects.get(action="support_viewed")
    assert seen.changes["page"] == f"/crm/customers/{customer.pk}/"
    assert "Li" in seen.actor_name and seen.channel == "support"
    assert AuditEntry.objects.filter(action="support_entered").count() == 1


def test_support_changes_nothing_unless_that_was_granted(group, inside_browser):
    customer = make_customer(name="顾客甲")
    path = f"/crm/customers/{customer.pk}/edit/"
    browser = inside_browser()
    for way in ({}, {"HX-Request": "true"}):
        assert browser.post(path, {"name": "改了"}, headers=way).status_code == 403
    customer.refresh_from_db()
    assert customer.name == "顾客甲"
    assert AuditEntry.objects.filter(action="support_sent").count() == 2


def test_with_the_right_to_change_each_change_stands_in_the_log(group, inside_browser):
    browser = inside_browser(may_change=True)
    answer = browser.post(
        "/crm/leads/new/", {"name": "新线索", "phone": "13911113333", "source": "WEB"}
    )
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    assert AuditEntry.objects.filter(action="support_sent").exists()
    made = AuditEntry.objects.filter(channel="support").exclude(action__startswith="support_")
    assert made.exists() and all("Li" in entry.actor_name for entry in made)


@pytest.mark.parametrize("may_change", [False, True])
def test_what_support_never_gets(group, inside_browser, may_change):
    browser = inside_browser(may_change=may_change)
    for path in (
        "/api/v1/customers",
        "/accounts/tokens/",
        "/crm/customers/?export=csv",
        "/organisation/archives/",
        "/settings/webhooks/",
        "/settings/support/",
        "/settings/configuration/",
        "/organisation/roles/new/",
        "/organisation/my-chat-apps/",
    ):
        assert browser.get(path).status_code in (302, 403, 404), path
    assert browser.post("/settings/support/grant/", {"hours": 72, "reason": WHY}).status_code == 403
    actor_rights = permissions_of(list(all_permissions()), may_change=may_change)
    assert not {name for name in actor_rights if ".see_" in name or ".reveal_" in name}
    assert not actor_rights & {
        "organisation.manage_role", "organisation.manage_staff", "organisation.take_out_group",
        "platform.use_api", "platform.manage_webhooks", "crm.export_customer",
        "support.grant_access", "billing.manage_subscription", "documents.view_staff_papers",
    }  # fmt: skip


def test_what_support_may_be_granted_exists():
    assert set(all_permissions()) >= MAY_CHANGE


def test_a_link_opens_once_in_one_browser_at_one_group_within_a_minute(
    group,
    other_group,
    owner,
    operator_browser,  # noqa: F811
):
    let_in(owner)
    console = operator_browser("li")

    browser = door()
    link = knock(browser, console)
    other = door()
    knock(other, operator_browser("wang"))
    for stranger in (door(), other, door("beta")):
        assert stranger.get(link).status_code == 403
    elsewhere = door("beta")
    elsewhere.cookies = copy(browser.cookies)
    assert elsewhere.get(link).status_code == 403
    assert browser.get(link).status_code == 302
    assert browser.get(link).status_code == 403

    late = door()
    link = knock(late, console)
    SupportVisit.objects.update(issued_at=now() - timedelta(seconds=61))
    assert late.get(link).status_code == 403

    ended = door()
    link = knock(ended, console)
    with inside(group):
        granting.end(actor=actor_of(owner))
    assert ended.get(link).status_code == 403
    asked = urlsplit(ended.get("/support/enter/").headers["Location"])
    assert console.post(f"{asked.path}?{asked.query}", {"reason": WHY}).status_code == 403


@pytest.mark.parametrize("how", ["ended", "expired", "operator"])
def test_a_session_does_not_outlive_the_grant_by_a_second(group, owner, inside_browser, how):
    browser = inside_browser()
    assert browser.get("/").status_code == 200
    cookies = copy(browser.cookies)
    if how == "ended":
        granting.end(actor=actor_of(owner))
    elif how == "expired":
        moment = now()
        SupportGrant.objects.update(granted_at=moment - timedelta(hours=1), until=moment)
    else:
        with inside("public"):
            end_operator(email="li@forecourt.example")
    assert browser.get("/crm/customers/").headers["Location"] == "/support/over/"
    kept = door()
    kept.cookies = cookies
    assert (
        kept.get("/crm/customers/")
        .headers["Location"]
        .startswith(("/support/over/", "/accounts/login/"))
    )
    assert browser.get("/support/over/").status_code == 200


def test_support_meets_no_bug_and_no_hidden_value_at_any_address(group, inside_browser):
    """Every page of the group, with a row of each kind."""
    browser = inside_browser(may_change=True)
    browser.raise_request_exception = False
    place = make_place()
    home, made, failed = connection.tenant, {}, []
    for route in routes():
        if route.is_api or not route.name or route.name in ("support:leave", "support:enter"):
            continue
        values = {}
        for name in route.keywords:
            kind = kind_of(route.name, name)
            if kind and kind not in made:
                made[kind] = kind.make(place).pk
            values[name] = made[kind] if kind else value_of(route.name, name)
        answer = browser.get(route.address(values))
        connection.set_tenant(home)
        if answer.status_code >= 500:
            failed.append(route.name)
    assert not failed
