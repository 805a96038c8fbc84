"""The marketer describes customers, reads the message as they will, sends it, sees what came."""

import pytest
import time_machine
from django.utils.translation import gettext, override, pgettext
from playwright.sync_api import Page, expect

from apps.crm.models import Customer
from apps.marketing.actions import carry_out
from apps.marketing.models import Reach
from forecourt.kernel import outbox
from forecourt.kernel.groups import inside
from tests.factories.crm import make_customer
from tests.factories.organisation import make_staff
from tests.journeys.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_the_marketer_builds_a_segment_previews_sends_and_sees_the_result(site, visit) -> None:
    with inside(site.group):
        advisor = site.people["sales_advisor.SH01"]
        site.people["marketer"] = make_staff("marketer", name="marketer")
        make_customer(owner=advisor, name="不相干", source="WEB")
    for size, language, source, names in (
        (DESK, "en", "REFERRAL", ("林小满", "赵无言")),
        (PHONE, "zh-hans", "WALK_IN", ("周大安", "吴不语")),
    ):
        with inside(site.group):
            agreed, silent = (
                make_customer(owner=advisor, name=name, source=source) for name in names
            )
            Customer.objects.filter(pk__in=[agreed.pk, silent.pk]).update(email="a@mail.example")
            Customer.objects.filter(pk=agreed.pk).update(consents={"email": True})
        visitor = visit("marketer", size=size, language=language)
        with override(language):
            _describe(visitor.open("/marketing/segments/new/"), source, names)
            _write(visitor.page, names[0])
            with inside(site.group):
                # The moment that each was given comes, and the workers do what is theirs.
                with time_machine.travel(Reach.objects.latest("due_at").due_at, tick=True):
                    carry_out()
                    outbox.deliver_due(schema_name=site.group.schema_name)
                assert {row.state for row in Reach.objects.all()} == {"DONE", "HELD"}
            page = visitor.page
            page.reload()
            for tile in (pgettext("message", "Sent"), pgettext("message", "Held back")):
                expect(page.locator(".fc-stat", has_text=tile)).to_contain_text("1")
            visitor.open("/marketing/held/")
            expect(page.get_by_text(names[1]).first).to_be_visible()


def _describe(page: Page, source: str, names: tuple[str, str]) -> None:
    """A segment of the customers who came that way, with a look at who they are."""
    page.locator("[name=name]").fill(source)
    asked = gettext("Source")
    page.get_by_label(gettext("What is asked"), exact=True).select_option(label=asked)
    page.get_by_label(gettext("Value of “%(fact)s”") % {"fact": asked}).select_option(source)
    glance = page.locator("#segment-glance")
    expect(glance).to_contain_text("2")
    expect(glance).to_contain_text(names[0])
    expect(glance).not_to_contain_text("不相干")
    page.get_by_role("button", name=gettext("Save")).click()
    page.get_by_role("link", name=gettext("Write to these customers")).click()


def _write(page: Page, name: str) -> None:
    """A message, read as the customers will, and sent."""
    page.locator("[name=name]").fill("Thanks")
    page.locator("[name=channel]").select_option("email")
    page.locator("[name=title]").fill("Thank you")
    page.locator("[name=text]").fill("Dear {name}, welcome to {store}.")
    page.get_by_role("button", name=gettext("Save")).click()
    expect(page.get_by_text(f"Dear {name}, welcome to")).to_be_visible()
    refused = gettext("The customer has not agreed to this channel")
    expect(page.get_by_text(refused).first).to_be_visible()
    page.get_by_role("button", name=gettext("Start"), exact=True).first.click()
    page.get_by_role("dialog").get_by_role("button").last.click()
    expect(page.get_by_text(gettext("The campaign is running."))).to_be_visible()
