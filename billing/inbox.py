"""Events from Stripe: kept as they came, then handled by a worker, each at least once."""

import json
import logging
from datetime import timedelta
from typing import Any

import stripe
from celery import shared_task
from django.conf import settings
from django.db import transaction

from billing import following, gateway
from billing.models import StripeEvent, Subscription
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid

logger = logging.getLogger(__name__)

LARGEST = 256 * 1024
"""Bytes of an event; Stripe's own are a few thousand."""
CLAIM = timedelta(minutes=2)
"""How long a worker has for an event before another may take it."""
BACK_OFF = [timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200)]
KEEP = timedelta(days=90)
State = StripeEvent.State


class NotGenuine(Invalid):
    """Not signed by Stripe for us, or not lately."""

    code = "not_genuine"
    status = 400


def receive(body: bytes, signature: str) -> StripeEvent:
    """Keep an event; one that came before is kept once. Raises NotGenuine.

    The signature is checked over the bytes as they came, before anything is read from them.
    """
    try:
        stripe.WebhookSignature.verify_header(
            body.decode(),
            signature,
            settings.STRIPE_WEBHOOK_SECRET,
            stripe.Webhook.DEFAULT_TOLERANCE,
        )
        event = read(json.loads(body))
    except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError) as error:
        raise NotGenuine("No event of ours.") from error
    event.payload = body.decode()
    StripeEvent.objects.bulk_create([event], ignore_conflicts=True)
    return StripeEvent.objects.get(event_id=event.event_id)


def keep(event: StripeEvent, document: dict[str, Any]) -> None:
    """Keep an event that Stripe was asked for, having never sent it."""
    event.payload = json.dumps(document)
    StripeEvent.objects.bulk_create([event], ignore_conflicts=True)


def read(document: dict[str, Any]) -> StripeEvent:
    """An event that is not kept yet.

    Raises ValueError, KeyError or TypeError for what is no event of our own account.
    """
    if document.get("account"):
        raise ValueError("An event of another account.")
    about = document["data"]["object"]
    customer = about["id"] if about["object"] == "customer" else about.get("customer")
    if isinstance(customer, dict):
        customer = customer["id"]
    moment = now()
    return StripeEvent(
        event_id=str(document["id"])[:64],
        type=str(document["type"])[:80],
        customer_id=str(customer or "")[:64],
        received_at=moment,
        available_at=moment,
    )


@shared_task(name="billing.inbox.handle_events", acks_late=True)
def handle_events() -> None:
    handle_due()


def wake() -> None:
    """Have a worker handle what has come; where the queue is down the minute's sweep does."""
    try:
        handle_events.apply_async(retry=False)
    except handle_events.OperationalError:
        logger.warning("queue unreachable, left to the sweep")


def handle_due(limit: int = 200) -> int:
    """Handle what has come, until nothing is left; returns how many events were taken up."""
    for number in range(limit):
        event = _claim()
        if event is None:
            return number
        _handle(event)
    return limit


def _claim() -> StripeEvent | None:
    with transaction.atomic(using="control"):
        event = (
            StripeEvent.objects.select_for_update(skip_locked=True)
            .filter(state=State.RECEIVED, available_at__lte=now())
            .order_by("available_at", "id")
            .first()
        )
        if event is not None:
            event.attempts += 1
            event.available_at = now() + CLAIM
            event.save(update_fields=["attempts", "available_at"])
        return event


def _handle(event: StripeEvent) -> None:
    """What one event leads to is true for all that its customer has had so far: they are done."""
    row = Subscription.objects.filter(customer_id=event.customer_id).exclude(customer_id="").first()
    open_ones = StripeEvent.objects.filter(state=State.RECEIVED)
    if row is None:
        open_ones.filter(pk=event.pk).update(state=State.IGNORED, handled_at=now())
        return
    known = list(open_ones.filter(customer_id=event.customer_id).values_list("pk", flat=True))
    try:
        following.follow(row.schema_name)
    except gateway.StripeError as error:
        wait = BACK_OFF[min(event.attempts, len(BACK_OFF)) - 1]
        logger.warning("event not handled", extra={"event": event.event_id, "reason": str(error)})
        open_ones.filter(pk=event.pk).update(available_at=now() + wait, error=str(error)[:500])
    else:
        open_ones.filter(pk__in=known).update(state=State.HANDLED, handled_at=now(), error="")


def forget_old() -> None:
    """Events are kept for a while, to look at."""
    StripeEvent.objects.exclude(state=State.RECEIVED).filter(received_at__lt=now() - KEEP).delete()
