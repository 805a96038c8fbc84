"""The API: which calls there are, what each takes and answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stripe import params
from stripe.params import billing, billing_portal, checkout

from infra.stripe import pricing
from infra.stripe.checking import read
from infra.stripe.engine import Engine
from infra.stripe.refusals import Refused
from infra.stripe.store import Row, Store

Values = dict[str, Any]
Handler = Callable[..., Row]
MOST = 100
SHORTEST_TRIAL = 48 * 3600
"""Seconds: a checkout takes no trial that ends sooner."""


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: re.Pattern[str]
    takes: type
    handler: Handler


class Api:
    """Answers calls from the store; ``base`` is the stand-in's own address."""

    def __init__(self, store: Store, engine: Engine, base: str) -> None:
        self.store, self.engine, self.base = store, engine, base
        self.routes = [
            Route(method, re.compile(f"/v1/{path}"), takes, handler)
            for method, path, takes, handler in self._routes()
        ]

    def answer(self, method: str, path: str, body: str) -> Row:
        """Raises Refused."""
        for route in self.routes:
            found = route.path.fullmatch(path)
            if found and route.method == method:
                return route.handler(*found.groups(), values=read(route.takes, body))
        raise Refused(f"Unrecognized request URL ({method}: {path}).", status=404)

    def _routes(self) -> list[tuple[str, str, Any, Handler]]:
        one = r"([^/]+)"
        return [
            ("POST", "products", params.ProductCreateParams, self.create_product),
            ("GET", f"products/{one}", params.ProductRetrieveParams, self.get_product),
            ("POST", f"products/{one}", params.ProductUpdateParams, self.update_product),
            ("GET", "prices", params.PriceListParams, self.list_prices),
            ("POST", "prices", params.PriceCreateParams, self.create_price),
            ("POST", f"prices/{one}", params.PriceUpdateParams, self.update_price),
            ("GET", "billing/meters", billing.MeterListParams, self.list_meters),
            ("POST", "billing/meters", billing.MeterCreateParams, self.create_meter),
            ("POST", "billing/meter_events", billing.MeterEventCreateParams, self.count),
            ("POST", "customers", params.CustomerCreateParams, self.create_customer),
            ("GET", f"customers/{one}", params.CustomerRetrieveParams, self.get_customer),
            ("POST", f"customers/{one}", params.CustomerUpdateParams, self.update_customer),
            ("POST", "checkout/sessions", checkout.SessionCreateParams, self.create_checkout),
            (
                "POST",
                "billing_portal/sessions",
                billing_portal.SessionCreateParams,
                self.create_portal,
            ),
            ("GET", "subscriptions", params.SubscriptionListParams, self.list_subscriptions),
            *(
                (method, f"subscriptions/{one}", takes, handler)
                for method, takes, handler in (
                    ("GET", params.SubscriptionRetrieveParams, self.get_subscription),
                    ("POST", params.SubscriptionUpdateParams, self.update_subscription),
                    ("DELETE", params.SubscriptionCancelParams, self.cancel_subscription),
                )
            ),
            (
                "POST",
                "invoices/create_preview",
                params.InvoiceCreatePreviewParams,
                self.preview_invoice,
            ),
            ("GET", "invoices", params.InvoiceListParams, self.list_invoices),
            ("POST", f"invoices/{one}/pay", params.InvoicePayParams, self.pay_invoice),
            ("GET", f"invoices/{one}", params.InvoiceRetrieveParams, self.get_invoice),
            ("GET", "events", params.EventListParams, self.list_events),
        ]

    # --- Products, prices, meters ---------------------------------------------------------------

    def create_product(self, *, values: Values) -> Row:
        if values.get("id") in self.store.rows["product"]:
            raise Refused("Product already exists.", code="resource_already_exists", param="id")
        return shown(self.store.add("product", **{"active": True, "metadata": {}, **values}))

    def get_product(self, product_id: str, *, values: Values) -> Row:
        return shown(self.store.get("product", product_id))

    def update_product(self, product_id: str, *, values: Values) -> Row:
        product = self.store.get("product", product_id)
        product |= values
        return shown(product)

    def list_prices(self, *, values: Values) -> Row:
        keys = values.get("lookup_keys")
        if keys is not None and len(keys) > 10:
            raise Refused("You can look up at most 10 keys.", param="lookup_keys")
        found = [
            price
            for price in self.store.all("price")
            if (keys is None or price["lookup_key"] in keys)
            and values.get("active", price["active"]) == price["active"]
        ]
        expand = {name.removeprefix("data.") for name in values.get("expand", [])}
        return self._page([self._price(price, expand) for price in found], values, "prices")

    def create_price(self, *, values: Values) -> Row:
        self.store.get("product", values.get("product", ""), "product")
        key = values.get("lookup_key")
        holders = [price for price in self.store.all("price") if key and price["lookup_key"] == key]
        if holders and not values.pop("transfer_lookup_key", False):
            raise Refused(
                f"A price (`{holders[0]['id']}`) already uses that lookup key.", param="lookup_key"
            )
        for holder in holders:
            holder["lookup_key"] = None
        values.pop("transfer_lookup_key", None)
        options = values.pop("currency_options", {})
        recurring = {"usage_type": "licensed", "meter": None, "interval_count": 1}
        price = self.store.add(
            "price",
            **{
                "active": True,
                "billing_scheme": "per_unit",
                "nickname": None,
                "lookup_key": None,
                "metadata": {},
                "type": "recurring" if "recurring" in values else "one_time",
                **values,
                "tiers": _tiers(values.get("tiers", [])),
                "recurring": {**recurring, **values.get("recurring", {})},
                "currency_options": {
                    currency: {**option, "tiers": _tiers(option.get("tiers", []))}
                    for currency, option in options.items()
                },
            },
        )
        return self._price(price, set(values.get("expand", [])))

    def update_price(self, price_id: str, *, values: Values) -> Row:
        price = self.store.get("price", price_id)
        values.pop("transfer_lookup_key", None)
        price |= values
        return self._price(price, set())

    def _price(self, price: Row, expand: set[str]) -> Row:
        """Tiers and other currencies are told only when they are asked for."""
        answer = shown(price)
        if "tiers" not in expand:
            answer.pop("tiers")
        if not any(name.startswith("currency_options") for name in expand):
            answer.pop("currency_options")
        elif "currency_options.tiers" not in expand:
            answer["currency_options"] = {
                currency: {name: value for name, value in option.items() if name != "tiers"}
                for currency, option in answer["currency_options"].items()
            }
        return answer

    def list_meters(self, *, values: Values) -> Row:
        return self._page(self.store.all("billing.meter"), values, "billing/meters")

    def create_meter(self, *, values: Values) -> Row:
        name = values["event_name"]
        if self.store.all("billing.meter", event_name=name, status="active"):
            raise Refused(f"An active meter already uses the event name {name}.")
        return shown(self.store.add("billing.meter", status="active", **values))

    def count(self, *, values: Values) -> Row:
        identifier = values.get("identifier")
        if identifier and self.store.all("billing.meter_event", identifier=identifier):
            raise Refused(
                f"An event already exists with identifier {identifier}.",
                code="resource_already_exists",
            )
        if not self.store.all("billing.meter", event_name=values["event_name"], status="active"):
            raise Refused(f"No active meter has the event name {values['event_name']}.")
        self.store.get("customer", values["payload"].get("stripe_customer_id", ""), "payload")
        return shown(
            self.store.add("billing.meter_event", **{"timestamp": self.store.now(), **values})
        )

    # --- Customers, checkout, portal ------------------------------------------------------------

    def create_customer(self, *, values: Values) -> Row:
        customer = self.store.add(
            "customer",
            **{"balance": 0, "email": None, "name": None, "metadata": {}, **values},
            invoice_settings={"default_payment_method": None},
        )
        self.engine.announce("customer.created", customer)
        return shown(customer)

    def get_customer(self, customer_id: str, *, values: Values) -> Row:
        return shown(self.store.get("customer", customer_id))

    def update_customer(self, customer_id: str, *, values: Values) -> Row:
        customer = self.store.get("customer", customer_id)
        customer |= values
        self.engine.announce("customer.updated", customer)
        return shown(customer)

    def create_checkout(self, *, values: Values) -> Row:
        if values.get("mode") != "subscription":
            raise Refused("The stand-in knows the mode `subscription` alone.", param="mode")
        self.store.get("customer", values.get("customer", ""), "customer")
        items = values.get("line_items", [])
        if not items:
            raise Refused("Missing required param: line_items.", param="line_items")
        trial_end = values.get("subscription_data", {}).get("trial_end")
        if trial_end is not None and trial_end < self.store.now() + SHORTEST_TRIAL:
            raise Refused(
                "The `trial_end` date has to be at least 2 days in the future.",
                param="subscription_data[trial_end]",
            )
        currency = self._currency_of(items, values)
        for number, item in enumerate(items):
            price = self.store.get("price", item.get("price", ""), f"line_items[{number}][price]")
            is_metered = price["recurring"]["usage_type"] == "metered"
            if is_metered and "quantity" in item:
                raise Refused("Quantity should not be specified where usage is metered.")
            if not pricing.has_currency(price, currency):
                raise Refused(f"A price has no amount in {currency}.", param="currency")
        session = self.store.add(
            "checkout.session",
            **{"metadata": {}, **values, "currency": currency},
            status="open",
            payment_status="unpaid",
            subscription=None,
        )
        session["url"] = f"{self.base}/pay/{session['id']}"
        return shown(session)

    def _currency_of(self, items: list[Row], values: Values) -> str:
        price = self.store.get("price", items[0].get("price", ""), "line_items[0][price]")
        return str(values.get("currency") or price["currency"])

    def create_portal(self, *, values: Values) -> Row:
        self.store.get("customer", values["customer"], "customer")
        session = self.store.add("billing_portal.session", **values)
        session["url"] = f"{self.base}/portal/{session['id']}"
        return shown(session)

    # --- Subscriptions and invoices -------------------------------------------------------------

    def list_subscriptions(self, *, values: Values) -> Row:
        wanted = {name: values[name] for name in ("customer",) if name in values}
        status = values.get("status")

        def fits(row: Row) -> bool:
            if status is None:
                return bool(row["status"] != "canceled")
            return status in ("all", row["status"])

        found = [row for row in self.store.all("subscription", **wanted) if fits(row)]
        return self._page([self._subscription(row) for row in found], values, "subscriptions")

    def get_subscription(self, subscription_id: str, *, values: Values) -> Row:
        return self._subscription(self.store.get("subscription", subscription_id))

    def update_subscription(self, subscription_id: str, *, values: Values) -> Row:
        subscription = self.store.get("subscription", subscription_id)
        if subscription["status"] == "canceled":
            raise Refused("A canceled subscription can only update its metadata.")
        if "items" in values:
            behaviour = values.get("proration_behavior", "create_prorations")
            moment = values.get("proration_date")
            self.engine.change_items(subscription, values["items"], behaviour, moment)
        if "cancel_at_period_end" in values:
            self.engine.cancel_later(subscription, values["cancel_at_period_end"])
        return self._subscription(subscription)

    def cancel_subscription(self, subscription_id: str, *, values: Values) -> Row:
        subscription = self.store.get("subscription", subscription_id)
        self.engine.cancel(subscription)
        return self._subscription(subscription)

    def _subscription(self, subscription: Row) -> Row:
        items = [
            {**shown(item), "price": self._price(self.store.get("price", item["price"]), set())}
            for item in self.engine.items_of(subscription)
        ]
        listed = {
            "object": "list",
            "data": items,
            "has_more": False,
            "url": "/v1/subscription_items",
        }
        return {**shown(subscription), "items": listed}

    def preview_invoice(self, *, values: Values) -> Row:
        subscription = self.store.get(
            "subscription", values.get("subscription", ""), "subscription"
        )
        details = values.get("subscription_details", {})
        behaviour = details.get("proration_behavior", "create_prorations")
        lines = self.engine.next_lines(
            subscription, details.get("items", []), behaviour, details.get("proration_date")
        )
        customer = self.store.get("customer", subscription["customer"])
        total = sum(line["amount"] for line in lines)
        end = self.engine.items_of(subscription)[0]["current_period_end"]
        return {
            "id": "upcoming_in_" + subscription["id"],
            "object": "invoice",
            "customer": customer["id"],
            "currency": subscription["currency"],
            "created": end,
            "next_payment_attempt": end,
            "period_start": end,
            "period_end": end,
            "total": total,
            "amount_due": max(0, total + customer["balance"]),
            "lines": self._lines(lines, "upcoming"),
        }

    def list_invoices(self, *, values: Values) -> Row:
        wanted = {name: values[name] for name in ("customer", "status") if name in values}
        found = [
            row
            for row in self.store.all("invoice", **wanted)
            if values.get("subscription") in (None, _subscription_of(row))
        ]
        return self._page([self.invoice(row) for row in found], values, "invoices")

    def get_invoice(self, invoice_id: str, *, values: Values) -> Row:
        return self.invoice(self.store.get("invoice", invoice_id))

    def pay_invoice(self, invoice_id: str, *, values: Values) -> Row:
        invoice = self.store.get("invoice", invoice_id)
        if not self.engine.collect(invoice):
            raise Refused(
                "Your card was declined.", status=402, kind="card_error", code="card_declined"
            )
        return self.invoice(invoice)

    def invoice(self, invoice: Row) -> Row:
        return {
            **shown(invoice),
            "hosted_invoice_url": f"{self.base}/invoice/{invoice['id']}",
            "invoice_pdf": f"{self.base}/invoice/{invoice['id']}/pdf",
            "lines": self._lines(invoice["_lines"], invoice["id"]),
        }

    def list_events(self, *, values: Values) -> Row:
        since = values.get("created", {})
        after = since.get("gte", 0) if isinstance(since, dict) else 0
        found = [event for event in self.store.all("event") if event["created"] >= after]
        return self._page(found, values, "events")

    @staticmethod
    def _lines(lines: list[Row], name: str) -> Row:
        data = [
            {
                "id": f"il_{name}_{number}",
                "object": "line_item",
                **{
                    key: line[key]
                    for key in ("amount", "currency", "description", "period", "quantity")
                },
                "parent": {
                    "type": "subscription_item_details",
                    "subscription_item_details": {"proration": line["proration"]},
                },
                "pricing": {"type": "price_details", "price_details": {"price": line["price"]}},
            }
            for number, line in enumerate(lines)
        ]
        return {"object": "list", "data": data, "has_more": False, "url": "/v1/invoices/lines"}

    def _page(self, rows: list[Row], values: Values, path: str) -> Row:
        limit = min(values.get("limit", 10), MOST)
        after = values.get("starting_after")
        if after is not None:
            ids = [row["id"] for row in rows]
            rows = rows[ids.index(after) + 1 :] if after in ids else []
        data = [shown(row) for row in rows[:limit]]
        return {
            "object": "list", "data": data, "has_more": len(rows) > limit, "url": f"/v1/{path}",
        }  # fmt: skip


def shown(row: Row) -> Row:
    """A row as it is told: without what the stand-in keeps for itself."""
    return {name: value for name, value in row.items() if not name.startswith("_")}


def _subscription_of(invoice: Row) -> str:
    return str(invoice["parent"]["subscription_details"]["subscription"])


def _tiers(tiers: list[Row]) -> list[Row]:
    return [
        {
            "up_to": None if tier["up_to"] == "inf" else int(tier["up_to"]),
            "unit_amount": tier["unit_amount"],
            "flat_amount": None,
        }
        for tier in tiers
    ]
