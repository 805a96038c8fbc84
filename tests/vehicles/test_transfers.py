from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.approvals.queries.flows import is_published
from apps.vehicles.actions import (
    Receipt,
    approve_transfer,
    cancel_transfer,
    dispatch_transfer,
    receive_transfer,
    refuse_transfer,
    reject_transfer,
    reserve_unit,
    sell_unit,
)
from apps.vehicles.errors import MoveNotAllowed, StepNotAllowed, VehicleTaken
from apps.vehicles.events import TransferReceived
from apps.vehicles.models import StockUnit, TransferLine, VehicleTransfer
from apps.vehicles.queries import get_transfer, list_stock_units, list_transfers
from forecourt.kernel import clock, events, summaries, verify
from forecourt.kernel.access import system_actor
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_transfer, make_unit

pytestmark = pytest.mark.usefixtures("group")

SYSTEM = system_actor("test")


def level(code: str) -> dict[int, int]:
    kept = summaries.by_store([code], end=clock.today())[code]
    return {store: figure.quantity for store, figure in kept.items() if figure.quantity}


def assert_consistent() -> None:
    assert [problem for _name, found in verify.run_checks() for problem in found] == []


def place_of(unit: StockUnit) -> tuple[str, int, int | None]:
    fresh = StockUnit.objects.get(pk=unit.pk)
    return fresh.state, fresh.store_id, fresh.destination_store_id


@pytest.fixture
def people():
    class People:
        sender, receiver = make_store(), make_store()
        sending_manager = actor_of(make_staff("store_manager", sender))
        receiving_manager = actor_of(make_staff("store_manager", receiver))
        receiving_advisor = actor_of(make_staff("sales_advisor", receiver))
        receiving_clerk = actor_of(make_staff("inventory_clerk", receiver))
        sending_clerk = actor_of(make_staff("inventory_clerk", sender))
        headquarters = actor_of(make_staff("headquarters"))
        outsider = actor_of(make_staff("store_manager", make_store()))

    return People


def test_a_vehicle_goes_from_request_to_receipt(people) -> None:
    p = people
    arrived = clock.today() - timedelta(days=40)
    unit = make_unit(p.sender, stocked_in_date=arrived)
    heard: list[TransferReceived] = []
    events.subscribe(TransferReceived)(heard.append)

    transfer = make_transfer(unit, to_store=p.receiver, actor=p.receiving_advisor)
    assert transfer.number.startswith(f"{p.sender.code}-TR-")
    assert place_of(unit) == ("IN_STOCK", p.sender.pk, None)
    assert level("transfers_open") == {p.receiver.pk: 1}

    approve_transfer(transfer_id=transfer.pk, actor=p.sending_manager)
    assert place_of(unit) == ("ON_TRANSFER", p.sender.pk, p.receiver.pk)
    assert level("stock_units") == {}
    assert level("units_in_transit") == {p.sender.pk: 1}
    assert level("units_arriving") == {p.receiver.pk: 1}

    dispatch_transfer(
        transfer_id=transfer.pk, actor=p.sending_clerk, carrier="顺达物流", mileage={unit.pk: 12}
    )
    receive_transfer(
        transfer_id=transfer.pk,
        actor=p.receiving_clerk,
        receipts={unit.pk: Receipt(mileage=58, damage_note="scratch on the left door")},
    )

    assert place_of(unit) == ("IN_STOCK", p.receiver.pk, None)
    assert StockUnit.objects.get(pk=unit.pk).stocked_in_date == arrived
    transfer.refresh_from_db()
    assert (transfer.state, transfer.closed_date) == ("RECEIVED", clock.today())
    line = transfer.lines.get()
    assert (line.outcome, line.dispatch_mileage, line.receipt_mileage) == ("RECEIVED", 12, 58)
    assert level("stock_units") == {p.receiver.pk: 1}
    assert level("transfers_open") == level("units_in_transit") == level("units_arriving") == {}
    assert level("units_received") == {p.sender.pk: 1}
    assert [event.stock_unit_ids for event in heard] == [(unit.pk,)]
    kinds = [movement.kind for movement in unit.movements.order_by("sequence")]
    assert kinds == ["RECEIVED", "TRANSFER_APPROVED", "TRANSFER_DISPATCHED", "TRANSFER_RECEIVED"]
    assert_consistent()


def test_on_the_way_the_vehicle_shows_at_both_stores(people) -> None:
    p = people
    unit = make_unit(p.sender)
    transfer = make_transfer(unit, to_store=p.receiver, actor=p.receiving_manager)
    assert not list_stock_units(p.receiving_manager).filter(pk=unit.pk).exists()

    approve_transfer(transfer_id=transfer.pk, actor=p.sending_manager)

    for actor in (p.sending_manager, p.receiving_manager):
        assert list_stock_units(actor).filter(pk=unit.pk).exists()
        assert get_transfer(transfer_id=transfer.pk, actor=actor) == transfer
    assert not list_stock_units(p.outsider).filter(pk=unit.pk).exists()
    with pytest.raises(NotFound):
        get_transfer(transfer_id=transfer.pk, actor=p.outsider)
    assert not list_transfers(p.outsider).exists()


def test_no_second_transfer_takes_a_vehicle_and_the_refusal_names_the_first(people) -> None:
    p = people
    unit = make_unit(p.sender)
    first = make_transfer(unit, to_store=p.receiver, actor=p.receiving_manager)

    with pytest.raises(VehicleTaken) as refusal:
        make_transfer(unit, to_store=make_store(), actor=p.headquarters)

    assert first.number in refusal.value.message
    assert p.receiving_manager.name in refusal.value.message
    assert VehicleTransfer.objects.count() == 1
    with pytest.raises(IntegrityError, match="transfer_line_one_open_uq"), transaction.atomic():
        other = VehicleTransfer.objects.get(pk=first.pk)
        other.pk, other.number = None, "X-TR-1"
        other.save()
        TransferLine.objects.create(transfer=other, unit=unit)


def test_the_requester_does_not_approve_her_own_request(people) -> None:
    p = people
    unit = make_unit(p.sender)
    transfer = make_transfer(unit, to_store=p.receiver, actor=p.sending_manager)

    with pytest.raises(NotPermitted):
        approve_transfer(transfer_id=transfer.pk, actor=p.sending_manager)
    with pytest.raises(NotPermitted):
        approve_transfer(transfer_id=transfer.pk, actor=p.receiving_manager)

    assert place_of(unit)[0] == "IN_STOCK"
    approve_transfer(transfer_id=transfer.pk, actor=p.headquarters)
    own = make_transfer(make_unit(p.sender), to_store=p.receiver, actor=p.headquarters)
    approve_transfer(transfer_id=own.pk, actor=p.headquarters)
    assert_consistent()


def test_an_outsider_finds_nothing_and_neither_side_does_the_others_steps(people) -> None:
    p = people
    unit = make_unit(p.sender)
    transfer = make_transfer(unit, to_store=p.receiver, actor=p.receiving_manager)

    with pytest.raises(NotFound):
        approve_transfer(transfer_id=transfer.pk, actor=p.outsider)
    with pytest.raises(NotPermitted):
        make_transfer(make_unit(p.sender), to_store=p.receiver, actor=p.outsider)
    approve_transfer(transfer_id=transfer.pk, actor=p.sending_manager)
    with pytest.raises(NotPermitted):
        dispatch_transfer(transfer_id=transfer.pk, actor=p.receiving_manager)
    dispatch_transfer(transfer_id=transfer.pk, actor=p.sending_manager)
    with pytest.raises(NotPermitted):
        receive_transfer(transfer_id=transfer.pk, actor=p.sending_manager)

    assert place_of(unit)[0] == "ON_TRANSFER"


def test_steps_come_in_order(people) -> None:
    p = people
    unit = make_unit(p.sender)
    transfer = make_transfer(unit, to_store=p.receiver)

    for step in (dispatch_transfer, receive_transfer):
        with pytest.raises(StepNotAllowed):
            step(transfer_id=transfer.pk, actor=SYSTEM)
    approve_transfer(transfer_id=transfer.pk, actor=SYSTEM)
    with pytest.raises(StepNotAllowed):
        approve_transfer(transfer_id=transfer.pk, actor=SYSTEM)
    dispatch_transfer(transfer_id=transfer.pk, actor=SYSTEM)
    with pytest.raises(StepNotAllowed):
        cancel_transfer(transfer_id=transfer.pk, actor=SYSTEM)

    assert place_of(unit) == ("ON_TRANSFER", p.sender.pk, p.receiver.pk)


def test_some_vehicles_are_received_and_others_refused(people) -> None:
    p = people
    good, dented, late = (make_unit(p.sender) for _ in range(3))
    transfer = make_transfer(good, dented, late, to_store=p.receiver)
    approve_transfer(transfer_id=transfer.pk, actor=SYSTEM)
    dispatch_transfer(transfer_id=transfer.pk, actor=SYSTEM)

    receive_transfer(
        transfer_id=transfer.pk,
        actor=p.receiving_clerk,
        receipts={
            good.pk: Receipt(),
            dented.pk: Receipt(is_refused=True, damage_note="front bumper dented"),
        },
    )

    assert place_of(good) == ("IN_STOCK", p.receiver.pk, None)
    assert place_of(dented) == ("IN_STOCK", p.sender.pk, None)
    assert place_of(late) == ("ON_TRANSFER", p.sender.pk, p.receiver.pk)
    transfer.refresh_from_db()
    assert transfer.state == "IN_TRANSIT"
    assert_consistent()

    refuse_transfer(transfer_id=transfer.pk, reason="wrong colour", actor=p.receiving_clerk)

    transfer.refresh_from_db()
    assert transfer.state == "RECEIVED"
    assert place_of(late) == ("IN_STOCK", p.sender.pk, None)
    assert_consistent()


def test_a_transfer_refused_altogether_goes_back(people) -> None:
    p = people
    unit = make_unit(p.sender)
    transfer = make_transfer(unit, to_store=p.receiver)
    approve_transfer(transfer_id=transfer.pk, actor=SYSTEM)
    dispatch_transfer(transfer_id=transfer.pk, actor=SYSTEM)

    with pytest.raises(Invalid):
        refuse_transfer(transfer_id=transfer.pk, reason=" ", actor=p.receiving_clerk)
    refuse_transfer(transfer_id=transfer.pk, reason="flood damage", actor=p.receiving_clerk)

    transfer.refresh_from_db()
    assert (transfer.state, transfer.closing_reason) == ("REFUSED", "flood damage")
    assert place_of(unit) == ("IN_STOCK", p.sender.pk, None)
    assert level("stock_units") == {p.sender.pk: 1}
    assert_consistent()


@pytest.mark.parametrize("approved", [False, True])
def test_cancelled_before_dispatch_the_vehicle_is_available_again(people, approved: bool) -> None:
    p = people
    unit = make_unit(p.sender)
    transfer = make_transfer(unit, to_store=p.receiver, actor=p.receiving_advisor)
    if approved:
        approve_transfer(transfer_id=transfer.pk, actor=p.sending_manager)

    cancel_transfer(transfer_id=transfer.pk, reason="customer left", actor=p.receiving_advisor)

    transfer.refresh_from_db()
    assert transfer.state == "CANCELLED"
    assert place_of(unit) == ("IN_STOCK", p.sender.pk, None)
    assert level("transfers_open") == {}
    make_transfer(unit, to_store=p.receiver)
    assert_consistent()


def test_a_rejected_request_leaves_the_vehicle_where_it_is(people) -> None:
    p = people
    unit = make_unit(p.sender)
    transfer = make_transfer(unit, to_store=p.receiver, actor=p.receiving_manager)

    reject_transfer(transfer_id=transfer.pk, reason="we need it", actor=p.sending_manager)

    transfer.refresh_from_db()
    assert (transfer.state, transfer.closing_reason) == ("REJECTED", "we need it")
    assert place_of(unit) == ("IN_STOCK", p.sender.pk, None)
    assert_consistent()


def test_a_reserved_vehicle_moves_only_for_its_order_and_stays_reserved(people) -> None:
    p = people
    unit = make_unit(p.sender)
    reserve_unit(stock_unit_id=unit.pk, customer_name="李雷", order_reference="SO-1", actor=SYSTEM)

    for options in ({}, {"reason": "CUSTOMER_ORDER", "order_reference": "SO-2"}):
        with pytest.raises(VehicleTaken):
            make_transfer(unit, to_store=p.receiver, **options)
    transfer = make_transfer(
        unit, to_store=p.receiver, reason="CUSTOMER_ORDER", order_reference="SO-1"
    )
    approve_transfer(transfer_id=transfer.pk, actor=SYSTEM)
    dispatch_transfer(transfer_id=transfer.pk, actor=SYSTEM)
    receive_transfer(transfer_id=transfer.pk, actor=SYSTEM)

    unit = StockUnit.objects.get(pk=unit.pk)
    assert (unit.state, unit.store_id, unit.reserved_for) == ("RESERVED", p.receiver.pk, "李雷")
    assert_consistent()


def test_a_vehicle_sold_before_the_approval_stops_it(people) -> None:
    p = people
    unit = make_unit(p.sender)
    transfer = make_transfer(unit, to_store=p.receiver)
    sell_unit(stock_unit_id=unit.pk, price=1, customer_name="王芳", actor=SYSTEM)

    with pytest.raises(VehicleTaken):
        approve_transfer(transfer_id=transfer.pk, actor=SYSTEM)

    transfer.refresh_from_db()
    assert transfer.state == "REQUESTED"
    assert place_of(unit)[0] == "SOLD"
    assert_consistent()


def test_a_request_is_refused_when_it_makes_no_sense(people) -> None:
    p = people
    unit, elsewhere = make_unit(p.sender), make_unit(make_store())
    demo = make_unit(p.sender)
    StockUnit.objects.filter(pk=demo.pk)
    from apps.vehicles.actions import change_state

    change_state(stock_unit_id=demo.pk, kind="DEMO_STARTED", actor=SYSTEM)

    with pytest.raises(Invalid):
        make_transfer(unit, to_store=p.sender)
    with pytest.raises(Invalid):
        make_transfer(unit, elsewhere, to_store=p.receiver)
    with pytest.raises(Invalid):
        make_transfer(to_store=p.receiver)
    with pytest.raises(Invalid):
        make_transfer(unit, to_store=make_store(state="CLOSED"))
    with pytest.raises(Invalid):
        make_transfer(unit, to_store=p.receiver, reason="WHIM")
    with pytest.raises(MoveNotAllowed):
        make_transfer(demo, to_store=p.receiver)

    assert not VehicleTransfer.objects.exists()


def test_both_companies_are_noted(people) -> None:
    p = people

    transfer = make_transfer(make_unit(p.sender), to_store=p.receiver)

    assert transfer.from_legal_entity_id == p.sender.legal_entity_id
    assert transfer.to_legal_entity_id == p.receiver.legal_entity_id
    assert transfer.is_between_companies


def test_the_whole_path_costs_few_queries(people, django_assert_max_num_queries) -> None:
    p = people
    unit = make_unit(p.sender)
    # Remembered between requests: that no flow of approvals is published for transfers, where
    # people are told, and what they chose.
    make_transfer(make_unit(p.sender), to_store=p.receiver, actor=p.receiving_manager)
    assert not is_published("vehicles.transfer")

    with django_assert_max_num_queries(12):
        transfer = make_transfer(unit, to_store=p.receiver, actor=p.receiving_manager)
    with django_assert_max_num_queries(12):
        approve_transfer(transfer_id=transfer.pk, actor=p.sending_manager)
    with django_assert_max_num_queries(11):
        dispatch_transfer(transfer_id=transfer.pk, actor=p.sending_manager)
    with django_assert_max_num_queries(13):
        receive_transfer(transfer_id=transfer.pk, actor=p.receiving_manager)
