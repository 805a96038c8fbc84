"""The operators' console: who gets in, what is done, and that no group is touched."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import DatabaseError, connection, connections
from django.test import Client

from billing import figures, sweeps
from billing.models import GroupFigures, StripeEvent, Subscription, UsageReport
from forecourt.kernel.clock import now
from forecourt.kernel.groups import inside
from forecourt.operators import urls
from forecourt.operators.accounts import end_operator
from forecourt.operators.models import Operator, PlatformEntry
from forecourt.support.models import SupportGrant
from tenants.models import DealerGroup, PlatformJob
from tests.accounts.test_second_factor import code_of
from tests.factories.crm import make_customer
from tests.factories.organisation import make_staff

CONSOLE = "/operators/"
SECRET_NAME, SECRET_PHONE, SECRET_PERSON = "秘密客户甲", "+8613911112222", "机密员工乙"
SECRETS = (SECRET_NAME, SECRET_PHONE, SECRET_PHONE[3:], SECRET_PERSON)
WHY = "Asked for by the owner on the phone"


def alpha() -> DealerGroup:
    return DealerGroup.objects.get(slug="alpha")


def addresses(group_id: int) -> list[str]:
    """Every address of the console."""
    routes = [str(pattern.pattern) for pattern in urls.urlpatterns]
    return [
        CONSOLE + route.replace("<int:group_id>", str(group_id)).replace("<slug:slug>", "alpha")
        for route in routes
    ]


@pytest.fixture
def filled(group, settings):
    """A group with secrets in it, and rows of every kind that the console shows."""
    settings.CELERY_TASK_ALWAYS_EAGER = False  # what is ordered is a worker's, not this request's
    make_staff(name=SECRET_PERSON)
    make_customer(name=SECRET_NAME, phone=SECRET_PHONE)
    figures.tell_figures(schema_name=group.schema_name)
    name, moment = group.schema_name, now()
    Subscription.objects.create(schema_name=name, customer_id="cus_1", trial_ends_at=moment)
    StripeEvent.objects.create(
        event_id="evt_1", type="invoice.paid", customer_id="cus_1", received_at=moment,
        available_at=moment, payload=SECRET_NAME, attempts=2,
    )  # fmt: skip
    UsageReport.objects.create(
        schema_name=name, meter="forecourt_messages", day=moment.date(), amount=7
    )
    PlatformJob.objects.create(
        kind="BACKUP", schema_name=name, ordered_by="Li", state="DONE", created_at=moment,
        finished_at=moment, result={"file": "archives/x.zip", "size": 10},
    )  # fmt: skip
    SupportGrant.objects.create(
        schema_name=name, reason="The report of March", granted_by="Owner", granted_at=moment,
        until=moment + timedelta(hours=1),
    )  # fmt: skip
    return group


@contextmanager
def only_the_platform(schemas: set[str]) -> Iterator[list[str]]:
    """Asserts of everything that is sent to a database meanwhile that it is the platform's."""
    sent: list[str] = []

    def watch(execute, sql, params, many, context):
        text = str(sql)
        sent.append(text)
        # Groups are named in the platform's own rows; no statement reaches into a group's schema.
        assert "search_path" not in text or text == 'SET search_path = "public"', text
        assert getattr(context["connection"], "schema_name", "public") == "public", text
        assert not any(f"{name}." in text.replace('"', "") for name in schemas), text
        return execute(sql, params, many, context)

    with (
        inside("public"),
        connection.execute_wrapper(watch),
        connections["control"].execute_wrapper(watch),
    ):
        yield sent


def test_no_address_of_the_console_shows_or_reads_anything_of_a_group(
    filled, client_of, operator_browser
):
    row = alpha()
    owner = client_of(filled, make_staff("group_owner").user)
    operator = operator_browser("li")
    viewer = operator_browser("wang", role=Operator.Role.VIEWER)
    bare = operator_browser("zhao", has_factor=False)
    nobody = Client(headers={"host": settings.BASE_DOMAIN})
    values = {
        "reason": WHY, "days": "14", "size": "4", "confirmation": "alpha", "slug": "copy-of-alpha",
        "backup_id": PlatformJob.objects.get().pk,
    }  # fmt: skip
    for path in addresses(row.pk):
        assert owner.get(path).status_code == 404, path
        assert owner.post(path).status_code == 404, path
        with only_the_platform(set(DealerGroup.objects.values_list("schema_name", flat=True))):
            assert nobody.get(path).headers["Location"].startswith("/operators/account/login/")
            assert bare.get(path).headers["Location"] == "/operators/account/2fa/", path
            assert bare.post(path, values).headers["Location"] == "/operators/account/2fa/", path
            answers = [operator.get(path), viewer.get(path), operator.post(path, values)]
        assert answers[0].status_code == 200, path
        assert answers[1].status_code in (200, 403), path
        for answer in answers:
            text = answer.content.decode()
            assert not [word for word in SECRETS if word in text], path
    assert PlatformJob.objects.filter(kind="BACKUP", state="WAITING").count() == 1


def test_a_group_that_has_told_nothing_yet_has_a_page_all_the_same(group, operator_browser):
    answer = operator_browser().get(f"/operators/groups/{alpha().pk}/")
    assert answer.status_code == 200


def test_an_operator_signs_in_with_two_factors_and_is_told_of_in_the_log(group):
    cache.clear()
    with inside("public"):
        call_command(
            "create_operator", email="li@forecourt.example", name="Li", password="a-Long-1"
        )
    browser = Client(headers={"host": settings.BASE_DOMAIN})
    answer = browser.post(
        "/operators/account/login/", {"login": "li@forecourt.example", "password": "a-Long-1"}
    )
    assert answer.headers["Location"] == CONSOLE
    assert browser.get(CONSOLE).headers["Location"] == "/operators/account/2fa/"
    add = "/operators/account/2fa/app/add/"
    assert browser.get("/operators/account/2fa/").status_code == 200
    asked = browser.get(add).headers["Location"]
    assert asked.startswith("/operators/account/reauthenticate/")
    browser.post(asked, {"password": "a-Long-1", "next": add})
    secret = browser.get(add).context["form"].secret
    assert browser.post(add, {"code": code_of(secret)}).status_code == 302
    assert browser.get(CONSOLE).status_code == 200

    again = Client(headers={"host": settings.BASE_DOMAIN})
    answer = again.post(
        "/operators/account/login/", {"login": "li@forecourt.example", "password": "a-Long-1"}
    )
    assert answer.headers["Location"] == "/operators/account/2fa/authenticate/"
    assert again.get(CONSOLE).headers["Location"].startswith("/operators/account/login/")
    assert set(PlatformEntry.objects.values_list("action", flat=True)) >= {
        "operator_made",
        "signed_in",
    }
    with inside("public"):
        end_operator(email="li@forecourt.example")
    assert browser.get(CONSOLE).status_code == 302


def test_an_account_of_the_public_schema_alone_is_no_operator(operator_browser):
    browser = operator_browser("li")
    Operator.objects.all().delete()
    assert browser.get(CONSOLE).status_code == 403


def test_a_viewer_sees_and_may_do_nothing(filled, operator_browser):
    row, viewer = alpha(), operator_browser("wang", role=Operator.Role.VIEWER)
    assert viewer.get(f"/operators/groups/{row.pk}/").status_code == 200
    for act in ("extend-trial", "suspend", "let-go", "backup", "restore"):
        path = f"/operators/groups/{row.pk}/{act}/"
        assert viewer.post(path, {"reason": WHY, "confirmation": "alpha"}).status_code == 403
    assert viewer.post("/operators/spaces/prepare/", {"reason": WHY, "size": 3}).status_code == 403
    assert not PlatformEntry.objects.filter(schema_name=row.schema_name).exists()


def test_suspending_and_letting_go_is_done_by_a_worker_and_told_with_its_reason(
    filled, operator_browser
):
    row, browser = alpha(), operator_browser()
    path = f"/operators/groups/{row.pk}/suspend/"
    for wrong in (
        {"reason": WHY, "confirmation": "beta"},
        {"reason": "x", "confirmation": "alpha"},
    ):
        assert browser.post(path, wrong).status_code == 422
    assert Subscription.objects.get().held_at is None

    assert browser.post(path, {"reason": WHY, "confirmation": "alpha"}).status_code == 200
    assert browser.post(path, {"reason": WHY, "confirmation": "alpha"}).status_code == 422
    sweeps.keep_subscriptions()
    row.refresh_from_db()
    assert row.state == "SUSPENDED"
    told = PlatformEntry.objects.get(action="group_held")
    assert (told.operator_name, told.reason, told.subject) == ("Li", WHY, "alpha")
    assert WHY in browser.get(f"/operators/groups/{row.pk}/").content.decode()

    browser.post(f"/operators/groups/{row.pk}/let-go/", {"reason": WHY})
    sweeps.keep_subscriptions()
    row.refresh_from_db()
    assert row.state == "TRIALING"


def test_a_trial_is_extended_but_not_of_a_group_that_pays(filled, operator_browser):
    row, browser = alpha(), operator_browser()
    path = f"/operators/groups/{row.pk}/extend-trial/"
    before = Subscription.objects.get().trial_ends_at
    for days in ("0", "91", "many"):
        assert browser.post(path, {"reason": WHY, "days": days}).status_code == 422
    assert browser.post(path, {"reason": WHY, "days": "10"}).status_code == 200
    held = Subscription.objects.get()
    assert held.trial_ends_at - before >= timedelta(days=10)
    Subscription.objects.update(subscription_id="sub_1", status="active")
    assert browser.post(path, {"reason": WHY, "days": "10"}).status_code == 422
    assert Subscription.objects.get().trial_ends_at == held.trial_ends_at


def test_the_platforms_log_takes_no_change_and_no_deletion(filled, operator_browser):
    operator_browser()
    entry = PlatformEntry.objects.first()
    for change in (lambda: PlatformEntry.objects.update(reason="x"), entry.delete):
        with pytest.raises(DatabaseError, match="permission denied"), connections_savepoint():
            change()


@contextmanager
def connections_savepoint() -> Iterator[None]:
    from django.db import transaction

    with transaction.atomic(using="control"):
        yield


def test_ten_thousand_groups_are_searched_filtered_and_paged(group, operator_browser):
    DealerGroup.objects.bulk_create(
        [
            DealerGroup(
                schema_name=f"g_{number:05d}",
                slug=f"many-{number:05d}",
                name=f"Many {number:05d}",
                state="ACTIVE" if number % 2 else "PAST_DUE",
                plan="starter" if number % 3 else "group",
            )
            for number in range(10_000)
        ]
    )
    browser = operator_browser()
    seen: list[str] = []
    url = "/operators/groups/?plan=starter&state=ACTIVE"
    for _page in range(3):
        answer = browser.get(url)
        seen += [row.group.slug for row in answer.context["rows"]]
        url = "/operators/groups/" + answer.context["next_url"]
    assert len(seen) == len(set(seen)) == 150
    assert seen == sorted(seen)
    back = browser.get("/operators/groups/" + answer.context["previous_url"])
    assert [row.group.slug for row in back.context["rows"]] == seen[50:100]
    found = browser.get("/operators/groups/?q=Many 09999")
    assert [row.group.slug for row in found.context["rows"]] == ["many-09999"]
    assert browser.get("/operators/groups/?q=nothing").context["rows"] == []
    assert browser.get("/operators/groups/?after=broken").status_code == 200


def test_a_group_tells_how_large_it_is_and_what_failed(group):
    make_staff()
    figures.tell_figures(schema_name=group.schema_name)
    told = GroupFigures.objects.get(schema_name=group.schema_name)
    assert (told.staff, told.stores, told.failed_jobs) == (1, 0, 0)
