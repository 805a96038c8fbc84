"""Events from Stripe: kept only when genuine, once each, and worth the same in any order."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client

from billing import following, inbox
from billing.following import Seen, facts_from
from billing.models import StripeEvent, Subscription
from forecourt.kernel.clock import now
from infra.stripe.delivery import signature
from infra.stripe.engine import DAY
from infra.stripe.server import WEBHOOK_SECRET
from tenants.models import DealerGroup
from tests.billing.test_stand_in import subscribe

HOOK = "/stripe/webhook/"


def tell(payload: bytes, *, secret=WEBHOOK_SECRET, stamp=None, host="localhost"):
    return Client(headers={"host": host}).post(
        HOOK,
        payload,
        content_type="application/json",
        headers={"Stripe-Signature": signature(payload, secret, stamp)},
    )


def customer_of(group, row) -> Subscription:
    """The group's row, as the customer of a subscription at the stand-in."""
    group_row = DealerGroup.objects.get(schema_name=group.schema_name)
    mine = following.begin(group_row)
    mine.customer_id = row["customer"]
    mine.save()
    return mine


def test_a_genuine_event_is_kept_once_and_followed(group, shop):
    row = subscribe(shop, stores=2)
    mine = customer_of(group, row)
    for payload in [*shop.delivery.held, *shop.delivery.held]:
        assert tell(payload).status_code == 200
    assert StripeEvent.objects.count() == len({json.loads(p)["id"] for p in shop.delivery.held})
    mine.refresh_from_db()
    assert (mine.plan, mine.interval, mine.stores, mine.status) == ("starter", "month", 2, "active")
    assert DealerGroup.objects.get(slug="alpha").state == "ACTIVE"
    assert DealerGroup.objects.get(slug="alpha").plan == "starter"
    assert not StripeEvent.objects.filter(state="RECEIVED").exists()


def _changed(payload: bytes, **values) -> bytes:
    return json.dumps(json.loads(payload) | values).encode()


@pytest.mark.parametrize(
    ("send", "status"),
    [
        (lambda p: tell(p, secret="whsec_else"), 400),
        (lambda p: tell(p, stamp=int(time.time()) - 400), 400),
        (lambda p: tell(_changed(p, account="acct_else")), 400),
        (lambda p: tell(b"{}"), 400),
        (lambda p: tell(b'{"id": 1, "type": 2, "data": {"object": 3}}'), 400),
        (lambda p: tell(b"\xff\xfe"), 400),
        (lambda p: tell(b"[" * 300_000), 413),
        (lambda p: Client(headers={"host": "localhost"}).get(HOOK), 405),
        (
            lambda p: Client(headers={"host": "localhost"}).post(
                HOOK, p, content_type="application/json"
            ),
            400,
        ),
        (lambda p: tell(p, host="alpha.localhost"), 404),
    ],
)
def test_what_is_not_genuine_changes_nothing(group, shop, send, status):
    row = subscribe(shop)
    mine = customer_of(group, row)
    assert send(shop.delivery.held[0]).status_code == status
    assert not StripeEvent.objects.exists()
    mine.refresh_from_db()
    assert mine.status == ""
    assert DealerGroup.objects.get(slug="alpha").state == "TRIALING"


def test_an_event_of_an_unknown_customer_changes_nobody(group, shop):
    subscribe(shop)
    mine = following.begin(DealerGroup.objects.get(slug="alpha"))
    for payload in shop.delivery.held:
        assert tell(payload).status_code == 200
    assert set(StripeEvent.objects.values_list("state", flat=True)) == {"IGNORED"}
    mine.refresh_from_db()
    assert mine.status == ""


def test_without_a_secret_nobody_listens(shop, settings):
    subscribe(shop)
    settings.STRIPE_WEBHOOK_SECRET = ""
    assert tell(shop.delivery.held[0]).status_code == 404


def test_stripe_that_does_not_answer_leaves_the_event_for_later(group, shop, settings):
    mine = customer_of(group, subscribe(shop))
    base, settings.STRIPE_API_BASE = settings.STRIPE_API_BASE, "http://127.0.0.1:9"
    tell(shop.delivery.held[0])
    event = StripeEvent.objects.get()
    assert (event.state, event.attempts) == ("RECEIVED", 1)
    assert event.available_at > now()
    mine.refresh_from_db()
    assert mine.status == ""
    settings.STRIPE_API_BASE = base
    StripeEvent.objects.update(available_at=now())
    assert inbox.handle_due() == 1
    mine.refresh_from_db()
    assert mine.status == "active"


FOLLOWED = [
    field.attname
    for field in Subscription._meta.fields
    if field.attname not in ("id", "followed_at")
]


def _history(shop, row) -> list[tuple[Seen, list[StripeEvent]]]:
    """What Stripe would answer after each thing that happens, and the events that tell of it."""
    item = shop.engine.items_of(row)[0]
    customer = shop.store.get("customer", row["customer"])
    bad, good = "4000000000000341", "4242424242424242"
    found = []
    for happens in (
        lambda: None,
        lambda: shop.engine.change_items(row, [{"id": item["id"], "quantity": 3}], "none"),
        lambda: (shop.engine.attach(customer, kind="card", number=bad), shop.pages.move(32 * DAY)),
        lambda: shop.engine.attach(customer, kind="card", number=good),
        lambda: shop.engine.collect(shop.store.get("invoice", row["latest_invoice"])),
        lambda: shop.engine.cancel_later(row, True),
    ):
        happens()
        told = [inbox.receive(each, signature(each, WEBHOOK_SECRET)) for each in shop.delivery.held]
        shop.delivery.held = []
        found.append((following.fetch(row["customer"]), told))
    return found


@pytest.mark.parametrize(
    "orders",
    [60, pytest.param(1_000, marks=[pytest.mark.long, pytest.mark.timeout(900)])],
    ids=["some", "thousand"],
)
def test_events_in_any_order_with_repeats_end_as_what_happened(group, shop, monkeypatch, orders):
    """Events come after what they tell of, as late, as often and in whatever order they like; what
    is fetched is the state of that moment. The worker sees batches as they happen to have come."""
    row = subscribe(shop, stores=1)
    mine = customer_of(group, row)
    begin = Subscription.objects.filter(pk=mine.pk).values(*FOLLOWED).get()
    monkeypatch.setattr(inbox, "wake", lambda: None)
    history = _history(shop, row)
    states = [facts_from(seen) for seen, _events in history]
    assert len({(each["status"], each["stores"], each["cancels_at"]) for each in states}) == 4
    step = 0
    monkeypatch.setattr(following, "fetch", lambda _customer: history[step][0])

    def come(events: list[StripeEvent]) -> None:
        for event in events:
            event.pk = None
        StripeEvent.objects.bulk_create(events, ignore_conflicts=True)

    def end() -> dict:
        assert not StripeEvent.objects.filter(state="RECEIVED").exists()
        return Subscription.objects.filter(pk=mine.pk).values(*FOLLOWED).get()

    StripeEvent.objects.all().delete()
    for step in range(len(history)):
        come(history[step][1])
        inbox.handle_due()
    wanted = end()
    assert (wanted["stores"], wanted["unpaid_since"]) == (3, None)
    assert wanted["cancels_at"] is not None
    chance = random.Random(7)
    for _order in range(orders):
        # Taken back each time: what is left lying in one transaction slows the next look-up.
        with suppress(Undone), transaction.atomic("control"), transaction.atomic():
            StripeEvent.objects.all().delete()
            Subscription.objects.filter(pk=mine.pk).update(**begin)
            late: list[StripeEvent] = []
            works_after = chance.randrange(len(history))
            for step in range(len(history)):
                late += chance.choices(history[step][1], k=chance.randint(1, 4))
                chance.shuffle(late)
                if step == works_after:
                    half = len(late) // 2
                    come(late[:half])
                    late = late[half:]
                    inbox.handle_due()
            come([*late, chance.choice(history[-1][1])])
            inbox.handle_due()
            assert end() == wanted
            raise Undone


class Undone(Exception):
    """Ends a transaction whose outcome has been looked at."""


WORKER = """
import os, django
django.setup()
from django.conf import settings
from django.db import connections
for alias, name in zip(("default", "control"), os.environ["DATABASES"].split()):
    connections[alias].settings_dict["NAME"] = name
settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = os.environ["STRIPE"].split()
from billing import inbox
print("ready", flush=True)
inbox.handle_due()
"""


def test_a_worker_killed_in_the_middle_loses_nothing(live_group, shop, settings):
    from django.db import connections

    row = subscribe(shop, stores=2)
    mine = customer_of(live_group, row)
    try:
        inbox.receive(shop.delivery.held[0], signature(shop.delivery.held[0], WEBHOOK_SECRET))
        names = [connections[alias].settings_dict["NAME"] for alias in ("default", "control")]
        with shop.store.lock:  # Stripe does not answer: the worker holds the event and the row
            worker = subprocess.Popen(
                [sys.executable, "-c", WORKER],
                env=os.environ
                | {
                    "DJANGO_SETTINGS_MODULE": "forecourt.config.settings.test",
                    "DATABASES": " ".join(names),
                    "STRIPE": f"{settings.STRIPE_API_BASE} {settings.STRIPE_SECRET_KEY}",
                },
                stdout=subprocess.PIPE,
            )
            ends = time.monotonic() + 60
            while not StripeEvent.objects.filter(attempts=1).exists():
                assert time.monotonic() < ends
                time.sleep(0.05)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        event = StripeEvent.objects.get()
        assert event.state == "RECEIVED"
        assert Subscription.objects.get(pk=mine.pk).status == ""
        assert inbox.handle_due() == 0  # still another's
        StripeEvent.objects.update(available_at=now() - timedelta(seconds=1))
        assert inbox.handle_due() == 1
        assert Subscription.objects.get(pk=mine.pk).status == "active"
        assert StripeEvent.objects.get().state == "HANDLED"
    finally:
        StripeEvent.objects.all().delete()
        Subscription.objects.all().delete()
