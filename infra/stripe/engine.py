"""What happens to subscriptions: begun, changed, renewed, paid or not, ended."""

from collections.abc import Callable, Iterator
from typing import Any

from infra.stripe import pricing
from infra.stripe.refusals import Refused
from infra.stripe.store import Row, Store

DAY = 24 * 3600
RETRIES = (3 * DAY, 5 * DAY, 7 * DAY)
"""After a payment that failed: the next attempts, each counted from the one before."""
FAILING_CARDS = {"4000000000000341"}
"""Taken at the checkout, and declined whenever they are charged later."""
DECLINED_CARDS = {"4000000000000002", "4000000000009995"}
LIVE = {"trialing", "active", "past_due", "unpaid"}


class Engine:
    """Changes the store's rows and tells of each change by ``announce(type, row)``."""

    def __init__(self, store: Store, announce: Callable[[str, Row], None]) -> None:
        self.store, self.announce = store, announce

    # --- Ways to pay ----------------------------------------------------------------------------

    def attach(self, customer: Row, *, kind: str, number: str = "") -> Row:
        """Give a customer a way to pay; raises Refused for a card that the bank declines."""
        number = "".join(digit for digit in number if digit.isdigit())
        if kind == "card" and len(number) != 16:
            raise Refused("Your card number is incomplete.", code="incomplete_number")
        if number in DECLINED_CARDS:
            raise Refused(
                "Your card was declined.", status=402, kind="card_error", code="card_declined"
            )
        method = self.store.add(
            "payment_method", type=kind, customer=customer["id"], card={"last4": number[-4:]}
        )
        method["_number"] = number
        customer["invoice_settings"]["default_payment_method"] = method["id"]
        self.announce("customer.updated", customer)
        return method

    def _pays(self, customer: Row) -> bool:
        method_id = customer["invoice_settings"]["default_payment_method"]
        method = self.store.rows["payment_method"].get(method_id or "")
        return method is not None and method["_number"] not in FAILING_CARDS

    # --- Subscriptions --------------------------------------------------------------------------

    def subscribe(
        self,
        customer: Row,
        items: list[Row],
        *,
        currency: str,
        metadata: dict[str, str],
        trial_end: int | None = None,
    ) -> Row:
        """``items`` are ``{"price", "quantity"}``; the first period is charged at once, or when the
        trial ends."""
        now = self.store.now()
        prices = [self.store.get("price", item["price"], "price") for item in items]
        if len({price["recurring"]["interval"] for price in prices}) != 1:
            raise Refused("All items of a subscription must have the same interval.")
        subscription = self.store.add(
            "subscription",
            customer=customer["id"],
            status="trialing" if trial_end else "active",
            currency=currency,
            cancel_at=None,
            cancel_at_period_end=False,
            canceled_at=None,
            ended_at=None,
            trial_end=trial_end,
            start_date=now,
            billing_cycle_anchor=trial_end or now,
            cancellation_details={"reason": None},
            latest_invoice=None,
            metadata=metadata,
        )
        end = trial_end or pricing.period_end(now, now, prices[0]["recurring"]["interval"])
        for item, price in zip(items, prices, strict=True):
            is_metered = price["recurring"]["usage_type"] == "metered"
            self.store.add(
                "subscription_item",
                subscription=subscription["id"],
                price=price["id"],
                quantity=None if is_metered else item.get("quantity", 1),
                current_period_start=now,
                current_period_end=end,
            )
        self.announce("customer.subscription.created", subscription)
        lines = [] if trial_end else self._period_lines(subscription)
        self._bill(subscription, lines, "subscription_create")
        return subscription

    def change_items(
        self, subscription: Row, changes: list[Row], behaviour: str, moment: int | None = None
    ) -> None:
        """New quantities or prices of items, at once; what is due for the rest of the period goes
        to the next invoice, or to one of its own with ``always_invoice``.

        Prices of another interval begin a new period, which is charged at once.
        """
        if self._begins_anew(subscription, changes):
            self._change_interval(subscription, changes, behaviour)
            return
        lines = self.proration_lines(subscription, changes, behaviour, moment)
        for item, change in self._changed_items(subscription, changes):
            item["quantity"] = change.get("quantity", item["quantity"])
            item["price"] = change.get("price", item["price"])
        for line in lines:
            self.store.add("invoiceitem", **line, invoice=None, customer=subscription["customer"])
        if behaviour == "always_invoice" and lines:
            self._bill(subscription, [], "subscription_update")
        self.announce("customer.subscription.updated", subscription)

    def _begins_anew(self, subscription: Row, changes: list[Row]) -> bool:
        """Whether the interval changes; raises Refused when only for some of the items."""
        after = {item["id"]: item["price"] for item in self.items_of(subscription)}
        before = self._interval_of(next(iter(after.values())))
        after |= {item["id"]: change.get("price", item["price"])
                  for item, change in self._changed_items(subscription, changes)}  # fmt: skip
        intervals = {self._interval_of(price) for price in after.values()}
        if len(intervals) != 1:
            raise Refused("All items of a subscription must have the same interval.")
        return intervals != {before} and subscription["status"] != "trialing"

    def _interval_of(self, price_id: str) -> str:
        return str(self.store.get("price", price_id, "price")["recurring"]["interval"])

    def _change_interval(self, subscription: Row, changes: list[Row], behaviour: str) -> None:
        lines = self.lines_of_new_interval(subscription, changes, behaviour)
        now = self.store.now()
        for item, change in self._changed_items(subscription, changes):
            item |= {name: change[name] for name in ("quantity", "price") if name in change}
        subscription["billing_cycle_anchor"] = now
        for item in self.items_of(subscription):
            item["current_period_start"] = now
            item["current_period_end"] = pricing.period_end(
                now, now, self._interval_of(item["price"])
            )
        self.announce("customer.subscription.updated", subscription)
        self._bill(subscription, lines, "subscription_update")

    def lines_of_new_interval(
        self, subscription: Row, changes: list[Row], behaviour: str
    ) -> list[Row]:
        """What was paid and is not used up, what was used, and all of the new period."""
        now = self.store.now()
        unused = [
            line
            for line in self.proration_lines(subscription, changes, behaviour)
            if line["amount"] < 0
        ]
        begun = {
            item["id"]: {**change, "current_period_start": now}
            for item, change in self._changed_items(subscription, changes)
        }
        for change in begun.values():
            interval = self._interval_of(change["price"])
            change["current_period_end"] = pricing.period_end(now, now, interval)
        return [
            *unused,
            *self._usage_lines(subscription),
            *self._period_lines(subscription, begun),
        ]

    def proration_lines(
        self, subscription: Row, changes: list[Row], behaviour: str, moment: int | None = None
    ) -> list[Row]:
        """The credit for what was paid and the charge for what will be, per changed item."""
        if behaviour == "none" or subscription["status"] == "trialing":
            return []
        moment = moment or self.store.now()
        lines = []
        for item, change in self._changed_items(subscription, changes):
            if item["quantity"] is None:
                continue
            left = pricing.share_left(
                moment, item["current_period_start"], item["current_period_end"]
            )
            after = {
                **item,
                **{name: change[name] for name in ("quantity", "price") if name in change},
            }
            for label, sign, which in (("Unused", -1, item), ("Remaining", 1, after)):
                price = self.store.get("price", which["price"], "price")
                full = pricing.amount_of(price, which["quantity"], subscription["currency"])
                lines.append(
                    {
                        "subscription": subscription["id"],
                        "amount": sign * round(full * left),
                        "currency": subscription["currency"],
                        "quantity": which["quantity"],
                        "price": which["price"],
                        "proration": True,
                        "description": f"{label} time on {which['quantity']} × {price['nickname']}",
                        "period": {"start": moment, "end": item["current_period_end"]},
                    }
                )
        return lines

    def _changed_items(self, subscription: Row, changes: list[Row]) -> Iterator[tuple[Row, Row]]:
        for change in changes:
            item = self.store.get("subscription_item", change.get("id", ""), "items[0][id]")
            if item["subscription"] != subscription["id"]:
                raise Refused("The item belongs to another subscription.", param="items")
            yield item, change

    def cancel(self, subscription: Row, reason: str = "cancellation_requested") -> None:
        now = self.store.now()
        subscription |= {
            "status": "canceled",
            "canceled_at": subscription["canceled_at"] or now,
            "ended_at": now,
            "cancellation_details": {"reason": reason},
        }
        self.announce("customer.subscription.deleted", subscription)

    def cancel_later(self, subscription: Row, wanted: bool) -> None:
        """At the end of the period, or not any more."""
        end = self.items_of(subscription)[0]["current_period_end"]
        subscription |= {
            "cancel_at_period_end": wanted,
            "cancel_at": end if wanted else None,
            "canceled_at": self.store.now() if wanted else None,
        }
        self.announce("customer.subscription.updated", subscription)

    def items_of(self, subscription: Row) -> list[Row]:
        return self.store.all("subscription_item", subscription=subscription["id"])[::-1]

    # --- Invoices -------------------------------------------------------------------------------

    def next_lines(
        self, subscription: Row, changes: list[Row], behaviour: str, at: int | None
    ) -> list[Row]:
        """What the next invoice would hold if the items were changed so."""
        quantities = {change["id"]: change for change in changes}
        pending = self.store.all("invoiceitem", subscription=subscription["id"], invoice=None)[::-1]
        if changes and self._begins_anew(subscription, changes):
            return [*pending, *self.lines_of_new_interval(subscription, changes, behaviour)]
        return [
            *pending,
            *self.proration_lines(subscription, changes, behaviour, at),
            *self._period_lines(subscription, quantities, following=True),
            *self._usage_lines(subscription),
        ]

    def _period_lines(
        self,
        subscription: Row,
        changes: dict[str, Row] | None = None,
        *,
        following: bool = False,
    ) -> list[Row]:
        lines = []
        for kept in self.items_of(subscription):
            item = {**kept, **(changes or {}).get(kept["id"], {})}
            if item["quantity"] is None:
                continue
            price = self.store.get("price", item["price"], "price")
            start, end = item["current_period_start"], item["current_period_end"]
            if following:
                interval = price["recurring"]["interval"]
                start, end = (
                    end,
                    pricing.period_end(end, subscription["billing_cycle_anchor"], interval),
                )
            lines.append(
                {
                    "amount": pricing.amount_of(price, item["quantity"], subscription["currency"]),
                    "currency": subscription["currency"],
                    "quantity": item["quantity"],
                    "price": price["id"],
                    "proration": False,
                    "description": f"{item['quantity']} × {price['nickname']}",
                    "period": {"start": start, "end": end},
                }
            )
        return lines

    def _usage_lines(self, subscription: Row) -> list[Row]:
        """What the meters have counted in the period that ends."""
        lines = []
        for item in self.items_of(subscription):
            price = self.store.get("price", item["price"], "price")
            if price["recurring"]["usage_type"] != "metered":
                continue
            start, end = item["current_period_start"], item["current_period_end"]
            used = self.usage(subscription["customer"], price["recurring"]["meter"], start, end)
            lines.append(
                {
                    "amount": pricing.amount_of(price, used, subscription["currency"]),
                    "currency": subscription["currency"],
                    "quantity": used,
                    "price": price["id"],
                    "proration": False,
                    "description": f"{used} × {price['nickname']}",
                    "period": {"start": start, "end": end},
                }
            )
        return lines

    def usage(self, customer_id: str, meter_id: str, start: int, end: int) -> int:
        meter = self.store.get("billing.meter", meter_id, "meter")
        values = [
            int(event["payload"]["value"])
            for event in self.store.all("billing.meter_event", event_name=meter["event_name"])[::-1]
            if event["payload"]["stripe_customer_id"] == customer_id
            and start <= event["timestamp"] < end
        ]
        if meter["default_aggregation"]["formula"] == "last":
            return values[-1] if values else 0
        return sum(values)

    def _bill(self, subscription: Row, lines: list[Row], reason: str) -> Row:
        pending = self.store.all("invoiceitem", subscription=subscription["id"], invoice=None)[::-1]
        lines = [*pending, *lines]
        customer = self.store.get("customer", subscription["customer"])
        total = sum(line["amount"] for line in lines)
        due = max(0, total + customer["balance"])
        customer["balance"] = min(0, total + customer["balance"])
        now = self.store.now()
        invoice = self.store.add(
            "invoice",
            customer=customer["id"],
            currency=subscription["currency"],
            number=f"FC-{len(self.store.rows['invoice']) + 1:05}",
            status="open",
            billing_reason=reason,
            collection_method="charge_automatically",
            total=total,
            subtotal=total,
            amount_due=due,
            amount_paid=0,
            amount_remaining=due,
            attempt_count=0,
            attempted=False,
            next_payment_attempt=None,
            period_start=now,
            period_end=now,
            status_transitions={"finalized_at": now, "paid_at": None, "voided_at": None},
            parent={
                "type": "subscription_details",
                "subscription_details": {"subscription": subscription["id"]},
            },
        )
        invoice["_lines"] = lines
        for line in pending:
            line["invoice"] = invoice["id"]
        subscription["latest_invoice"] = invoice["id"]
        self.announce("invoice.created", invoice)
        self.announce("invoice.finalized", invoice)
        self.collect(invoice)
        return invoice

    def collect(self, invoice: Row) -> bool:
        """Try to have it paid; says whether it is."""
        if invoice["status"] != "open":
            raise Refused("Invoice is already paid.", code="invoice_already_paid")
        customer = self.store.get("customer", invoice["customer"])
        subscription = self._subscription_of(invoice)
        now = self.store.now()
        invoice |= {"attempt_count": invoice["attempt_count"] + 1, "attempted": True}
        if invoice["amount_due"] == 0 or self._pays(customer):
            self._note_paid(invoice, now)
            self._follow(subscription)
            return True
        number = invoice["attempt_count"]
        invoice["next_payment_attempt"] = (
            now + RETRIES[number - 1] if number <= len(RETRIES) else None
        )
        self.announce("invoice.payment_failed", invoice)
        self._follow(subscription)
        return False

    def _note_paid(self, invoice: Row, now: int) -> None:
        invoice |= {
            "status": "paid",
            "amount_paid": invoice["amount_due"],
            "amount_remaining": 0,
            "next_payment_attempt": None,
        }
        invoice["status_transitions"]["paid_at"] = now
        self.announce("invoice.paid", invoice)

    def _subscription_of(self, invoice: Row) -> Row:
        subscription_id = invoice["parent"]["subscription_details"]["subscription"]
        return self.store.get("subscription", subscription_id)

    def open_invoices(self, subscription: Row) -> list[Row]:
        return [
            invoice
            for invoice in self.store.all("invoice", status="open")[::-1]
            if invoice["parent"]["subscription_details"]["subscription"] == subscription["id"]
        ]

    def _follow(self, subscription: Row) -> None:
        """The state of a subscription by its open invoices."""
        if subscription["status"] not in LIVE:
            return
        before = subscription["status"]
        still_open = self.open_invoices(subscription)
        if not still_open:
            in_trial = (subscription["trial_end"] or 0) > self.store.now()
            subscription["status"] = "trialing" if in_trial else "active"
        elif any(invoice["next_payment_attempt"] is None for invoice in still_open):
            subscription["status"] = "unpaid"
        else:
            subscription["status"] = "past_due"
        if subscription["status"] != before:
            self.announce("customer.subscription.updated", subscription)

    # --- Time -----------------------------------------------------------------------------------

    def advance(self, to: int) -> None:
        """Do what is due until the moment, each at its own time."""
        while (found := self._first_due(to)) is not None:
            self.store.moment, act = found
            act()
        self.store.moment = None

    def _first_due(self, to: int) -> tuple[int, Callable[[], Any]] | None:
        due: list[tuple[int, Callable[[], Any]]] = []
        for subscription in self.store.rows["subscription"].values():
            if subscription["status"] in LIVE:
                end = self.items_of(subscription)[0]["current_period_end"]
                due.append((end, lambda row=subscription: self._renew(row)))
        for invoice in self.store.all("invoice", status="open"):
            live = self._subscription_of(invoice)["status"] in LIVE
            if invoice["next_payment_attempt"] and live:
                due.append((invoice["next_payment_attempt"], lambda row=invoice: self.collect(row)))
        soon = [each for each in due if each[0] <= to]
        return min(soon, key=lambda each: each[0], default=None)

    def _renew(self, subscription: Row) -> None:
        if subscription["cancel_at_period_end"]:
            self.cancel(subscription)
            return
        if subscription["status"] == "trialing":
            subscription["status"] = "active"
        usage = self._usage_lines(subscription)
        for item in self.items_of(subscription):
            interval = self.store.get("price", item["price"], "price")["recurring"]["interval"]
            start = item["current_period_end"]
            item["current_period_start"] = start
            item["current_period_end"] = pricing.period_end(
                start, subscription["billing_cycle_anchor"], interval
            )
        self.announce("customer.subscription.updated", subscription)
        if subscription["status"] != "unpaid":
            lines = [*self._period_lines(subscription), *usage]
            self._bill(subscription, lines, "subscription_cycle")
