"""Brings Stripe's products, prices and meters in step with the plans; may be run at any time.

A price in Stripe never changes its amount and is never deleted: a new one takes over the lookup
key, and the former stays for the subscriptions that have it and can be bought no more.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import stripe

from billing import gateway
from billing.plans import (
    CURRENCIES,
    MONTHS,
    PLANS,
    Meter,
    Overage,
    Plan,
    lookup_key,
    overage_lookup_key,
)

Tiers = list[tuple[int | None, int]]
TiersIn = Callable[[str], Tiers]
"""What a price costs in a currency."""
KEYS_A_CALL = 10
METERS = {
    Meter.STORAGE: ("Forecourt storage (GB)", "last"),
    Meter.MESSAGES: ("Forecourt messages", "sum"),
}


@dataclass(slots=True)
class Report:
    """What was done, by lookup key or id."""

    created: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Wanted:
    key: str
    product: str
    nickname: str
    interval: str
    tiers: TiersIn
    meter: Meter | None = None


def sync() -> Report:
    """Raises StripeError, and can then be repeated."""
    stripe_client = gateway.client()
    report = Report()
    meters = {meter: _meter(stripe_client, meter, report) for meter in Meter}
    for plan in PLANS:
        _product(stripe_client, plan, report)
    known = _prices(stripe_client, [wanted.key for wanted in _wanted()])
    for wanted in _wanted():
        meter_id = meters[wanted.meter] if wanted.meter else None
        _price(stripe_client, wanted, meter_id, known.get(wanted.key), report)
    return report


def price_ids(keys: list[str]) -> dict[str, str]:
    """The ids of the prices that are on offer, by lookup key."""
    return {key: price.id for key, price in _prices(gateway.client(), keys).items()}


def product_id(plan: Plan) -> str:
    return f"forecourt_{plan.code}"


def _wanted() -> Iterator[_Wanted]:
    for plan in PLANS:
        for interval in MONTHS:
            yield _Wanted(
                key=lookup_key(plan, interval),
                product=product_id(plan),
                nickname=f"{plan.code} {interval}",
                interval=interval,
                tiers=_store_tiers(plan, interval),
            )
            for overage in plan.overages:
                yield _Wanted(
                    key=overage_lookup_key(plan, overage, interval),
                    product=product_id(plan),
                    nickname=f"{plan.code} {overage.meter.name.lower()} {interval}",
                    interval=interval,
                    tiers=_overage_tiers(overage, interval),
                    meter=overage.meter,
                )


def _store_tiers(plan: Plan, interval: str) -> TiersIn:
    return lambda currency: plan.store_tiers(interval, currency)


def _overage_tiers(overage: Overage, interval: str) -> TiersIn:
    """What is included is free. A sum grows with the months of a year, a last value does not, and
    costs for all of them."""
    months = MONTHS[interval]
    is_sum = METERS[overage.meter][1] == "sum"
    included = overage.included * (months if is_sum else 1)
    times = 1 if is_sum else months
    return lambda currency: [(included, 0), (None, overage.each[currency] * times)]


def _product(stripe_client: stripe.StripeClient, plan: Plan, report: Report) -> None:
    name = f"Forecourt {plan.code.capitalize()}"
    try:
        product = stripe_client.v1.products.retrieve(product_id(plan))
    except stripe.InvalidRequestError as error:
        if error.http_status != 404:
            raise
        stripe_client.v1.products.create(
            {"id": product_id(plan), "name": name, "metadata": {"plan": plan.code}}
        )
        report.created.append(product_id(plan))
        return
    if product.name != name or not product.active:
        stripe_client.v1.products.update(product_id(plan), {"name": name, "active": True})
        report.replaced.append(product_id(plan))
    else:
        report.unchanged.append(product_id(plan))


def _meter(stripe_client: stripe.StripeClient, meter: Meter, report: Report) -> str:
    for known in stripe_client.v1.billing.meters.list({"limit": 100}).auto_paging_iter():
        if known.event_name == meter.value and known.status == "active":
            report.unchanged.append(meter.value)
            return known.id
    name, formula = METERS[meter]
    made = stripe_client.v1.billing.meters.create(
        {
            "display_name": name,
            "event_name": meter.value,
            "default_aggregation": {"formula": formula},
            "customer_mapping": {"type": "by_id", "event_payload_key": "stripe_customer_id"},
            "value_settings": {"event_payload_key": "value"},
        }
    )
    report.created.append(meter.value)
    return made.id


def _prices(stripe_client: stripe.StripeClient, keys: list[str]) -> dict[str, stripe.Price]:
    found = {}
    for start in range(0, len(keys), KEYS_A_CALL):
        page = stripe_client.v1.prices.list(
            {
                "lookup_keys": keys[start : start + KEYS_A_CALL],
                "active": True,
                "limit": 100,
                "expand": ["data.tiers", "data.currency_options.tiers"],
            }
        )
        found.update({price.lookup_key: price for price in page.data if price.lookup_key})
    return found


def _price(
    stripe_client: stripe.StripeClient,
    wanted: _Wanted,
    meter_id: str | None,
    known: stripe.Price | None,
    report: Report,
) -> None:
    if known is not None and _is_as_wanted(known, wanted, meter_id):
        report.unchanged.append(wanted.key)
        return
    stripe_client.v1.prices.create(_values_of(wanted, meter_id))
    if known is None:
        report.created.append(wanted.key)
    else:
        stripe_client.v1.prices.update(known.id, {"active": False})
        report.replaced.append(wanted.key)


def _values_of(wanted: _Wanted, meter_id: str | None) -> Any:
    recurring: dict[str, Any] = {"interval": wanted.interval}
    if meter_id is not None:
        recurring |= {"usage_type": "metered", "meter": meter_id}
    main, *others = CURRENCIES
    return {
        "product": wanted.product,
        "currency": main,
        "nickname": wanted.nickname,
        "lookup_key": wanted.key,
        "transfer_lookup_key": True,
        "recurring": recurring,
        "billing_scheme": "tiered",
        "tiers_mode": "graduated",
        "tiers": _as_params(wanted.tiers(main)),
        "currency_options": {
            currency: {"tiers": _as_params(wanted.tiers(currency))} for currency in others
        },
    }


def _as_params(tiers: Tiers) -> list[dict[str, Any]]:
    return [
        {"up_to": "inf" if up_to is None else up_to, "unit_amount": amount}
        for up_to, amount in tiers
    ]


def _is_as_wanted(price: stripe.Price, wanted: _Wanted, meter_id: str | None) -> bool:
    main, *others = CURRENCIES
    if price.recurring is None or price.recurring.meter != meter_id:
        return False
    if _tiers_of(price.tiers) != wanted.tiers(main):
        return False
    options = price.currency_options or {}
    return all(
        currency in options and _tiers_of(options[currency].tiers) == wanted.tiers(currency)
        for currency in others
    )


def _tiers_of(tiers: Any) -> Tiers:
    return [(tier.up_to, tier.unit_amount) for tier in tiers or []]
