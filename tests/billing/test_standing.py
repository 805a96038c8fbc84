"""What a group's state allows: on pages, in the API, in tasks and to outgoing webhooks."""

from datetime import timedelta

import pytest
from celery import Task
from django.core import mail
from django.urls import get_resolver

from apps.crm.models import Customer
from apps.organisation.models import LegalEntity
from billing import following, holding, sweeps
from billing.models import Subscription
from forecourt.kernel import jobs, outbox
from forecourt.kernel.clock import now
from forecourt.kernel.groups import identity_of, inside
from forecourt.kernel.models import Job
from forecourt.kernel.tasks import group_task
from forecourt.kernel.webhooks.delivery import deliver_events
from infra.stripe.engine import DAY as SECONDS_A_DAY
from tenants.directory import forget
from tenants.models import DealerGroup, ErasureCertificate
from tests.billing.test_events import customer_of
from tests.billing.test_stand_in import subscribe
from tests.factories.organisation import actor_of, make_staff

DAY = timedelta(days=1)


def stand(group, state: str, plan: str = ""):
    row = DealerGroup.objects.get(schema_name=group.schema_name)
    row.state, row.plan = state, plan
    row.save()
    forget(row)
    return identity_of(group.schema_name)


@pytest.fixture
def owner(group):
    return make_staff("group_owner")


@pytest.fixture
def clerk(group):
    return make_staff("headquarters")


def test_a_restricted_group_is_read_and_exported_and_not_changed(group, owner, client_of):
    here = stand(group, "RESTRICTED")
    browser = client_of(here, owner.user)
    assert browser.get("/organisation/stores/").status_code == 200
    assert browser.get("/organisation/stores/?export=csv").status_code == 200
    page = browser.post("/organisation/companies/new/", {"name_zh": "新公司", "currency": "CNY"})
    assert page.status_code == 402
    assert not LegalEntity.objects.filter(name_zh="新公司").exists()
    answer = browser.post("/api/v1/stores", {"code": "X1"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (402, "group_read_only")
    assert answer["Content-Type"] == "application/problem+json"
    export = browser.post(
        "/api/v1/exports", {"list": "organisation.stores", "kind": "csv"},
        content_type="application/json",
    )  # fmt: skip
    assert export.status_code == 202
    assert browser.post("/accounts/logout/").status_code == 302


def test_a_suspended_group_shows_its_owner_how_to_pay_and_others_nothing(
    group, owner, clerk, client_of
):
    here = stand(group, "SUSPENDED")
    browser = client_of(here, owner.user)
    assert browser.get("/organisation/stores/").headers["Location"] == "/billing/"
    page = browser.get("/billing/")
    assert page.status_code == 200
    assert "/crm/leads/" not in page.content.decode()
    assert "/organisation/archives/" in page.content.decode()
    others = client_of(here, clerk.user)
    for path in ("/", "/organisation/stores/", "/billing/"):
        assert others.get(path).status_code in (402, 403)
    assert others.get("/api/v1/stores").json()["code"] == "group_suspended"
    assert client_of(here).get("/accounts/login/").status_code == 200
    assert client_of(here).get("/organisation/stores/").status_code == 302


def test_a_group_that_an_operator_holds_is_not_told_to_pay(
    group, owner, clerk, client_of, shop, django_capture_on_commit_callbacks
):
    """Paid for or not: the page, the API and the mail say who has suspended it."""
    customer_of(group, subscribe(shop, stores=1))
    with django_capture_on_commit_callbacks(execute=True):
        following.follow(group.schema_name)
        assert _state(group) == "ACTIVE"
        with django_capture_on_commit_callbacks(using="control", execute=True):
            holding.hold(group=DealerGroup.objects.get(schema_name=group.schema_name))
    here = identity_of(group.schema_name)
    assert (here.state, here.is_held) == ("SUSPENDED", True)
    english = {"Accept-Language": "en"}
    answer = client_of(here, clerk.user).get("/api/v1/stores", headers=english)
    assert (answer.status_code, answer.json()["code"]) == (402, "group_suspended")
    assert "operator" in answer.json()["detail"]
    assert "paid" not in answer.json()["detail"]
    page = client_of(here, owner.user).get("/billing/").content.decode()
    assert "与付款无关" in page
    assert "欠费" not in page
    with inside(here):
        outbox.deliver_due(schema_name=group.schema_name)
    (told,) = [each for each in mail.outbox if each.to == [owner.email]]
    assert "与付款无关" in told.body
    with django_capture_on_commit_callbacks(using="control", execute=True):
        holding.let_go(group=DealerGroup.objects.get(schema_name=group.schema_name))
    here = identity_of(group.schema_name)
    assert (here.state, here.is_held) == ("ACTIVE", False)


def test_nothing_but_paying_the_archive_and_the_frame_is_open_while_suspended():
    """A new view is shut unless it says otherwise."""
    from tests.access.coverage import patterns

    found = {
        name
        for name, view in patterns(get_resolver("forecourt.config.urls_group"))
        if getattr(getattr(view, "cls", view), "works_when_suspended", False)
    }
    open_ones = ("billing:", "ui:", "organisation:archive_", "api:group_archive", "set_")
    open_ones += ("api:subscription", "files:direct")
    assert [name for name in sorted(found) if not name.startswith(open_ones)] == []
    assert "billing:home" in found


done: list[str] = []


@group_task
def change_something() -> None:
    done.append("changed")


@group_task(always=True)
def keep_house() -> None:
    done.append("kept")


@jobs.runs("tests.standing")
def _work(job: Job, progress: jobs.Progress) -> None:
    done.append("worked")


@outbox.handles("tests.standing")
def _deliver(payload: dict, key: str) -> None:
    done.append("delivered")


@pytest.mark.parametrize("state", ["RESTRICTED", "SUSPENDED", "CLOSED"])
def test_tasks_wait_until_it_is_paid_and_lose_nothing(
    group, owner, state, django_capture_on_commit_callbacks
):
    done.clear()
    stand(group, state)
    for task in (change_something, keep_house):
        task(schema_name=group.schema_name)
    with django_capture_on_commit_callbacks(execute=True):
        outbox.emit("tests.standing", {}, "one")
        job = jobs.start("tests.standing", {}, actor_of(owner))
    assert done == ["kept", "delivered"]
    assert Job.objects.get(pk=job.pk).state == "WAITING"
    stand(group, "ACTIVE")
    jobs.run_job(schema_name=group.schema_name, job_id=job.pk)
    change_something(schema_name=group.schema_name)
    assert done == ["kept", "delivered", "worked", "changed"]


@pytest.mark.parametrize(
    ("state", "read", "written"),
    [
        ("TRIALING", 200, 201),
        ("ACTIVE", 200, 201),
        ("PAST_DUE", 200, 201),
        ("RESTRICTED", 200, 402),
        ("SUSPENDED", 402, 402),
        ("CLOSED", 404, 404),
    ],
)
def test_a_state_holds_on_pages_in_the_api_in_tasks_and_towards_webhooks(
    group, owner, client_of, monkeypatch, state, read, written
):
    """What the API answers to reading and writing; everything else goes by the same."""
    called: list[int] = []
    monkeypatch.setattr("forecourt.kernel.feed.refresh", lambda: called.append(1))
    here = stand(group, state)
    browser, works = client_of(here, owner.user), written == 201
    done.clear()
    assert browser.get("/api/v1/stores").status_code == read
    body = {"name": "王芳", "gender": "FEMALE"}
    answer = browser.post("/api/v1/customers", body, content_type="application/json")
    assert answer.status_code == written, answer.content
    page = browser.get("/organisation/stores/")
    assert page.status_code == {402: 302}.get(read, read)
    browser.post("/organisation/companies/new/", {"name_zh": "新公司", "currency": "CNY"})
    with inside(here):
        assert LegalEntity.objects.filter(name_zh="新公司").exists() is works
        assert Customer.objects.exists() is works
        change_something(schema_name=group.schema_name)
        deliver_events(schema_name=group.schema_name)
    assert bool(done) is works
    assert bool(called) is works


@pytest.fixture
def clock(monkeypatch):
    """Our clock and the stand-in's, moved together."""
    moved = [timedelta(0)]

    def moment():
        return now() + moved[0]

    for module in (following, sweeps):
        monkeypatch.setattr(module, "now", moment)
    return moved


def _pass(clock, shop, days: int) -> None:
    clock[0] += days * DAY
    shop.pages.move(days * SECONDS_A_DAY)
    sweeps.do_what_is_due()


def _state(group) -> str:
    return DealerGroup.objects.get(schema_name=group.schema_name).state


def test_the_whole_life_by_the_clock_told_ahead_and_restored_at_once(
    group, owner, shop, clock, django_capture_on_commit_callbacks
):
    sweeps.begin_trials()
    with django_capture_on_commit_callbacks(execute=True):
        states = []
        for _day in range(16):
            _pass(clock, shop, 1)
            states.append(_state(group))
    assert states == ["TRIALING"] * 14 + ["RESTRICTED"] * 2
    outbox.deliver_due(schema_name=group.schema_name)
    told = [each for each in mail.outbox if each.to == [owner.email]]
    assert len(told) == 4  # 7, 3 and 1 days ahead, and when it is so
    mine = customer_of(group, subscribe(shop, stores=1, number="4000000000000341"))
    following.follow(group.schema_name)
    assert _state(group) == "PAST_DUE"
    _pass(clock, shop, 15)
    assert _state(group) == "RESTRICTED"
    _pass(clock, shop, 14)
    assert _state(group) == "SUSPENDED"
    customer = shop.store.get("customer", mine.customer_id)
    shop.engine.attach(customer, kind="card", number="4242424242424242")
    for invoice in shop.store.all("invoice", status="open"):
        shop.engine.collect(invoice)
    following.follow(group.schema_name)
    assert _state(group) == "ACTIVE"
    assert DealerGroup.objects.get(slug="alpha").plan == "starter"
    (row,) = shop.store.all("subscription")
    shop.engine.cancel(row)
    following.follow(group.schema_name)
    assert _state(group) == "RESTRICTED"
    _pass(clock, shop, 15)
    _pass(clock, shop, 30)
    assert _state(group) == "CLOSED"
    assert not ErasureCertificate.objects.exists()


def test_a_closed_group_is_erased_after_ninety_days_with_a_certificate(live_group, shop, clock):
    from tenants.groups import register_group

    doomed = register_group(slug="doomed", name="Doomed")
    try:
        row = following.begin(doomed)
        Subscription.objects.filter(pk=row.pk).update(trial_ends_at=now() - 60 * DAY, due_at=now())
        _pass(clock, shop, 0)
        assert _state(doomed) == "CLOSED"
        _pass(clock, shop, 89)
        assert _state(doomed) == "CLOSED"
        _pass(clock, shop, 1)
        assert not DealerGroup.objects.filter(slug="doomed").exists()
        assert ErasureCertificate.objects.get(slug="doomed").erased_at is not None
        assert not Subscription.objects.filter(schema_name=doomed.schema_name).exists()
    finally:
        Subscription.objects.all().delete()
        ErasureCertificate.objects.filter(slug="doomed").delete()


def test_stripe_that_does_not_answer_makes_no_state_worse(group, shop, clock, settings):
    sweeps.begin_trials()
    mine = Subscription.objects.filter(schema_name=group.schema_name)
    mine.update(customer_id="cus_1", trial_ends_at=now() - 3 * DAY, due_at=now())
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    sweeps.do_what_is_due()
    assert _state(group) == "TRIALING"


def test_without_a_key_no_trial_begins_or_ends(group, settings):
    settings.STRIPE_SECRET_KEY = ""
    sweeps.keep_subscriptions()
    assert not Subscription.objects.exists()
    assert _state(group) == "TRIALING"


def test_the_sweep_is_part_of_the_platforms_schedule():
    from forecourt.config.celery import app

    assert isinstance(sweeps.keep_subscriptions, Task)
    assert sweeps.keep_subscriptions.name in {
        entry["task"] for entry in app.conf.beat_schedule.values()
    }
