"""A day of the sales floor in a browser: a visitor, a queue by keys, and the day on a phone."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from apps.crm.models import FollowUp, Interaction, Visit
from forecourt.kernel.clock import now
from tests.factories.crm import make_lead, make_opportunity
from tests.factories.organisation import make_staff
from tests.journeys.conftest import PHONE, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def test_visitor_queue_and_day(site: Site, visit) -> None:
    advisor, store = site.people["sales_advisor.SH01"], site.stores["SH01"]
    site.people["desk"] = make_staff("lead_desk", store, name="desk")

    # The receptionist registers a visitor.
    page = visit("receptionist.SH01").open("/crm/reception/")
    page.locator("main form [name=who]").fill("13800138000")
    page.locator("main form [name=name]").first.fill("王小明")
    page.locator("main form button[type=submit]").last.click()
    expect(page.get_by_text("王小明").first).to_be_visible()
    assert Visit.objects.get().store_id == store.pk

    # The lead desk works its queue by keyboard alone.
    first, second = (make_lead(owner=advisor, name=name) for name in ("甲先生", "乙女士"))
    page = visit("desk").open("/crm/leads/queue/")
    expect(page.get_by_role("heading", name="甲先生")).to_be_visible()
    page.wait_for_selector("[data-listens]")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="乙女士")).to_be_visible()
    page.wait_for_selector("[data-listens]")
    page.keyboard.press("c")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("ASSIGNED", "CONTACTED")
    assert first.first_response_at is not None

    # The advisor's day on a phone: a call logged in two taps, the next one planned by its level.
    deal = make_opportunity(owner=advisor, level="A", name="丙女士")
    FollowUp.objects.filter(opportunity=deal).update(due_at=now() - timedelta(hours=2))
    page = visit("sales_advisor.SH01", size=PHONE).open("/crm/day/")
    row = page.locator("tr", has_text="丙女士")
    row.get_by_role("button", name="Log a contact").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    assert Interaction.objects.filter(opportunity=deal, kind="CALL").count() == 1
    planned = FollowUp.objects.get(opportunity=deal, state="OPEN")
    assert timedelta(days=2) < planned.due_at - now() < timedelta(days=4)
