"""Test drives: a car and an advisor are in one at a time, and nobody is forgotten after it."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from apps.crm.actions import (
    book_test_drive,
    cancel_test_drive,
    complete_follow_up,
    hand_out_test_drive,
    log_interaction,
    miss_test_drive,
    move_test_drive,
    return_test_drive,
    reveal_licence,
)
from apps.crm.actions.handover import hand_over_test_drives
from apps.crm.actions.test_drives import tell_managers_of_missed_follow_ups
from apps.crm.errors import AlreadyBooked, NotAnAdvisor, TransitionNotAllowed
from apps.crm.models import FollowUp, TestDrive
from apps.crm.queries import list_test_drives
from apps.notifications.queries import list_notifications
from apps.vehicles.actions import change_state
from forecourt.kernel import verify
from forecourt.kernel.access import shown, system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.models import AuditEntry
from forecourt.kernel.summaries import by_store
from tests.crm.test_claim_lead import in_threads
from tests.factories.crm import make_customer, make_opportunity
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_unit

SYSTEM = system_actor()
LICENCE = "310115199001011234"


def open_store(**fields):
    return make_store(opens_at="00:00", closes_at="23:45", **fields)


def make_demo_car(store, **vehicle):
    unit = make_unit(store, vehicle=vehicle)
    return change_state(stock_unit_id=unit.pk, kind="DEMO_STARTED", actor=SYSTEM)


def tomorrow(hour=10, minute=0):
    """A time of tomorrow by the stores' clock."""
    local = now() + timedelta(days=1)
    return local.replace(hour=hour - 8, minute=minute, second=0, microsecond=0)


@pytest.fixture
def store(group):
    return open_store()


@pytest.fixture
def advisor(store):
    return make_staff(store=store, name="李娜", manager=make_staff("sales_manager", store=store))


@pytest.fixture
def car(store):
    return make_demo_car(store, plate_number="沪A12345")


@pytest.fixture
def deal(advisor):
    return make_opportunity(owner=advisor)


def book(deal, car, starts_at=None, actor=None, **wanted):
    return book_test_drive(
        actor=actor or actor_of(deal.owner),
        store_id=deal.store_id,
        customer_id=deal.customer_id,
        vehicle_id=car.pk,
        starts_at=starts_at or tomorrow(),
        **wanted,
    )


def hand_out(drive, mileage=1000, **said):
    return hand_out_test_drive(
        test_drive_id=drive.pk,
        actor=SYSTEM,
        **{
            "driver_name": "张伟",
            "licence_number": LICENCE,
            "mileage_before": mileage,
            **said,
        },
    )


def drive_home(deal, car, mileage=1000, **wanted):
    drive = hand_out(book(deal, car, **wanted), mileage)
    return return_test_drive(
        test_drive_id=drive.pk, actor=SYSTEM, mileage_after=mileage + 12, rating=5, feedback="安静"
    )


def kept(store):
    figures = by_store(["test_drives"], start=today(), end=today())["test_drives"]
    return figures[store.pk].quantity if store.pk in figures else 0


def test_a_drive_from_the_booking_to_the_return(store, advisor, car, deal):
    drive = book(deal, car, minutes=45, route="CITY")
    assert (drive.state, drive.advisor_id, drive.opportunity) == ("BOOKED", advisor.pk, deal)
    assert drive.number.startswith(f"{store.code}-TD-")
    assert "沪A12345" in drive.vehicle_name
    assert drive.ends_at - drive.starts_at == timedelta(minutes=45)

    hand_out(drive)
    back = return_test_drive(test_drive_id=drive.pk, actor=SYSTEM, mileage_after=1012, rating=5)

    deal.refresh_from_db()
    assert (back.state, back.distance, deal.stage) == ("RETURNED", 12, "TEST_DRIVEN")
    assert kept(store) == 1
    assert [problem for _name, found in verify.run_checks() for problem in found] == []


def test_three_days_after_a_drive_a_contact_is_planned_by_itself(car, deal):
    before = FollowUp.objects.get(opportunity=deal)

    with time_machine.travel(tomorrow(), tick=False):
        drive = drive_home(deal, car)
        later = FollowUp.objects.get(opportunity=deal, state="OPEN").due_at - now()

    before.refresh_from_db()
    planned = FollowUp.objects.get(opportunity=deal, state="OPEN")
    assert (before.state, planned) == ("DONE", drive.follow_up)
    assert timedelta(days=2) < later <= timedelta(days=3)
    assert planned.owner_id == deal.owner_id


def test_the_manager_is_told_once_when_nobody_called_after_a_drive(car, deal, advisor):
    drive = drive_home(deal, car)
    assert tell_managers_of_missed_follow_ups() == 0
    FollowUp.objects.filter(pk=drive.follow_up_id).update(due_at=now() - timedelta(hours=5))

    assert tell_managers_of_missed_follow_ups() == 1
    assert tell_managers_of_missed_follow_ups() == 0

    manager = actor_of(advisor.manager)
    told = [row.event for row in list_notifications(manager)]
    assert told.count("crm.test_drive_not_followed_up") == 1


def test_the_manager_hears_nothing_when_the_customer_was_called(car, deal, advisor):
    drive = drive_home(deal, car)
    FollowUp.objects.filter(pk=drive.follow_up_id).update(due_at=now() - timedelta(hours=5))
    log_interaction(actor=actor_of(advisor), opportunity_id=deal.pk, kind="CALL", result="REACHED")

    assert tell_managers_of_missed_follow_ups() == 0


def test_a_customer_with_no_deal_is_followed_up_too(store, advisor, car):
    customer = make_customer(owner=advisor)
    FollowUp.objects.all().delete()
    customer.leads.update(state="INVALID", invalid_reason="OTHER", closed_at=now())
    drive = book_test_drive(
        actor=actor_of(advisor),
        store_id=store.pk,
        customer_id=customer.pk,
        vehicle_id=car.pk,
        starts_at=tomorrow(),
    )

    back = return_test_drive(test_drive_id=hand_out(drive).pk, actor=SYSTEM, mileage_after=1010)

    assert (back.follow_up.owner_id, back.follow_up.customer_id) == (advisor.pk, customer.pk)
    complete_follow_up(follow_up_id=back.follow_up_id, actor=actor_of(advisor))


def test_a_car_that_is_booked_says_by_whom_and_until_when(store, car, deal):
    book(deal, car, tomorrow(10))
    other = make_opportunity(owner=make_staff(store=store))

    with pytest.raises(AlreadyBooked, match=r"10:00.*10:30.*李娜") as refusal:
        book(other, car, tomorrow(10, 15))

    assert refusal.value.field == "vehicle_id"
    assert TestDrive.objects.count() == 1
    book(other, car, tomorrow(10, 30))


def test_an_advisor_is_in_one_drive_at_a_time(store, car, deal):
    book(deal, car, tomorrow(10), minutes=60)

    with pytest.raises(AlreadyBooked) as refusal:
        book(deal, make_demo_car(store), tomorrow(10, 45))

    assert refusal.value.field == "advisor_id"
    assert TestDrive.objects.count() == 1


def test_a_drive_that_was_given_up_holds_nothing(store, car, deal):
    cancel_test_drive(test_drive_id=book(deal, car).pk, actor=SYSTEM, reason="下雨")

    assert book(deal, car).state == "BOOKED"


COPY = """
    INSERT INTO crm_testdrive (number, store_id, customer_id, advisor_id, vehicle_id, vehicle_name,
        route, starts_at, ends_at, state, driver_name, licence_number, feedback, cancel_reason,
        note, created_at)
    SELECT %s, store_id, customer_id, %s, %s, vehicle_name, route, starts_at, ends_at, 'BOOKED',
        '', '', '', '', '', created_at FROM crm_testdrive WHERE id = %s
"""


def test_the_database_itself_books_nothing_twice(store, car, deal):
    drive, other = book(deal, car), make_staff(store=store)

    for rule, advisor_id, vehicle_id in (
        ("test_drive_car_ex", other.pk, car.pk),
        ("test_drive_advisor_ex", deal.owner_id, car.pk + 1000),
    ):
        with (
            pytest.raises(IntegrityError, match=rule),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(COPY, [rule, advisor_id, vehicle_id, drive.pk])

    assert TestDrive.objects.count() == 1


def test_of_many_who_book_one_car_at_once_one_gets_it(live_group):
    store = open_store()
    car, second_car = make_demo_car(store), make_demo_car(store)
    deals = [make_opportunity(owner=make_staff(store=store)) for _number in range(4)]

    answers = in_threads(live_group, 4, lambda number: book(deals[number], car, actor=SYSTEM))

    assert [type(answer) for answer in answers].count(TestDrive) == 1
    assert [type(answer) for answer in answers].count(AlreadyBooked) == 3
    assert TestDrive.objects.count() == 1

    # One advisor, two cars.
    both = [car, second_car]
    answers = in_threads(
        live_group, 2, lambda number: book(deals[0], both[number], tomorrow(15), actor=SYSTEM)
    )
    assert {type(answer) for answer in answers} == {TestDrive, AlreadyBooked}


def test_moving_a_drive_asks_the_same_questions(store, car, deal):
    first = book(deal, car, tomorrow(10))
    other = make_opportunity(owner=make_staff(store=store))
    second = book(other, car, tomorrow(11))

    with pytest.raises(AlreadyBooked):
        move_test_drive(test_drive_id=second.pk, starts_at=tomorrow(10, 15), actor=SYSTEM)
    moved = move_test_drive(
        test_drive_id=second.pk, starts_at=tomorrow(9, 30), minutes=30, actor=SYSTEM
    )

    assert (moved.starts_at, moved.ends_at) == (tomorrow(9, 30), tomorrow(10))
    hand_out(first)
    with pytest.raises(TransitionNotAllowed):
        move_test_drive(test_drive_id=first.pk, starts_at=tomorrow(12), actor=SYSTEM)


def test_a_car_that_is_out_is_not_handed_out_again(store, car, deal):
    hand_out(book(deal, car, tomorrow(10)))
    other = make_opportunity(owner=make_staff(store=store))
    second = book(other, car, tomorrow(11))

    with pytest.raises(AlreadyBooked, match="李娜"):
        hand_out(second)

    second.refresh_from_db()
    assert (second.state, second.out_at) == ("BOOKED", None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"starts_at": tomorrow(10, 7)}, "starts_at"),
        ({"starts_at": now() - timedelta(days=1)}, "starts_at"),
        ({"starts_at": tomorrow() + timedelta(days=70)}, "starts_at"),
        ({"minutes": 37}, "minutes"),
        ({"route": "MOON"}, "route"),
    ],
)
def test_a_time_that_cannot_be_booked_says_why(store, car, deal, wrong, field):
    with pytest.raises(Invalid) as refusal:
        book(deal, car, **wrong)

    assert refusal.value.field == field or "starts_at" in wrong
    assert TestDrive.objects.count() == 0


def test_drives_take_place_while_the_store_is_open(store, car, deal):
    store.opens_at, store.closes_at = "09:00", "18:00"
    store.save()

    for starts_at, minutes in ((tomorrow(8, 45), 30), (tomorrow(17, 45), 30)):
        with pytest.raises(Invalid, match=r"09:00.*18:00"):
            book(deal, car, starts_at, minutes=minutes)

    assert book(deal, car, tomorrow(17, 30)).pk


def test_only_demo_cars_of_the_store_are_driven(store, car, deal):
    for unit in (make_unit(store), make_demo_car(make_store())):
        with pytest.raises(Invalid) as refusal:
            book(deal, unit)
        assert refusal.value.field == "vehicle_id"

    assert TestDrive.objects.count() == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"licence_number": "12"}, "licence_number"),
        ({"driver_name": " "}, "driver_name"),
        ({"mileage_before": 900}, "mileage_before"),
    ],
)
def test_nobody_drives_off_without_licence_and_mileage(store, car, deal, wrong, field):
    drive_home(deal, car, 950, starts_at=tomorrow(8))
    drive = book(deal, car)

    with pytest.raises(Invalid) as refusal:
        hand_out(drive, **wrong)

    drive.refresh_from_db()
    assert (refusal.value.field, drive.state, drive.licence_number) == (field, "BOOKED", "")


@pytest.mark.parametrize("mileage", [999, 1600])
def test_an_odometer_runs_forward_and_not_too_far(store, car, deal, mileage):
    drive = hand_out(book(deal, car))

    with pytest.raises(Invalid):
        return_test_drive(test_drive_id=drive.pk, actor=SYSTEM, mileage_after=mileage)

    drive.refresh_from_db()
    assert (drive.state, kept(store)) == ("OUT", 0)


def test_who_did_not_come_is_noted_after_the_time(car, deal):
    drive = book(deal, car)
    with pytest.raises(Invalid):
        miss_test_drive(test_drive_id=drive.pk, actor=SYSTEM)
    TestDrive.objects.filter(pk=drive.pk).update(
        starts_at=now() - timedelta(hours=1), ends_at=now() - timedelta(minutes=30)
    )

    assert miss_test_drive(test_drive_id=drive.pk, actor=SYSTEM).state == "NO_SHOW"


def test_a_licence_is_kept_in_secret_and_shown_in_part(store, car, deal, advisor):
    drive = hand_out(book(deal, car))
    with connection.cursor() as cursor:
        cursor.execute("SELECT licence_number FROM crm_testdrive")
        assert LICENCE not in cursor.fetchone()[0]

    desk = actor_of(make_staff("receptionist", store=store))
    drive = TestDrive.objects.get()
    assert shown(desk, drive, "licence_number") == "•••• 1234"
    with pytest.raises(NotPermitted):
        reveal_licence(test_drive_id=drive.pk, actor=desk)
    assert reveal_licence(test_drive_id=drive.pk, actor=actor_of(advisor)) == LICENCE
    logged = AuditEntry.objects.filter(subject_kind="crm.testdrive")
    assert logged.filter(action="licence_revealed").count() == 1
    assert LICENCE not in str(list(logged.values()))


def test_an_advisor_books_for_herself_and_sees_her_own_drives(store, car, deal, advisor):
    colleague = make_staff(store=store)
    with pytest.raises(NotPermitted):
        book(deal, car, advisor_id=colleague.pk)
    drive = book(deal, car)

    assert list(list_test_drives(actor_of(advisor))) == [drive]
    assert list(list_test_drives(actor_of(colleague))) == []
    with pytest.raises(NotFound):
        cancel_test_drive(test_drive_id=drive.pk, actor=actor_of(colleague), reason="x")
    with pytest.raises(NotAnAdvisor):
        book(deal, car, advisor_id=make_staff(store=make_store()).pk, actor=SYSTEM)


def test_the_desk_books_for_the_customers_own_advisor_who_is_told(store, car, deal, advisor):
    desk = actor_of(make_staff("receptionist", store=store))

    drive = book(deal, car, actor=desk)

    assert drive.advisor_id == advisor.pk
    told = list_notifications(actor_of(advisor)).values_list("event", flat=True)
    assert "crm.test_drive_booked" in told


def test_a_leaver_hands_over_what_she_has_still_to_drive(store, car, deal, advisor):
    successor = make_staff(store=store)
    theirs = make_opportunity(owner=successor)
    drive = book(deal, car, tomorrow(10))
    clash = book(theirs, make_demo_car(store), tomorrow(10))

    with pytest.raises(AlreadyBooked):
        hand_over_test_drives(advisor.pk, successor.pk, SYSTEM)
    cancel_test_drive(test_drive_id=clash.pk, reason="改期", actor=SYSTEM)

    assert hand_over_test_drives(advisor.pk, successor.pk, SYSTEM) == 1
    drive.refresh_from_db()
    assert drive.advisor_id == successor.pk
