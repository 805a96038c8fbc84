"""Messages leave: queued with the change, sent by a worker, never twice by themselves.

A message is claimed (``SENDING``) in a transaction of its own at the last moment before it leaves,
when the connection to the provider stands. What fails before is tried again; what fails after is
either answered by the provider or of unknown fate. A worker that dies in between leaves the claim:
whoever finds it later notes that the fate is unknown, and people decide (docs/notifications.md).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.notifications import queries, ways
from apps.notifications.actions.composing import Recipient, compose, recipient_of
from apps.notifications.actions.contacts import Held, require_allowed
from apps.notifications.actions.queueing import TOPIC, wake_up
from apps.notifications.channels import NotNow, Refused, Unknown, channel
from apps.notifications.errors import NotToBeSentAgain
from apps.notifications.events import CustomerMessageEnded
from apps.notifications.models import Delivery
from apps.notifications.registry import find_event
from forecourt.kernel import audit, events, outbox
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.outbox import Later

ATTEMPTS = 8
"""With the outbox's growing waits: for about a day and a half."""
IN_FLIGHT = timedelta(minutes=3)
"""Longer than any provider is waited for; a claim that is older has lost its worker."""
TOGETHER = 50
"""So many of a kind go out in one message at most."""
State, Reason = Delivery.State, Delivery.Reason


@outbox.handles(TOPIC)
def deliver(payload: dict[str, Any], _key: str) -> None:
    """Send one message, with others of its kind that wait for the same recipient."""
    batch = _take(payload)
    if not batch:
        return
    first = batch[0]
    recipient = recipient_of(first)
    try:
        require_allowed(first, recipient)
        _send(batch, recipient)
    except Held as held:
        _hold(batch, held)


def _take(payload: dict[str, Any]) -> list[Delivery]:
    """The message and its companions; nothing when there is nothing to do any more."""
    with transaction.atomic():
        row = Delivery.objects.select_for_update().filter(**payload).first()
        if row is None:
            return []
        if row.state == State.SENDING:
            if row.claimed_at > now() - IN_FLIGHT:
                raise Later(wait=IN_FLIGHT)
            _end([row], State.UNKNOWN, Reason.INTERRUPTED)
            return []
        if row.state != State.WAITING:
            return []
        return [row, *_companions(row)]


def _companions(row: Delivery) -> list[Delivery]:
    event = find_event(row.event)
    if event is None or not event.is_groupable or row.is_to_customer:
        return []
    waiting = Delivery.objects.filter(
        recipient_kind=row.recipient_kind,
        recipient_id=row.recipient_id,
        channel=row.channel,
        event=row.event,
        state=State.WAITING,
    )
    return list(waiting.exclude(pk=row.pk).order_by("pk")[: TOGETHER - 1])


def _send(batch: list[Delivery], recipient: Recipient) -> None:
    first = batch[0]
    row = ways.settings_of(first.channel)
    used = channel(first.channel)
    if not ways.is_usable(used, row):
        raise Held(Reason.CHANNEL_OFF)
    message = compose(batch, recipient)
    try:
        reference = used.send(message, ways.configuration_of(row), lambda: _claim(batch, recipient))
    except Refused as refusal:
        _end(batch, State.REFUSED, Reason.REFUSED, str(refusal))
    except Unknown as lost:
        _end(batch, State.UNKNOWN, Reason.INTERRUPTED, str(lost))
    except NotNow as busy:
        _put_back(batch, busy)
    else:
        _end(batch, State.SENT, reference=reference)


def _claim(batch: list[Delivery], recipient: Recipient) -> None:
    """Note that the messages are about to leave. Raises Later when another worker was faster.

    For customers the rules are asked here once more, behind a lock on the customer, so that two
    modules that send at the same moment keep to the cap.
    """
    with transaction.atomic():
        if batch[0].is_to_customer:
            require_allowed(batch[0], recipient, lock=True)
        claimed = Delivery.objects.filter(
            pk__in=[row.pk for row in batch], state=State.WAITING
        ).update(
            state=State.SENDING,
            claimed_at=now(),
            attempts=F("attempts") + 1,
            recipient_name=recipient.name[:100],
        )
        if claimed != len(batch):
            raise Later(wait=timedelta(seconds=30))
    for row in batch:
        row.state = State.SENDING
        row.attempts += 1


@transaction.atomic
def _end(
    batch: list[Delivery], state: str, reason: str = "", error: str = "", reference: str = ""
) -> None:
    Delivery.objects.filter(pk__in=[row.pk for row in batch]).update(
        state=state,
        reason=reason,
        error=error[:300],
        reference=reference[:200],
        ended_at=now(),
    )
    for row in batch:
        if row.is_to_customer:
            ended = (row.event, row.key, row.recipient_kind, row.recipient_id, state, reason)
            events.publish(CustomerMessageEnded(*ended))


def _put_back(batch: list[Delivery], busy: NotNow) -> None:
    """Not sent: try again later, until it was tried often enough. Raises Later."""
    uncounted = int(batch[0].state == State.WAITING)
    attempts = batch[0].attempts + uncounted
    if attempts >= ATTEMPTS:
        _end(batch, State.REFUSED, Reason.GAVE_UP, str(busy))
        return
    Delivery.objects.filter(pk__in=[row.pk for row in batch]).update(
        state=State.WAITING,
        reason=Reason.BUSY,
        error=str(busy)[:300],
        attempts=F("attempts") + uncounted,
    )
    raise Later(str(busy), wait=busy.wait)


def _hold(batch: list[Delivery], held: Held) -> None:
    """Keep back what may not go; for quiet hours only until they are over. Raises Later."""
    if held.until is None:
        _end(batch, State.HELD, held.reason)
        return
    Delivery.objects.filter(pk__in=[row.pk for row in batch]).update(reason=held.reason)
    raise Later(wait=max(held.until - now(), timedelta(seconds=1)))


@transaction.atomic
def send_again(*, delivery_id: int, actor: Actor) -> Delivery:
    """Have a message tried again that a person has looked at.

    Every rule holds as for the first time. Raises NotFound, NotPermitted, or NotToBeSentAgain for
    one that was sent or still waits.
    """
    actor.require("notifications.send_again")
    row = queries.lock_delivery(delivery_id=delivery_id, actor=actor)
    if row.state not in (State.REFUSED, State.UNKNOWN, State.HELD):
        raise NotToBeSentAgain(_("This message was sent, or will be sent by itself."))
    before = row.get_state_display()
    row.state, row.reason, row.error, row.attempts = State.WAITING, "", "", 0
    row.ended_at = None
    row.save(update_fields=["state", "reason", "error", "attempts", "ended_at"])
    audit.record(
        actor,
        "sent_again",
        row,
        {"state": [before, row.get_state_display()]},
        label=f"{row.event} {row.recipient_name}".strip(),
    )
    outbox.emit_many([wake_up(row, again=int(now().timestamp()))])
    return row
