"""Visits and test drives through the API."""

import pytest

from apps.crm.models import TestDrive, Visit
from tests.crm.test_test_drives import LICENCE, book, make_demo_car, open_store, tomorrow
from tests.factories.crm import make_opportunity
from tests.factories.organisation import make_staff


@pytest.fixture
def store(group):
    return open_store()


@pytest.fixture
def advisor(store):
    return make_staff(store=store)


@pytest.fixture
def calls(group, caller, store, advisor):
    return caller(group, make_staff("sales_manager", store))


def test_a_visit_is_registered_identified_and_ended(calls, store, advisor):
    taken = calls.post("visits", {"store_id": str(store.pk), "reason": "LOOK", "headcount": 3})
    visit = taken.json()
    assert (taken.status_code, visit["state"], visit["advisor_id"]) == (
        201,
        "PRESENT",
        str(advisor.pk),
    )
    assert (visit["customer_id"], visit["takes_turn"], visit["is_return"]) == (None, True, False)

    known = calls.post(f"visits/{visit['id']}/identify", {"phone": "13800138000"}).json()
    ended = calls.post(f"visits/{visit['id']}/end", {"note": "带家人再来"}).json()

    assert known["customer_id"] == ended["customer_id"] is not None
    assert known["lead_id"] is not None
    assert (ended["state"], ended["left_at"] is not None) == ("LEFT", True)
    again = calls.post(
        "visits", {"store_id": str(store.pk), "reason": "LOOK", "phone": "13800138000"}
    ).json()
    assert (again["is_return"], again["lead_id"]) == (True, known["lead_id"])
    listed = calls.get(f"visits?customer_id={known['customer_id']}&state=LEFT").json()["data"]
    assert [row["id"] for row in listed] == [visit["id"]]


def test_a_refused_visit_names_the_field(calls, store):
    answer = calls.post("visits", {"store_id": str(store.pk), "reason": "LOOK", "phone": "12"})

    assert (answer.status_code, answer.json()["field"]) == (422, "phone")
    assert Visit.objects.count() == 0


def test_a_test_drive_runs_from_the_booking_to_the_return(calls, store, advisor):
    car = make_demo_car(store, plate_number="沪A12345")
    deal = make_opportunity(owner=advisor)
    (offered,) = calls.get("demo-cars").json()["data"]
    assert (offered["id"], offered["store_id"]) == (str(car.pk), str(store.pk))

    booked = calls.post(
        "test-drives",
        {
            "store_id": str(store.pk),
            "customer_id": str(deal.customer_id),
            "vehicle_id": offered["id"],
            "starts_at": tomorrow().isoformat(),
        },
    )
    drive = booked.json()
    assert (booked.status_code, drive["state"], drive["opportunity_id"]) == (
        201,
        "BOOKED",
        str(deal.pk),
    )
    out = calls.post(
        f"test-drives/{drive['id']}/hand-out",
        {"driver_name": "张伟", "licence_number": LICENCE, "mileage_before": 1000},
    ).json()
    assert (out["state"], out["licence_number"]) == ("OUT", LICENCE)
    back = calls.post(f"test-drives/{drive['id']}/return", {"mileage_after": 1012}).json()
    assert (back["state"], back["follow_up_id"] is not None) == ("RETURNED", True)
    deal.refresh_from_db()
    assert deal.stage == "TEST_DRIVEN"


def test_a_booking_that_clashes_is_a_conflict_that_says_with_what(calls, store, advisor):
    car = make_demo_car(store)
    first = book(make_opportunity(owner=advisor), car)
    other = make_opportunity(owner=make_staff(store=store))

    answer = calls.post(
        "test-drives",
        {
            "store_id": str(store.pk),
            "customer_id": str(other.customer_id),
            "vehicle_id": str(car.pk),
            "starts_at": tomorrow(10, 15).isoformat(),
        },
    )

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (
        409,
        "already_booked",
        "vehicle_id",
    )
    assert first.number in problem["detail"]
    assert TestDrive.objects.count() == 1
    moved = calls.post(
        f"test-drives/{first.pk}/move", {"starts_at": tomorrow(12).isoformat(), "minutes": 45}
    ).json()
    assert moved["starts_at"].startswith(tomorrow(12).isoformat()[:10])
    cancelled = calls.post(f"test-drives/{first.pk}/cancel", {"reason": "下雨"}).json()
    assert (cancelled["state"], cancelled["cancel_reason"]) == ("CANCELLED", "下雨")
