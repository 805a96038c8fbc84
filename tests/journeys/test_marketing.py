"""The marketer describes customers, reads the message as they will, sends it, sees what came."""

import pytest
import time_machine
from playwright.sync_api import expect

from apps.crm.models import Customer
from apps.marketing.actions import carry_out
from apps.marketing.models import Reach
from forecourt.kernel import outbox
from forecourt.kernel.groups import inside
from tests.factories.crm import make_customer
from tests.factories.organisation import make_staff

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_the_marketer_builds_a_segment_previews_sends_and_sees_the_result(site, visit) -> None:
    with inside(site.group):
        advisor = site.people["sales_advisor.SH01"]
        site.people["marketer"] = make_staff("marketer", name="marketer")
        agreed = make_customer(owner=advisor, name="林小满", source="REFERRAL")
        silent = make_customer(owner=advisor, name="赵无言", source="REFERRAL")
        make_customer(owner=advisor, name="不相干", source="WEB")
        Customer.objects.filter(pk__in=[agreed.pk, silent.pk]).update(email="a@mail.example")
        Customer.objects.filter(pk=agreed.pk).update(consents={"email": True})
    visitor = visit("marketer")
    page = visitor.open("/marketing/segments/new/")

    page.get_by_label("Name").fill("Referred")
    page.get_by_label("What is asked").select_option(label="Source")
    page.get_by_label("Value of “Source”").select_option(label="Referral")
    glance = page.locator("#segment-glance")
    expect(glance).to_contain_text("2")
    expect(glance).to_contain_text("林小满")
    expect(glance).not_to_contain_text("不相干")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Write to these customers").click()

    page.get_by_label("Name").fill("Thanks")
    page.get_by_label("Channel").select_option(label="E-mail")
    page.get_by_label("Subject").fill("Thank you")
    page.get_by_label("Text").fill("Dear {name}, welcome to {store}.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Dear 林小满, welcome to")).to_be_visible()
    expect(page.get_by_text("The customer has not agreed to this channel").first).to_be_visible()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("dialog").get_by_role("button").last.click()
    expect(page.get_by_text("The campaign is running.")).to_be_visible()

    with inside(site.group):
        # The moment that each was given comes, and the workers do what is theirs.
        with time_machine.travel(Reach.objects.latest("due_at").due_at, tick=True):
            carry_out()
            outbox.deliver_due(schema_name=site.group.schema_name)
        assert {row.state for row in Reach.objects.all()} == {"DONE", "HELD"}
    page.reload()
    expect(page.locator(".fc-stat", has_text="Sent")).to_contain_text("1")
    expect(page.locator(".fc-stat", has_text="Held back")).to_contain_text("1")
    visitor.open("/marketing/held/")
    expect(page.get_by_text("赵无言")).to_be_visible()
