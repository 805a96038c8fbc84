"""Webhooks: each event arrives, signed, under its id, with the rights of whoever asked for it."""

import hashlib
import hmac
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.test import TestCase

from apps.crm.actions import mark_invalid
from apps.organisation.actions import leave_staff
from apps.organisation.models import StaffMember
from forecourt.kernel import audit, checks, events, webhooks
from forecourt.kernel.access import Actor, Grant, system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.egress import AddressRefused
from forecourt.kernel.errors import Conflict, DomainError, Invalid, NotFound, NotPermitted
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import AuditEntry, Webhook, WebhookDelivery
from forecourt.kernel.webhooks import delivery, queries, waking
from tests.factories.crm import make_lead
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.receivers import Receiver, Request, receiver

SYSTEM = system_actor()
TYPES = ["lead.registered", "lead.invalid"]
State = WebhookDelivery.State


@pytest.fixture
def far() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def owner(group: GroupIdentity) -> StaffMember:
    return make_staff("group_owner")


def make(far: Receiver, person: StaffMember, **fields: Any) -> webhooks.WithSecret:
    values = {"name": "DMS", "url": far.url, "types": TYPES, **fields}
    return webhooks.create_webhook(actor=actor_of(person), **values)


def deliver() -> None:
    webhooks.deliver_events(schema_name=connection.schema_name)


def lead_of_somebody(**fields: Any) -> Any:
    return make_lead(owner=make_staff("sales_advisor", make_store()), **fields)


def states() -> list[str]:
    return list(WebhookDelivery.objects.order_by("id").values_list("state", flat=True))


# --- What arrives -----------------------------------------------------------------------------


def test_events_arrive_in_order_and_once(far: Receiver, owner: StaffMember) -> None:
    lead_of_somebody()
    make(far, owner)
    leads = [lead_of_somebody() for _number in range(5)]
    mark_invalid(lead_id=leads[0].pk, reason="DUPLICATE", actor=SYSTEM)

    deliver()
    deliver()

    bodies = [json.loads(request.body) for request in far.got]
    assert [body["type"] for body in bodies] == ["lead.registered"] * 5 + ["lead.invalid"]
    assert [body["subject"]["id"] for body in bodies] == [
        str(lead.pk) for lead in [*leads, leads[0]]
    ]
    assert [body["id"] for body in bodies] == far.ids
    assert set(states()) == {State.DELIVERED}
    assert Webhook.objects.get().last_delivered_at is not None


def test_the_signature_verifies_and_an_altered_body_does_not(
    far: Receiver, owner: StaffMember
) -> None:
    made = make(far, owner)
    lead_of_somebody()
    deliver()

    (request,) = far.got
    assert request.headers["Content-Type"] == "application/json"
    assert _signed_by(request, made.secret)
    assert not _signed_by(Request("", request.headers, request.body + b" "), made.secret)
    assert not _signed_by(request, "fcw_other")


def _signed_by(request: Request, secret: str) -> bool:
    stamp, *signatures = request.headers["Forecourt-Signature"].split(",")
    text = stamp.removeprefix("t=").encode() + b"." + request.body
    wanted = "v1=" + hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    assert abs(int(stamp.removeprefix("t=")) - time.time()) < 300
    return wanted in signatures


def test_for_a_day_the_former_secret_signs_too(far: Receiver, owner: StaffMember) -> None:
    made = make(far, owner)
    renewed = webhooks.rotate_secret(webhook_id=made.webhook.pk, actor=actor_of(owner))
    lead_of_somebody()
    deliver()
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        lead_of_somebody()
        deliver()
        stamp = far.got[1].headers["Forecourt-Signature"].split(",")

    assert _signed_by(far.got[0], made.secret)
    assert _signed_by(far.got[0], renewed.secret)
    assert len(stamp) == 2


def test_no_secret_stands_in_the_database_in_clear(far: Receiver, owner: StaffMember) -> None:
    made = make(far, owner)
    webhooks.rotate_secret(webhook_id=made.webhook.pk, actor=actor_of(owner))

    with connection.cursor() as cursor:
        cursor.execute("SELECT w::text FROM kernel_webhook w")
        rows = str(cursor.fetchall())
        cursor.execute("SELECT e::text FROM kernel_auditentry e")
        rows += str(cursor.fetchall())
    assert made.secret not in rows
    assert "fcw_" not in rows


def test_only_the_chosen_events_are_sent(far: Receiver, owner: StaffMember) -> None:
    make(far, owner, types=["lead.invalid"])
    lead = lead_of_somebody()
    mark_invalid(lead_id=lead.pk, reason="DUPLICATE", actor=SYSTEM)
    deliver()

    assert [request.headers["Forecourt-Event-Type"] for request in far.got] == ["lead.invalid"]


def test_another_groups_events_do_not_arrive(
    far: Receiver, owner: StaffMember, other_group: GroupIdentity
) -> None:
    make(far, owner)
    with inside(other_group):
        lead_of_somebody()
        deliver()
        assert not Webhook.objects.exists()
    deliver()

    assert far.got == []


# --- With whose rights ------------------------------------------------------------------------


def _manager(*grants: tuple[str, Grant]) -> Actor:
    """Somebody who manages webhooks and may see what ``grants`` say."""
    person = make_staff("sales_advisor", make_store())
    return Actor(
        user_id=person.user_id,
        staff_id=person.pk,
        name=person.name,
        grants={"platform.manage_webhooks": Grant(everything=True), **dict(grants)},
    )


def test_a_webhook_hears_what_its_person_may_hear_now(
    far: Receiver, owner: StaffMember, settings: Any
) -> None:
    here, there = make_store(), make_store()
    manager = make_staff("store_manager", here)
    make(far, owner)
    Webhook.objects.update(user_id=manager.user_id, staff_id=manager.pk)
    make_lead(owner=make_staff("sales_advisor", here))
    make_lead(owner=make_staff("sales_advisor", there))
    deliver()
    assert len(far.got) == 1

    manager.roles.clear()
    make_lead(owner=make_staff("sales_advisor", here))
    deliver()
    assert len(far.got) == 1


def test_a_right_that_is_taken_away_counts_for_what_waits_already(
    far: Receiver, owner: StaffMember
) -> None:
    manager = make_staff("store_manager", make_store())
    make(far, owner)
    Webhook.objects.update(user_id=manager.user_id, staff_id=manager.pk)
    make_lead(owner=make_staff("sales_advisor", manager.home_store))
    far.status = 500
    deliver()
    manager.roles.clear()
    far.status = 200

    with time_machine.travel(now() + timedelta(minutes=1)):
        deliver()

    assert len(far.got) == 1
    assert states() == [State.SKIPPED]


def test_a_webhook_whose_person_has_left_is_switched_off(far: Receiver, owner: StaffMember) -> None:
    second = make_staff("group_owner")
    make(far, second)
    told: list[webhooks.WebhookSwitchedOff] = []
    events.subscribe(webhooks.WebhookSwitchedOff)(told.append)
    leave_staff(staff_id=second.pk, actor=actor_of(owner))
    lead_of_somebody()
    deliver()
    events._listeners[webhooks.WebhookSwitchedOff].remove(told.append)

    webhook = Webhook.objects.get()
    assert (webhook.is_active, webhook.off_reason) == (False, Webhook.Off.NO_RIGHTS)
    assert far.got == []
    assert AuditEntry.objects.filter(action="switched_off", subject_id=webhook.pk).exists()
    assert [event.staff_id for event in told] == [second.pk]

    again = webhooks.change_webhook(webhook_id=webhook.pk, is_active=True, actor=actor_of(owner))
    deliver()
    assert again.staff_id == owner.pk
    assert len(far.got) == 1


def test_nobody_directs_what_another_may_hear_to_an_address_of_her_own(
    far: Receiver, owner: StaffMember
) -> None:
    made = make(far, owner)
    narrow = _manager(("crm.view_lead", Grant(store_ids=frozenset({1}))))
    blind = _manager()

    webhooks.change_webhook(webhook_id=made.webhook.pk, name="Other", actor=blind)
    assert Webhook.objects.get().staff_id == owner.pk
    with pytest.raises(Invalid):
        webhooks.change_webhook(webhook_id=made.webhook.pk, url=far.url + "/x", actor=blind)
    assert Webhook.objects.get().url == far.url
    webhooks.change_webhook(webhook_id=made.webhook.pk, url=far.url + "/x", actor=narrow)
    assert Webhook.objects.get().staff_id == narrow.staff_id


def test_without_the_right_nothing_is_done(far: Receiver, owner: StaffMember) -> None:
    made = make(far, owner)
    webhook_id = made.webhook.pk
    test = webhooks.send_test(webhook_id=webhook_id, actor=actor_of(owner))
    stranger = actor_of(make_staff("sales_manager", make_store()))
    before = list(Webhook.objects.values())
    tries: list[Callable[[], object]] = [
        lambda: webhooks.create_webhook(name="x", url=far.url, types=TYPES, actor=stranger),
        lambda: webhooks.change_webhook(webhook_id=webhook_id, name="x", actor=stranger),
        lambda: webhooks.delete_webhook(webhook_id=webhook_id, actor=stranger),
        lambda: webhooks.rotate_secret(webhook_id=webhook_id, actor=stranger),
        lambda: webhooks.send_test(webhook_id=webhook_id, actor=stranger),
        lambda: webhooks.replay_since(webhook_id=webhook_id, since=now(), actor=stranger),
        lambda: webhooks.replay_delivery(delivery_id=test.pk, actor=stranger),
    ]
    for attempt in tries:
        with pytest.raises((NotPermitted, NotFound)):
            attempt()
    assert list(Webhook.objects.values()) == before
    assert WebhookDelivery.objects.count() == 1
    assert not webhooks.list_webhooks(stranger).exists()


# --- Bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "  "}, "name"),
        ({"types": []}, "types"),
        ({"types": ["no.such"]}, "types"),
        ({"url": "http://10.0.0.1/"}, "url"),
        ({"url": "https://localhost:22/"}, "url"),
        ({"url": "nonsense"}, "url"),
        ({"url": "http://169.254.169.254/latest/meta-data/"}, "url"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    far: Receiver, owner: StaffMember, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        make(far, owner, **fields)
    assert refusal.value.field == field
    assert not Webhook.objects.exists()

    made = make(far, owner)
    with pytest.raises(DomainError) as refusal:
        webhooks.change_webhook(webhook_id=made.webhook.pk, actor=actor_of(owner), **fields)
    assert refusal.value.field == field
    assert Webhook.objects.get().url == far.url


def test_two_webhooks_have_two_names(far: Receiver, owner: StaffMember) -> None:
    make(far, owner)
    with pytest.raises(Conflict) as refusal:
        make(far, owner)
    assert refusal.value.field == "name"
    assert Webhook.objects.count() == 1


def test_an_address_that_became_private_is_not_called(
    far: Receiver, owner: StaffMember, settings: Any
) -> None:
    make(far, owner)
    lead_of_somebody()
    settings.EGRESS_ALLOW_LOOPBACK = False
    deliver()

    (row,) = WebhookDelivery.objects.all()
    assert (row.state, row.attempts, row.status) == (State.PENDING, 1, None)
    assert far.got == []


def test_loopback_is_refused_outside_of_development(
    far: Receiver, owner: StaffMember, settings: Any
) -> None:
    settings.EGRESS_ALLOW_LOOPBACK = False
    for url in (far.url, "https://127.0.0.1/", "https://localhost/"):
        with pytest.raises(AddressRefused):
            make(far, owner, url=url)
    assert not Webhook.objects.exists()


# --- When something fails ---------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 404, 302, 199 + 101])
def test_what_is_not_taken_is_sent_again_later_under_the_same_id(
    far: Receiver, owner: StaffMember, status: int
) -> None:
    make(far, owner)
    lead_of_somebody()
    far.answers, far.text = [status], "no \x00 good" + "x" * 600
    deliver()
    (row,) = WebhookDelivery.objects.all()
    assert (row.state, row.attempts, row.status, len(row.excerpt)) == ("PENDING", 1, status, 500)
    assert Webhook.objects.get().failing_since is not None
    deliver()
    assert len(far.got) == 1

    with time_machine.travel(now() + timedelta(seconds=11)):
        deliver()

    row.refresh_from_db()
    assert (row.state, row.attempts, row.status) == (State.DELIVERED, 2, 200)
    assert len(set(far.ids)) == 1
    assert Webhook.objects.get().failing_since is None


def test_a_receiver_that_does_not_answer_is_left_alone_for_this_run(
    far: Receiver, owner: StaffMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "ANSWER_SECONDS", 0.3)
    make(far, owner)
    for _number in range(3):
        lead_of_somebody()
    far.delay_seconds = 1
    deliver()

    rows = list(WebhookDelivery.objects.order_by("id"))
    assert [row.attempts for row in rows] == [1, 0, 0]
    assert "within 0.3 seconds" in rows[0].excerpt or "timed out" in rows[0].excerpt


def test_one_event_that_is_refused_does_not_hold_up_the_others(
    far: Receiver, owner: StaffMember
) -> None:
    make(far, owner)
    for _number in range(3):
        lead_of_somebody()
    far.answers = [500]
    deliver()

    assert states() == [State.PENDING, State.DELIVERED, State.DELIVERED]


def test_the_waits_grow_and_after_three_days_an_event_is_given_up(
    far: Receiver, owner: StaffMember
) -> None:
    make(far, owner)
    lead_of_somebody()
    far.status = 503
    waits, moment = [], now()
    for _number in range(20):
        with time_machine.travel(moment, tick=False):
            deliver()
            (row,) = WebhookDelivery.objects.all()
            if row.state == State.GIVEN_UP:
                break
            waits.append((row.next_at - now()).total_seconds())
            moment = row.next_at

    assert waits[:7] == [10, 60, 300, 1800, 7200, 21600, 86400]
    assert (row.state, row.attempts) == (State.GIVEN_UP, len(waits) + 1)
    assert timedelta(days=3) < moment - row.queued_at < timedelta(days=4)


def test_after_five_days_of_nothing_but_failures_it_is_switched_off(
    far: Receiver, owner: StaffMember
) -> None:
    make(far, owner)
    far.status = 500
    start = now()
    for days in (0, 1, 3, 4.9):
        with time_machine.travel(start + timedelta(days=days), tick=False):
            lead_of_somebody()
            deliver()
            assert Webhook.objects.get().is_active
    with time_machine.travel(start + timedelta(days=5, hours=1), tick=False):
        deliver()

    webhook = Webhook.objects.get()
    assert (webhook.is_active, webhook.off_reason) == (False, Webhook.Off.FAILING)
    assert AuditEntry.objects.filter(action="switched_off", subject_id=webhook.pk).count() == 1
    came = len(far.got)
    deliver()
    assert len(far.got) == came


def test_while_it_is_off_nothing_is_sent_and_afterwards_nothing_was_missed(
    far: Receiver, owner: StaffMember
) -> None:
    made = make(far, owner)
    actor = actor_of(owner)
    webhooks.change_webhook(webhook_id=made.webhook.pk, is_active=False, actor=actor)
    lead_of_somebody()
    deliver()
    assert far.got == []
    with pytest.raises(Conflict):
        webhooks.send_test(webhook_id=made.webhook.pk, actor=actor)

    webhooks.change_webhook(webhook_id=made.webhook.pk, is_active=True, actor=actor)
    deliver()
    assert len(far.got) == 1


# --- By hand ----------------------------------------------------------------------------------


def test_a_test_arrives(far: Receiver, owner: StaffMember) -> None:
    made = make(far, owner)
    test = webhooks.send_test(webhook_id=made.webhook.pk, actor=actor_of(owner))
    deliver()

    (request,) = far.got
    body = json.loads(request.body)
    assert (body["id"], body["type"]) == (f"ping-{test.pk}", "ping")
    assert request.headers["Forecourt-Event-Id"] == f"ping-{test.pk}"
    assert _signed_by(request, made.secret)


def test_one_event_is_sent_again_on_demand(far: Receiver, owner: StaffMember) -> None:
    make(far, owner)
    lead_of_somebody()
    deliver()
    row = WebhookDelivery.objects.get()
    webhooks.replay_delivery(delivery_id=row.pk, actor=actor_of(owner))
    deliver()

    assert len(far.got) == 2
    assert len(set(far.ids)) == 1
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.DELIVERED, 1)


def test_all_since_a_moment_is_sent_again_and_what_was_before_the_webhook_too(
    far: Receiver, owner: StaffMember
) -> None:
    with time_machine.travel(now() - timedelta(days=2), tick=False):
        lead_of_somebody()
        delivery.feed.refresh()
    with time_machine.travel(now() - timedelta(hours=2), tick=False):
        lead_of_somebody()
        delivery.feed.refresh()
    made = make(far, owner)
    lead_of_somebody()
    deliver()
    assert len(far.got) == 1

    since = now() - timedelta(days=1)
    count = webhooks.replay_since(webhook_id=made.webhook.pk, since=since, actor=actor_of(owner))
    deliver()

    assert count == 2
    assert len(far.got) == 3
    assert len(set(far.ids)) == 2
    for wrong in (now() + timedelta(minutes=5), now() - timedelta(days=31)):
        with pytest.raises(Invalid):
            webhooks.replay_since(webhook_id=made.webhook.pk, since=wrong, actor=actor_of(owner))
    assert WebhookDelivery.objects.filter(state=State.PENDING).count() == 0


def test_a_deleted_webhook_is_gone_with_its_deliveries(far: Receiver, owner: StaffMember) -> None:
    made = make(far, owner)
    lead_of_somebody()
    webhooks.delete_webhook(webhook_id=made.webhook.pk, actor=actor_of(owner))
    deliver()

    assert not Webhook.objects.exists()
    assert not WebhookDelivery.objects.exists()
    assert far.got == []


def test_old_deliveries_are_forgotten_and_waiting_ones_kept(
    far: Receiver, owner: StaffMember
) -> None:
    make(far, owner)
    lead_of_somebody()
    deliver()
    far.status = 500
    lead_of_somebody()
    deliver()
    with time_machine.travel(now() + timedelta(days=31)):
        delivery.forget_old_deliveries(schema_name=connection.schema_name)

    assert states() == [State.PENDING]


def test_verify_finds_what_does_not_fit(far: Receiver, owner: StaffMember) -> None:
    made = make(far, owner)
    assert list(checks.webhooks_fit()) == []

    Webhook.objects.filter(pk=made.webhook.pk).update(cursor_seal=10**6, types=["no.such"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_webhook SET secret = 'altered'")
    assert len(list(checks.webhooks_fit())) == 3


# --- Waking -----------------------------------------------------------------------------------


@pytest.fixture
def asleep(group: GroupIdentity) -> Iterator[None]:
    waking._known.clear()
    cache.clear()
    yield
    waking._known.clear()


def test_a_change_is_delivered_at_once_when_there_is_a_webhook(
    far: Receiver, owner: StaffMember, asleep: None
) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        make(far, owner)
    cache.delete(waking.WOKEN)
    with TestCase.captureOnCommitCallbacks(execute=True):
        lead_of_somebody()

    assert len(far.got) == 1


def test_a_group_without_a_webhook_pays_nothing_more(
    group: GroupIdentity, asleep: None, django_assert_num_queries: Any
) -> None:
    store = make_store()
    with TestCase.captureOnCommitCallbacks(execute=True):
        audit.record(SYSTEM, "changed", store)

    with (
        django_assert_num_queries(1),
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        audit.record(SYSTEM, "changed", store)
    assert not queries.has_active()


# --- Several workers, and those that die --------------------------------------------------------


@pytest.fixture
def live(live_group: GroupIdentity) -> Iterator[StaffMember]:
    cache.clear()
    yield make_staff("group_owner")


def test_two_workers_send_nothing_twice(far: Receiver, live: StaffMember) -> None:
    make(far, live)
    for _number in range(20):
        lead_of_somebody()
    far.delay_seconds = 0.01
    group = connection.tenant
    webhook_id = Webhook.objects.get().pk
    delivery.feed.refresh()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with inside(group):
                for _number in range(10):
                    delivery.serve(webhook_id)
                    time.sleep(0.02)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(far.got) == 20
    assert far.ids == sorted(far.ids, key=int)
    assert set(states()) == {State.DELIVERED}


def test_a_worker_killed_between_sending_and_noting_sends_again_under_the_same_id(
    far: Receiver, live: StaffMember
) -> None:
    """At least once: the receiver takes an id that it knows for the same event."""
    make(far, live)
    lead_of_somebody()
    delivery.feed.refresh()
    webhook_id = Webhook.objects.get().pk
    came = threading.Event()
    far.on_request, far.delay_seconds = lambda request: came.set(), 5

    child = _serve_in_a_process(webhook_id)
    assert came.wait(30)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert states() == [State.PENDING]

    far.delay_seconds = 0
    assert delivery.serve(webhook_id) == delivery.BUSY_SECONDS  # still the dead worker's
    assert len(far.got) == 1
    with time_machine.travel(now() + delivery.LEASE + timedelta(seconds=1)):
        delivery.serve(webhook_id)

    assert len(far.got) == 2
    assert len(set(far.ids)) == 1
    assert states() == [State.DELIVERED]


def _serve_in_a_process(webhook_id: int) -> int:
    """A forked worker with connections of its own; those it inherited are left untouched."""
    group = connection.tenant
    child = os.fork()
    if child:
        return child
    inherited = [connections[alias] for alias in connections]
    for alias in connections:
        del connections[alias]
    try:
        with inside(group):
            delivery.serve(webhook_id)
    finally:
        os._exit(0 if inherited else 1)


def test_a_worker_that_was_overtaken_writes_nothing(far: Receiver, live: StaffMember) -> None:
    make(far, live)
    lead_of_somebody()
    delivery.feed.refresh()
    webhook_id = Webhook.objects.get().pk
    far.answers = [500]

    group = connection.tenant

    def overtake(_request: Request) -> None:
        with inside(group):
            Webhook.objects.update(busy_until=now() + timedelta(hours=1))
        connections.close_all()

    far.on_request = overtake
    delivery.serve(webhook_id)

    row = WebhookDelivery.objects.get()
    assert (row.state, row.attempts) == (State.PENDING, 0)
    assert Webhook.objects.get().busy_until is not None


def test_an_event_that_commits_late_is_delivered(far: Receiver, live: StaffMember) -> None:
    make(far, live)
    webhook_id = Webhook.objects.get().pk
    lead = lead_of_somebody()
    group = connection.tenant
    wrote, may_end = threading.Event(), threading.Event()
    late: list[int] = []

    def work() -> None:
        with inside(group), transaction.atomic():
            audit.record(SYSTEM, "registered", lead)
            late.append(AuditEntry.objects.latest("pk").pk)
            wrote.set()
            may_end.wait(30)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    assert wrote.wait(30)
    lead_of_somebody()
    delivery.feed.refresh()
    delivery.serve(webhook_id)
    assert len(far.got) == 2
    may_end.set()
    thread.join()
    delivery.feed.refresh()
    delivery.serve(webhook_id)

    assert len(far.got) == 3
    assert far.ids[2] == str(late[0])
    assert int(far.ids[2]) < int(far.ids[1])
