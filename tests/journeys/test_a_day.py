"""Stories of a working day, walked in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from apps.crm.models import Interaction, Lead
from apps.organisation.models import StaffMember
from apps.vehicles.models import StockUnit, VehicleTransfer
from forecourt.kernel import summaries
from tests.factories.vehicles import make_unit
from tests.journeys.conftest import DESK, PHONE, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_lead_is_entered_given_to_an_advisor_and_called(site: Site, visit, size: dict) -> None:
    page = visit("receptionist.SH01", size=size).open("/crm/leads/new/")
    page.get_by_label("Phone").fill("138 0013 8000")
    page.locator("[name=name]").fill("张伟")
    page.get_by_label("Source").select_option("WALK_IN")
    page.get_by_role("button", name="Enter the lead").click()
    page.wait_for_url(lambda url: "/leads/new/" not in url)
    lead = Lead.objects.get()
    advisor = StaffMember.objects.get(pk=lead.owner_id)
    assert advisor.name in {"sales_advisor SH01", "sales_advisor HZ01"}

    code = advisor.home_store.code
    page = visit(f"sales_advisor.{code}", size=size).open("/crm/day/")
    page.get_by_role("link", name="张伟").first.click()
    expect(page.get_by_role("heading", name="张伟")).to_be_visible()
    page.get_by_role("button", name="Call", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()

    lead.refresh_from_db()
    assert lead.state == "CONTACTED"
    assert Interaction.objects.filter(lead=lead, kind="CALL").count() == 1
    assert lead.follow_ups.filter(state="OPEN").count() == 1


def test_a_wrong_phone_is_refused_beside_its_field_and_nothing_is_lost(site: Site, visit) -> None:
    page = visit("receptionist.SH01").open("/crm/leads/new/")
    page.get_by_label("Phone").fill("12")
    page.locator("[name=name]").fill("李娜")

    page.get_by_role("button", name="Enter the lead").click()

    phone = page.get_by_label("Phone")
    expect(phone).to_have_attribute("aria-invalid", "true")
    expect(phone).to_have_value("12")
    expect(page.locator("[name=name]")).to_have_value("李娜")
    assert Lead.objects.count() == 0


def test_a_car_goes_from_one_store_to_the_other(site: Site, visit) -> None:
    unit = make_unit(store=site.stores["SH01"])
    page = visit("store_manager.HZ01").open(f"/vehicles/transfers/request/?unit={unit.pk}")
    page.get_by_label("To", exact=True).select_option(str(site.stores["HZ01"].pk))
    page.get_by_role("button", name=re.compile("Request")).last.click()
    page.wait_for_url(re.compile(r"/vehicles/transfers/\d+/"))
    transfer = VehicleTransfer.objects.get()
    address = f"/vehicles/transfers/{transfer.pk}/"

    sender = visit("store_manager.SH01").open(address)
    sender.get_by_role("button", name="Approve").click()
    sender.get_by_role("dialog").get_by_role("button").last.click()
    expect(sender.get_by_role("button", name="Send the vehicles off")).to_be_visible()
    unit.refresh_from_db()
    assert unit.state == "ON_TRANSFER"
    sender.get_by_role("button", name="Send the vehicles off").click()
    sender.get_by_role("dialog").locator("button[type=submit]").click()
    expect(sender.get_by_role("dialog")).to_be_hidden()

    receiver = visit("store_manager.HZ01", size=PHONE).open(address)
    receiver.get_by_role("link", name="Receive the vehicles").click()
    receiver.locator("main form button[type=submit]").last.click()
    receiver.wait_for_url(re.compile(rf"{address}$"))

    unit.refresh_from_db()
    assert (unit.state, unit.store_id) == ("IN_STOCK", site.stores["HZ01"].pk)


def test_headquarters_sees_a_change_in_a_store_without_doing_anything(site: Site, visit) -> None:
    page = visit("hq").open("/")
    tile = page.locator(".fc-stat", has_text="In stock").first
    expect(tile).to_contain_text("0")

    make_unit(store=site.stores["SH01"])

    figures = summaries.by_store(["stock_units"], end=summaries.clock.today())
    assert sum(figure.quantity for figure in figures["stock_units"].values()) == 1
    expect(tile).to_contain_text("1", timeout=15_000)


SALES = (
    "Car_id,Date,Customer Name,Gender,Dealer_Name,Company,Model,Color,Price ($),Phone,"
    "Dealer_Region\n"
    "C_1,1/2/2022,Geraldine,Male,North Motors,Ford,Expedition,Black,26000,8264678,Middletown\n"
    "C_2,1/28/2022,Gia,Female,South Motors,Dodge,Durango,Black,19000,6848189,Aurora\n"
    "C_3,13/13/2022,Bad,Female,South Motors,Dodge,Durango,Black,19000,6848189,Aurora\n"
)


def test_the_history_of_sales_comes_in_through_the_import_page(
    site: Site, visit, tmp_path: Path
) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(SALES, encoding="utf-8")
    page = visit("owner").open("/imports/new/sales.sales_orders/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(re.compile("/columns/"))
    order = page.get_by_label("Order of day and month")
    if order.count():
        order.select_option("MONTH_FIRST")
    page.get_by_role("button", name="Check the rows").click()
    page.get_by_role("button", name="Import now").click()
    page.wait_for_url(re.compile(r"/imports/\d+/$"))
    expect(page.get_by_text("rejected", exact=False).first).to_be_visible()

    page.goto(f"{site.url}/overview/sales/?year=2022")
    table = page.locator("table").first
    expect(table).to_contain_text("North Motors")
    expect(table).to_contain_text("South Motors")
    assert StockUnit.objects.filter(has_vin=False, state="DELIVERED").count() == 2


def test_the_palette_finds_a_customer_by_keyboard_alone(site: Site, visit) -> None:
    page = visit("receptionist.SH01").open("/crm/leads/new/")
    page.get_by_label("Phone").fill("13800138000")
    page.locator("[name=name]").fill("欧阳娜娜")
    page.get_by_role("button", name="Enter the lead").click()
    page.wait_for_url(lambda url: "/leads/new/" not in url)

    page = visit("owner").open("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("oynn")
    expect(page.get_by_role("option", name=re.compile("欧阳娜娜")).first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="欧阳娜娜")).to_be_visible()
