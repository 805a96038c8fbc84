"""Papers: their text is written and published, one is signed on a phone and on a screen."""

import json
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from apps.crm.actions import book_test_drive
from apps.documents import actions
from apps.documents.models import DocumentTemplate, Paper, PaperSignature
from apps.vehicles.actions import change_state
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.groups import inside
from tests.factories.crm import make_customer
from tests.factories.organisation import actor_of
from tests.factories.vehicles import make_unit
from tests.journeys.conftest import PHONE, Site, faults_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

DRIVER, STORE = "试驾人（签字）", "门店代表（签字）"


@pytest.fixture
def agreement(site: Site) -> Paper:
    """The agreement of a test drive, which nobody has signed."""
    advisor = site.people["sales_advisor.SH01"]
    store = site.stores["SH01"]
    with inside(site.group):
        unit = make_unit(store)
        change_state(stock_unit_id=unit.pk, kind="DEMO_STARTED", actor=system_actor())
        drive = book_test_drive(
            actor=actor_of(advisor),
            store_id=store.pk,
            customer_id=make_customer(owner=advisor, name="林小满").pk,
            vehicle_id=unit.pk,
            starts_at=(now() + timedelta(days=1)).replace(
                hour=3, minute=0, second=0, microsecond=0
            ),
        )
        document = actions.make_paper(
            code="crm.test_drive_agreement",
            subject_id=drive.pk,
            language="zh-hans",
            actor=actor_of(advisor),
        )
        return Paper.objects.get(pk=document.pk)


def draw(page: Page) -> None:
    """A stroke over the pad, as a finger or a mouse draws it."""
    pad = page.locator("[data-pad-canvas]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    for step in range(1, 13):
        rise = 0.5 - 0.3 * (step % 2)
        across = 0.2 + 0.05 * step
        page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * rise)
    page.mouse.up()


def test_an_agreement_is_signed_on_the_customers_phone_and_on_the_stores_screen(
    agreement: Paper, site: Site, visit
) -> None:
    desk = visit("store_manager.SH01", language="zh-hans")
    page = desk.open(f"/documents/{agreement.pk}/signing/")
    customer = page.locator("section.card", has_text=DRIVER)
    customer.get_by_role("button", name="签署链接").click()
    dialog = page.locator("#dialog-body")
    dialog.get_by_label("签署人").fill("")
    dialog.get_by_role("button", name="生成链接").click()
    expect(dialog.locator("[aria-invalid=true]")).to_have_count(1)
    expect(dialog.locator(".fc-dialog-head")).to_have_count(1)
    dialog.get_by_label("签署人").fill("林小满")
    dialog.get_by_role("button", name="生成链接").click()
    expect(dialog.locator(".fc-qr svg")).to_be_visible()
    expect(dialog.locator(".fc-dialog-head")).to_have_count(1)
    address = dialog.get_by_label("链接地址").input_value()
    link = "/" + address.split("/", 3)[3]

    english = visit(size=PHONE).open(link)
    expect(english.get_by_text("please read the paper and sign below")).to_be_visible()
    phone = visit(size=PHONE, language="zh-hans").open(link)
    sheet = phone.locator(".fc-sheets img").first
    expect(sheet).to_be_visible()
    assert (
        sheet.evaluate("async image => { await image.decode(); return image.naturalWidth }") > 1000
    )
    assert faults_of(phone) == []
    assert not phone.evaluate("document.documentElement.scrollWidth > innerWidth")

    draw(phone)
    strokes = phone.locator("[data-pad-strokes]").input_value()
    assert len(json.loads(strokes)[0]) > 8
    phone.get_by_role("button", name="确认签署").click()
    expect(phone.locator(".fc-error-summary")).to_be_visible()
    expect(phone.locator(".fc-toast")).to_have_count(0)
    assert phone.locator("[data-pad-strokes]").input_value() == strokes, "what is drawn stays"
    phone.get_by_role("checkbox").check()
    phone.get_by_role("button", name="确认签署").click()
    expect(phone.get_by_role("heading", name="谢谢")).to_be_visible()
    phone.goto(site.url + link)
    expect(phone.get_by_role("heading", name="链接已失效")).to_be_visible()

    page.goto(f"{site.url}/documents/{agreement.pk}/signing/")
    page.locator("section.card", has_text=STORE).get_by_role("link", name="在此屏幕签名").click()
    assert faults_of(page) == []
    page.get_by_label("您的姓名").fill("王店长")
    draw(page)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="确认签署").click()
    expect(page.get_by_text("各方均已签署并已签章")).to_be_visible()
    with inside(site.group):
        agreement.refresh_from_db()
        ways = PaperSignature.objects.order_by("pk").values_list("field", "way", "name")
        assert [tuple(row) for row in ways] == [
            ("customer", "LINK", "林小满"),
            ("advisor", "SCREEN", "王店长"),
        ]
        assert agreement.signed_at is not None and agreement.seal_id is not None


def test_the_text_of_an_agreement_is_written_looked_at_and_published(
    agreement: Paper, site: Site, visit
) -> None:
    page = visit("hq").open("/documents/templates/crm.test_drive_agreement/en/")
    preview = page.locator("#template-preview")
    expect(preview.locator("img").first).to_be_visible()
    before = preview.locator("img").first.get_attribute("src")
    text = page.get_by_label("Text", exact=True)

    text.fill("# Test drive\n\nWith {{nobody.at_all}}\n")
    expect(preview.get_by_text("nobody.at_all")).to_be_visible()
    text.fill("# Test drive\n\nWith ")
    text.press("Control+End")
    page.get_by_role("button", name="Customer", exact=True).click()
    assert text.input_value().endswith("With {{customer.name}}")
    expect(preview.locator("img")).to_have_count(1)
    assert preview.locator("img").first.get_attribute("src") != before
    assert faults_of(page) == []
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("button", name="Publish").click()
    page.locator("#confirm-yes").click()
    expect(page.get_by_role("link", name="Version 1")).to_be_visible()
    expect(page.locator(".fc-head").get_by_text("Published")).to_be_visible()
    with inside(site.group):
        published = DocumentTemplate.objects.get(state="PUBLISHED")
        assert published.text == "# Test drive\n\nWith {{customer.name}}"
