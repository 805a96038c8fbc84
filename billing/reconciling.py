"""Compares what we hold with what Stripe and the groups hold, mends what differs, and says so.

Nothing here is needed while all goes well: events and the outbox keep both sides in step. This
finds what was lost all the same, by a fault of ours, a hand in Stripe's dashboard or a restored
backup.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from billing import following, gateway, inbox, stores
from billing.models import StripeEvent, Subscription
from billing.rules import State, standing_of
from forecourt.kernel.clock import now
from forecourt.kernel.groups import inside
from tenants.models import DealerGroup

logger = logging.getLogger(__name__)

EVENTS_BACK = timedelta(days=3)
PAGE = 100


@dataclass(frozen=True, slots=True)
class Drift:
    """What was not in step: ``kind``, whose, and what was found and made."""

    kind: str
    schema_name: str
    detail: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def reconcile() -> list[Drift]:
    """Mend everything; what is found again next time could not be mended. Raises StripeError."""
    found = [
        *_subscriptions_of_nobody(),
        *_missed_events(),
        *_facts(),
        *_states(),
        *_stores(),
    ]
    for drift in found:
        logger.warning("drift mended", extra=drift.as_dict())
    return found


def _subscriptions_of_nobody() -> Iterator[Drift]:
    """Live subscriptions whose group does not know them, is gone, or has a younger one."""
    rows = {row.schema_name: row for row in Subscription.objects.all()}
    live: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in gateway.client().v1.subscriptions.list({"limit": PAGE}).auto_paging_iter():
        document = each.to_dict()
        schema_name = (document.get("metadata") or {}).get("schema_name")
        if schema_name:  # others are not ours
            live[schema_name].append(document)
    for schema_name, documents in live.items():
        *older, youngest = sorted(documents, key=lambda each: (each["created"], each["id"]))
        row = rows.get(schema_name)
        if row is None:
            for document in documents:
                yield _end(document, schema_name, "orphan")
            continue
        if row.customer_id != youngest["customer"]:
            detail = f"customer {row.customer_id or 'none'} → {youngest['customer']}"
            with transaction.atomic(using="control"):
                Subscription.objects.filter(pk=row.pk).update(customer_id=youngest["customer"])
            yield Drift("customer", schema_name, detail)
        for document in older:
            yield _end(document, schema_name, "double")


def _end(document: dict[str, Any], schema_name: str, kind: str) -> Drift:
    gateway.client().v1.subscriptions.cancel(document["id"])
    return Drift(kind, schema_name, f"{document['id']} ended")


def _missed_events() -> Iterator[Drift]:
    """Events that Stripe has and that never reached us: kept now, as if they had come."""
    since = int((now() - EVENTS_BACK).timestamp())
    listed = gateway.client().v1.events.list({"created": {"gte": since}, "limit": PAGE})
    schemas = dict(Subscription.objects.values_list("customer_id", "schema_name"))
    for each in listed.auto_paging_iter():
        document = each.to_dict()
        event = inbox.read(document)
        known = StripeEvent.objects.filter(event_id=event.event_id).exists()
        if known or event.customer_id not in schemas or not event.customer_id:
            continue
        inbox.keep(event, document)
        yield Drift("event", schemas[event.customer_id], f"{event.event_id} {event.type}")
    inbox.handle_due()


def _facts() -> Iterator[Drift]:
    """What we hold of a subscription against what Stripe says."""
    for row in Subscription.objects.exclude(customer_id="").order_by("id"):
        seen = following.facts_from(following.fetch(row.customer_id))
        differing = [name for name, value in seen.items() if getattr(row, name) != value]
        if differing:
            following.follow(row.schema_name)
            yield Drift("facts", row.schema_name, ", ".join(differing))


def _states() -> Iterator[Drift]:
    """The group's state and plan against what facts and clock make of it."""
    groups = {group.schema_name: group for group in DealerGroup.objects.all()}
    for row in Subscription.objects.order_by("id"):
        group = groups.get(row.schema_name)
        if group is None or group.state == DealerGroup.State.PREPARING:
            continue
        state = standing_of(row.facts, now(), group.time_zone).state
        plan = "" if state is State.TRIALING else row.plan
        if (group.state, group.plan) != (state, plan):
            with transaction.atomic(using="control"):
                following.settle(following.lock(row.schema_name))
            detail = f"{group.state} {group.plan} → {state} {plan}"
            yield Drift("state", row.schema_name, detail)


def _stores() -> Iterator[Drift]:
    """The stores that are paid for against those that the group has."""
    live = Subscription.objects.filter(ended_at=None).exclude(subscription_id="")
    for row in live.order_by("id"):
        group = DealerGroup.objects.filter(schema_name=row.schema_name).first()
        if group is None:
            continue
        with inside(group.identity):
            wanted = stores.wanted()
        if row.stores != wanted and stores.set_quantity(row.schema_name, wanted):
            yield Drift("stores", row.schema_name, f"{row.stores} → {wanted}")
