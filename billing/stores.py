"""How many stores are paid for: follows the group's own, and what one more would cost."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing import following, gateway
from billing.entitlements import used
from billing.models import Subscription
from billing.plans import Resource
from forecourt.kernel import outbox
from forecourt.kernel.clock import now
from forecourt.kernel.groups import current_schema
from forecourt.kernel.money import Money

TOPIC = "billing.stores"
LEAST = 1
"""A subscription is for one store at least."""


@dataclass(frozen=True, slots=True)
class Cost:
    """``rest`` is for what is left of the period and goes onto the next invoice; ``more`` is what
    each later period costs more; ``total`` is the next invoice then. The first two are negative
    where it costs less."""

    rest: Money
    more: Money
    total: Money
    interval: str


def announce() -> None:
    """Stores were opened or closed; belongs in the transaction that does so."""
    outbox.emit(TOPIC, {}, key=now().isoformat())


@outbox.handles(TOPIC)
def follow_stores(payload: dict[str, Any], key: str) -> None:
    """Looks at what is so now, on both sides: late and repeated messages do no harm."""
    if gateway.is_configured():
        set_quantity(current_schema(), wanted())


def wanted() -> int:
    """How many stores the group that is entered is to pay for."""
    return max(LEAST, used(Resource.STORES) or 0)


def set_quantity(schema_name: str, count: int) -> bool:
    """Have the subscription be for so many stores, with proration; says whether it was not.

    Raises StripeError.
    """
    if not Subscription.objects.filter(schema_name=schema_name).exists():
        return False
    with transaction.atomic(using="control"):
        row = following.lock(schema_name)
        if not row.is_live:
            return False
        item = store_item(row)
        if item["quantity"] == count:
            return False
        gateway.client().v1.subscriptions.update(
            row.subscription_id,
            {
                "items": [{"id": item["id"], "quantity": count}],
                "proration_behavior": "create_prorations",
            },
        )
        row.stores = count
        row.save(update_fields=["stores"])
    following.follow(schema_name)
    return True


def store_item(row: Subscription) -> dict[str, Any]:
    """The item of the subscription that is charged by store. Raises StripeError."""
    found = gateway.client().v1.subscriptions.retrieve(row.subscription_id)
    return following.store_item(found.to_dict())


def cost_of_change(by: int) -> Cost | None:
    """What a further store (1) would cost the group that is entered, or one fewer (-1) save.

    None where nobody pays, and where the number that is paid for stays: the last store is paid
    for too. Raises StripeUnreachable.
    """
    count = max(LEAST, (used(Resource.STORES) or 0) + by)
    if count == wanted():
        return None
    row = Subscription.objects.filter(schema_name=current_schema()).first()
    if row is None or not row.is_live or not gateway.is_configured():
        return None
    try:
        return cost_of(row, count)
    except gateway.StripeError as error:
        raise gateway.StripeUnreachable(_("The payment service did not answer.")) from error


def cost_of(row: Subscription, count: int) -> Cost:
    """What it would cost to have so many stores from now on, asked of Stripe.

    Raises StripeError.
    """
    item = store_item(row)
    preview = gateway.client().v1.invoices.create_preview(
        {
            "subscription": row.subscription_id,
            "subscription_details": {
                "items": [{"id": item["id"], "quantity": count}],
                "proration_behavior": "create_prorations",
            },
        }
    )
    document = preview.to_dict()
    before = gateway.client().v1.invoices.create_preview({"subscription": row.subscription_id})
    lines = document["lines"]["data"]
    rest = sum(line["amount"] for line in lines if _is_proration(line))
    rest -= sum(line["amount"] for line in before.to_dict()["lines"]["data"] if _is_proration(line))
    more = document["total"] - before.total - rest
    currency = row.currency
    return Cost(
        rest=money(rest, currency),
        more=money(more, currency),
        total=money(document["total"], currency),
        interval=row.interval,
    )


def _is_proration(line: dict[str, Any]) -> bool:
    details = (line.get("parent") or {}).get("subscription_item_details") or {}
    return bool(details.get("proration"))


def money(amount: int, currency: str) -> Money:
    """Stripe's smallest units as money; both our currencies have hundredths."""
    return Money(Decimal(amount) / 100, currency.upper())
