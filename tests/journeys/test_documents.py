"""Papers of a customer: brought from the desk and the phone, seen, renewed, found by their text."""

import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from forecourt.kernel.groups import inside
from forecourt.kernel.models import AuditEntry
from tests.factories.crm import make_customer
from tests.files.samples import CHINESE_PDF
from tests.journeys.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def photo(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(buffer, "JPEG")
    return buffer.getvalue()


def chosen(name: str, content: bytes, kind: str) -> dict[str, Any]:
    return {"name": name, "mimeType": kind, "buffer": content}


def test_papers_are_brought_seen_renewed_and_found(site, visit) -> None:
    with inside(site.group):
        customer = make_customer(owner=site.people["sales_advisor.SH01"], name="林小满")
    visitor = visit("sales_advisor.SH01")
    page = visitor.open(f"/crm/customers/{customer.pk}/?tab=documents")

    page.get_by_role("button", name="Add documents").click()
    page.get_by_label("Kind of document").select_option(label="Contract")
    page.get_by_label("Folder").fill("购车")
    page.get_by_label("Tags").fill("已归档, 首付")
    page.set_input_files(
        "#paper-files",
        [
            chosen("购车合同.pdf", CHINESE_PDF, "application/pdf"),
            chosen("合影.jpg", photo("navy"), "image/jpeg"),
            chosen("假的.pdf", b"<html><script>alert(1)</script>", "application/pdf"),
        ],
    )
    sent = page.locator(".fc-upload")
    expect(sent.filter(has_text="购车合同.pdf")).to_contain_text("Uploaded", timeout=60_000)
    expect(sent.filter(has_text="合影.jpg")).to_contain_text("Uploaded", timeout=60_000)
    expect(sent.filter(has_text="假的.pdf").get_by_role("alert")).not_to_be_empty()
    page.get_by_role("button", name="Close").last.click()

    panel = page.locator("#documents-panel")
    panel.get_by_role("button", name="购车").click()
    expect(panel.locator(".fc-paper")).to_have_count(3)
    expect(panel.locator(".fc-paper", has_text="合影").locator("img")).to_be_visible()
    expect(panel.locator(".fc-paper-refusal")).to_be_visible()

    panel.get_by_role("link", name="购车合同").last.click()
    expect(page.locator(".fc-paper-view iframe")).to_be_visible()
    page.get_by_role("button", name="New version").click()
    page.set_input_files("#version-file", chosen("签字版.pdf", CHINESE_PDF, "application/pdf"))
    expect(page.locator(".fc-upload")).to_contain_text("Uploaded", timeout=60_000)
    page.get_by_role("link", name="Back to the document").click()
    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_role("row", name="签字版.pdf")).to_contain_text("shown")

    for wanted in ("首付", "试驾"):
        visitor.open(f"/documents/?q={wanted}")
        expect(page.get_by_role("link", name="购车合同")).to_be_visible()
    expect(page.get_by_role("link", name="合影")).to_have_count(0)

    phone = visit("sales_advisor.SH01", size=PHONE)
    small = phone.open(f"/crm/customers/{customer.pk}/?tab=documents")
    small.get_by_role("button", name="Add documents").click()
    small.get_by_label("Kind of document").select_option(label="ID card")
    camera = small.locator("input[capture=environment]")
    camera.set_input_files(chosen("IMG_0001.jpg", photo("red"), "image/jpeg"))
    expect(small.locator(".fc-upload")).to_contain_text("Uploaded", timeout=60_000)
    small.get_by_role("button", name="Close").last.click()
    small.get_by_role("link", name="IMG_0001").last.click()
    expect(small.locator(".fc-paper-view img")).to_be_visible()
    assert not small.evaluate("document.documentElement.scrollWidth > innerWidth")
    with inside(site.group):
        assert AuditEntry.objects.filter(action="looked at").count() == 1, "an ID card is sensitive"
