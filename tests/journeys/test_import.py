"""A person brings the history of sales from a file, at a desk and on a phone."""

from pathlib import Path

import pytest

from apps.sales.models import SalesOrder
from forecourt.kernel.groups import inside
from tests.journeys.conftest import DESK, PHONE, faults_of

ROWS = 40
HEADER = "Sale_id,Date,Customer Name,Gender,Dealer_Name,Company,Model,Color,Price ($),Phone,Area"


@pytest.fixture
def sales_file(tmp_path: Path) -> Path:
    """Dates that never say whether day or month comes first, new stores, and two bad rows."""
    lines = [
        f"S{n},{n % 12 + 1}/{n % 11 + 1}/2024,Buyer {n},Male,{'Pudong' if n % 2 else 'New Motors'},"
        f'Ford,Focus,Red,"{20 + n},500",82646{n:02d},{"上海区" if n % 2 else "Northern"}'
        for n in range(ROWS)
    ]
    lines[7] = lines[7].replace("27,500", "cheap")
    lines[9] = lines[9].replace("Buyer 9", "")
    path = tmp_path / "sales 2024.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8-sig")
    return path


@pytest.mark.browser
@pytest.mark.parametrize(
    ("size", "language"), [(DESK, "en"), (PHONE, "zh-hans")], ids=["desk", "phone"]
)
def test_a_file_of_sales_is_imported(visit, site, sales_file, size, language):
    visitor = visit("owner", size=size, language=language)
    page = visitor.open("/imports/")
    page.goto(site.url + "/imports/new/")
    assert faults_of(page) == []

    page.goto(site.url + "/imports/new/sales.sales_orders/")
    page.set_input_files("input[type=file]", str(sales_file))
    assert faults_of(page) == []
    page.click("#upload-form button[type=submit]")
    page.wait_for_url("**/columns/")
    assert page.locator("#source-store").input_value() == "4"
    assert faults_of(page) == []

    # Another column is answered with the field's row alone, and back again.
    page.select_option("#source-colour", "10")
    page.wait_for_selector("#field-colour input[name=colour-was][value='10']", state="attached")
    page.select_option("#source-colour", "7")
    page.wait_for_selector("#field-colour input[name=colour-was][value='7']", state="attached")
    page.select_option("select[name=sold_date-date_order]", "MONTH_FIRST")
    page.click("#columns-form button[type=submit]")
    page.wait_for_url("**/check/")
    page.wait_for_selector("#run-form")
    assert "cheap" in page.content()
    assert "New Motors" in page.content()
    assert faults_of(page) == []

    page.click("#run-form button[type=submit]")
    page.wait_for_selector("a[href$='rejected.csv']")
    assert faults_of(page) == []
    with page.expect_download() as download:
        page.click("a[href$='rejected.csv']")

    rejected = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(rejected) == 3
    assert "cheap" in rejected[1]
    with inside(site.group):
        assert SalesOrder.objects.count() == ROWS - 2
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, "nothing may reach beyond the screen"
