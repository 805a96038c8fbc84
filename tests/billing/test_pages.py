"""The group's own page: subscribing, changing, paying, what a store costs before it is added."""

import urllib.parse
import urllib.request
from datetime import timedelta
from decimal import Decimal

import pytest

from apps.organisation.actions import add_store
from apps.organisation.models import Store
from billing import actions, following, sweeps
from billing.models import Subscription
from forecourt.kernel import outbox
from forecourt.kernel.clock import now
from forecourt.kernel.groups import identity_of, inside
from infra.stripe.engine import DAY
from tenants.directory import forget
from tenants.models import DealerGroup
from tests.billing.test_entitlements import fill, store_values
from tests.factories.organisation import actor_of, make_staff


class Browser:
    """What the owner presses; ``pay`` is done at the checkout's own page."""

    def __init__(self, client) -> None:
        self.client = client

    def press(self, path: str, **values: str):
        return self.client.post(path, values, headers={"HX-Request": "true"})

    def pay(self, address: str, **values: str) -> str:
        body = urllib.parse.urlencode({"kind": "card", **values}).encode()

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_args):
                return None

        try:
            urllib.request.build_opener(Stay).open(address, body)
        except urllib.error.HTTPError as answer:
            return answer.headers["Location"] or ""
        return ""


@pytest.fixture
def owner(group):
    return make_staff("group_owner")


@pytest.fixture
def browser(group, owner, client_of, shop) -> Browser:
    """Of a group whose trial ends today, so that a checkout is charged at once."""
    end_the_trial()
    return Browser(client_of(group, owner.user))


def mine() -> Subscription:
    return Subscription.objects.get(schema_name=DealerGroup.objects.get(slug="alpha").schema_name)


def end_the_trial() -> None:
    row = following.begin(DealerGroup.objects.get(slug="alpha"))
    row.trial_ends_at = now()
    row.save()


def subscribe(browser: Browser, plan: str = "starter", **values: str) -> str:
    asked = {"plan": plan, "interval": "month", "currency": "cny"} | values
    return browser.press("/billing/subscribe/", **asked).headers["HX-Redirect"]


def test_the_owner_subscribes_at_the_checkout_and_sees_plan_usage_and_invoices(
    group, browser, shop
):
    fill(2)
    checkout = subscribe(browser)
    with urllib.request.urlopen(checkout) as answer:
        assert "1,798.00 CNY" in answer.read().decode()
    back = browser.pay(checkout, number="4242424242424242")
    assert urllib.parse.urlsplit(back).path == "/billing/done/"
    assert browser.client.get("/billing/done/").status_code == 302
    assert (mine().status, mine().stores, mine().plan) == ("active", 2, "starter")
    assert DealerGroup.objects.get(slug="alpha").state == "ACTIVE"
    forget(DealerGroup.objects.get(slug="alpha"))  # as the commit does
    page = browser.client.get("/billing/").content.decode()
    assert "入门版" in page
    assert "2 / 3" in page
    invoices = browser.client.get("/billing/invoices/").content.decode()
    assert "FC-00001" in invoices
    assert "/pdf" in invoices
    assert "1,798" in invoices
    again = browser.press("/billing/subscribe/", plan="group", interval="month", currency="cny")
    assert again.status_code == 409


def test_a_declined_card_begins_nothing(group, browser, shop):
    browser.pay(subscribe(browser), number="4000000000000002")
    assert not shop.store.rows["subscription"]
    browser.client.get("/billing/done/")
    assert DealerGroup.objects.get(slug="alpha").state == "TRIALING"


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"plan": "gold"}, 422),
        ({"interval": "week"}, 422),
        ({"currency": "eur"}, 422),
    ],
)
def test_what_is_not_offered_is_refused(group, browser, shop, values, status):
    asked = {"plan": "starter", "interval": "month", "currency": "cny"} | values
    assert browser.press("/billing/subscribe/", **asked).status_code == status
    assert not shop.store.rows["checkout.session"]


def test_a_plan_that_is_too_small_is_refused_and_a_bigger_one_counts_at_once(group, browser, shop):
    fill(4)
    refused = browser.press("/billing/subscribe/", plan="starter", interval="month", currency="cny")
    assert refused.status_code == 409
    browser.pay(subscribe(browser, "professional"), number="4242424242424242")
    browser.client.get("/billing/done/")
    assert browser.press("/billing/plan/", plan="starter").status_code == 409
    assert mine().plan == "professional"
    assert "HX-Redirect" in browser.press("/billing/plan/", plan="group").headers
    assert mine().plan == DealerGroup.objects.get(slug="alpha").plan == "group"
    item = shop.engine.items_of(shop.store.get("subscription", mine().subscription_id))
    assert {shop.store.get("price", each["price"])["product"] for each in item} == {
        "forecourt_group"
    }


def test_a_stores_cost_is_shown_before_and_charged_after_it_is_added(
    group, owner, browser, shop, django_capture_on_commit_callbacks
):
    fill(1)
    browser.pay(subscribe(browser), number="4242424242424242")
    browser.client.get("/billing/done/")
    shop.pages.move(10 * DAY)
    shown = browser.client.get("/organisation/stores/cost/").content.decode()
    assert "799" in shown
    with django_capture_on_commit_callbacks(execute=True), inside(identity_of(group.schema_name)):
        add_store(**store_values("N1"), actor=actor_of(owner))
    row = shop.store.get("subscription", mine().subscription_id)
    assert shop.engine.items_of(row)[0]["quantity"] == mine().stores == 2
    assert [each["proration"] for each in shop.store.all("invoiceitem")] == [True, True]
    outbox.deliver_due(schema_name=group.schema_name)
    assert len(shop.store.all("invoiceitem")) == 2
    store = Store.objects.get(code="N1")
    ask = f"/organisation/stores/{store.pk}/state/ask/?state=CLOSED"
    shown = browser.client.get(ask, headers={"HX-Request": "true"}).content.decode()
    assert "799" in shown
    assert "抵扣" in shown
    assert mine().stores == 2
    with django_capture_on_commit_callbacks(execute=True):
        browser.press(f"/organisation/stores/{store.pk}/state/", state="CLOSED")
    assert shop.engine.items_of(row)[0]["quantity"] == mine().stores == 1


def test_the_portal_opens_for_the_owner_alone(group, browser, shop, client_of):
    assert browser.press("/billing/portal/").status_code == 409
    browser.pay(subscribe(browser), number="4242424242424242")
    portal = browser.press("/billing/portal/").headers["HX-Redirect"]
    with urllib.request.urlopen(portal) as answer:
        assert "FC-00001" in answer.read().decode()
    finance = client_of(group, make_staff("group_finance").user)
    assert finance.get("/billing/").status_code == 200
    assert finance.post("/billing/portal/").status_code == 403
    clerk = client_of(group, make_staff("headquarters").user)
    assert clerk.get("/billing/").status_code == 403
    assert clerk.get("/billing/invoices/").status_code == 403


def test_stripe_that_does_not_answer_is_said_and_changes_nothing(group, browser, shop, settings):
    browser.pay(subscribe(browser), number="4242424242424242")
    browser.client.get("/billing/done/")
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    assert browser.press("/billing/portal/").status_code == 503
    assert browser.client.get("/billing/").status_code == 200
    assert browser.client.get("/billing/invoices/").status_code == 200
    assert browser.client.get("/organisation/stores/cost/").status_code == 200
    assert browser.client.get("/billing/done/").status_code == 302
    assert mine().status == "active"


def test_without_a_key_the_page_says_that_the_trial_does_not_end(group, owner, client_of, settings):
    settings.STRIPE_SECRET_KEY = ""
    browser = client_of(group, owner.user)
    assert "试用不会到期" in browser.get("/billing/").content.decode()
    assert browser.post("/billing/subscribe/").status_code == 409
    assert not Subscription.objects.exists()


def test_the_page_needs_few_queries(group, browser, django_assert_max_num_queries):
    sweeps.begin_trials()
    browser.client.get("/billing/")
    with django_assert_max_num_queries(12, using="default"):
        browser.client.get("/billing/")


def test_two_who_subscribe_first_at_once_are_one_customer(group, owner, shop):
    person = actor_of(owner)
    wish = {"plan": "starter", "interval": "month", "currency": "cny", "actor": person}
    with inside(identity_of(group.schema_name)):
        actions.begin_checkout(**wish)
        Subscription.objects.filter(schema_name=group.schema_name).update(customer_id="")
        actions.begin_checkout(**wish)
    assert len(shop.store.rows["customer"]) == 1


def test_what_is_left_of_the_trial_stays_the_groups_when_it_subscribes(group, browser, shop):
    row = mine()
    row.trial_ends_at = now() + timedelta(days=14)
    row.save()
    browser.client.cookies["django_language"] = "en"
    assert "stays yours" in browser.client.get("/billing/?currency=cny").content.decode()
    checkout = subscribe(browser)
    with urllib.request.urlopen(checkout) as answer:
        page = answer.read().decode()
    assert "Due today</td><td>0.00 CNY" in page
    assert f"Due on {row.trial_ends_at:%F}" in page
    browser.pay(checkout, number="4242424242424242")
    browser.client.get("/billing/done/")
    row = mine()
    assert (row.status, row.period_ends_at) == (
        "trialing", row.trial_ends_at.replace(microsecond=0)
    )  # fmt: skip
    assert DealerGroup.objects.get(slug="alpha").state == "ACTIVE"
    assert sum(invoice["amount_due"] for invoice in shop.store.all("invoice")) == 0

    shop.pages.move(14 * DAY)
    browser.client.get("/billing/done/")
    assert mine().status == "active"
    assert [each["amount_due"] for each in shop.store.all("invoice")] == [99_900, 0]


def test_a_trial_that_ends_within_two_days_is_not_carried_over(group, browser, shop):
    row = mine()
    row.trial_ends_at = now() + timedelta(hours=47)
    row.save()
    with urllib.request.urlopen(subscribe(browser)) as answer:
        assert "Due today</td><td>999.00 CNY" in answer.read().decode()


def test_on_a_trial_that_goes_on_another_interval_charges_nothing_now(group, browser, shop):
    row = mine()
    row.trial_ends_at = now() + timedelta(days=10)
    row.save()
    browser.pay(subscribe(browser), number="4242424242424242")
    browser.client.get("/billing/done/")

    asked = browser.client.get("/billing/interval/?plan=starter&interval=year")

    assert asked.context["charged_from"] == mine().period_ends_at
    assert "现在不会扣款" in asked.content.decode()


def test_the_interval_is_changed_on_the_page_which_says_what_it_costs(group, browser, shop):
    browser.pay(subscribe(browser), number="4242424242424242")
    browser.client.get("/billing/done/")
    asked = browser.client.get("/billing/interval/?plan=starter&interval=year")
    # Ten months for the year, less the month that was paid a moment ago.
    assert asked.context["cost"].amount == Decimal("8991.00")
    assert mine().interval == "month"
    browser.press("/billing/plan/", plan="starter", interval="year")
    row = mine()
    assert (row.interval, row.plan) == ("year", "starter")
    assert (row.period_ends_at - now()).days >= 364
    assert shop.store.all("invoice")[0]["amount_due"] == 899_100
    for wrong in ("week", "x"):
        answer = browser.client.get(f"/billing/interval/?plan=starter&interval={wrong}")
        assert answer.status_code == 422
    browser.press("/billing/plan/", plan="starter", interval="month")
    assert mine().interval == "month"
