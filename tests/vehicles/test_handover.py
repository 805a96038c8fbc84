"""A store closes when no vehicle is in it; who leaves hands her reservations over."""

import pytest

from apps.organisation.actions import change_store_state, leave_staff
from apps.organisation.errors import StoreNotEmpty, SuccessorNeeded
from apps.vehicles.actions import change_state, release_unit, reserve_unit
from forecourt.kernel.access import system_actor
from forecourt.kernel.models import AuditEntry
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_transfer, make_unit

SYSTEM = system_actor()


@pytest.fixture
def owner(group):
    return make_staff("group_owner")


@pytest.fixture
def store(group):
    return make_store()


def close(store, owner):
    return change_store_state(store_id=store.pk, state="CLOSED", actor=actor_of(owner))


def left_when_closing(store, owner):
    with pytest.raises(StoreNotEmpty) as refusal:
        close(store, owner)
    store.refresh_from_db()
    assert store.state == "OPEN"
    return {item.url.partition("=")[0]: item for item in refusal.value.left}


def test_a_store_with_vehicles_does_not_close_and_shows_them(group, owner, store, client_of):
    unit, other = make_unit(store), make_unit()

    left = left_when_closing(store, owner)

    item = left["/vehicles/stock/?store"]
    assert item.count == 1
    page = client_of(group, owner.user).get(item.url).content.decode()
    assert unit.stock_number in page
    assert other.stock_number not in page


def test_an_open_transfer_keeps_both_stores_open(group, owner, store, client_of):
    sender = make_store()
    transfer = make_transfer(make_unit(sender), to_store=store)

    there, here = left_when_closing(sender, owner), left_when_closing(store, owner)

    assert there["/vehicles/transfers/?from"].count == 1
    assert set(here) == {"/vehicles/transfers/?to"}
    page = client_of(group, owner.user).get(here["/vehicles/transfers/?to"].url).content.decode()
    assert transfer.number in page


def test_a_store_whose_last_vehicle_is_gone_closes(owner, store):
    unit = make_unit(store)
    change_state(stock_unit_id=unit.pk, kind="RETURNED", note="退回厂家", actor=SYSTEM)

    close(store, owner)

    store.refresh_from_db()
    assert store.state == "CLOSED"


def test_a_reservation_goes_to_the_successor_with_its_customer(owner, store):
    leaver, successor = make_staff(store=store, name="王丽"), make_staff(store=store, name="陈刚")
    unit = make_unit(store)
    reserve_unit(stock_unit_id=unit.pk, customer_name="赵敏", actor=actor_of(leaver))

    leave_staff(staff_id=leaver.pk, successor_id=successor.pk, actor=actor_of(owner))

    unit.refresh_from_db()
    assert (unit.state, unit.reserved_by_id, unit.reserved_for) == (
        "RESERVED",
        successor.pk,
        "赵敏",
    )
    entry = AuditEntry.objects.get(action="reservation_handed_over")
    assert entry.changes == {"reserved_by": ["王丽", "陈刚"]}
    assert (
        AuditEntry.objects.get(action="left").changes["handed_over"]["vehicles.reservations"] == 1
    )


def test_who_holds_a_vehicle_does_not_leave_without_a_successor(owner, store):
    leaver, unit = make_staff(store=store), make_unit(store)
    reserve_unit(stock_unit_id=unit.pk, customer_name="赵敏", actor=actor_of(leaver))

    with pytest.raises(SuccessorNeeded):
        leave_staff(staff_id=leaver.pk, actor=actor_of(owner))

    unit.refresh_from_db()
    leaver.refresh_from_db()
    assert unit.reserved_by_id == leaver.pk
    assert leaver.state == "ACTIVE"


def test_a_released_reservation_is_nobody_s_to_hand_over(owner, store):
    leaver, unit = make_staff(store=store), make_unit(store)
    reserve_unit(stock_unit_id=unit.pk, customer_name="赵敏", actor=actor_of(leaver))
    release_unit(stock_unit_id=unit.pk, actor=actor_of(leaver))

    leave_staff(staff_id=leaver.pk, actor=actor_of(owner))

    leaver.refresh_from_db()
    assert leaver.state == "LEFT"
