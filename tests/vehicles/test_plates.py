"""Number plates: one spelling, what is none, and that vehicles are found by them."""

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from apps.vehicles.actions import VehicleDetails, receive_unit
from apps.vehicles.actions.stock import UnitDetails, edit_unit
from apps.vehicles.models import StockUnit, Vehicle
from apps.vehicles.queries import find_stock_units
from apps.vehicles.rules import normalise_plate
from forecourt.kernel.access import system_actor
from forecourt.kernel.errors import Invalid
from tests.access.test_coverage import imported
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_series, make_unit, next_vin


@pytest.mark.parametrize(
    ("raw", "plate"),
    [
        ("沪A12345", "沪A12345"),
        ("沪a·12345", "沪A12345"),
        (" 京 N-8G6K2 ", "京N8G6K2"),
        ("粤Z1234港", "粤Z1234港"),
        ("苏E1234学", "苏E1234学"),
        ("沪ＡＤ１２３４５", "沪AD12345"),
        ("沪AF0M123", None),
        ("粤BFA1234", "粤BFA1234"),
        ("粤B12345D", "粤B12345D"),
        ("使014578", "使014578"),
        ("", ""),
    ],
)
def test_a_plate_has_one_spelling(raw, plate):
    if plate is None:
        with pytest.raises(Invalid):
            normalise_plate(raw)
    else:
        assert normalise_plate(raw) == plate


@pytest.mark.parametrize(
    "raw", ["12345", "沪I12345", "沪A1234", "沪A1234O", "沪A1234567", "港A12345", "沪A'; --"]
)
def test_what_is_no_plate_is_refused(raw):
    with pytest.raises(Invalid) as refused:
        normalise_plate(raw)

    assert refused.value.field == "plate_number"


@given(st.text(max_size=12))
def test_any_text_is_a_plate_in_one_spelling_or_refused(text):
    try:
        plate = normalise_plate(text)
    except Invalid:
        return
    assert normalise_plate(plate) == plate
    assert len(plate) <= 8


def test_the_database_takes_no_other_text(group):
    unit = make_unit()

    with pytest.raises(IntegrityError), transaction.atomic():
        Vehicle.objects.filter(pk=unit.vehicle_id).update(plate_number="x'; drop")


def received(plate: str) -> StockUnit:
    details = VehicleDetails(vin=next_vin(), series_id=make_series().pk, plate_number=plate)
    return receive_unit(store_id=make_store().pk, vehicle=details, actor=system_actor())


@pytest.mark.parametrize(
    "query", ["沪AD12345", "沪a·d12345", "AD12345", "12345", "2345", "沪A", "沪ad1"]
)
def test_a_vehicle_is_found_by_any_part_of_its_plate(group, query):
    wanted = received("沪A·D12345")
    received("苏E99887")

    found = find_stock_units(query=query, actor=system_actor(), limit=5)

    assert [unit.pk for unit in found] == [wanted.pk]


def test_a_plate_is_corrected_and_found_at_once(group):
    unit = received("")
    manager = actor_of(make_staff("store_manager", unit.store))

    edit_unit(stock_unit_id=unit.pk, details=details_of(unit, "沪b88888"), actor=manager)

    unit.vehicle.refresh_from_db()
    assert unit.vehicle.plate_number == "沪B88888"
    assert find_stock_units(query="88888", actor=manager, limit=5) == [unit]


def test_a_wrong_plate_changes_nothing(group):
    unit = received("沪A12345")
    manager = actor_of(make_staff("store_manager", unit.store))

    with pytest.raises(Invalid):
        edit_unit(stock_unit_id=unit.pk, details=details_of(unit, "12345"), actor=manager)

    unit.vehicle.refresh_from_db()
    assert unit.vehicle.plate_number == "沪A12345"


def details_of(unit: StockUnit, plate: str) -> UnitDetails:
    return UnitDetails(
        list_price=unit.list_price,
        location="A1",
        exterior_colour="",
        interior_colour="",
        engine_number="",
        production_date=None,
        mileage=None,
        plate_number=plate,
    )


def test_the_form_says_it_beside_the_field(group, client_of):
    unit = received("沪A12345")
    browser = client_of(group, make_staff("store_manager", unit.store).user)

    answer = browser.post(f"/vehicles/stock/{unit.pk}/edit/", {"plate_number": "12345"})

    assert "plate_number" in answer.context["form"].errors
    assert "沪A12345" in browser.get(f"/vehicles/stock/{unit.pk}/").content.decode()


def test_a_list_brings_plates_and_a_newer_one_corrects_them(group):
    store = make_store(code="SH01")
    owner = actor_of(make_staff("group_owner"))
    vin = next_vin()
    head = "车架号,门店,品牌,车系,车牌号\n"

    imported("vehicles.stock_unit", f"{head}{vin},SH01,比亚迪,汉,沪a·12345\n", owner)
    imported("vehicles.stock_unit", f"{head}{vin},SH01,比亚迪,汉,沪AD54321\n", owner)
    refused = imported("vehicles.stock_unit", f"{head}{next_vin()},SH01,比亚迪,汉,54321\n", owner)

    unit = StockUnit.objects.get()
    assert unit.vehicle.plate_number == "沪AD54321"
    assert unit.store == store
    assert refused.rejected_count == 1
    assert find_stock_units(query="D54321", actor=owner, limit=5) == [unit]
