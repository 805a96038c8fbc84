"""Transfers and lost deals under a flow of the group, and without one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.approvals import actions as approvals
from apps.approvals.errors import AlreadyDecided, NotYourTurn, OwnRequest, SubjectChanged
from apps.approvals.models import ApprovalRequest
from apps.approvals.queries.flows import is_published
from apps.approvals.rules.steps import Step
from apps.crm.actions import change_opportunity, lose_opportunity, move_opportunity
from apps.crm.approval_kinds import KIND as LOST
from apps.vehicles.actions import (
    approve_transfer,
    cancel_transfer,
    reject_transfer,
    request_transfer,
    reserve_unit,
)
from apps.vehicles.approval_kinds import KIND as TRANSFER
from apps.vehicles.models import VehicleTransfer
from apps.vehicles.rules.states import TransferReason
from forecourt.kernel.access import system_actor
from forecourt.kernel.errors import DomainError
from tests.factories.approvals import asked, make_flow
from tests.factories.crm import make_opportunity
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_unit

pytestmark = pytest.mark.usefixtures("group")
SEVERAL = "unit_count > 1"


class Yard:
    def __init__(self, count: int = 1) -> None:
        self.sender, self.receiver = make_store(), make_store()
        self.units = [make_unit(self.sender) for _number in range(count)]
        self.manager = make_staff("store_manager", self.sender)
        self.boss = make_staff("headquarters")
        self.asker = make_staff("sales_advisor", self.receiver)

    def request(self) -> VehicleTransfer:
        return request_transfer(
            stock_unit_ids=[unit.pk for unit in self.units],
            to_store_id=self.receiver.pk,
            reason=TransferReason.BALANCING,
            actor=actor_of(self.asker),
        )


# --- Transfers ----------------------------------------------------------------------------------


def test_without_a_published_flow_a_transfer_writes_nothing_here_and_asks_nothing():
    yard = Yard()
    assert not is_published(TRANSFER)

    with CaptureQueriesContext(
        connection,
    ) as captured:
        transfer = yard.request()

    about = [query["sql"] for query in captured if "approvals_" in query["sql"]]
    assert not [sql for sql in about if "vehicles_vehicletransfer" not in sql]
    assert transfer.approval_id is None
    with CaptureQueriesContext(connection) as captured:
        done = approve_transfer(transfer_id=transfer.pk, actor=actor_of(yard.manager))
    assert not [sql for sql in captured if '"approvals_' in sql["sql"]]
    assert done.state == "APPROVED"
    assert not ApprovalRequest.objects.exists()


def test_a_transfer_goes_through_the_steps_of_the_flow_from_its_own_page():
    make_flow(
        TRANSFER, [Step(roles=("store_manager",)), Step(roles=("headquarters",), where="GROUP")]
    )
    yard = Yard()
    transfer = yard.request()
    assert asked(transfer.approval) == {yard.manager.name}

    with pytest.raises(NotYourTurn):
        approve_transfer(transfer_id=transfer.pk, actor=actor_of(yard.boss))
    first = approve_transfer(transfer_id=transfer.pk, actor=actor_of(yard.manager))
    assert (first.state, asked(transfer.approval)) == ("REQUESTED", {yard.boss.name})
    with pytest.raises(AlreadyDecided):
        approve_transfer(transfer_id=transfer.pk, actor=actor_of(yard.manager))
    done = approve_transfer(transfer_id=transfer.pk, actor=actor_of(yard.boss))

    assert (done.state, done.approved_by_id) == ("APPROVED", yard.boss.pk)
    yard.units[0].refresh_from_db()
    assert yard.units[0].state == "ON_TRANSFER"


def test_a_transfer_is_approved_from_the_inbox():
    make_flow(TRANSFER, [Step(right="vehicles.approve_transfer")])
    yard = Yard()
    transfer = yard.request()

    approvals.approve(approval_id=transfer.approval_id, actor=actor_of(yard.manager))

    transfer.refresh_from_db()
    assert transfer.state == "APPROVED"


def test_a_transfer_to_which_no_step_applies_is_approved_at_once():
    make_flow(TRANSFER, [Step(roles=("store_manager",), condition=SEVERAL)])

    alone, several = Yard(1).request(), Yard(2).request()

    assert (alone.state, alone.approval.state) == ("APPROVED", "APPROVED")
    assert (several.state, several.approval.state) == ("REQUESTED", "PENDING")


def test_nobody_approves_her_own_transfer_under_a_flow():
    make_flow(TRANSFER, [Step(roles=("store_manager",))])
    yard = Yard()
    yard.asker = yard.manager
    transfer = yard.request()

    with pytest.raises(OwnRequest):
        approve_transfer(transfer_id=transfer.pk, actor=actor_of(yard.manager))

    transfer.refresh_from_db()
    assert transfer.state == "REQUESTED"


def test_a_transfer_is_rejected_by_its_flow_with_the_reason():
    make_flow(TRANSFER, [Step(roles=("store_manager",))])
    yard = Yard()
    transfer = yard.request()

    done = reject_transfer(transfer_id=transfer.pk, reason="Promised", actor=actor_of(yard.manager))

    assert (done.state, done.closing_reason) == ("REJECTED", "Promised")
    assert transfer.approval.__class__.objects.get(pk=transfer.approval_id).state == "REJECTED"


def test_a_cancelled_transfer_needs_no_decision_and_a_withdrawn_one_is_cancelled():
    make_flow(TRANSFER, [Step(roles=("store_manager",))])
    yard, other = Yard(), Yard()
    cancelled, withdrawn = yard.request(), other.request()

    cancel_transfer(transfer_id=cancelled.pk, actor=actor_of(yard.asker))
    approvals.withdraw(approval_id=withdrawn.approval_id, actor=actor_of(other.asker))

    cancelled.approval.refresh_from_db()
    withdrawn.refresh_from_db()
    assert cancelled.approval.state == "WITHDRAWN"
    assert asked(cancelled.approval) == set()
    assert withdrawn.state == "CANCELLED"


def test_what_the_yard_refuses_at_the_end_is_refused_to_the_approver_and_changes_nothing():
    make_flow(TRANSFER, [Step(roles=("store_manager",))])
    yard = Yard()
    transfer = yard.request()
    reserve_unit(stock_unit_id=yard.units[0].pk, customer_name="王芳", actor=actor_of(yard.manager))

    with pytest.raises(DomainError):
        approvals.approve(approval_id=transfer.approval_id, actor=actor_of(yard.manager))

    request = ApprovalRequest.objects.get(pk=transfer.approval_id)
    assert request.state == "PENDING"
    assert asked(request) == {yard.manager.name}


# --- Lost deals ---------------------------------------------------------------------------------


class Showroom:
    def __init__(self) -> None:
        self.store = make_store()
        self.manager = make_staff("sales_manager", self.store)
        self.advisor = make_staff("sales_advisor", self.store, manager=self.manager)
        self.deal = make_opportunity(owner=self.advisor)

    def lose(self, **values):
        values.setdefault("reason", "PRICE")
        return lose_opportunity(opportunity_id=self.deal.pk, actor=actor_of(self.advisor), **values)


def test_a_deal_is_lost_once_a_manager_confirms():
    room = Showroom()

    waiting = room.lose(note="Went to the dealer next door", competitor="Tesla")
    assert waiting.is_open
    assert waiting.loss_approval.text.endswith("Tesla · Went to the dealer next door")
    approvals.approve(approval_id=waiting.loss_approval_id, actor=actor_of(room.manager))

    room.deal.refresh_from_db()
    assert (room.deal.stage, room.deal.lost_reason, room.deal.competitor) == (
        "LOST",
        "PRICE",
        "特斯拉",
    )


def test_a_deal_that_a_manager_does_not_give_up_stays_in_its_stage():
    room = Showroom()
    waiting = room.lose()

    approvals.reject(
        approval_id=waiting.loss_approval_id, reason="Call again", actor=actor_of(room.manager)
    )

    room.deal.refresh_from_db()
    assert room.deal.stage == waiting.stage
    assert room.lose().loss_approval_id != waiting.loss_approval_id


def test_a_deal_is_not_reported_as_lost_twice():
    room = Showroom()
    room.lose()

    with pytest.raises(Exception, match="waits for an approval already"):
        room.lose()

    assert ApprovalRequest.objects.filter(kind=LOST).count() == 1


def test_a_returned_loss_is_submitted_again_with_what_was_changed():
    room = Showroom()
    waiting = room.lose()
    approvals.return_for_change(
        approval_id=waiting.loss_approval_id, reason="Which one?", actor=actor_of(room.manager)
    )

    again = room.lose(reason="COMPETITOR_BRAND", competitor="Tesla")

    assert again.loss_approval_id == waiting.loss_approval_id
    assert (again.loss_approval.round, again.loss_approval.payload["competitor"]) == (2, "特斯拉")
    assert again.loss_approval.facts["lost_reason"] == "COMPETITOR_BRAND"


def test_a_deal_that_goes_on_is_no_longer_to_be_confirmed_as_lost():
    room = Showroom()
    waiting = room.lose()

    move_opportunity(opportunity_id=room.deal.pk, stage="ORDERED", actor=actor_of(room.advisor))

    waiting.loss_approval.refresh_from_db()
    assert waiting.loss_approval.state == "WITHDRAWN"


def test_a_deal_that_has_changed_meanwhile_is_read_again_first():
    room = Showroom()
    waiting = room.lose()
    change_opportunity(opportunity_id=room.deal.pk, series="海豹", actor=system_actor())

    with pytest.raises(SubjectChanged):
        approvals.approve(approval_id=waiting.loss_approval_id, actor=actor_of(room.manager))

    room.deal.refresh_from_db()
    assert room.deal.is_open
    approvals.resubmit(approval_id=waiting.loss_approval_id, actor=actor_of(room.advisor))
    approvals.approve(approval_id=waiting.loss_approval_id, actor=actor_of(room.manager))
    room.deal.refresh_from_db()
    assert room.deal.stage == "LOST"
