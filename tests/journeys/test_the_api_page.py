"""The page about the API: read by a person, tried from her browser."""

import json

import pytest

from tests.journeys.conftest import DESK, PHONE, faults_of

THIN_OUT = """
    document.querySelectorAll("details.api-operation:not([open])")
        .forEach((operation, place) => place % 10 && operation.remove())
"""

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("in_group")]


def test_somebody_reads_the_reference_and_tries_it(visit):
    visitor = visit("hq")
    page = visitor.open("/api/v1/docs/#list_stores")

    stores = page.locator("#list_stores")
    assert stores.get_attribute("open") is not None
    stores.locator("input[name=query]").fill("fields=code")
    stores.get_by_role("button", name="Send").click()
    stores.locator("[data-answer] pre").wait_for()

    assert stores.locator("[data-answer] p").inner_text().startswith("200")
    answer = json.loads(stores.locator("[data-answer] pre").inner_text())
    assert answer["data"] == [{"code": "HZ01"}, {"code": "SH01"}]


def test_a_change_is_sent_with_the_proof_that_it_comes_from_our_page(visit):
    visitor = visit("hq")
    page = visitor.open("/api/v1/docs/#register_lead")

    lead = page.locator("#register_lead")
    lead.locator("textarea").fill('{"phone": "13800138000", "name": "张伟"}')
    lead.get_by_role("button", name="Send").click()
    lead.locator("[data-answer] pre").wait_for()

    assert lead.locator("[data-answer] p").inner_text().startswith("201")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_reference_is_for_everybody(visit, size):
    page = visit("hq", size=size).open("/api/v1/docs/")
    page.locator("#list_leads > summary").click()

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # The operations are of one make, and there are hundreds: axe looks at every tenth.
    page.evaluate(THIN_OUT)
    assert page.locator("#list_leads").is_visible()
    assert faults_of(page) == []
