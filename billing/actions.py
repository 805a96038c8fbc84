"""What the owner does about the group's subscription; each ends at Stripe, which then tells us."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from billing import catalogue, following, gateway, stores
from billing.entitlements import LimitReached, all_used, too_small
from billing.gateway import StripeUnreachable
from billing.models import Subscription
from billing.permissions import MANAGE
from billing.plans import BY_CODE, CURRENCIES, MONTHS, Plan, lookup_key, overage_lookup_key
from billing.rules import carried_trial
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.groups import current_schema, site_url
from forecourt.kernel.language import is_chinese
from forecourt.kernel.money import Money
from tenants.models import DealerGroup


class NoSubscription(Conflict):
    """There is none that could be changed."""

    code = "no_subscription"


class SubscribedAlready(Conflict):
    code = "subscribed_already"


class NotTakingPayments(Conflict):
    """This installation has no key of Stripe: nobody pays."""

    code = "not_taking_payments"


def begin_checkout(*, plan: str, interval: str, currency: str, actor: Actor) -> str:
    """Where the owner pays for a plan; the subscription begins when she has.

    What is left of her trial stays hers: the first period is charged when it ends.

    Raises NotPermitted, Invalid, NotTakingPayments, SubscribedAlready, LimitReached or
    StripeUnreachable.
    """
    actor.require(MANAGE)
    row = _own_row()
    chosen = _chosen(plan, interval)
    if currency not in CURRENCIES:
        raise Invalid(_("Choose one of the list."), field="currency")
    _require_fits(chosen)
    if row.is_live:
        raise SubscribedAlready(_("There is a subscription already. Change its plan instead."))
    try:
        customer_id = row.customer_id or _make_customer(actor)
        session = gateway.client().v1.checkout.sessions.create(
            {
                "mode": "subscription",
                "customer": customer_id,
                "client_reference_id": row.schema_name,
                "currency": currency,
                "line_items": _line_items(chosen, interval),
                "success_url": site_url(reverse("billing:done")),
                "cancel_url": site_url(reverse("billing:home")),
                "locale": _locale(),
                "subscription_data": _subscription_data(row),
            }
        )
    except gateway.StripeError as error:
        raise _unreachable() from error
    return str(session.url)


def open_portal(*, actor: Actor) -> str:
    """Where the owner changes her card, sees invoices, cancels.

    Raises NotPermitted, NotTakingPayments, NoSubscription or StripeUnreachable.
    """
    actor.require(MANAGE)
    row = _own_row()
    if not row.customer_id:
        raise NoSubscription(_("There is no subscription yet."))
    try:
        session = gateway.client().v1.billing_portal.sessions.create(
            {
                "customer": row.customer_id,
                "return_url": site_url(reverse("billing:done")),
                "locale": _locale(),
            }
        )
    except gateway.StripeError as error:
        raise _unreachable() from error
    return session.url


def change_plan(*, plan: str, interval: str = "", actor: Actor) -> Subscription:
    """Another plan or interval (empty: the present one) from now on.

    The rest of the period is prorated; another interval begins a period, charged at once.

    Raises NotPermitted, Invalid, NotTakingPayments, NoSubscription, LimitReached or
    StripeUnreachable.
    """
    actor.require(MANAGE)
    row = _own_row()
    if not row.is_live:
        raise NoSubscription(_("There is no subscription yet."))
    interval = interval or row.interval
    chosen = _chosen(plan, interval)
    _require_fits(chosen)
    try:
        gateway.client().v1.subscriptions.update(
            row.subscription_id,
            {
                "items": _items_for(row, chosen, interval),
                "proration_behavior": "create_prorations",
            },
        )
        return following.follow(row.schema_name)
    except gateway.StripeError as error:
        raise _unreachable() from error


def preview_change(*, plan: str, interval: str, actor: Actor) -> Money:
    """What the next invoice would be after :func:`change_plan`, which changes nothing.

    With another interval that invoice is written at once. Raises as :func:`change_plan`.
    """
    actor.require(MANAGE)
    row = _own_row()
    if not row.is_live:
        raise NoSubscription(_("There is no subscription yet."))
    chosen = _chosen(plan, interval)
    _require_fits(chosen)
    try:
        preview = gateway.client().v1.invoices.create_preview(
            {
                "subscription": row.subscription_id,
                "subscription_details": {
                    "items": _items_for(row, chosen, interval),
                    "proration_behavior": "create_prorations",
                },
            }
        )
    except gateway.StripeError as error:
        raise _unreachable() from error
    return stores.money(preview.amount_due, row.currency)


def refresh(*, actor: Actor) -> Subscription:
    """Ask Stripe how things stand: whoever comes back from paying sees it at once.

    Raises NotPermitted, NotTakingPayments or StripeUnreachable.
    """
    actor.require(MANAGE)
    row = _own_row()
    try:
        return following.follow(row.schema_name)
    except gateway.StripeError as error:
        raise _unreachable() from error


def _own_row() -> Subscription:
    """The row of the group that is entered, begun if it was not. Raises NotTakingPayments."""
    if not gateway.is_configured():
        raise NotTakingPayments(_("This installation takes no payments; the trial does not end."))
    return following.begin(DealerGroup.objects.get(schema_name=current_schema()))


def _make_customer(actor: Actor) -> str:
    """The group as a customer of Stripe's, once: a second attempt is given the same one."""
    schema_name = current_schema()
    group = DealerGroup.objects.get(schema_name=schema_name)
    made = gateway.client().v1.customers.create(
        {"name": group.name, "metadata": {"schema_name": schema_name, "slug": group.slug}},
        {"idempotency_key": f"customer-{schema_name}"},
    )
    with transaction.atomic(using="control"):
        row = following.lock(schema_name)
        row.customer_id = row.customer_id or made.id
        row.save(update_fields=["customer_id"])
    return row.customer_id


def _chosen(plan: str, interval: str) -> Plan:
    if plan not in BY_CODE:
        raise Invalid(_("Choose one of the list."), field="plan")
    if interval not in MONTHS:
        raise Invalid(_("Choose one of the list."), field="interval")
    return BY_CODE[plan]


def _require_fits(plan: Plan) -> None:
    """Raises LimitReached for a plan that allows less than there is."""
    if reason := too_small(plan, all_used()):
        raise LimitReached(reason, field="plan")


def _line_items(plan: Plan, interval: str) -> list[Any]:
    prices = _prices(plan, interval)
    licensed, *metered = prices
    return [
        {"price": licensed, "quantity": stores.wanted()},
        *({"price": each} for each in metered),
    ]


def _subscription_data(row: Subscription) -> Any:
    data: dict[str, Any] = {"metadata": {"schema_name": row.schema_name}}
    if begins := carried_trial(row.trial_ends_at, now()):
        data["trial_end"] = int(begins.timestamp())
    return data


def _items_for(row: Subscription, plan: Plan, interval: str) -> list[Any]:
    present = gateway.client().v1.subscriptions.retrieve(row.subscription_id).to_dict()
    return _changed_items(present["items"]["data"], plan, interval)


def _changed_items(items: list[dict[str, Any]], plan: Plan, interval: str) -> list[Any]:
    """Each present item with the price of the new plan that stands in its place."""
    licensed, *metered = _prices(plan, interval)
    by_meter = dict(zip((each.meter for each in plan.overages), metered, strict=True))
    changed = []
    for item in items:
        if item["price"]["recurring"]["usage_type"] == "licensed":
            changed.append({"id": item["id"], "price": licensed, "quantity": stores.wanted()})
            continue
        key = str(item["price"]["lookup_key"])
        price = next((by_meter[m] for m in by_meter if key.startswith(m.value)), None)
        if price is not None:
            changed.append({"id": item["id"], "price": price})
    return changed


def _prices(plan: Plan, interval: str) -> list[str]:
    """The ids of the prices on offer: of stores first, then of each overage."""
    keys = [lookup_key(plan, interval)]
    keys += [overage_lookup_key(plan, each, interval) for each in plan.overages]
    found = catalogue.price_ids(keys)
    missing = [key for key in keys if key not in found]
    if missing:
        raise LookupError(f"Stripe has no price {', '.join(missing)}: run manage.py sync_plans.")
    return [found[key] for key in keys]


def _locale() -> Any:
    return "zh" if is_chinese() else "en"


def _unreachable() -> StripeUnreachable:
    return StripeUnreachable(
        _("The payment service did not answer. Nothing was changed; please try again in a moment.")
    )
