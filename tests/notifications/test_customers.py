"""Messages to customers: agreed to, not at night, not too many, ended by one press."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core import mail
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from apps.crm.models import Customer
from apps.crm.queries import timeline
from apps.notifications import opting_out, registry
from apps.notifications.actions import send_to_customer
from apps.notifications.actions.sending import deliver
from apps.notifications.models import Delivery
from apps.notifications.policy import contact_policy
from apps.notifications.queries import Sent
from apps.notifications.registry import CUSTOMERS, Event, declare
from forecourt.config.celery import app
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid, NotFound
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import AuditEntry, OutboxMessage
from forecourt.kernel.outbox import deliver_due
from tests.factories.crm import make_customer
from tests.factories.organisation import make_staff

SYSTEM = system_actor("service")
State, Reason = Delivery.State, Delivery.Reason


@pytest.fixture(autouse=True)
def care() -> Iterator[Event]:
    yield declare(
        Event(
            code="testing.care",
            label="Care",
            receivers="Customers",
            title="{name}, your car is due",
            body="Come on {day}. Enough of us? {opt_out}",
            placeholders={"name": "Name", "day": "Day", "opt_out": "Way out"},
            channels=("email",),
            to=CUSTOMERS,
        )
    )
    registry._events.pop("testing.care")


def at(hour: int) -> datetime:
    return timezone.make_aware(datetime.combine(timezone.localdate(), time(hour)))


@pytest.fixture
def daytime() -> Iterator[None]:
    with time_machine.travel(at(12), tick=True):
        yield


def agreed(**fields) -> Customer:
    customer = make_customer()
    values = {"email": "zhang@test.example", "consents": {"email": True}, **fields}
    Customer.objects.filter(pk=customer.pk).update(**values)
    customer.refresh_from_db()
    return customer


def write(care: Event, customer: Customer, key: str = "1", **options) -> Delivery:
    return send_to_customer(
        care,
        audience="crm.customer",
        customer_id=customer.pk,
        channel_code=options.pop("channel", "email"),
        values={"name": customer.name, "day": timezone.localdate()},
        key=key,
        actor=SYSTEM,
        **options,
    )


def run(group) -> None:
    OutboxMessage.objects.filter(delivered_at__isnull=True).update(available_at=now())
    deliver_due(schema_name=group.schema_name)


def outcome(key: str = "1") -> tuple[str, str]:
    row = Delivery.objects.get(key=key)
    return row.state, row.reason


def test_a_customer_who_agreed_is_written_to_with_a_way_out(group, daytime, care):
    write(care, agreed())
    run(group)

    letter = mail.outbox[0]
    assert letter.to == ["zhang@test.example"]
    assert letter.subject == "张伟, your car is due"
    way = re.search(r"http://\S+/notifications/out/[^/\s]+/", letter.body)[0]
    assert letter.extra_headers["List-Unsubscribe"] == f"<{way}>"
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Auto-Submitted" not in letter.extra_headers
    assert outcome() == (State.SENT, "")


@pytest.mark.parametrize("consents", [{}, {"email": False}, {"sms": True}])
def test_without_consent_to_the_channel_nothing_leaves(group, daytime, care, consents):
    write(care, agreed(consents=consents))
    run(group)

    assert mail.outbox == []
    assert outcome() == (State.HELD, Reason.NO_CONSENT)


def test_consent_is_asked_when_it_leaves_and_not_when_it_was_written(group, daytime, care):
    customer = agreed()
    write(care, customer)
    Customer.objects.filter(pk=customer.pk).update(consents={"email": False})
    run(group)

    assert mail.outbox == []


def test_without_an_address_it_is_held_back(group, daytime, care):
    write(care, agreed(email=""))
    run(group)

    assert outcome() == (State.HELD, Reason.NO_ADDRESS)


def test_at_night_it_waits_for_the_morning(group, care):
    policy = contact_policy()
    with time_machine.travel(at(23), tick=False):
        write(care, agreed())
        run(group)
        message = OutboxMessage.objects.get(topic="notifications.delivery")
        morning = timezone.localtime(message.available_at)
        assert mail.outbox == []
        assert outcome() == (State.WAITING, Reason.QUIET)
    assert morning.time() == policy.quiet_to
    with time_machine.travel(morning + timedelta(seconds=1), tick=False):
        deliver_due(schema_name=group.schema_name)

    assert outcome()[0] == State.SENT


def test_more_than_the_cap_in_seven_days_is_held_back_whichever_module_sends(group, daytime, care):
    customer, cap = agreed(), contact_policy().cap
    for number in range(cap + 2):
        write(care, customer, key=str(number))
        run(group)

    assert len(mail.outbox) == cap
    assert outcome(str(cap)) == (State.HELD, Reason.CAP)
    write(care, agreed(email="li@test.example"), key="other")
    run(group)
    assert len(mail.outbox) == cap + 1, "another customer has a budget of her own"
    Delivery.objects.filter(recipient_id=customer.pk).update(
        claimed_at=now() - timedelta(days=7, minutes=1)
    )
    write(care, customer, key="later")
    run(group)
    assert len(mail.outbox) == cap + 2


def test_a_message_of_unknown_fate_counts_as_sent(group, daytime, care):
    customer, cap = agreed(), contact_policy().cap
    for number in range(cap):
        write(care, customer, key=str(number))
    Delivery.objects.update(state=State.UNKNOWN, claimed_at=now(), reason=Reason.INTERRUPTED)
    write(care, customer, key="next")
    run(group)

    assert outcome("next") == (State.HELD, Reason.CAP)


def test_the_same_message_is_written_once(group, daytime, care):
    customer = agreed()
    for _time in range(3):
        write(care, customer)
        run(group)

    assert len(mail.outbox) == 1


def test_what_cannot_be_is_refused_and_writes_nothing(group, care):
    customer = agreed()

    with pytest.raises(NotFound):
        send_to_customer(
            care,
            audience="crm.customer",
            customer_id=customer.pk + 999,
            channel_code="email",
            values={},
            key="1",
            actor=SYSTEM,
        )
    with pytest.raises(Invalid):
        write(care, customer, channel="wecom")
    with pytest.raises(LookupError):
        write(registry.get_event("crm.lead_assigned"), customer)

    assert not Delivery.objects.exists()


# --- The way out --------------------------------------------------------------------------------


def way_of(customer: Customer, channel: str = "email") -> str:
    row = Delivery(recipient_kind="crm.customer", recipient_id=customer.pk, channel=channel)
    return opting_out.address_for(row).split(":8000", 1)[1]


def browser(group: GroupIdentity) -> Client:
    host = f"{group.slug}.{django_settings.BASE_DOMAIN}"
    return Client(headers={"host": host}, enforce_csrf_checks=True)


def test_one_press_ends_messages_without_signing_in(group, daytime, care):
    customer = agreed(consents={"email": True, "sms": True})
    way = way_of(customer)

    looked = browser(group).get(way)
    customer.refresh_from_db()
    assert looked.status_code == 200
    assert customer.consents["email"] is True, "scanners open every link"
    pressed = browser(group).post(way, {"List-Unsubscribe": "One-Click"})

    customer.refresh_from_db()
    assert pressed.status_code == 200
    assert customer.consents == {"email": False, "sms": True}
    entry = AuditEntry.objects.get(action="consent_withdrawn")
    assert entry.subject_id == str(customer.pk)
    write(care, customer)
    run(group)
    assert mail.outbox == []
    assert browser(group).post(way).status_code == 200, "again is no fault"


def test_a_way_out_of_another_group_or_altered_does_nothing(group, other_group):
    customer = agreed()
    way = way_of(customer)
    with inside(other_group):
        theirs = way_of(customer)

    altered = way.replace("/out/", "/out/x")
    for address in (theirs, altered, "/notifications/out/nonsense/"):
        home = connection.tenant
        answer = browser(group).post(address)
        connection.set_tenant(home)
        assert answer.status_code == 404
    customer.refresh_from_db()
    assert customer.consents == {"email": True}


# --- At the same moment -------------------------------------------------------------------------


def test_two_modules_that_send_at_the_same_moment_keep_to_the_cap(live_group, care):
    app.conf.task_always_eager = False
    try:
        customer, cap = agreed(), contact_policy().cap
        rows = [write(care, customer, key=str(number)) for number in range(cap + 3)]
        start = threading.Barrier(len(rows))

        def send(row: Delivery) -> None:
            payload = {
                name: getattr(row, name)
                for name in ("event", "key", "channel", "recipient_kind", "recipient_id")
            }
            with inside(live_group):
                start.wait()
                deliver(payload, "")
            connections.close_all()

        with time_machine.travel(at(12), tick=True):
            threads = [threading.Thread(target=send, args=[row]) for row in rows]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        app.conf.task_always_eager = True

    states = list(Delivery.objects.values_list("state", "reason"))
    assert states.count((State.SENT, "")) == cap
    assert states.count((State.HELD, Reason.CAP)) == 3


def test_what_left_for_a_customer_stands_in_her_timeline(group, daytime, care, client_of):
    customer = agreed()
    write(care, customer)
    write(care, agreed(), key="hers")
    write(care, customer, key="2", channel="sms")
    run(group)
    assert outcome("2")[0] == State.HELD

    items, _older = timeline(customer_id=customer.pk, actor=SYSTEM)
    assert [item.row.title for item in items if isinstance(item.row, Sent)] == [
        "张伟, your car is due"
    ]
    owner = client_of(group, make_staff("group_owner").user)
    page = owner.get(f"/crm/customers/{customer.pk}/timeline/")
    assert "your car is due" in page.content.decode()
