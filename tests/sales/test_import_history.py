"""The history of sales through the import engine: from a file as people have it to the figures."""

import io
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from django.test import TestCase

from apps.crm.models import Customer
from apps.organisation.models import Region, Store
from apps.sales.models import SalesOrder
from apps.vehicles.models import Brand, Series, StockUnit
from forecourt.kernel import jobs, summaries
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotPermitted
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.imports.actions import map_columns, start_check, start_run, upload_file
from forecourt.kernel.models import ImportRun
from forecourt.kernel.verify import run_checks
from tests.factories.organisation import actor_of, make_staff

HEAD = (
    "Car_id,Date,Customer Name,Gender,Annual Income,Dealer_Name,Company,Model,Engine,"
    "Color,Price ($),Dealer_No ,Phone,Dealer_Region\n"
)
ENGLISH = HEAD + (
    "C_1,1/2/2022,Geraldine,Male,13500,North Motors Inc,Ford,Expedition,DoubleÂ Overhead,"
    "Black,26000,06457-3834,8264678,Middletown\n"
    'C_2,1/28/2022,Gia,Female,1480000,"South & Sons, Ltd",Dodge,Durango,DoubleÂ Overhead,'
    "Black,19000,60504-7114,6848189,Aurora\n"
    "C_3,2/3/2022,Gianna,Male,1035000,North Motors Inc,Ford,Focus,Overhead Camshaft,"
    "Red,31500.50,06457-3834,7298798,Aurora\n"
    "C_4,2/3/2022,Geraldine,Male,13500,North Motors Inc,Ford,Expedition,Overhead Camshaft,"
    "Red,27000,06457-3834,8264678,Aurora\n"
)
CHINESE = (
    "销售单号;交车日期;门店;客户姓名;手机;品牌;车系;车架号;成交价\n"
    "A-1;2025/3/5;城东店;张伟;138 0013 8000;比亚迪;宋PLUS;LGXC74C40S0001234;￥135,800.00\n"
    "A-2;2025/3/6;城东店;李娜;+86 139-1111-2222;比亚迪;汉;;219,800\n"
)


@pytest.fixture
def actor(group: GroupIdentity) -> Actor:
    return actor_of(make_staff("headquarters"))


def import_file(content: bytes, actor: Actor, *, accept_warnings: bool = False) -> ImportRun:
    run = upload_file(
        kind="sales.sales_orders", name="sales.csv", content=io.BytesIO(content), actor=actor
    )
    map_columns(run_id=run.pk, mapping=run.mapping, actor=actor)
    with TestCase.captureOnCommitCallbacks(execute=True):
        start_check(run_id=run.pk, actor=actor)
    with TestCase.captureOnCommitCallbacks(execute=True):
        start_run(run_id=run.pk, actor=actor, accept_warnings=accept_warnings)
    run.refresh_from_db()
    return run


def problems() -> dict[str, list]:
    return {name: found for name, found in run_checks() if found}


def test_a_file_of_another_country_fills_a_fresh_group(actor: Actor) -> None:
    run = import_file(ENGLISH.encode("utf-8"), actor)

    assert (run.state, run.created_count, run.rejected_count) == ("DONE", 4, 0)
    assert set(Store.objects.values_list("code", "name_zh")) == {
        ("S01", "North Motors Inc"),
        ("S02", "South & Sons, Ltd"),
    }
    assert set(Region.objects.values_list("name_zh", flat=True)) == {"Middletown", "Aurora"}
    assert set(Brand.objects.values_list("name_en", flat=True)) == {"Ford", "Dodge"}
    assert Series.objects.count() == 3
    assert Counter(SalesOrder.objects.values_list("region__name_zh", flat=True)) == {
        "Middletown": 1,
        "Aurora": 3,
    }
    assert problems() == {}


def test_a_car_without_a_vin_is_history_under_a_stand_in_number(actor: Actor) -> None:
    import_file(ENGLISH.encode("utf-8"), actor)

    unit = StockUnit.objects.select_related("vehicle").get(sales_orders__external_reference="C_1")

    assert (unit.vehicle.vin, unit.vehicle.reference) == (None, "import:C_1")
    assert (unit.state, unit.has_vin, unit.sold_date) == ("DELIVERED", False, date(2022, 1, 2))


def test_the_figures_equal_the_sums_of_the_file(actor: Actor) -> None:
    import_file(ENGLISH.encode("utf-8"), actor)
    codes = {store.pk: store.code for store in Store.objects.all()}

    found = summaries.by_month(["sales_delivered"], start=date(2022, 1, 1), end=date(2022, 2, 28))

    assert {
        (month.month, codes[store_id]): (figure.quantity, figure.amount)
        for (month, store_id), figure in found["sales_delivered"].items()
    } == {
        (1, "S01"): (1, Decimal("26000.00")),
        (1, "S02"): (1, Decimal("19000.00")),
        (2, "S01"): (2, Decimal("58500.50")),
    }


def test_who_bought_twice_is_one_customer_even_without_an_area_code(actor: Actor) -> None:
    import_file(ENGLISH.encode("utf-8"), actor)

    buyers = Customer.objects.filter(name="Geraldine")

    assert [(c.primary_phone, c.last_purchase_date, c.lifecycle) for c in buyers] == [
        ("", date(2022, 2, 3), "CUSTOMER")
    ]
    assert "8264678" in buyers[0].note


def test_the_same_file_again_brings_nothing_twice(actor: Actor) -> None:
    import_file(ENGLISH.encode("utf-8"), actor)

    run = import_file(ENGLISH.encode("utf-8"), actor)

    assert (run.created_count, run.unchanged_count) == (0, 4)
    assert SalesOrder.objects.count() == 4
    assert problems() == {}


def test_a_chinese_file_in_gb18030_with_vins_and_phones_goes_the_same_way(actor: Actor) -> None:
    run = import_file(CHINESE.encode("gb18030"), actor, accept_warnings=True)

    order = SalesOrder.objects.select_related("customer", "stock_unit__vehicle").get(
        external_reference="A-2"
    )
    assert order.total_amount == Decimal("219800.00")
    assert order.customer.primary_phone == "+8613911112222"
    assert run.created_count + run.rejected_count == 2


def test_a_sale_in_the_future_is_refused_beside_its_cell(actor: Actor) -> None:
    text = HEAD + (
        "C_9,1/2/2099,Gia,Male,1,North,Ford,Focus,X,Red,100,1,8264678,Aurora\n"
        "C_8,1/31/2022,Gia,Male,1,North,Ford,Focus,X,Red,100,1,8264678,Aurora\n"
    )

    run = import_file(text.encode(), actor)

    assert (run.created_count, run.rejected_count) == (1, 1)
    assert SalesOrder.objects.get().external_reference == "C_8"


def test_a_store_manager_cannot_import_history(group: GroupIdentity) -> None:
    manager = actor_of(make_staff("store_manager", store=Store.objects.first()))

    with pytest.raises(NotPermitted):
        import_file(ENGLISH.encode(), manager)

    assert not SalesOrder.objects.exists()
    assert jobs.Job.objects.count() == 0
