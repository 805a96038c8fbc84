"""What a person sees of the stand-in: its checkout, its portal, its invoices, its clock."""

import time
from html import escape
from typing import Any
from urllib.parse import parse_qsl

import typst

from infra.stripe import pricing
from infra.stripe.api import Api
from infra.stripe.delivery import Delivery
from infra.stripe.engine import DAY
from infra.stripe.refusals import Refused
from infra.stripe.store import Row

HTML = "text/html; charset=utf-8"
STYLE = """
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;
margin:3rem auto;padding:0 1rem}h1{font-size:1.3rem}
form{margin:1rem 0;display:flex;flex-wrap:wrap;gap:.5rem}
input,select,button{font:inherit;padding:.5rem .8rem;border:1px solid #8888;border-radius:.4rem}
button{background:#0a6cff;color:#fff;border:0;cursor:pointer}button.quiet{background:#8883;color:inherit}
.note{color:#888}.refusal{color:#c22;font-weight:600}table{width:100%;border-collapse:collapse}
td{padding:.35rem 0;border-bottom:1px solid #8884}td:last-child{text-align:right}
"""
CARDS = (
    ("4242424242424242", "pays"),
    ("4000000000000341", "is taken, and declined later"),
    ("4000000000000002", "is declined at once"),
)


class Redirect(Exception):
    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class Pages:
    """Answers ``(content type, body)``; raises Redirect after something was done, or Refused."""

    def __init__(self, api: Api, delivery: Delivery) -> None:
        self.api, self.store, self.engine, self.delivery = api, api.store, api.engine, delivery

    def answer(self, method: str, path: str, body: str) -> tuple[str, bytes]:
        first, _slash, rest = path.strip("/").partition("/")
        name = first or "home"
        show = getattr(self, f"show_{name}", None)
        act = getattr(self, f"do_{name}", None)
        if show is None:
            raise Refused("There is no such page.", status=404)
        refusal = ""
        if method == "POST" and act is not None:
            try:
                act(rest, dict(parse_qsl(body, keep_blank_values=True)))
                raise Redirect(path)
            except Refused as error:
                refusal = error.message
        found = show(rest, refusal)
        return found if isinstance(found, tuple) else (HTML, found.encode())

    # --- Checkout -------------------------------------------------------------------------------

    def show_pay(self, session_id: str, refusal: str) -> str:
        session = self.store.get("checkout.session", session_id)
        if session["status"] != "open":
            return _page("Checkout", "<p>This checkout has been completed.</p>")
        currency, total, rows = session["currency"], 0, ""
        for item in session["line_items"]:
            price = self.store.get("price", item["price"])
            amount = pricing.amount_of(price, item.get("quantity", 0), currency)
            total += amount
            what = (
                f"{item['quantity']} × {price['nickname']}"
                if "quantity" in item
                else price["nickname"]
            )
            rows += _row(what, _money(amount, currency) if "quantity" in item else "as used")
        kinds = ["card", "alipay", "wechat_pay"] if currency == "cny" else ["card"]
        options = "".join(f"<option>{kind}</option>" for kind in kinds)
        cards = "".join(f"<li><code>{number}</code> {what}</li>" for number, what in CARDS)
        begins = session.get("subscription_data", {}).get("trial_end")
        due = _row("Due today", _money(0 if begins else total, currency))
        if begins:
            due += _row(
                f"Due on {time.strftime('%F', time.gmtime(begins))}", _money(total, currency)
            )
        return _page(
            "Checkout",
            f"<table>{rows}{due}</table>{_refusal(refusal)}"
            f'<form method="post"><select name="kind" aria-label="Pay with">{options}</select>'
            '<input name="number" value="4242424242424242" aria-label="Card number">'
            '<button name="pay">Subscribe</button></form>'
            f'<form method="post"><button class="quiet" name="back" value="1">Back</button></form>'
            f'<ul class="note">{cards}</ul>',
        )

    def do_pay(self, session_id: str, form: dict[str, str]) -> None:
        session = self.store.get("checkout.session", session_id)
        if "back" in form:
            raise Redirect(session.get("cancel_url") or session["success_url"])
        if session["status"] == "open":
            self._complete(session, form)
        raise Redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session_id))

    def _complete(self, session: Row, form: dict[str, str]) -> None:
        customer = self.store.get("customer", session["customer"])
        self.engine.attach(customer, kind=form.get("kind", "card"), number=form.get("number", ""))
        data = session.get("subscription_data", {})
        subscription = self.engine.subscribe(
            customer,
            session["line_items"],
            currency=session["currency"],
            metadata=data.get("metadata", {}),
            trial_end=data.get("trial_end"),
        )
        session |= {
            "status": "complete", "payment_status": "paid", "subscription": subscription["id"],
        }  # fmt: skip
        self.engine.announce("checkout.session.completed", session)

    # --- Portal ---------------------------------------------------------------------------------

    def show_portal(self, session_id: str, refusal: str) -> str:
        session = self.store.get("billing_portal.session", session_id)
        customer = self.store.get("customer", session["customer"])
        parts = [_refusal(refusal)]
        subscriptions = self.store.all("subscription", customer=customer["id"])
        parts.extend(map(self._subscription, subscriptions))
        parts.append(
            '<h2>Card</h2><form method="post"><input name="number" value="4242424242424242"'
            ' aria-label="Card number"><button name="do" value="card">Change card</button></form>'
        )
        rows = "".join(map(self._invoice_row, self.store.all("invoice", customer=customer["id"])))
        parts.append(f"<h2>Invoices</h2><table>{rows}</table>")
        back = session.get("return_url")
        if back:
            parts.append(f'<p><a href="{escape(back)}">Back to Forecourt</a></p>')
        return _page(customer["name"] or customer["id"], "".join(parts))

    def _subscription(self, subscription: Row) -> str:
        items = self.engine.items_of(subscription)
        price = self.store.get("price", items[0]["price"])
        text = f"{items[0]['quantity']} × {price['nickname']}, {subscription['status']}"
        button = ""
        if subscription["status"] != "canceled":
            word = "resume" if subscription["cancel_at_period_end"] else "cancel"
            button = f'<button class="quiet" name="do" value="{word}">{word.capitalize()}</button>'
        hidden = f'<input type="hidden" name="subscription" value="{subscription["id"]}">'
        return f'<h2>{escape(text)}</h2><form method="post">{hidden}{button}</form>'

    def _invoice_row(self, invoice: Row) -> str:
        link = f'<a href="/invoice/{invoice["id"]}">{invoice["number"]}</a>'
        text = f"{_money(invoice['amount_due'], invoice['currency'])}, {invoice['status']}"
        return f"<tr><td>{link}</td><td>{text}</td></tr>"

    def do_portal(self, session_id: str, form: dict[str, str]) -> None:
        session = self.store.get("billing_portal.session", session_id)
        customer = self.store.get("customer", session["customer"])
        if form.get("do") == "card":
            self.engine.attach(customer, kind="card", number=form.get("number", ""))
            return
        subscription = self.store.get("subscription", form.get("subscription", ""))
        if subscription["customer"] == customer["id"]:
            self.engine.cancel_later(subscription, form.get("do") == "cancel")

    # --- Invoices -------------------------------------------------------------------------------

    def show_invoice(self, path: str, refusal: str) -> str | tuple[str, bytes]:
        invoice_id, _slash, form = path.partition("/")
        invoice = self.store.get("invoice", invoice_id)
        if form == "pdf":
            return "application/pdf", _pdf(invoice)
        pay = (
            '<form method="post"><button>Pay</button></form>' if invoice["status"] == "open" else ""
        )
        rows = "".join(
            _row(line["description"], _money(line["amount"], line["currency"]))
            for line in invoice["_lines"]
        )
        due = _row("Due", _money(invoice["amount_due"], invoice["currency"]))
        return _page(
            f"{invoice['number']} ({invoice['status']})",
            f"{_refusal(refusal)}<table>{rows}{due}</table>{pay}"
            f'<p><a href="/invoice/{invoice_id}/pdf">PDF</a></p>',
        )

    def do_invoice(self, invoice_id: str, form: dict[str, str]) -> None:
        self.api.pay_invoice(invoice_id, values={})

    # --- The stand-in itself --------------------------------------------------------------------

    def show_home(self, path: str, refusal: str) -> str:
        now = time.strftime("%F %T", time.gmtime(self.store.now()))
        held = (
            f"{len(self.delivery.held)} events are held."
            if self.delivery.is_held
            else "Events leave at once."
        )
        buttons = "".join(
            f'<button name="do" value="{word}" class="quiet">{word.capitalize()}</button>'
            for word in ("hold", "release", "release twice", "release shuffled")
        )
        return _page(
            "Stand-in of Stripe",
            f"<p>Its clock: {now} UTC. {held}</p>{_refusal(refusal)}"
            '<form method="post"><input name="days" type="number" value="1" min="1" max="400"'
            ' aria-label="Days"><button name="do" value="move">Move the clock</button></form>'
            f'<form method="post">{buttons}</form>',
        )

    def do_home(self, path: str, form: dict[str, str]) -> None:
        word = form.get("do", "")
        if word == "move":
            self.move(int(form.get("days") or 0) * DAY)
        elif word == "hold":
            self.delivery.is_held = True
        elif word.startswith("release"):
            self.delivery.is_held = False
            self.delivery.release(times=2 if "twice" in word else 1, shuffled="shuffled" in word)

    def move(self, seconds: int) -> None:
        """Let so much time pass, with everything that falls due in it."""
        to = self.store.now() + seconds
        self.engine.advance(to)
        self.store.offset += seconds


def _pdf(invoice: Row) -> bytes:
    """Texts go in as data: none of them is read as markup."""
    lines = "\n".join(
        f"{line['description']}: {_money(line['amount'], line['currency'])}"
        for line in invoice["_lines"]
    )
    data: dict[str, Any] = {
        "title": f"Invoice {invoice['number']} ({invoice['status']})",
        "lines": lines,
        "due": f"Due: {_money(invoice['amount_due'], invoice['currency'])}",
    }
    source = b"= #sys.inputs.title\n#sys.inputs.lines\n\n#sys.inputs.due"
    return bytes(typst.compile(source, sys_inputs=data))


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style><main><h1>{escape(title)}</h1>{body}"
        '<p class="note">No money moves here: this is a stand-in of Stripe.</p></main></html>'
    )


def _row(name: str, value: str) -> str:
    return f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>"


def _refusal(text: str) -> str:
    return f'<p class="refusal" role="alert">{escape(text)}</p>' if text else ""


def _money(amount: int, currency: str) -> str:
    return f"{amount / 100:,.2f} {currency.upper()}"
