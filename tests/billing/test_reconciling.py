"""The nightly comparison finds what has drifted and mends it; usage is counted and told once."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from billing import following, usage
from billing.models import StripeEvent, Subscription, UsageReport
from billing.plans import Meter
from forecourt.kernel.clock import now, today
from forecourt.kernel.groups import identity_of, inside
from tenants.models import DealerGroup
from tests.billing.test_entitlements import fill
from tests.billing.test_events import customer_of, tell
from tests.billing.test_stand_in import subscribe


def reconcile() -> list[tuple[str, str]]:
    out = io.StringIO()
    call_command("reconcile_billing", "--json", stdout=out)
    return [(each["kind"], each["schema_name"]) for each in json.loads(out.getvalue())["drift"]]


@pytest.fixture
def paying(group, shop):
    """A group with one store that pays, in step with everything."""
    with inside(identity_of(group.schema_name)):
        fill(1)
    row = subscribe(shop, stores=1)
    row["metadata"] = {"schema_name": group.schema_name}
    customer_of(group, row)
    for payload in shop.delivery.held:
        tell(payload)
    shop.delivery.held = []
    StripeEvent.objects.filter(state="RECEIVED").update(state="HANDLED")
    assert reconcile() == []
    return row


def plant_facts(group, shop, row) -> None:
    Subscription.objects.filter(schema_name=group.schema_name).update(
        status="past_due", plan="group", unpaid_since=now()
    )


def plant_state(group, shop, row) -> None:
    DealerGroup.objects.filter(schema_name=group.schema_name).update(state="SUSPENDED")


def plant_stores(group, shop, row) -> None:
    with inside(identity_of(group.schema_name)):
        fill(3)


def plant_event(group, shop, row) -> None:
    StripeEvent.objects.filter(event_id=shop.store.all("event")[0]["id"]).delete()


def plant_customer(group, shop, row) -> None:
    Subscription.objects.filter(schema_name=group.schema_name).update(customer_id="")


def plant_orphan(group, shop, row) -> None:
    gone = subscribe(shop, stores=1)
    gone["metadata"] = {"schema_name": "g_gone"}


def plant_double(group, shop, row) -> None:
    customer = shop.store.get("customer", row["customer"])
    (item, *_others) = shop.engine.items_of(row)
    older = shop.engine.subscribe(
        customer,
        [{"price": item["price"], "quantity": 1}],
        currency="cny",
        metadata={"schema_name": group.schema_name},
    )
    older["created"] -= 1000


@pytest.mark.parametrize(
    ("plant", "kind"),
    [
        (plant_facts, "facts"),
        (plant_state, "state"),
        (plant_stores, "stores"),
        (plant_event, "event"),
        (plant_customer, "customer"),
        (plant_orphan, "orphan"),
        (plant_double, "double"),
    ],
)
def test_drift_of_every_kind_is_found_and_mended(group, shop, paying, plant, kind):
    plant(group, shop, paying)
    found = reconcile()
    whose = "g_gone" if kind == "orphan" else group.schema_name
    assert (kind, whose) in found
    reconcile()  # what mending itself made news of
    assert reconcile() == []
    mine = Subscription.objects.get(schema_name=group.schema_name)
    live = [each for each in shop.store.all("subscription") if each["status"] != "canceled"]
    assert [each["id"] for each in live] == [mine.subscription_id] == [paying["id"]]
    assert (mine.status, mine.plan, mine.customer_id) == ("active", "starter", paying["customer"])
    assert mine.stores == shop.engine.items_of(paying)[0]["quantity"]
    assert DealerGroup.objects.get(schema_name=group.schema_name).state == "ACTIVE"


def test_subscriptions_that_are_not_ours_are_left_alone(group, shop, paying):
    subscribe(shop, stores=1)
    assert reconcile() == []
    assert len([e for e in shop.store.all("subscription") if e["status"] == "active"]) == 2


def test_without_a_key_there_is_nothing_to_compare(group, settings):
    settings.STRIPE_SECRET_KEY = ""
    with pytest.raises(CommandError):
        reconcile()


def test_usage_is_counted_once_a_day_and_told_once(group, shop, paying, settings):
    yesterday = today() - timedelta(days=1)
    for _time in range(3):
        usage.count_usage(schema_name=group.schema_name)
    rows = UsageReport.objects.filter(schema_name=group.schema_name)
    assert rows.count() == usage.DAYS_MADE_GOOD * len(Meter)
    row = rows.get(day=yesterday, meter=Meter.MESSAGES.value)
    UsageReport.objects.filter(pk=row.pk).update(amount=2_700)
    assert usage.report() == rows.count()
    assert usage.report() == 0
    # A worker that died after Stripe had taken it tells it again.
    UsageReport.objects.filter(pk=row.pk).update(reported_at=None)
    assert usage.report() == 1
    told = shop.store.all("billing.meter_event", identifier=row.identifier)
    assert [each["payload"]["value"] for each in told] == ["2700"]


def test_usage_waits_while_stripe_does_not_answer(group, shop, paying, settings):
    usage.count_usage(schema_name=group.schema_name)
    base, settings.STRIPE_API_BASE = settings.STRIPE_API_BASE, "http://127.0.0.1:9"
    assert usage.report() == 0
    settings.STRIPE_API_BASE = base
    assert usage.report() == UsageReport.objects.count()


def test_who_does_not_pay_is_not_metered(group, shop):
    following.begin(DealerGroup.objects.get(slug="alpha"))
    usage.count_usage(schema_name=group.schema_name)
    assert usage.report() == 0
    assert not shop.store.rows["billing.meter_event"]
