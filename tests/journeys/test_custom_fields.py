"""A field of the group's own: added in the web app, and there at once wherever its record is."""

import json

import pytest
from django.urls import reverse

from forecourt.kernel.custom_fields.actions import add_field
from forecourt.kernel.models import CustomField
from tests.factories.crm import make_customer
from tests.factories.organisation import actor_of
from tests.files.samples import CHINESE_PDF
from tests.journeys.conftest import DESK, PHONE, faults_of

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("in_group")]


def test_a_field_is_added_and_used_in_one_sitting(visit, site):
    advisor = site.people["sales_advisor.SH01"]
    customer = make_customer(owner=advisor, name="张伟")
    other = make_customer(owner=advisor, name="李娜")
    visitor = visit("owner")
    page = visitor.open("/custom-fields/")

    page.locator("main").get_by_role("button", name="Add a field").first.click()
    dialog = page.locator("#dialog-body")
    dialog.get_by_label("Chinese name").fill("驾驶年限")
    dialog.get_by_label("English name").fill("Years of driving")
    dialog.get_by_label("Kind").select_option("INTEGER")
    dialog.get_by_label("Not more than").fill("70")
    assert dialog.get_by_label("English name").input_value() == "Years of driving"
    dialog.locator("#field-preview label").get_by_text("Years of driving").wait_for()
    dialog.get_by_role("button", name="Save").click()
    page.locator("tr[data-item] strong", has_text="Years of driving").wait_for()
    assert CustomField.objects.get().code == "years_of_driving"

    licence = {"code": "licence", "label_zh": "驾照", "label_en": "Licence"}
    add_field(host="customer", kind="FILE", actor=actor_of(site.people["owner"]), **licence)
    visitor.open(f"/crm/customers/{customer.pk}/edit/")
    page.get_by_label("Years of driving").fill("12")
    page.set_input_files(
        "input[type=file]:not([capture])",
        {"name": "驾照 正页.pdf", "mimeType": "application/pdf", "buffer": CHINESE_PDF},
    )
    page.locator(".fc-upload", has_text="驾照 正页.pdf").get_by_text("Uploaded").wait_for()
    page.get_by_role("button", name="Save").click()
    page.locator(".fc-facts").get_by_text("12", exact=True).wait_for()
    with page.expect_download() as fetched:
        page.locator(".fc-facts").get_by_role("link", name="驾照 正页.pdf").click()
    assert fetched.value.path().read_bytes() == CHINESE_PDF

    visitor.open("/crm/customers/?column=name_shown&column=custom_years_of_driving")
    page.get_by_role("columnheader", name="Years of driving").wait_for()
    page.locator("[popovertarget$=custom_years_of_driving]").click()
    page.locator("input[name=custom_years_of_driving_from]").fill("10")
    page.keyboard.press("Tab")
    page.locator("tbody tr", has_text="李娜").wait_for(state="detached")
    assert page.locator("tbody tr", has_text="张伟").count() == 1
    fetched = "async address => (await fetch(address)).text()"
    exported = page.evaluate(fetched, f"{page.url}&export=csv")
    assert "Years of driving" in exported and "12" in exported
    schema = json.loads(page.evaluate(fetched, "/api/v1/schema/"))
    custom = schema["components"]["schemas"]["CustomerRow"]["properties"]["custom"]
    assert custom["properties"]["years_of_driving"]["type"] == "integer"
    assert other.custom == {}


def test_fields_are_put_into_an_order_by_keyboard(visit, site):
    for number, code in enumerate(("one", "two", "three")):
        CustomField.objects.create(
            host="customer", code=code, kind="TEXT", label_zh=code, sequence=number
        )
    page = visit("owner").open("/custom-fields/")
    handles = page.locator("[data-handle]")
    handles.nth(2).focus()

    with page.expect_response(lambda answer: answer.url.endswith(reverse("custom_fields:order"))):
        page.keyboard.press("ArrowUp")

    codes = CustomField.objects.order_by("sequence").values_list("code", flat=True)
    assert list(codes) == ["one", "three", "two"]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_of_fields_is_for_everybody(visit, site, size):
    CustomField.objects.create(host="customer", code="one", kind="TEXT", label_zh="爱好")
    page = visit("owner", size=size).open("/custom-fields/")

    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("main").get_by_role("button", name="Add a field").first.click()
    page.locator("#field-preview label").first.wait_for()
    assert faults_of(page) == []
