"""The life of a subscription in a real browser, from signing up until the certificate of erasure.

The payment service is the stand-in: the real library calls it over HTTP, and its signed events come
back over HTTP. Both clocks are moved together.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from apps.organisation.models import LegalEntity
from billing import sweeps
from billing.models import StripeEvent, Subscription
from forecourt.kernel.groups import inside
from forecourt.kernel.tasks import group_task
from infra.stripe.engine import DAY
from infra.stripe.server import StandIn
from tenants import erasure, signups, spaces
from tenants.groups import get_group
from tenants.models import DealerGroup, ErasureCertificate
from tests.billing.conftest import shop, stand_in
from tests.factories.organisation import make_store
from tests.journeys.conftest import DESK, PASSWORD, Site, Visitor, attended, served
from tests.tenancy.conftest import Platform, platform

__all__ = ["platform", "shop", "stand_in"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
OWNER = "li@sunrise.example"
GOOD, FAILING = "4242 4242 4242 4242", "4000 0000 0000 0341"
CALL = """async body => {
    const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
    const headers = {"Content-Type": "application/json", "X-CSRFToken": token};
    const answer = await fetch("/api/v1/customers",
                               {method: "POST", headers, body: JSON.stringify(body)});
    return [answer.status, (await answer.json()).code || ""];
}"""
"""A call of the API from the page itself, with its session."""
worked: list[str] = []


@group_task
def do_business() -> None:
    worked.append("worked")


@dataclass
class Town:
    """The whole platform with a browser in it, and the clock of everybody."""

    port: int
    shop: StandIn
    chromium: Browser
    contexts: list[BrowserContext]
    visitors: list[Visitor]
    ahead: timedelta = timedelta(0)

    def visitor(self, host: str, **options: bool) -> Visitor:
        """A fresh browser at an address, in English."""
        context = self.chromium.new_context(viewport=DESK, **options)
        context.set_default_timeout(20_000)
        site = Site(None, f"http://{host}:{self.port}", {}, {})  # type: ignore[arg-type]
        context.add_cookies([{"name": "django_language", "value": "en", "url": site.url}])
        self.contexts.append(context)
        self.visitors.append(attended(context.new_page(), site))
        return self.visitors[-1]

    def owner(self) -> Page:
        """The owner signs in; where weeks have passed, her former session has ended."""
        visitor = self.visitor("sunrise.localhost")
        visitor.sign_in(OWNER, PASSWORD)
        return visitor.page

    def days_pass(self, count: int) -> None:
        """Each with the platform's own sweep, and with what the payment service does and tells."""
        for _day in range(count):
            self.ahead += timedelta(days=1)
            with self.shop.store.change():
                self.shop.pages.move(DAY)
            assert self.shop.delivery.wait()
            sweeps.keep_subscriptions()

    def address(self, path: str) -> str:
        return f"http://sunrise.localhost:{self.port}{path}"


@pytest.fixture
def town(
    platform: Platform, shop: StandIn, settings, monkeypatch, chromium: Browser
) -> Iterator[Town]:
    real = timezone.now
    with served() as port:
        settings.PORT = port
        shop.delivery.url = f"http://localhost:{port}/stripe/webhook/"
        shop.delivery.is_held = False
        found = Town(port, shop, chromium, [], [])
        monkeypatch.setattr(timezone, "now", lambda: real() + found.ahead)
        monkeypatch.setattr(signups, "refill", lambda: None)  # a pool of one is enough here
        mail.outbox.clear()
        spaces.fill_pool(1)
        yield found
        for context in found.contexts:
            context.close()
    for visitor in found.visitors:
        assert visitor.errors == []


def here() -> DealerGroup:
    return get_group("sunrise")


def test_from_signing_up_to_the_certificate_of_erasure(town: Town) -> None:
    sign_up(town)
    try_it_for_a_week(town)
    subscribe(town)
    add_a_store_and_see_what_it_costs(town)
    the_card_fails_and_a_banner_says_so(town)
    read_only_until_it_is_paid(town)
    pay_and_go_on(town)
    cancel_export_and_be_erased(town)
    assert {each.state for each in StripeEvent.objects.all()} == {"HANDLED"}


def sign_up(town: Town) -> None:
    # The policy names the port of the settings that were loaded, which is not this server's.
    page = town.visitor("localhost", bypass_csp=True).open("/signup/")
    page.locator("[name=group_name]").fill("旭日汽车集团")
    page.locator("[name=slug]").fill("sunrise")
    page.locator("[name=store_count]").fill("1")
    page.locator("[name=person_name]").fill("李强")
    page.locator("[name=email]").fill(OWNER)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/signup/sent/")
    page.goto(re.search(r"http://\S+/signup/confirm/\?key=\S+", mail.outbox[-1].body)[0])
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(town.address("/start/"))
    with inside(here().identity):
        make_store(code="SH01", name_zh="浦东店")
    sweeps.keep_subscriptions()
    assert here().state == "TRIALING"


def try_it_for_a_week(town: Town) -> None:
    town.days_pass(6)
    page = town.owner()
    expect(page.locator(".fc-shell, body").first).not_to_contain_text("The trial ends on")
    town.days_pass(2)
    page.goto(town.address("/billing/"))
    expect(page.locator("body")).to_contain_text("The trial ends on")
    assert any("“Read-only” from" in each.subject and each.to == [OWNER] for each in mail.outbox)


def subscribe(town: Town) -> None:
    page = town.owner()
    page.goto(town.address("/billing/"))
    card = page.locator("section.card").filter(has=page.get_by_role("heading", name="Starter"))
    card.get_by_role("button", name="Subscribe by the month").click()
    page.get_by_role(
        "button", name="Subscribe", exact=True
    ).click()  # the payment service's own page
    page.wait_for_url(town.address("/billing/"))
    expect(page.locator("main")).to_contain_text("First charged on")
    assert (here().state, here().plan) == ("ACTIVE", "starter")
    town.days_pass(8)
    page = town.owner()
    page.goto(town.address("/billing/"))
    paid = page.locator("#invoices tr").filter(has_text="Paid").first
    expect(paid).to_contain_text("¥999")
    link = paid.get_by_role("link", name=re.compile("PDF")).get_attribute("href")
    assert page.request.get(link).body().startswith(b"%PDF")


def add_a_store_and_see_what_it_costs(town: Town) -> None:
    page = town.owner()
    page.goto(town.address("/organisation/stores/new/"))
    told = page.get_by_text(re.compile("One more store costs"))
    expect(told).to_contain_text("¥799 more a month")
    rest = amounts_of(told.inner_text())[1]
    assert 0 < rest < Decimal("799.00")
    page.locator("[name=code]").fill("SH02")
    page.locator("[name=name_zh]").fill("徐汇店")
    page.locator("[name=legal_entity_id]").select_option(index=1)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/stores/new/" not in url)
    assert town.shop.delivery.wait()
    page.goto(town.address("/billing/"))
    coming = page.locator("#invoices tr").filter(has_text="Next invoice")
    expect(coming).to_be_visible()
    (total,) = amounts_of(coming.inner_text())
    assert total == Decimal("999.00") + Decimal("799.00") + rest
    assert Subscription.objects.get(schema_name=here().schema_name).stores == 2


def the_card_fails_and_a_banner_says_so(town: Town) -> None:
    page = town.owner()
    change_card(town, page, FAILING)
    town.days_pass(31)
    assert here().state == "PAST_DUE"
    page = town.owner()
    expect(page.locator("body")).to_contain_text("A payment has failed.")
    assert what_works(town, page) == (True, True, True)


def read_only_until_it_is_paid(town: Town) -> None:
    town.days_pass(16)
    assert here().state == "RESTRICTED"
    page = town.owner()
    expect(page.locator("body")).to_contain_text("The group is read-only")
    assert what_works(town, page) == (False, False, False)
    page.goto(town.address("/organisation/stores/"))
    expect(page.locator("main")).to_contain_text("徐汇店")


def pay_and_go_on(town: Town) -> None:
    page = town.owner()
    change_card(town, page, GOOD)
    page.locator("#invoices").get_by_role("link", name="Pay", exact=True).click()
    page.get_by_role("button", name="Pay", exact=True).click()
    expect(page.locator("main")).to_contain_text("paid")
    assert town.shop.delivery.wait()
    assert here().state == "ACTIVE"
    page.goto(town.address("/billing/"))
    expect(page.locator("body")).not_to_contain_text("read-only")
    assert what_works(town, page) == (True, True, True)


def cancel_export_and_be_erased(town: Town) -> None:
    page = town.owner()
    page.goto(town.address("/billing/"))
    page.get_by_role("button", name="Card, invoices, cancel").click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("link", name="Back to Forecourt").click()
    expect(page.locator("main")).to_contain_text("Ends on")
    assert here().state == "ACTIVE"
    town.days_pass(16)
    assert here().state == "RESTRICTED"
    town.days_pass(15)
    assert here().state == "SUSPENDED"
    page = town.owner()
    page.goto(town.address("/crm/leads/"))
    page.wait_for_url(town.address("/billing/"))
    page.locator("main").get_by_role("link", name="Take everything out").first.click()
    page.get_by_role("button", name="Write an archive").click()
    page.locator("dialog [name=confirmation]").fill("sunrise")
    page.get_by_role("button", name="Write the archive").click()
    expect(page.get_by_role("link", name=re.compile(r"sunrise-\S+\.zip"))).to_be_visible()
    page.goto(town.address("/organisation/archives/"))
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile(r"sunrise-\S+\.zip")).click()
    assert download.value.path().stat().st_size > 10_000
    while here().state == "SUSPENDED":
        town.days_pass(1)
    assert here().state == "CLOSED"
    assert page.goto(town.address("/accounts/login/")).status == 404
    town.days_pass(89)
    assert here().state == "CLOSED"
    town.days_pass(1)
    assert not DealerGroup.objects.filter(slug="sunrise").exists()
    certificate = ErasureCertificate.objects.get(slug="sunrise")
    page = town.visitor("localhost").open(erasure.certificate_path(certificate))
    expect(page.locator("main")).to_contain_text("sunrise")
    told = str({each.subject for each in mail.outbox if each.to == [OWNER]})
    for state in ("Past due", "Read-only", "Suspended", "Closed"):
        assert f"“{state}”" in told


def change_card(town: Town, page: Page, number: str) -> None:
    page.goto(town.address("/billing/"))
    page.get_by_role("button", name="Card, invoices, cancel").click()
    page.get_by_label("Card number").fill(number)
    page.get_by_role("button", name="Change card").click()
    page.get_by_role("link", name="Back to Forecourt").click()
    page.wait_for_url(town.address("/billing/"))


def what_works(town: Town, page: Page) -> tuple[bool, bool, bool]:
    """Whether something can be changed: on a page, in the API, by a task."""
    with inside(here().identity):
        before = LegalEntity.objects.count()
    page.goto(town.address("/organisation/structure/"))
    page.locator("[hx-get*='/companies/new/'], [data-dialog*='/companies/new/']").first.click()
    page.locator("dialog [name=name_zh]").fill(f"公司{before}")
    page.locator("dialog button[type=submit]").first.click()
    page.wait_for_load_state("networkidle")
    with inside(here().identity):
        by_page = LegalEntity.objects.count() > before
    body = {"name": "王芳", "gender": "FEMALE"}
    status, code = page.evaluate(CALL, body)
    assert (status, code) in ((201, ""), (402, "group_read_only"))
    worked.clear()
    do_business(schema_name=here().schema_name)
    return by_page, status == 201, worked == ["worked"]


def amounts_of(text: str) -> list[Decimal]:
    return [Decimal(each.replace(",", "")) for each in re.findall(r"¥([\d,.]+\d)", text)]
