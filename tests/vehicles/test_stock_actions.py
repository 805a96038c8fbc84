from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from apps.vehicles.actions import (
    VehicleDetails,
    arrive_unit,
    cancel_sale,
    change_cost,
    change_state,
    deliver_unit,
    receive_unit,
    release_unit,
    reserve_unit,
    sell_unit,
)
from apps.vehicles.errors import (
    AlreadyInStock,
    MoveNotAllowed,
    VehicleTaken,
    VinRefused,
    VinUnconfirmed,
)
from apps.vehicles.models import StockMovement, StockUnit, Vehicle
from apps.vehicles.rules import make_vin
from forecourt.kernel import clock, summaries, verify
from forecourt.kernel.access import system_actor
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.group_settings import change_setting
from forecourt.kernel.models.audit import AuditEntry
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_model, make_series, make_unit, next_vin

pytestmark = pytest.mark.usefixtures("group")

SYSTEM = system_actor("test")


def figures(*codes: str) -> dict[str, dict[int, tuple[int, Decimal]]]:
    kept = summaries.by_store(codes, end=clock.today())
    return {
        code: {store: (f.quantity, f.amount) for store, f in stores.items()}
        for code, stores in kept.items()
    }


def assert_consistent() -> None:
    problems = [problem for _name, found in verify.run_checks() for problem in found]
    assert problems == []


def state_of(unit: StockUnit) -> tuple:
    fresh = StockUnit.objects.get(pk=unit.pk)
    return fresh.state, fresh.movement_count, fresh.reserved_for, fresh.sold_price


def test_goods_in_makes_vehicle_unit_movement_and_figures() -> None:
    store, model = make_store(), make_model(model_year=2025)
    vin = next_vin()

    unit = receive_unit(
        store_id=store.pk,
        vehicle=VehicleDetails(
            vin=f" {vin.lower()} ", series_id=model.series_id, model_id=model.pk
        ),
        cost=Decimal("187000.00"),
        actor=SYSTEM,
    )

    unit = StockUnit.objects.get(pk=unit.pk)
    assert unit.vehicle.vin == vin
    assert (unit.state, unit.store_id) == ("IN_STOCK", store.pk)
    assert unit.stock_number.startswith(f"{store.code}-ST-")
    assert unit.stocked_in_date == clock.today(store.time_zone)
    movement = unit.movements.get()
    assert (movement.sequence, movement.kind, movement.from_state) == (1, "RECEIVED", "NEW")
    assert figures("stock_units", "stock_value", "units_received") == {
        "stock_units": {store.pk: (1, Decimal(0))},
        "stock_value": {store.pk: (1, Decimal("187000.00"))},
        "units_received": {store.pk: (1, Decimal("187000.00"))},
    }
    assert AuditEntry.objects.filter(action="received", subject_id=str(unit.pk)).exists()
    assert_consistent()


def test_a_wrong_vin_is_refused_beside_its_field() -> None:
    store, series = make_store(), make_series()

    with pytest.raises(VinRefused) as refusal:
        make_unit(store, series=series, vin="LSVAA4L91SN00000")

    assert refusal.value.field == "vin"
    assert not Vehicle.objects.exists()
    assert not StockUnit.objects.exists()


def test_an_unusual_vin_wants_confirmation() -> None:
    vin = "WVWZZZ1JZXW000001"

    with pytest.raises(VinUnconfirmed):
        make_unit(vin=vin)
    unit = make_unit(vin=vin, vehicle={"vin_confirmed": True})

    assert unit.vehicle.vin_confirmed


def test_a_vehicle_is_in_stock_only_once_and_the_refusal_says_where() -> None:
    unit = make_unit()

    with pytest.raises(AlreadyInStock) as refusal:
        make_unit(vin=unit.vehicle.vin)

    assert unit.stock_number in refusal.value.message
    assert StockUnit.objects.count() == 1


def test_a_vehicle_bought_back_is_a_new_stock_unit_of_the_same_vehicle() -> None:
    unit = make_unit()
    sell_unit(stock_unit_id=unit.pk, price=Decimal(120000), customer_name="王芳", actor=SYSTEM)
    deliver_unit(stock_unit_id=unit.pk, actor=SYSTEM)

    again = make_unit(
        make_store(),
        vin=unit.vehicle.vin,
        vehicle={"origin": "TRADE_IN", "condition": "USED", "mileage": 21000},
    )

    assert again.vehicle_id == unit.vehicle_id
    assert again.stock_number != unit.stock_number
    assert Vehicle.objects.get().condition == "USED"
    assert_consistent()


def test_goods_in_needs_the_right_for_that_store() -> None:
    store, elsewhere = make_store(), make_store()
    clerk = actor_of(make_staff("inventory_clerk", store))

    make_unit(store, actor=clerk)
    with pytest.raises(NotPermitted):
        make_unit(elsewhere, actor=clerk)

    assert StockUnit.objects.count() == 1


def test_an_ordered_vehicle_counts_from_its_arrival() -> None:
    store = make_store()
    unit = make_unit(store, state="ORDERED")
    assert figures("stock_units") == {"stock_units": {}}

    change_state(stock_unit_id=unit.pk, kind="SHIPPED", actor=SYSTEM)
    arrive_unit(stock_unit_id=unit.pk, actor=SYSTEM, location="A-12")

    unit = StockUnit.objects.get(pk=unit.pk)
    assert (unit.state, unit.location) == ("IN_STOCK", "A-12")
    assert figures("stock_units") == {"stock_units": {store.pk: (1, Decimal(0))}}
    assert_consistent()


def test_a_reserved_vehicle_names_who_has_it_to_the_next_one() -> None:
    store = make_store()
    first, second = (actor_of(make_staff("sales_advisor", store)) for _ in range(2))
    unit = make_unit(store)
    until = clock.today() + timedelta(days=3)

    reserve_unit(stock_unit_id=unit.pk, customer_name="李雷", until=until, actor=first)
    with pytest.raises(VehicleTaken) as refusal:
        reserve_unit(stock_unit_id=unit.pk, customer_name="韩梅梅", actor=second)

    assert first.name in refusal.value.message
    assert "李雷" in refusal.value.message
    assert state_of(unit) == ("RESERVED", 2, "李雷", None)
    assert_consistent()


@pytest.mark.parametrize(
    ("options", "field"),
    [({}, "customer_name"), ({"customer_name": "李雷", "until": "yesterday"}, "until")],
)
def test_a_reservation_needs_somebody_and_a_day_to_come(options: dict, field: str) -> None:
    unit = make_unit()
    if "until" in options:
        options["until"] = clock.today() - timedelta(days=2)

    with pytest.raises(Invalid) as refusal:
        reserve_unit(stock_unit_id=unit.pk, actor=SYSTEM, **options)

    assert refusal.value.field == field
    assert state_of(unit) == ("IN_STOCK", 1, "", None)


def test_a_colleagues_reservation_is_released_by_her_or_a_manager() -> None:
    store = make_store()
    owner, colleague = (actor_of(make_staff("sales_advisor", store)) for _ in range(2))
    manager = actor_of(make_staff("sales_manager", store))
    unit = make_unit(store)
    reserve_unit(stock_unit_id=unit.pk, customer_name="李雷", actor=owner)

    with pytest.raises(NotPermitted):
        release_unit(stock_unit_id=unit.pk, actor=colleague)
    assert state_of(unit)[0] == "RESERVED"
    release_unit(stock_unit_id=unit.pk, actor=manager)

    assert state_of(unit) == ("IN_STOCK", 3, "", None)
    reserve_unit(stock_unit_id=unit.pk, customer_name="王芳", actor=owner)
    release_unit(stock_unit_id=unit.pk, actor=owner)
    assert_consistent()


def test_a_vehicle_of_another_store_is_not_found() -> None:
    unit = make_unit(make_store())
    stranger = actor_of(make_staff("store_manager", make_store()))

    for action in (
        lambda: reserve_unit(stock_unit_id=unit.pk, customer_name="x", actor=stranger),
        lambda: sell_unit(stock_unit_id=unit.pk, price=Decimal(1), actor=stranger),
        lambda: change_state(stock_unit_id=unit.pk, kind="DEMO_STARTED", actor=stranger),
    ):
        with pytest.raises(NotFound):
            action()

    assert state_of(unit) == ("IN_STOCK", 1, "", None)


def test_selling_needs_the_right() -> None:
    store = make_store()
    unit = make_unit(store)

    with pytest.raises(NotPermitted):
        sell_unit(
            stock_unit_id=unit.pk,
            price=Decimal(1),
            actor=actor_of(make_staff("sales_advisor", store)),
        )

    assert state_of(unit)[0] == "IN_STOCK"


def test_sold_and_delivered_counts_once_each_and_leaves_the_stock() -> None:
    store = make_store()
    unit = make_unit(store)

    sell_unit(stock_unit_id=unit.pk, price=Decimal(131000), customer_name="王芳", actor=SYSTEM)
    assert figures("stock_units")["stock_units"] == {store.pk: (1, Decimal(0))}
    deliver_unit(stock_unit_id=unit.pk, actor=SYSTEM)

    assert figures("units_sold", "units_delivered", "stock_units", "stock_value") == {
        "units_sold": {store.pk: (1, Decimal(131000))},
        "units_delivered": {store.pk: (1, Decimal(131000))},
        "stock_units": {store.pk: (0, Decimal(0))},
        "stock_value": {store.pk: (0, Decimal(0))},
    }
    assert_consistent()


def test_a_reserved_vehicle_is_sold_only_to_whom_it_is_reserved_for() -> None:
    unit = make_unit()
    reserve_unit(stock_unit_id=unit.pk, customer_name="李雷", customer_id=7, actor=SYSTEM)

    with pytest.raises(VehicleTaken):
        sell_unit(
            stock_unit_id=unit.pk,
            price=Decimal(1),
            customer_name="李雷",
            customer_id=8,
            actor=SYSTEM,
        )
    assert state_of(unit)[0] == "RESERVED"
    sell_unit(stock_unit_id=unit.pk, price=Decimal(1), customer_id=7, actor=SYSTEM)

    unit.refresh_from_db()
    assert (unit.state, unit.reserved_at, unit.reserved_for) == ("SOLD", None, "")
    assert_consistent()


def test_a_cancelled_sale_takes_its_figure_back() -> None:
    store = make_store()
    unit = make_unit(store)
    sell_unit(stock_unit_id=unit.pk, price=Decimal(131000), customer_name="王芳", actor=SYSTEM)

    with pytest.raises(Invalid):
        cancel_sale(stock_unit_id=unit.pk, note=" ", actor=SYSTEM)
    cancel_sale(stock_unit_id=unit.pk, note="financing refused", actor=SYSTEM)

    assert figures("units_sold") == {"units_sold": {store.pk: (0, Decimal(0))}}
    assert state_of(unit)[0] == "IN_STOCK"
    assert_consistent()


def test_only_the_allowed_moves_exist() -> None:
    unit = make_unit()

    with pytest.raises(MoveNotAllowed):
        deliver_unit(stock_unit_id=unit.pk, actor=SYSTEM)
    with pytest.raises(MoveNotAllowed):
        release_unit(stock_unit_id=unit.pk, actor=SYSTEM)
    change_state(stock_unit_id=unit.pk, kind="DEMO_STARTED", actor=SYSTEM)
    with pytest.raises(MoveNotAllowed):
        reserve_unit(stock_unit_id=unit.pk, customer_name="x", actor=SYSTEM)
    change_state(stock_unit_id=unit.pk, kind="LOANED", actor=SYSTEM)
    change_state(stock_unit_id=unit.pk, kind="BACK_IN_STOCK", actor=SYSTEM)
    with pytest.raises(Invalid):
        change_state(stock_unit_id=unit.pk, kind="WRITTEN_OFF", actor=SYSTEM)
    with pytest.raises(Invalid):
        change_state(stock_unit_id=unit.pk, kind="SOLD", actor=SYSTEM)
    change_state(stock_unit_id=unit.pk, kind="WRITTEN_OFF", note="flood", actor=SYSTEM)

    assert [m.sequence for m in unit.movements.order_by("sequence")] == [1, 2, 3, 4, 5]
    assert_consistent()


def test_a_changed_cost_is_logged_and_follows_into_the_figures() -> None:
    store = make_store()
    unit = make_unit(store, cost=Decimal(100000))
    clerk = actor_of(make_staff("inventory_clerk", store))

    with pytest.raises(NotPermitted):
        change_cost(stock_unit_id=unit.pk, cost=Decimal(1), note="x", actor=clerk)
    change_cost(
        stock_unit_id=unit.pk, cost=Decimal("98500.50"), note="rebate on invoice", actor=SYSTEM
    )

    assert figures("stock_value")["stock_value"] == {store.pk: (1, Decimal("98500.50"))}
    assert_consistent()


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_database_refuses_a_state_that_its_movement_does_not_have() -> None:
    unit, elsewhere = make_unit(), make_store()

    for change in ("state = 'DEMO'", f"store_id = {elsewhere.pk}"):
        with pytest.raises(IntegrityError, match="unit_follows_movement_fk"), transaction.atomic():
            execute(f"UPDATE vehicles_stockunit SET {change} WHERE id = {unit.pk}")

    assert state_of(unit)[0] == "IN_STOCK"


def test_the_log_can_be_neither_changed_nor_shortened() -> None:
    unit = make_unit()

    for statement in (
        "UPDATE vehicles_stockmovement SET note = 'x'",
        "DELETE FROM vehicles_stockmovement",
    ):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic():
            execute(statement)

    assert StockMovement.objects.filter(unit=unit).count() == 1


def test_a_unit_without_a_movement_cannot_be_in_stock() -> None:
    unit = make_unit()

    with pytest.raises(IntegrityError, match="unit_moved_ck"), transaction.atomic():
        StockUnit.objects.filter(pk=unit.pk).update(last_movement=None)


def test_a_car_without_vin_can_never_be_sold() -> None:
    unit = make_unit()

    with pytest.raises(IntegrityError, match="unit_identified_ck"), transaction.atomic():
        StockUnit.objects.filter(pk=unit.pk).update(has_vin=False)
    with pytest.raises(IntegrityError, match="vehicle_vin_or_reference_ck"), transaction.atomic():
        Vehicle.objects.filter(pk=unit.vehicle_id).update(vin=None)
    with pytest.raises(IntegrityError, match="vehicle_vin_ck"), transaction.atomic():
        Vehicle.objects.filter(pk=unit.vehicle_id).update(vin="IOQ" + "1" * 14)


def test_make_vin_gives_vins_that_goods_in_accepts() -> None:
    vin = make_vin(wmi="LGX", vds="C16CE", year=2024, plant="D", serial=77)

    assert make_unit(vin=vin).vehicle.model_year == 2024


def test_a_reservation_holds_as_long_as_the_store_has_decided(group) -> None:
    first, second, third = (make_unit(make_store()) for _ in range(3))
    owner = actor_of(make_staff("group_owner"))
    key = "vehicles.reservation_days"
    change_setting(key=key, value=3, store_id=second.store_id, actor=owner)
    change_setting(key=key, value=0, store_id=third.store_id, actor=owner)

    ends = [
        reserve_unit(stock_unit_id=unit.pk, customer_name="李雷", actor=owner).reserved_until
        for unit in (first, second, third)
    ]

    today = clock.today("Asia/Shanghai")
    assert ends == [today + timedelta(days=7), today + timedelta(days=3), None]
