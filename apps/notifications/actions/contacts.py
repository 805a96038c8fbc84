"""Messages to customers: what they agreed to, when it is quiet, how many they get.

All of it is asked when a message is about to leave, not when it was written: much may have changed
meanwhile, and only then is known what other modules sent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Count, Model, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.notifications.actions.queueing import queue
from apps.notifications.audiences import Person, get_audience
from apps.notifications.channels import Channel, channel
from apps.notifications.models import Delivery
from apps.notifications.opting_out import WayOut
from apps.notifications.policy import contact_policy
from apps.notifications.registry import CUSTOMERS, Event
from apps.notifications.rules.quiet import end_of_quiet
from apps.notifications.rules.values import keep
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.db.rows import append
from forecourt.kernel.errors import Invalid, NotFound
from forecourt.kernel.groups import current_schema

if TYPE_CHECKING:
    from apps.notifications.actions.composing import Recipient

WINDOW = timedelta(days=7)
State, Reason = Delivery.State, Delivery.Reason
COUNTED = (State.SENDING, State.SENT, State.UNKNOWN)


class Held(Exception):
    """The message may not go: for good, or not before ``until``."""

    def __init__(self, reason: str, *, until: datetime | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until


@transaction.atomic
def send_to_customer(
    event: Event,
    *,
    audience: str,
    customer_id: int,
    channel_code: str,
    values: Mapping[str, Any],
    key: str,
    actor: Actor,
    subject: Model | None = None,
    store_id: int | None = None,
) -> Delivery:
    """Have a customer written to, once for an event and key on one channel.

    Whether the message really goes is decided when it is sent: consent, quiet hours, the cap over
    all modules. What was held back stands in the list of deliveries with its reason. The caller has
    asked whether the actor may write to this customer. Raises Invalid, NotFound.
    """
    if event.to != CUSTOMERS:
        raise LookupError(f"The event {event.code} is not one for customers.")
    if channel(channel_code).is_chat:
        raise Invalid(_("Customers are not written to in a chat."), field="channel")
    person = get_audience(audience).find([customer_id]).get(customer_id)
    if person is None:
        raise NotFound(_("No such record, or not yours to see."))
    row = Delivery(
        event=event.code,
        key=key[:100],
        channel=channel_code,
        recipient_kind=audience,
        recipient_id=customer_id,
        recipient_name=person.name[:100],
        subject_id=str(subject.pk) if subject is not None else "",
        store_id=store_id if store_id is not None else person.store_id,
        values={"actor": actor.name, **{name: keep(value) for name, value in values.items()}},
        created_at=now(),
    )
    queue([row])
    return row


@dataclass(frozen=True, slots=True)
class CustomerMessage:
    """One of several messages of a kind; ``key`` names it, and ``expires_at`` is when it is too
    late for it."""

    customer_id: int
    key: str
    values: Mapping[str, Any]
    expires_at: datetime | None = None


@transaction.atomic
def send_to_customers(
    event: Event,
    *,
    audience: str,
    channel_code: str,
    messages: Sequence[CustomerMessage],
    actor: Actor,
) -> dict[str, str]:
    """Have many customers written to, each message once for its key, in a few statements.

    What cannot leave as things stand (no consent, no address, the cap, too late) is kept as held
    back at once; answers the reasons by key. All else is decided when it leaves, as for one.
    """
    used = channel(channel_code)
    people = get_audience(audience).find([message.customer_id for message in messages])
    had = _contacts_of(audience, [message.customer_id for message in messages])
    cap, moment = contact_policy().cap, now()
    rows: list[Delivery] = []
    for message in messages:
        person = people.get(message.customer_id)
        reason = _held_at_once(message, person, used, had.get(message.customer_id, 0) >= cap)
        if not reason:
            had[message.customer_id] = had.get(message.customer_id, 0) + 1
        rows.append(
            Delivery(
                event=event.code,
                key=message.key[:100],
                channel=channel_code,
                recipient_kind=audience,
                recipient_id=message.customer_id,
                recipient_name=person.name[:100] if person else "",
                store_id=person.store_id if person else None,
                values={name: _kept(value) for name, value in message.values.items()},
                state=State.HELD if reason else State.WAITING,
                reason=reason,
                created_at=moment,
                ended_at=moment if reason else None,
                expires_at=message.expires_at,
            )
        )
    append([row for row in rows if row.state == State.HELD], unless_there=True)
    queue([row for row in rows if row.state == State.WAITING])
    return {row.key: row.reason for row in rows if row.reason}


def _kept(value: Any) -> Any:
    """A text whole, for it may be the message itself; all else as values are kept."""
    return value if isinstance(value, str) else keep(value)


def _held_at_once(
    message: CustomerMessage, person: Person | None, used: Channel, is_full: bool
) -> str:
    if person is None:
        return Reason.GONE
    if not used.address_of(person):
        return Reason.NO_ADDRESS
    if used.code not in person.consents:
        return Reason.NO_CONSENT
    if message.expires_at is not None and message.expires_at <= now():
        return Reason.LATE
    return Reason.CAP if is_full else ""


def _contacts_of(audience: str, customer_ids: Collection[int]) -> dict[int, int]:
    """How many messages each had in seven days, those that are about to leave too."""
    rows = (
        Delivery.objects.filter(recipient_kind=audience, recipient_id__in=customer_ids)
        .filter(Q(state=State.WAITING) | Q(state__in=COUNTED, claimed_at__gt=now() - WINDOW))
        .values_list("recipient_id")
        .annotate(count=Count("pk"))
    )
    return dict(rows)


def require_allowed(row: Delivery, recipient: Recipient, *, lock: bool = False) -> None:
    """Raises Held when the message may not go now.

    With ``lock``, in a transaction, nobody else sends to the same customer until it ends.
    """
    if not recipient.is_there:
        raise Held(Reason.GONE)
    used = channel(row.channel)
    if not used.is_chat and not used.address_of(recipient):
        raise Held(Reason.NO_ADDRESS)
    if not row.is_to_customer:
        return
    if lock:
        _lock_customer(row)
    if row.channel not in recipient.consents:
        raise Held(Reason.NO_CONSENT)
    if row.expires_at is not None and row.expires_at <= now():
        raise Held(Reason.LATE)
    policy = contact_policy()
    until = end_of_quiet(_local_to(row), begins=policy.quiet_from, ends=policy.quiet_to)
    if until is not None:
        raise Held(Reason.QUIET, until=until)
    if contacts_within(row.recipient_kind, row.recipient_id) >= policy.cap:
        raise Held(Reason.CAP)


def _local_to(row: Delivery) -> datetime:
    """The time of day at the customer's own store; without one, at the group's."""
    zone = organisation.time_zone_of(row.store_id) if row.store_id is not None else ""
    return timezone.localtime(now(), ZoneInfo(zone) if zone else None)


def contacts_within(kind: str, customer_id: int) -> int:
    """How many messages a customer got, or may have got, in the last seven days."""
    return Delivery.objects.filter(
        recipient_kind=kind,
        recipient_id=customer_id,
        claimed_at__gt=now() - WINDOW,
        state__in=COUNTED,
    ).count()


def _lock_customer(row: Delivery) -> None:
    """One at a time for each customer, whichever module sends."""
    name = f"{current_schema()}:contact:{row.recipient_kind}:{row.recipient_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


@transaction.atomic
def opt_out(way_out: WayOut) -> None:
    """Take a customer's consent to a channel back, at her own wish; again is no fault.

    Raises NotFound when the customer is no longer there.
    """
    found = get_audience(way_out.kind)
    if way_out.customer_id not in found.find([way_out.customer_id]):
        raise NotFound(_("This address is no longer good."))
    found.forbid(way_out.customer_id, way_out.channel)
