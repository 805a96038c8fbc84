"""A day of the sales floor in a browser, at the desk and on the phone, in both languages."""

from datetime import timedelta

import pytest
from django.utils.translation import gettext, override
from playwright.sync_api import Locator, Page, expect

from apps.crm.actions import lose_opportunity
from apps.crm.models import FollowUp, Interaction, Lead, Visit
from forecourt.kernel.clock import now
from tests.factories.crm import make_lead, make_opportunity
from tests.factories.organisation import actor_of, make_staff
from tests.journeys.conftest import DESK, PHONE, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

WIDTHS = [(DESK, "zh-hans"), (PHONE, "en")]
OTHERS = [(DESK, "en"), (PHONE, "zh-hans")]
"""Each path is walked at both widths, each time in another language; together they cover all."""


def say(language: str, text: str) -> str:
    """A text of the product as the reader of the language sees it."""
    with override(language):
        return gettext(text)


def press(place: Page | Locator, name: str) -> None:
    place.get_by_role("button", name=name).first.click()


def test_visitor_queue_and_day(site: Site, visit) -> None:
    advisor, store = site.people["sales_advisor.SH01"], site.stores["SH01"]
    site.people["desk"] = make_staff("lead_desk", store, name="desk")

    # The receptionist registers a visitor: a number, a name, one press.
    for (size, language), name, phone in zip(
        WIDTHS, ("王小明", "李小红"), ("13800138001", "13800138002"), strict=True
    ):
        page = visit("receptionist.SH01", size=size, language=language).open("/crm/reception/")
        page.locator("main form [name=who]").fill(phone)
        page.locator("main form [name=name]").first.fill(name)
        press(page.locator("main form").last, say(language, "Receive"))
        expect(page.get_by_text(name).first).to_be_visible()
        assert Visit.objects.get(customer__name=name).store_id == store.pk

    # The lead desk works its queue by keyboard alone.
    for (size, language), names in zip(
        OTHERS, (("甲先生", "乙女士"), ("戊先生", "己女士")), strict=True
    ):
        first, second = (make_lead(owner=advisor, name=name) for name in names)
        page = visit("desk", size=size, language=language).open("/crm/leads/queue/")
        expect(page.get_by_role("heading", name=names[0])).to_be_visible()
        page.wait_for_selector("[data-listens]")
        page.keyboard.press("n")
        expect(page.get_by_role("heading", name=names[1])).to_be_visible()
        page.wait_for_selector("[data-listens]")
        page.keyboard.press("c")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        dialog.get_by_role("button", name=say(language, "Save")).focus()
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.state, second.state) == ("ASSIGNED", "CONTACTED")
        assert first.first_response_at is not None

    # The advisor's day: what is due, and a call logged in two taps, the next one by its level.
    for (size, language), name in zip(WIDTHS, ("丙女士", "丁先生"), strict=True):
        deal = make_opportunity(owner=advisor, level="A", name=name)
        FollowUp.objects.filter(opportunity=deal).update(due_at=now() - timedelta(hours=2))
        page = visit("sales_advisor.SH01", size=size, language=language).open("/crm/day/")
        for heading in ("Overdue", "Due today", "Test drives", "New, to be answered"):
            expect(page.locator(".fc-stat", has_text=say(language, heading))).to_be_visible()
        press(page.locator("tr", has_text=name), say(language, "Log a contact"))
        dialog = page.get_by_role("dialog")
        press(dialog, say(language, "Save"))
        expect(dialog).to_be_hidden()
        assert Interaction.objects.filter(opportunity=deal, kind="CALL").count() == 1
        planned = FollowUp.objects.get(opportunity=deal, state="OPEN")
        assert timedelta(days=2) < planned.due_at - now() < timedelta(days=4)


def test_the_manager_gives_out_leads_sees_who_is_late_and_confirms_a_loss(
    site: Site, visit
) -> None:
    leaver = site.people["sales_advisor.SH01"]
    taker = make_staff("sales_advisor", site.stores["SH01"], name="接手人")
    for (size, language), count in zip(OTHERS, (40, 3), strict=True):
        leads = [make_lead(owner=leaver, name=f"客户{place}") for place in range(count)]
        Lead.objects.filter(owner=leaver).update(response_due_at=now() - timedelta(hours=1))
        deal = make_opportunity(owner=leaver, name="走掉的客户")
        lose_opportunity(opportunity_id=deal.pk, reason="PRICE", actor=actor_of(leaver))
        visitor = visit("store_manager.SH01", size=size, language=language)

        # Who answers late, and her leads behind the name.
        page = visitor.open("/crm/leads/queue/")
        late = page.locator("section", has_text=say(language, "Who answers late")).last
        expect(late).to_contain_text(str(count))
        late.get_by_role("link", name=leaver.name).click()
        page.wait_for_url(lambda url: "overdue=yes" in url)

        # All of them at once to somebody else, with a reason.
        rows = page.locator("tbody input[type=checkbox]")
        if size is DESK:
            page.locator("[data-all-rows]").check()
        else:
            for place in range(count):
                rows.nth(place).check()
        expect(page.locator("[data-chosen]")).to_contain_text(str(count))
        press(page.locator(".fc-bulk"), say(language, "Give to somebody"))
        dialog = page.get_by_role("dialog")
        dialog.locator("[name=owner_id]").select_option(str(taker.pk))
        dialog.locator("[name=reason]").fill("换岗")
        dialog.locator("button[type=submit]").click()
        expect(dialog).to_be_hidden(timeout=30_000)
        given = Lead.objects.filter(pk__in=[lead.pk for lead in leads], owner=taker)
        assert given.count() == count
        assert given.filter(assignment__reason="换岗").count() == count

        # The lost deal waits in her inbox until she confirms it.
        page = visitor.open("/approvals/")
        page.get_by_role("link", name="走掉的客户").first.click()
        press(page, say(language, "Approve"))
        dialog = page.get_by_role("dialog")
        dialog.locator("button[type=submit]").click()
        expect(dialog).to_be_hidden()
        deal.refresh_from_db()
        assert (deal.stage, deal.lost_reason) == ("LOST", "PRICE")
