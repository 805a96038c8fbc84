import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.vehicles.actions import CarName, CatalogueMatcher, Fate, UnitRecord, record_units
from apps.vehicles.models import Brand, Series, StockUnit, Vehicle, VehicleModel
from forecourt.kernel import clock, jobs, summaries, verify
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.errors import Invalid, NotPermitted
from forecourt.kernel.groups import current_schema
from forecourt.kernel.imports import actions as imports
from forecourt.kernel.imports.queries import list_issues
from forecourt.kernel.models import ImportRun, Job
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_unit, next_vin

pytestmark = pytest.mark.usefixtures("group")

SYSTEM = system_actor("test")
SOLD = date(2022, 3, 14)


def assert_consistent() -> None:
    assert [problem for _name, found in verify.run_checks() for problem in found] == []


def kind_of(matcher: CatalogueMatcher | None = None):
    return (matcher or CatalogueMatcher()).match(CarName("Ford", "Expedition"))


def past(store, reference: str, **fields) -> UnitRecord:
    values = {"sold_date": SOLD, "sold_price": Decimal(26000), "kind": kind_of()} | fields
    return UnitRecord(store_id=store.pk, reference=reference, **values)


def test_past_sales_count_in_their_month_and_never_as_stock() -> None:
    store = make_store()

    record_units(
        records=[past(store, f"C_{n}", customer_name="Geraldine") for n in range(3)], actor=SYSTEM
    )

    units = StockUnit.objects.all()
    assert {(unit.state, unit.has_vin, unit.left_date) for unit in units} == {
        ("DELIVERED", False, SOLD)
    }
    sold = summaries.by_store(["units_sold"], start=date(2022, 3, 1), end=date(2022, 3, 31))
    assert sold["units_sold"][store.pk].quantity == 3
    assert sold["units_sold"][store.pk].amount == Decimal(78000)
    assert not summaries.by_store(["stock_units"], end=clock.today())["stock_units"]
    assert_consistent()


def test_with_its_day_of_arrival_a_past_sale_has_its_whole_log() -> None:
    store = make_store()
    record = UnitRecord(
        store_id=store.pk,
        kind=kind_of(),
        vin=next_vin(),
        cost=Decimal(20000),
        stocked_in_date=SOLD - timedelta(days=30),
        sold_date=SOLD,
        sold_price=Decimal(26000),
    )

    record_units(records=[record], actor=SYSTEM)

    unit = StockUnit.objects.get(pk=record.unit_id)
    assert [m.kind for m in unit.movements.order_by("sequence")] == [
        "RECEIVED",
        "SOLD",
        "DELIVERED",
    ]
    then = summaries.by_store(["stock_units"], end=SOLD - timedelta(days=1))["stock_units"]
    assert then[store.pk].quantity == 1
    assert_consistent()


def test_the_same_records_bring_nothing_twice() -> None:
    store = make_store()
    vin = next_vin()
    for _round in range(2):
        records = [
            past(store, "C_1"),
            UnitRecord(store_id=store.pk, kind=kind_of(), vin=vin, stocked_in_date=SOLD),
        ]
        record_units(records=records, actor=SYSTEM)

    assert [record.fate for record in records] == [Fate.KNOWN, Fate.KNOWN]
    assert (StockUnit.objects.count(), Vehicle.objects.count()) == (2, 2)
    assert (Brand.objects.count(), Series.objects.count()) == (1, 1)
    assert_consistent()


def test_a_car_without_vin_is_history_and_nothing_else() -> None:
    store = make_store()
    record = past(store, "C_1", sold_date=None, sold_price=None, stocked_in_date=SOLD)

    with pytest.raises(Invalid):
        record_units(records=[record], actor=SYSTEM)
    record_units(records=[past(store, "C_1")], actor=SYSTEM)
    unit = StockUnit.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        StockUnit.objects.filter(pk=unit.pk).update(state="IN_STOCK")

    assert StockUnit.objects.get().state == "DELIVERED"


def test_bulk_needs_the_right_for_every_store() -> None:
    store, elsewhere = make_store(), make_store()
    clerk = actor_of(make_staff("inventory_clerk", store))

    with pytest.raises(NotPermitted):
        record_units(records=[past(store, "C_1"), past(elsewhere, "C_2")], actor=clerk)

    assert not StockUnit.objects.exists()


def test_a_thousand_records_cost_a_handful_of_queries(django_assert_max_num_queries) -> None:
    store, matcher = make_store(), CatalogueMatcher()
    records = [past(store, f"C_{n}", kind=kind_of(matcher)) for n in range(1000)]

    with django_assert_max_num_queries(16):
        record_units(records=records, actor=SYSTEM)

    assert StockUnit.objects.count() == 1000


# --- The importer --------------------------------------------------------------------------------

HEADER = "车架号,门店,品牌,车系,车型,年款,能源类型,入库日期,成本,售价,颜色,库位"


def imported(actor: Actor, *lines: str, **options) -> ImportRun:
    content = io.BytesIO("\n".join([HEADER, *lines]).encode())
    run = imports.upload_file(
        kind="vehicles.stock_unit", name="stock.csv", content=content, actor=actor
    )
    imports.map_columns(run_id=run.pk, mapping=run.mapping, actor=actor)
    work(imports.start_check(run_id=run.pk, actor=actor))
    work(imports.start_run(run_id=run.pk, actor=actor, **options))
    run.refresh_from_db()
    return run


def work(job: Job) -> None:
    jobs.run_job(schema_name=current_schema(), job_id=job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error


def line(vin: str, store, price: int = 129700, place: str = "A-01") -> str:
    return (
        f"{vin},{store.name_zh},比亚迪,汉,EV 605KM 尊贵型,2025,纯电,2026-08-02,"
        f"118000,{price},珍珠白,{place}"
    )


def test_a_stock_list_becomes_stock_with_its_catalogue() -> None:
    store = make_store()
    clerk = actor_of(make_staff("inventory_clerk", store))
    vins = [next_vin() for _ in range(3)]

    run = imported(clerk, *(line(vin, store) for vin in vins))

    assert (run.created_count, run.rejected_count) == (3, 0)
    unit = StockUnit.objects.select_related("vehicle__series__brand").get(vehicle__vin=vins[0])
    assert (unit.state, unit.store_id, unit.cost) == ("IN_STOCK", store.pk, Decimal(118000))
    assert unit.stocked_in_date == date(2026, 8, 2)
    assert unit.vehicle.series.brand.name_zh == "比亚迪"
    model = VehicleModel.objects.get()
    assert (model.model_year, model.energy) == (2025, "BATTERY")
    assert_consistent()


def test_a_list_again_changes_prices_and_adds_nothing() -> None:
    store = make_store()
    clerk = actor_of(make_staff("inventory_clerk", store))
    first, second = next_vin(), next_vin()
    imported(clerk, line(first, store), line(second, store))

    run = imported(clerk, line(first, store), line(second, store, price=119700, place="B-02"))

    assert (run.created_count, run.updated_count, run.unchanged_count) == (0, 1, 1)
    unit = StockUnit.objects.get(vehicle__vin=second)
    assert (unit.list_price, unit.location) == (Decimal(119700), "B-02")
    assert StockUnit.objects.count() == 2
    assert_consistent()


def test_bad_rows_are_refused_alone() -> None:
    store, elsewhere = make_store(), make_store()
    clerk = actor_of(make_staff("inventory_clerk", store))
    there = make_unit(elsewhere)
    good, typo = next_vin(), "LSVAA4L91SN00000X"

    run = imported(
        clerk,
        line(good, store),
        line(typo, store),
        line(next_vin(), elsewhere),
        line(there.vehicle.vin, store),
    )

    assert (run.created_count, run.rejected_count) == (1, 3)
    codes = set(list_issues(run).values_list("row_number", "code"))
    assert {code for _number, code in codes} >= {"vin_check_digit", "in_another_store"}
    assert StockUnit.objects.count() == 2
    assert_consistent()


def test_an_unusual_vin_is_imported_once_the_warning_is_accepted() -> None:
    store = make_store()
    clerk = actor_of(make_staff("inventory_clerk", store))

    run = imported(clerk, line("WVWZZZ1JZXW000001", store))
    assert (run.created_count, run.rejected_count) == (0, 1)
    run = imported(clerk, line("WVWZZZ1JZXW000001", store), accept_warnings=True)

    assert run.created_count == 1
    assert Vehicle.objects.get().vin_confirmed
