"""The stand-in takes what Stripe takes, and nothing else; plans are brought in step with it."""

import io
import json
import urllib.request

import pytest
import stripe
from django.core.management import call_command

from billing import catalogue, plans
from billing.gateway import client
from billing.plans import GROUP, STARTER
from infra.stripe.engine import DAY

MONTH = "forecourt_starter_month"


def subscribe(shop, *, stores=2, number="4242424242424242", currency="cny", interval="month"):
    """A customer with a subscription to Starter, made as the checkout makes it."""
    prices = catalogue.price_ids(
        [plans.lookup_key(STARTER, interval)]
        + [plans.overage_lookup_key(STARTER, each, interval) for each in STARTER.overages]
    )
    licensed = prices.pop(plans.lookup_key(STARTER, interval))
    made = client().v1.customers.create({"name": "Alpha", "metadata": {"schema_name": "g_x"}})
    customer = shop.store.get("customer", made.id)
    shop.engine.attach(customer, kind="card", number=number)
    items = [
        {"price": licensed, "quantity": stores},
        *({"price": each} for each in prices.values()),
    ]
    return shop.engine.subscribe(customer, items, currency=currency, metadata={})


@pytest.mark.parametrize(
    ("call", "param", "code"),
    [
        (lambda v1: v1.customers.create({"nome": "x"}), "nome", "parameter_unknown"),
        (lambda v1: v1.prices.create({"product": "p"}), "currency", "parameter_missing"),
        (
            lambda v1: v1.prices.create(
                {"currency": "cny", "product": "p", "recurring": {"interval": "fortnight"}}
            ),
            "recurring[interval]",
            "parameter_invalid",
        ),
        (
            lambda v1: v1.checkout.sessions.create(
                {"mode": "subscription", "line_items": [{"prize": "p"}]}
            ),
            "line_items[0][prize]",
            "parameter_unknown",
        ),
        (
            lambda v1: v1.prices.create(
                {"currency": "cny", "product": "p", "currency_options": {"usd": {"tires": "x"}}}
            ),
            "currency_options[usd][tires]",
            "parameter_unknown",
        ),
        (lambda v1: v1.customers.retrieve("cus_nobody"), "id", "resource_missing"),
    ],
)
def test_what_stripe_would_refuse_is_refused_by_name(stand_in, call, param, code):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        call(client().v1)
    assert (refused.value.param, refused.value.code) == (param, code)
    assert not any(stand_in.store.rows[kind] for kind in ("customer", "price", "checkout.session"))


def test_another_key_and_another_version_are_refused(stand_in):
    base = {"base_addresses": {"api": stand_in.api.base}, "max_network_retries": 0}
    with pytest.raises(stripe.AuthenticationError):
        stripe.StripeClient("sk_test_else", **base).v1.customers.create({})
    old = stripe.StripeClient("sk_test_forecourt", stripe_version="2020-08-27", **base)
    with pytest.raises(stripe.InvalidRequestError):
        old.v1.customers.create({})


def test_one_idempotency_key_does_one_thing_once(stand_in):
    options = {"idempotency_key": "one"}
    first = client().v1.customers.create({"name": "Alpha"}, options)
    assert client().v1.customers.create({"name": "Alpha"}, options).id == first.id
    with pytest.raises(stripe.IdempotencyError):
        client().v1.customers.create({"name": "Beta"}, options)
    assert len(stand_in.store.rows["customer"]) == 1


def test_plans_are_brought_in_step_and_used_prices_are_never_removed(stand_in, monkeypatch):
    out = io.StringIO()
    call_command("sync_plans", "--json", stdout=out)
    made = json.loads(out.getvalue())
    # 3 products, 2 meters, and for each plan and interval the stores and two overages.
    assert len(made["created"]) == 3 + 2 + 3 * 2 * 3
    assert catalogue.sync().created == catalogue.sync().replaced == []
    before = catalogue.price_ids([MONTH])[MONTH]
    dearer = plans.Tier(None, {"cny": 100_000, "usd": 14_000})
    changed = plans.Plan(
        **{
            name: getattr(STARTER, name)
            for name in ("code", "name", "summary", "overages", "limits", "modules")
        },
        tiers=(dearer,),
    )
    monkeypatch.setattr(catalogue, "PLANS", (changed,))
    assert catalogue.sync().replaced == [MONTH, "forecourt_starter_year"]
    assert catalogue.price_ids([MONTH])[MONTH] != before
    assert stand_in.store.get("price", before)["active"] is False


@pytest.mark.parametrize(
    ("stores", "currency", "interval", "amount"),
    [
        (1, "cny", "month", 99_900),
        (3, "cny", "month", 99_900 + 2 * 79_900),
        (2, "usd", "month", 13_900 + 10_900),
        (2, "cny", "year", 10 * (99_900 + 79_900)),
    ],
)
def test_a_store_costs_what_the_tier_says_that_it_falls_into(
    shop, stores, currency, interval, amount
):
    assert STARTER.price_of_stores(stores, interval, currency) == amount
    row = subscribe(shop, stores=stores, currency=currency, interval=interval)
    assert shop.store.get("invoice", row["latest_invoice"])["amount_paid"] == amount
    assert GROUP.price_of_stores(60, "month", "cny") == 10 * 299_900 + 40 * 249_900 + 10 * 199_900


def test_a_store_added_is_prorated_shown_before_and_on_the_next_invoice(shop):
    row = subscribe(shop, stores=1)
    item = shop.engine.items_of(row)[0]
    middle = (item["current_period_start"] + item["current_period_end"]) // 2
    change = {"items": [{"id": item["id"], "quantity": 2}], "proration_date": middle}
    preview = client().v1.invoices.create_preview(
        {"subscription": row["id"], "subscription_details": change}
    )
    prorated = round((99_900 + 79_900) * 0.5) - round(99_900 * 0.5)
    full = 99_900 + 79_900
    assert preview.total == prorated + full
    shop.pages.move(15 * DAY)
    client().v1.subscriptions.update(
        row["id"], {**change, "proration_behavior": "create_prorations"}
    )
    shop.pages.move(20 * DAY)
    assert shop.store.get("invoice", row["latest_invoice"])["amount_due"] == preview.total


def test_usage_above_what_is_included_is_charged_once_per_identifier(shop):
    row = subscribe(shop, stores=1)
    event = {
        "event_name": "forecourt_messages",
        "payload": {"stripe_customer_id": row["customer"], "value": "2500"},
        "identifier": "g_x-2026-11-01",
    }
    client().v1.billing.meter_events.create(event)
    with pytest.raises(stripe.InvalidRequestError):
        client().v1.billing.meter_events.create(event)
    shop.pages.move(32 * DAY)
    assert shop.store.get("invoice", row["latest_invoice"])["total"] == 99_900 + 500 * 8


def test_a_card_that_fails_later_makes_past_due_then_unpaid_and_a_good_one_makes_active(shop):
    row = subscribe(shop, stores=1, number="4000 0000 0000 0341")
    assert row["status"] == "past_due"
    shop.pages.move(16 * DAY)
    assert row["status"] == "unpaid"
    customer = shop.store.get("customer", row["customer"])
    shop.engine.attach(customer, kind="card", number="4242424242424242")
    client().v1.invoices.pay(row["latest_invoice"])
    assert row["status"] == "active"
    shop.engine.cancel_later(row, True)
    shop.pages.move(32 * DAY)
    assert row["status"] == "canceled"


def test_an_invoice_is_a_pdf(shop):
    row = subscribe(shop)
    invoice = client().v1.invoices.retrieve(row["latest_invoice"])
    with urllib.request.urlopen(invoice.invoice_pdf) as answer:
        assert answer.read(5) == b"%PDF-"
