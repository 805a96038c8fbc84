"""Events on their way to webhooks.

A worker takes a webhook by a lease, makes deliveries of the events that came since, and sends those
that are due, one after the other. A delivery is noted after it was answered: a worker that dies
between the two lets it be sent again, with the same event id. Nothing is lost; a receiver that must
not do a thing twice looks at the id.
"""

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as time_of_day
from enum import Enum
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from forecourt.kernel import audit, egress, events, feed, schedule
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.actors import actor_again
from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotPermitted
from forecourt.kernel.models import Webhook, WebhookDelivery
from forecourt.kernel.tasks import enqueue, group_task
from forecourt.kernel.webhooks import queries
from forecourt.kernel.webhooks.events import WebhookSwitchedOff
from forecourt.kernel.webhooks.signing import HEADER, signature

State = WebhookDelivery.State

ANSWER_SECONDS = 10
ANSWER_BYTES = 2000
LEASE = timedelta(seconds=60)
"""How long a webhook stays with a worker that says nothing more; renewed with each delivery."""
BACK_OFF = [timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200, 21600, 86400)]
GIVE_UP_AFTER = timedelta(days=3)
SWITCH_OFF_AFTER = timedelta(days=5)
KEEP_FOR = timedelta(days=30)
BATCH = 500
RUN_SECONDS = 40
REFUSALS_A_RUN = 5
"""After so many refusals on end the receiver is left alone until the next run."""
SOON = timedelta(seconds=60)
BUSY_SECONDS = 5
AGAIN = "webhooks:again"
PING = "ping"
EXCERPT = 500


class Result(Enum):
    ARRIVED = "arrived"
    REFUSED = "refused"
    UNREACHED = "unreached"
    WITHHELD = "withheld"
    """Not sent: the event is gone, or the person may no longer hear of it."""
    ORPHANED = "orphaned"
    """Not sent: the person whose rights the webhook has works here no more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to; ``excerpt`` begins the answer, or says why there is none."""

    result: Result
    status: int | None = None
    excerpt: str = ""


@schedule.every(minutes=1, when=queries.has_active)
@group_task
def deliver_events() -> None:
    """Serve every webhook of the group that no other worker is serving."""
    feed.refresh()
    active = Webhook.objects.filter(is_active=True).order_by("id").values_list("pk", flat=True)
    waits = [wait for webhook_id in active if (wait := serve(webhook_id)) is not None]
    if waits:
        _come_again(min(waits))


@schedule.daily(at=time_of_day(3, 30), when=WebhookDelivery.objects.exists)
@group_task
def forget_old_deliveries() -> None:
    WebhookDelivery.objects.exclude(state=State.PENDING).filter(
        queued_at__lt=now() - KEEP_FOR
    ).delete()


def serve(webhook_id: int) -> int | None:
    """Send what is due to one webhook; answers in how many seconds to come again, if soon."""
    lease = _take(webhook_id)
    if lease is None:
        return BUSY_SECONDS
    ends = time.monotonic() + RUN_SECONDS
    refusals = 0
    try:
        for delivery in _due(webhook_id, lease):
            outcome = _attempt(delivery)
            if not lease.note(delivery, outcome):
                return None
            refusals = refusals + 1 if outcome.result is Result.REFUSED else 0
            if outcome.result is Result.UNREACHED or refusals >= REFUSALS_A_RUN:
                break
            if time.monotonic() > ends:
                return 1
    finally:
        lease.end()
    return _soon(webhook_id)


def _soon(webhook_id: int) -> int | None:
    """Seconds to the next attempt; what has failed for a while is left to the minute's sweep."""
    moment = now()
    webhook = Webhook.objects.filter(pk=webhook_id, is_active=True).first()
    if webhook is None or (webhook.failing_since and webhook.failing_since < moment - SOON):
        return None
    due = WebhookDelivery.objects.filter(
        webhook=webhook, state=State.PENDING, next_at__gt=moment, next_at__lte=moment + SOON
    )
    next_at = due.order_by("next_at").values_list("next_at", flat=True).first()
    return math.ceil((next_at - moment).total_seconds()) if next_at else None


def _come_again(seconds: int) -> None:
    """Start once more after so long, once however many ask for it meanwhile."""
    if cache.add(AGAIN, True, seconds):
        enqueue(deliver_events, wait_seconds=seconds)


class _Lease:
    """The right to serve a webhook, until another worker has had to take it over."""

    def __init__(self, webhook_id: int, until: datetime) -> None:
        self.webhook_id, self.until = webhook_id, until

    def _mine(self) -> Any:
        return Webhook.objects.filter(pk=self.webhook_id, busy_until=self.until)

    def renew(self) -> bool:
        until = now() + LEASE
        if not self._mine().filter(is_active=True).update(busy_until=until):
            return False
        self.until = until
        return True

    def end(self) -> None:
        self._mine().update(busy_until=None)

    def note(self, delivery: WebhookDelivery, outcome: Outcome) -> bool:
        """Write down what came of an attempt; False when the webhook is ours no more."""
        with transaction.atomic():
            webhook = self._mine().select_for_update().first()
            if webhook is None:
                return False
            _note(webhook, delivery, outcome)
            return bool(webhook.is_active)


def _take(webhook_id: int) -> _Lease | None:
    moment = now()
    with transaction.atomic():
        webhook = (
            Webhook.objects.select_for_update(skip_locked=True)
            .filter(Q(busy_until=None) | Q(busy_until__lt=moment), pk=webhook_id, is_active=True)
            .first()
        )
        if webhook is None:
            return None
        webhook.busy_until = moment + LEASE
        webhook.save(update_fields=["busy_until"])
        return _Lease(webhook_id, webhook.busy_until)


def _due(webhook_id: int, lease: _Lease) -> Iterator[WebhookDelivery]:
    """What is to be sent now, in order; new events are taken up whenever nothing else is left."""
    while lease.renew():
        delivery = (
            WebhookDelivery.objects.filter(
                webhook_id=webhook_id, state=State.PENDING, next_at__lte=now()
            )
            .select_related("webhook")
            .order_by("next_at", "id")
            .first()
        )
        if delivery is not None:
            yield delivery
        elif not take_up(webhook_id):
            return


def take_up(webhook_id: int) -> bool:
    """Make deliveries of the events since the cursor and move it; False when there are none.

    Both in one transaction, so each event becomes one delivery, whoever dies.
    """
    with transaction.atomic():
        webhook = Webhook.objects.select_for_update().filter(pk=webhook_id, is_active=True).first()
        if webhook is None:
            return False
        actor = actor_of(webhook)
        if actor is None:
            switch_off(webhook, Webhook.Off.NO_RIGHTS)
            return False
        batch = feed.read(
            actor=actor,
            types=feed.named(webhook.types),
            after=feed.Cursor(webhook.cursor_seal, webhook.cursor_entry),
            limit=BATCH,
        )
        queue(webhook, batch.events)
        webhook.cursor_seal, webhook.cursor_entry = batch.cursor.seal, batch.cursor.entry
        webhook.save(update_fields=["cursor_seal", "cursor_entry"])
        return bool(batch.events) or batch.has_more


def queue(webhook: Webhook, found: list[feed.Event], *, again: bool = False) -> None:
    """Have events delivered; with ``again`` also those that were delivered or given up before."""
    moment = now()
    rows = [
        WebhookDelivery(
            webhook=webhook,
            entry_id=event.entry_id,
            type=event.type.type,
            queued_at=moment,
            next_at=moment,
        )
        for event in found
    ]
    if again:
        WebhookDelivery.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["webhook", "entry_id"],
            update_fields=["state", "attempts", "queued_at", "next_at", "delivered_at"],
        )
    else:
        WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True)


def actor_of(webhook: Webhook) -> Actor | None:
    """Whose rights the webhook has, as they are now; None when she works here no more."""
    try:
        return actor_again(webhook.user_id, channel="webhook")
    except NotPermitted:
        return None


def switch_off(webhook: Webhook, reason: str) -> None:
    """Stop a webhook of the platform's own accord and say so. It must be locked."""
    webhook.is_active, webhook.off_reason = False, reason
    webhook.save(update_fields=["is_active", "off_reason"])
    audit.record(system_actor(), "switched_off", webhook, {"off_reason": ["", reason]})
    events.publish(
        WebhookSwitchedOff(webhook.pk, webhook.name, webhook.staff_id, webhook.user_id, str(reason))
    )


def payload_of(delivery: WebhookDelivery) -> dict[str, Any] | None:
    """The body of a delivery; None for an event that is no more."""
    if delivery.entry_id is None:
        return {
            "id": f"{PING}-{delivery.pk}",
            "type": PING,
            "happened_at": delivery.queued_at.isoformat(),
            "subject": None,
            "store_id": None,
        }
    event = feed.find(delivery.entry_id)
    return event.document if event else None


def _attempt(delivery: WebhookDelivery) -> Outcome:
    """Send once, unless it must not be sent."""
    actor = actor_of(delivery.webhook)
    if actor is None:
        return Outcome(Result.ORPHANED)
    if delivery.entry_id is not None:
        event = feed.find(delivery.entry_id)
        if event is None:
            return Outcome(Result.WITHHELD, excerpt=_("The record of this event is gone."))
        if not feed.may_hear(actor, event):
            name = delivery.webhook.staff_name
            text = _("%(name)s may not hear of this event any more.") % {"name": name}
            return Outcome(Result.WITHHELD, excerpt=text)
    return _send(delivery.webhook, payload_of(delivery) or {})


def _send(webhook: Webhook, payload: dict[str, Any]) -> Outcome:
    body = json.dumps(payload, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Forecourt-Webhooks/1",
        "Forecourt-Event-Id": payload["id"],
        "Forecourt-Event-Type": payload["type"],
        HEADER: signature(body, now(), secrets_of(webhook)),
    }
    try:
        answer = egress.post(webhook.url, body, headers, seconds=ANSWER_SECONDS, most=ANSWER_BYTES)
    except egress.AddressRefused as refusal:
        return Outcome(Result.UNREACHED, excerpt=refusal.message[:EXCERPT])
    except egress.Unreachable as error:
        return Outcome(Result.UNREACHED, excerpt=str(error)[:EXCERPT])
    text = answer.body.decode(errors="replace").replace("\x00", "")[:EXCERPT]
    arrived = 200 <= answer.status < 300
    return Outcome(Result.ARRIVED if arrived else Result.REFUSED, answer.status, text)


def secrets_of(webhook: Webhook) -> list[str]:
    """The secrets that count at present, the newest first."""
    kept: list[Any] = [webhook.secret]
    if webhook.previous_until is not None and webhook.previous_until > now():
        kept.append(webhook.previous_secret)
    return [secret.reveal() for secret in kept]


def _note(webhook: Webhook, delivery: WebhookDelivery, outcome: Outcome) -> None:
    if outcome.result is Result.ORPHANED:
        switch_off(webhook, Webhook.Off.NO_RIGHTS)
        return
    moment = now()
    written: dict[str, Any] = {"status": outcome.status, "excerpt": outcome.excerpt}
    if outcome.result is Result.WITHHELD:
        written["state"] = State.SKIPPED
    else:
        written["attempts"] = delivery.attempts + 1
    if outcome.result is Result.ARRIVED:
        written |= {"state": State.DELIVERED, "delivered_at": moment}
        _note_success(webhook, moment)
    elif outcome.result in (Result.REFUSED, Result.UNREACHED):
        if delivery.queued_at < moment - GIVE_UP_AFTER:
            written["state"] = State.GIVEN_UP
        written["next_at"] = moment + BACK_OFF[min(delivery.attempts, len(BACK_OFF) - 1)]
        _note_failure(webhook, moment)
    # Somebody may have asked meanwhile for it to be sent again: then it is.
    WebhookDelivery.objects.filter(pk=delivery.pk, queued_at=delivery.queued_at).update(**written)


def _note_success(webhook: Webhook, moment: datetime) -> None:
    webhook.failing_since, webhook.last_delivered_at = None, moment
    webhook.save(update_fields=["failing_since", "last_delivered_at"])


def _note_failure(webhook: Webhook, moment: datetime) -> None:
    if webhook.failing_since is None:
        webhook.failing_since = moment
        webhook.save(update_fields=["failing_since"])
    elif webhook.failing_since < moment - SWITCH_OFF_AFTER:
        switch_off(webhook, Webhook.Off.FAILING)
