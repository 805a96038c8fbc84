"""Follows what Stripe says of a group's subscription, and what the clock makes of it.

Nothing is concluded from an event but that there is news: the present state is fetched, under the
lock of the subscription's row, so that neither the order of events nor how often they come can
matter, and no older answer is written over a newer one.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction

from billing import gateway, rules
from billing.events import StandingChanged, StandingWillChange
from billing.models import Subscription
from billing.plans import BY_CODE
from billing.rules import State
from forecourt.kernel import events
from forecourt.kernel.clock import now
from forecourt.kernel.groups import inside
from tenants import directory
from tenants.models import DealerGroup

logger = logging.getLogger(__name__)

ENDED = {"canceled", "incomplete_expired"}
PRODUCT_PREFIX = "forecourt_"
MOST = 100


@dataclass(frozen=True, slots=True)
class Seen:
    """Stripe's present answer about one customer: subscriptions and open invoices, as JSON."""

    subscriptions: list[dict[str, Any]]
    open_invoices: list[dict[str, Any]]


def fetch(customer_id: str) -> Seen:
    """Raises StripeError."""
    stripe_client = gateway.client()
    subscriptions = stripe_client.v1.subscriptions.list(
        {"customer": customer_id, "status": "all", "limit": MOST}
    )
    invoices = stripe_client.v1.invoices.list(
        {"customer": customer_id, "status": "open", "limit": MOST}
    )
    return Seen(
        [each.to_dict() for each in subscriptions.data],
        [each.to_dict() for each in invoices.data],
    )


def facts_from(seen: Seen) -> dict[str, Any]:
    """The fields of a :class:`Subscription` that Stripe decides; the same for the same answer."""
    current = _current(seen.subscriptions)
    if current is None:
        return {}
    item = store_item(current)
    unpaid = [
        _due(invoice)
        for invoice in seen.open_invoices
        if _subscription_of(invoice) == current["id"] and invoice["attempt_count"]
    ]
    if current["status"] in rules.FAILING:
        # Without an open invoice (Stripe may keep drafts) the period that nobody paid for counts.
        unpaid = unpaid or [datetime.fromtimestamp(item["current_period_start"], UTC)]
    return {
        "subscription_id": current["id"],
        "status": current["status"],
        "plan": _plan_code(item),
        "interval": item["price"]["recurring"]["interval"],
        "currency": current["currency"],
        "stores": item["quantity"] or 0,
        "period_ends_at": _moment(item["current_period_end"]),
        "cancels_at": _moment(current["cancel_at"]) if current["status"] not in ENDED else None,
        "unpaid_since": min(unpaid, default=None),
        "ended_at": _moment(current["ended_at"]),
    }


def _current(subscriptions: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The one that counts: a live one before one that has ended, the younger before the older."""
    counted = [each for each in subscriptions if each["status"] not in rules.WAITING]
    return max(
        counted,
        key=lambda each: (each["status"] not in ENDED, each["created"], each["id"]),
        default=None,
    )


def store_item(subscription: dict[str, Any]) -> dict[str, Any]:
    """The item that is charged by store; the others are metered."""
    items: list[dict[str, Any]] = subscription["items"]["data"]
    return next(item for item in items if item["price"]["recurring"]["usage_type"] == "licensed")


def _plan_code(item: dict[str, Any]) -> str:
    """By the product, which a replaced price keeps; empty for one that is none of our plans."""
    code = str(item["price"]["product"]).removeprefix(PRODUCT_PREFIX)
    return code if code in BY_CODE else ""


def _subscription_of(invoice: dict[str, Any]) -> str:
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    return str(details.get("subscription", ""))


def _due(invoice: dict[str, Any]) -> datetime:
    moment = invoice["status_transitions"]["finalized_at"] or invoice["created"]
    return datetime.fromtimestamp(moment, UTC)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


# --- Keeping our side in step ---------------------------------------------------------------------


def begin(group: DealerGroup, *, trial_days: int = rules.TRIAL_DAYS) -> Subscription:
    """The group's row; a new one begins with a trial from now on."""
    row, _is_new = Subscription.objects.get_or_create(
        schema_name=group.schema_name,
        defaults={"trial_ends_at": now() + timedelta(days=trial_days), "due_at": now()},
    )
    return row


def follow(schema_name: str) -> Subscription:
    """Fetch, and write down what is so. Raises StripeError, and has then changed nothing."""
    with transaction.atomic(using="control"):
        row = lock(schema_name)
        if row.customer_id and gateway.is_configured():
            for name, value in facts_from(fetch(row.customer_id)).items():
                setattr(row, name, value)
            row.followed_at = now()
        settle(row)
    return row


def lock(schema_name: str) -> Subscription:
    return Subscription.objects.select_for_update().get(schema_name=schema_name)


def settle(row: Subscription) -> None:
    """Give the group the state that the facts and the clock make, and the plan; tell of both.

    ``row`` must be locked; it is saved.
    """
    group = DealerGroup.objects.select_for_update().filter(schema_name=row.schema_name).first()
    if group is None or group.state == DealerGroup.State.PREPARING:
        row.save()
        return
    moment = now()
    standing = (
        rules.standing_of(row.facts, moment, group.time_zone)
        if gateway.is_configured()
        else rules.lasting_trial(row.facts)
    )
    before, state = group.state, standing.state
    row.due_at = rules.next_look(standing, moment)
    if state is State.CLOSED:
        row.closed_at = row.closed_at or moment
        row.due_at = row.closed_at + timedelta(days=rules.CLOSED_DAYS)
    else:
        row.closed_at = None
        _tell_ahead(row, group, standing, moment)
    row.save()
    plan = "" if state is State.TRIALING else row.plan
    is_held = row.held_at is not None
    decided = {"state": state, "plan": plan, "state_until": standing.until, "is_held": is_held}
    if all(getattr(group, name) == value for name, value in decided.items()):
        return
    # Not by save(), which wants to stand inside of the group or of none.
    DealerGroup.objects.filter(pk=group.pk).update(**decided)
    for name, value in decided.items():
        setattr(group, name, value)
    transaction.on_commit(lambda: directory.forget(group), using="control")
    if before != state:
        logger.info(
            "group's state changed",
            extra={"group": group.schema_name, "before": before, "after": str(state)},
        )
        _publish(group, StandingChanged(before=before, after=str(state), is_held=is_held))


def _tell_ahead(
    row: Subscription, group: DealerGroup, standing: rules.Standing, moment: datetime
) -> None:
    days = rules.notice_due(standing, moment)
    if days is None or standing.until is None or standing.until <= moment:
        return
    notice = f"{standing.state}:{standing.until:%F}:{days}"
    if row.told != notice:
        row.told = notice
        news = StandingWillChange(
            state=str(standing.state), then=str(standing.then), until=standing.until, days=days
        )
        _publish(group, news)


def _publish(group: DealerGroup, news: object) -> None:
    """Inside the group and in a transaction of its own, before the platform's side commits: what
    listeners do has keys, so that it is done once though it may be told twice. A group in trouble
    does not keep the platform from knowing who pays.
    """
    try:
        with inside(group.identity), transaction.atomic():
            events.publish(news)
    except DatabaseError:
        logger.exception("group not told", extra={"group": group.schema_name})
