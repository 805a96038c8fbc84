from datetime import date, timedelta

import pytest

from apps.organisation.models import RolePermission
from apps.vehicles.models import StockUnit, VehicleTransfer
from forecourt.kernel.groups import inside
from tests.factories.organisation import make_staff, make_store
from tests.factories.vehicles import make_series, make_transfer, make_unit, next_vin


@pytest.fixture
def here(group):
    return make_store(code="SH01")


@pytest.fixture
def there(group):
    return make_store(code="SH02")


@pytest.fixture
def unit(here):
    return make_unit(here)


def test_stock_is_shown_with_its_vehicle(group, caller, here, unit):
    calls = caller(group, make_staff("sales_advisor", here))

    row = calls.get("stock-units?state=IN_STOCK").json()["data"][0]

    assert row["id"] == str(unit.pk)
    assert row["vehicle"]["vin"] == unit.vehicle.vin
    assert row["vehicle"]["series"]["brand"]["name_en"]
    assert row["store_id"] == str(here.pk)


def test_cost_is_for_those_who_may_see_it(group, caller, here, unit):
    advisor = caller(group, make_staff("sales_advisor", here))
    manager = caller(group, make_staff("store_manager", here))

    assert advisor.get(f"stock-units/{unit.pk}").json()["cost"] is None
    assert manager.get(f"stock-units/{unit.pk}").json()["cost"] == {
        "amount": "100000.00",
        "currency": "CNY",
    }


def test_stock_is_filtered_and_found(group, caller, here, unit):
    make_unit(here)
    calls = caller(group, make_staff("sales_advisor", here))

    for query in (
        f"vin={unit.vehicle.vin}",
        f"q={unit.vehicle.vin[-8:]}",
        f"series_id={unit.series_id}",
    ):
        rows = calls.get(f"stock-units?{query}").json()["data"]
        assert [row["id"] for row in rows] == [str(unit.pk)], query


def test_a_list_of_stock_costs_the_same_whatever_its_length(
    group, caller, here, django_assert_max_num_queries
):
    for _number in range(12):
        make_unit(here)
    calls = caller(group, make_staff("headquarters"))

    with django_assert_max_num_queries(9):
        rows = calls.get("stock-units?expand=store,reserved_by&limit=10").json()["data"]
    assert rows[0]["store"]["code"] == "SH01"


def test_other_stores_stock_does_not_exist(group, caller, there, unit):
    calls = caller(group, make_staff("sales_manager", there))

    assert calls.get(f"stock-units/{unit.pk}").status_code == 404
    assert calls.get("stock-units").json()["data"] == []
    response = calls.post(f"stock-units/{unit.pk}/reserve", {"customer_name": "张伟"})
    assert response.status_code == 404
    unit.refresh_from_db()
    assert unit.state == "IN_STOCK"


def test_a_vehicle_is_reserved_once_and_given_free(group, caller, here, unit):
    first = caller(group, make_staff("sales_advisor", here))
    second = caller(group, make_staff("sales_advisor", here))
    until = (date.today() + timedelta(days=3)).isoformat()

    reserved = first.post(
        f"stock-units/{unit.pk}/reserve", {"customer_name": "张伟", "until": until}
    )
    lost = second.post(f"stock-units/{unit.pk}/reserve", {"customer_name": "李雷"})
    released = first.post(f"stock-units/{unit.pk}/release")

    assert reserved.json()["state"] == "RESERVED"
    assert reserved.json()["reserved_until"] == until
    assert lost.status_code == 409
    assert lost.json()["code"] == "vehicle_taken"
    assert released.json()["state"] == "IN_STOCK"


def test_a_vehicle_goes_from_store_to_store(group, caller, here, there, unit):
    receiver = caller(group, make_staff("sales_manager", there))
    sender = caller(group, make_staff("sales_manager", here))

    asked = receiver.post(
        "transfers",
        {"stock_unit_ids": [str(unit.pk)], "to_store_id": str(there.pk), "reason": "BALANCING"},
    )
    transfer_id = asked.json()["id"]
    approved = sender.post(f"transfers/{transfer_id}/approve")
    sent = sender.post(
        f"transfers/{transfer_id}/dispatch",
        {"carrier": "沪A12345", "mileage": [{"stock_unit_id": str(unit.pk), "mileage": 12}]},
    )
    received = receiver.post(
        f"transfers/{transfer_id}/receive",
        {"receipts": [{"stock_unit_id": str(unit.pk), "mileage": 40}]},
    )

    assert asked.status_code == 201
    assert [answer.json()["state"] for answer in (asked, approved, sent, received)] == [
        "REQUESTED",
        "APPROVED",
        "IN_TRANSIT",
        "RECEIVED",
    ]
    unit.refresh_from_db()
    assert unit.store_id == there.pk
    lines = receiver.get(f"transfers/{transfer_id}").json()["lines"]
    assert [(line["outcome"], line["receipt_mileage"]) for line in lines] == [("RECEIVED", 40)]


def test_a_transfer_is_refused_cancelled_rejected(group, caller, here, there):
    boss = caller(group, make_staff("headquarters"))
    refused, cancelled, rejected = (
        make_transfer(make_unit(here), to_store=there) for _number in range(3)
    )
    boss.post(f"transfers/{refused.pk}/approve")
    boss.post(f"transfers/{refused.pk}/dispatch")

    answers = [
        boss.post(f"transfers/{refused.pk}/refuse", {"reason": "scratched"}),
        boss.post(f"transfers/{cancelled.pk}/cancel"),
        boss.post(f"transfers/{rejected.pk}/reject", {"reason": "needed here"}),
    ]

    assert [answer.json().get("state") for answer in answers] == [
        "REFUSED",
        "CANCELLED",
        "REJECTED",
    ]
    assert set(StockUnit.objects.values_list("state", "store_id")) == {("IN_STOCK", here.pk)}


def test_a_step_out_of_turn_is_409_and_moves_nothing(group, caller, here, there, unit):
    transfer = make_transfer(unit, to_store=there)
    boss = caller(group, make_staff("headquarters"))

    response = boss.post(f"transfers/{transfer.pk}/receive")

    transfer.refresh_from_db()
    assert response.status_code == 409
    assert transfer.state == "REQUESTED"


def test_a_transfer_between_others_does_not_exist(group, caller, here, there, unit):
    transfer = make_transfer(unit, to_store=there)
    stranger = caller(group, make_staff("sales_manager", make_store()))

    assert stranger.get(f"transfers/{transfer.pk}").status_code == 404
    for step in ("approve", "dispatch", "receive", "cancel"):
        assert stranger.post(f"transfers/{transfer.pk}/{step}").status_code == 404
    assert VehicleTransfer.objects.get().state == "REQUESTED"


def test_the_wrong_store_may_not_approve(group, caller, here, there, unit):
    transfer = make_transfer(unit, to_store=there)
    receiver = caller(group, make_staff("sales_manager", there))

    assert receiver.post(f"transfers/{transfer.pk}/approve").status_code == 403
    assert VehicleTransfer.objects.get().state == "REQUESTED"


def test_another_groups_rows_do_not_exist(group, other_group, caller):
    with inside(other_group):
        store = make_store()
        unit = make_unit(store)
        transfer = make_transfer(unit, to_store=make_store())
    owner = caller(group, make_staff("group_owner"))

    assert owner.get(f"stock-units/{unit.pk}").status_code == 404
    assert owner.get(f"transfers/{transfer.pk}").status_code == 404
    assert owner.post(f"transfers/{transfer.pk}/approve").status_code == 404


def test_a_vehicle_is_taken_into_stock(group, caller, here):
    calls = caller(group, make_staff("store_manager", here))
    vehicle = {"vin": next_vin(), "series_id": str(make_series().pk), "plate_number": "沪a·12345"}

    answer = calls.post(
        "stock-units", {"store_id": str(here.pk), "vehicle": vehicle, "cost": "150000.00"}
    )

    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert row["vehicle"]["plate_number"] == "沪A12345"
    assert (row["state"], row["cost"]["amount"]) == ("IN_STOCK", "150000.00")
    again = calls.post("stock-units", {"store_id": str(here.pk), "vehicle": vehicle})
    assert (again.status_code, again.json()["field"]) == (409, "vin")


def test_a_vehicle_is_announced(group, caller, here):
    calls = caller(group, make_staff("store_manager", here))
    vehicle = {"vin": next_vin(), "series_id": str(make_series().pk)}

    answer = calls.post(
        "stock-units", {"store_id": str(here.pk), "vehicle": vehicle, "state": "ORDERED"}
    )

    assert answer.json()["state"] == "ORDERED"
    assert answer.json()["stocked_in_date"] is None


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"vehicle": {"vin": "123", "series_id": "1"}}, 422),
        ({"state": "SOLD"}, 422),
        ({"cost": "-1"}, 422),
        ({"store_id": "999999"}, 403),
    ],
)
def test_what_cannot_be_taken_into_stock_changes_nothing(group, caller, here, change, status):
    calls = caller(group, make_staff("store_manager", here))
    vehicle = {"vin": next_vin(), "series_id": str(make_series().pk)}

    answer = calls.post("stock-units", {"store_id": str(here.pk), "vehicle": vehicle} | change)

    assert answer.status_code == status, answer.content
    assert not StockUnit.objects.exists()


def test_a_cost_is_taken_only_from_who_may_see_it(group, caller, here):
    clerk = make_staff("inventory_clerk", here)
    RolePermission.objects.filter(permission="vehicles.see_cost").delete()
    calls = caller(group, clerk)
    vehicle = {"vin": next_vin(), "series_id": str(make_series().pk)}

    answer = calls.post(
        "stock-units", {"store_id": str(here.pk), "vehicle": vehicle, "cost": "150000.00"}
    )

    assert answer.status_code == 403
    assert not StockUnit.objects.exists()
