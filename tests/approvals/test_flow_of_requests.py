"""The kinds of step: who is asked, in which order, and what a decision leads to."""

from decimal import Decimal

import pytest

from apps.approvals.actions import (
    approve,
    comment,
    delegate,
    plan_absence,
    reject,
    resubmit_own,
    return_for_change,
    withdraw,
)
from apps.approvals.actions.absences import end_absence
from apps.approvals.errors import (
    AlreadyDecided,
    NotYourTurn,
    OwnRequest,
    RequestEnded,
    SubjectChanged,
)
from apps.approvals.models import ApprovalRequest, ApprovalTask
from apps.approvals.queries.requests import get_request, list_waiting
from apps.approvals.rules.steps import Step
from apps.organisation.actions import suspend_staff
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import today
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from tests.factories.approvals import Desk, asked, make_flow, told
from tests.factories.organisation import actor_of, make_region, make_staff, make_store

pytestmark = pytest.mark.usefixtures("group")
SALES = Step(roles=("sales_manager",))
MANAGER = Step(roles=("store_manager",))


def _approve(request: ApprovalRequest, staff, **options) -> ApprovalRequest:
    return approve(approval_id=request.pk, actor=actor_of(staff), **options)


# --- Who is asked -------------------------------------------------------------------------------


def test_a_role_of_the_store_is_asked_and_not_the_one_of_another_store():
    desk = Desk(SALES)
    make_staff("sales_manager", make_store())

    request = desk.submit()

    assert asked(request) == {desk.sales.name, desk.other_sales.name}


def test_a_role_of_the_region_is_asked():
    region = make_region()
    desk = Desk(Step(roles=("region_manager",), where="REGION"), at=make_store(region=region))
    near = make_staff("region_manager", make_store(region=region))
    make_staff("region_manager", make_store(region=make_region()))

    assert asked(desk.submit()) == {near.name}


def test_a_role_of_the_whole_group_is_asked():
    desk = Desk(Step(roles=("group_finance",), where="GROUP"))
    finance = make_staff("group_finance")

    assert asked(desk.submit()) == {finance.name}


def test_whoever_holds_a_right_for_the_store_is_asked():
    desk = Desk(Step(right="vehicles.approve_transfer"))
    make_staff("store_manager", make_store())

    assert asked(desk.submit()) == {
        desk.owner.name,
        desk.manager.name,
        desk.sales.name,
        desk.other_sales.name,
    }


def test_the_submitters_manager_is_asked():
    desk = Desk(Step(manager_levels=1))

    assert asked(desk.submit()) == {desk.sales.name}


def test_the_manager_two_levels_up_is_asked():
    desk = Desk(Step(manager_levels=2))

    assert asked(desk.submit()) == {desk.manager.name}


def test_a_named_person_is_asked():
    desk = Desk()
    clerk = make_staff("cashier", desk.store)
    make_flow(desk.kind.kind, [Step(person_ids=(clerk.pk,))])

    assert asked(desk.submit()) == {clerk.name}


def test_the_submitter_is_never_asked_unless_the_step_allows_it():
    desk = Desk(SALES)

    assert asked(desk.submit(by=desk.sales)) == {desk.other_sales.name}

    make_flow(desk.kind.kind, [Step(roles=("sales_manager",), submitter_may_approve=True)])
    request = desk.submit(by=desk.sales)
    assert asked(request) == {desk.sales.name, desk.other_sales.name}
    assert _approve(request, desk.sales).state == "APPROVED"


def test_people_who_are_suspended_are_not_asked():
    desk = Desk(SALES)
    suspend_staff(staff_id=desk.other_sales.pk, actor=system_actor())

    assert asked(desk.submit()) == {desk.sales.name}


def test_a_step_that_finds_nobody_goes_to_the_group_owner_and_says_so():
    desk = Desk(Step(roles=("service_manager",)))

    request = desk.submit()

    assert asked(request) == {desk.owner.name}
    assert told(request) == ["SUBMITTED", "NOBODY"]


def test_a_step_that_finds_nobody_is_left_out_only_where_it_says_so():
    desk = Desk(Step(roles=("service_manager",), skip_if_nobody=True), MANAGER)

    request = desk.submit()

    assert asked(request) == {desk.manager.name}
    assert told(request) == ["SUBMITTED", "SKIPPED"]


def test_a_request_that_nobody_can_decide_waits_and_is_not_approved():
    desk = Desk(Step(roles=("service_manager",)))

    request = desk.submit(by=desk.owner, store_id=None)

    assert asked(request) == set()
    assert request.state == "PENDING"
    assert told(request) == ["SUBMITTED", "NOBODY"]


# --- Which steps apply --------------------------------------------------------------------------


def test_a_step_whose_condition_does_not_hold_is_skipped_and_says_why():
    desk = Desk(Step(roles=("sales_manager",), condition="amount > 5000"), MANAGER)

    small, large = desk.submit(5000), desk.submit(5001)

    assert asked(small) == {desk.manager.name}
    assert "Amount over 5,000" in small.acts.get(kind="SKIPPED").text
    assert asked(large) == {desk.sales.name, desk.other_sales.name}


def test_a_condition_that_cannot_be_evaluated_makes_the_step_required():
    desk = Desk(Step(roles=("sales_manager",), condition="amount / 0 > 1"), MANAGER)

    request = desk.submit(1)

    assert asked(request) == {desk.sales.name, desk.other_sales.name}
    assert told(request) == ["SUBMITTED", "UNREADABLE"]


def test_steps_come_one_after_another():
    desk = Desk(SALES, MANAGER)
    request = desk.submit()

    assert asked(_approve(request, desk.sales)) == {desk.manager.name}
    done = _approve(request, desk.manager)

    assert done.state == "APPROVED"
    assert told(done) == ["SUBMITTED", "APPROVED", "APPROVED", "FINISHED"]


def test_an_authority_up_to_an_amount_ends_the_flow_and_a_larger_amount_goes_on():
    desk = Desk(Step(roles=("sales_manager",), decides_up_to=Decimal(5000)), MANAGER)

    small, large = desk.submit(5000), desk.submit("5000.01")

    assert _approve(small, desk.sales).state == "APPROVED"
    assert asked(_approve(large, desk.sales)) == {desk.manager.name}


def test_any_one_of_several_is_enough_and_the_others_need_no_longer_decide():
    desk = Desk(SALES)
    request = desk.submit()

    _approve(request, desk.other_sales)

    assert asked(request) == set()
    with pytest.raises(AlreadyDecided, match=f"{desk.other_sales.name} was faster"):
        _approve(request, desk.sales)


def test_all_of_several_must_agree():
    desk = Desk(Step(roles=("sales_manager",), needs_all=True))
    request = desk.submit()

    assert _approve(request, desk.sales).state == "PENDING"
    with pytest.raises(AlreadyDecided):
        _approve(request, desk.sales)
    assert _approve(request, desk.other_sales).state == "APPROVED"


def test_one_no_among_all_ends_the_request():
    desk = Desk(Step(roles=("sales_manager",), needs_all=True))
    request = desk.submit()
    _approve(request, desk.sales)

    done = reject(approval_id=request.pk, reason="Too dear", actor=actor_of(desk.other_sales))

    assert done.state == "REJECTED"
    assert asked(done) == set()


@pytest.mark.parametrize("place", ["store", "brand", "region", "group"])
def test_the_most_specific_flow_applies(place: str):
    region = make_region()
    desk = Desk(at=make_store(region=region, brand_names=["BYD"]))
    order = ["store", "brand", "region", "group"]
    bound = {
        "store": {"store": desk.store},
        "brand": {"brand": "byd"},
        "region": {"region": region},
        "group": {},
    }
    people = {name: make_staff("cashier", desk.store) for name in order}
    for name in order[order.index(place) :]:
        make_flow(desk.kind.kind, [Step(person_ids=(people[name].pk,))], **bound[name])

    assert asked(desk.submit()) == {people[place].name}


def test_a_running_request_keeps_the_version_it_began_with():
    desk = Desk(SALES, MANAGER)
    request = desk.submit()

    make_flow(desk.kind.kind, [SALES])

    assert asked(_approve(request, desk.sales)) == {desk.manager.name}
    assert _approve(desk.submit(), desk.sales).state == "APPROVED"


def test_without_a_published_flow_nothing_can_be_submitted():
    desk = Desk()
    make_flow(desk.kind.kind, [SALES], is_published=False)

    with pytest.raises(Conflict):
        desk.submit()

    assert not ApprovalRequest.objects.exists()


# --- Refusals -----------------------------------------------------------------------------------


def _unchanged(request: ApprovalRequest):
    return (
        ApprovalRequest.objects.values("state", "round", "step_index").get(pk=request.pk),
        list(ApprovalTask.objects.filter(request=request).order_by("pk").values()),
        told(request),
    )


def test_acting_out_of_turn_is_refused_and_says_whose_turn_it_is():
    desk = Desk(SALES, MANAGER)
    request = desk.submit()
    before = _unchanged(request)

    with pytest.raises(NotYourTurn, match=desk.sales.name):
        _approve(request, desk.manager)

    assert _unchanged(request) == before


def test_somebody_who_is_not_involved_does_not_find_the_request():
    desk = Desk(SALES)
    request = desk.submit()
    colleague = make_staff("sales_advisor", desk.store)

    for act in (approve, withdraw):
        with pytest.raises(NotFound):
            act(approval_id=request.pk, actor=actor_of(colleague))


def test_nobody_approves_her_own_request():
    desk = Desk(SALES)
    request = desk.submit(by=desk.sales)
    before = _unchanged(request)

    with pytest.raises(OwnRequest):
        _approve(request, desk.sales)

    assert _unchanged(request) == before


def test_the_submitter_does_not_approve_in_place_of_somebody_either():
    desk = Desk(Step(manager_levels=1))
    plan_absence(
        substitute_id=desk.advisor.pk,
        from_date=today(),
        to_date=today(),
        actor=actor_of(desk.sales),
    )
    request = desk.submit()

    with pytest.raises(OwnRequest):
        _approve(request, desk.advisor)


def test_after_a_withdrawal_nobody_decides():
    desk = Desk(SALES)
    request = desk.submit()
    withdraw(approval_id=request.pk, reason="Not needed", actor=actor_of(desk.advisor))
    before = _unchanged(request)

    with pytest.raises(RequestEnded, match="withdrawn"):
        _approve(request, desk.sales)

    assert _unchanged(request) == before


def test_only_the_submitter_withdraws():
    desk = Desk(SALES)
    request = desk.submit()

    with pytest.raises(NotPermitted):
        withdraw(approval_id=request.pk, actor=actor_of(desk.sales))


def test_a_rejection_needs_a_reason():
    desk = Desk(SALES)
    request = desk.submit()
    before = _unchanged(request)

    for act in (reject, return_for_change):
        with pytest.raises(Invalid) as refusal:
            act(approval_id=request.pk, reason="  ", actor=actor_of(desk.sales))
        assert refusal.value.field == "reason"

    assert _unchanged(request) == before


def test_who_has_read_an_earlier_round_reads_first():
    desk = Desk(SALES)
    request = desk.submit()
    return_for_change(approval_id=request.pk, reason="Three", actor=actor_of(desk.sales))
    resubmit_own(approval_id=request.pk, title="Three umbrellas", actor=actor_of(desk.advisor))

    with pytest.raises(SubjectChanged):
        _approve(request, desk.sales, seen_round=1)

    assert _approve(request, desk.sales, seen_round=2).state == "APPROVED"


# --- Return, delegate, stand in -----------------------------------------------------------------


@pytest.mark.parametrize(("on_return", "then"), [("RESTART", "sales"), ("CONTINUE", "manager")])
def test_a_returned_request_goes_on_as_the_flow_says(on_return: str, then: str):
    desk = Desk(SALES, MANAGER, on_return=on_return)
    request = desk.submit(100)
    _approve(request, desk.sales)
    return_for_change(approval_id=request.pk, reason="Too much", actor=actor_of(desk.manager))
    with pytest.raises(RequestEnded):
        _approve(request, desk.manager)

    again = resubmit_own(
        approval_id=request.pk,
        title="Three umbrellas",
        amount=Decimal(50),
        actor=actor_of(desk.advisor),
    )

    assert (again.round, again.amount, again.title) == (2, Decimal(50), "Three umbrellas")
    assert getattr(desk, then).name in asked(again)
    assert told(again)[-1] == "RESUBMITTED"


def test_a_delegated_turn_says_for_whom_it_is_decided():
    desk = Desk(Step(manager_levels=1))
    request = desk.submit()
    friend = make_staff("store_manager", make_store())

    delegate(approval_id=request.pk, to_staff_id=friend.pk, actor=actor_of(desk.sales))

    assert asked(request) == {friend.name}
    with pytest.raises(NotYourTurn):
        _approve(request, desk.sales)
    done = _approve(request, friend)
    assert done.state == "APPROVED"
    act = done.acts.get(kind="APPROVED")
    assert (act.actor_name, act.for_name) == (friend.name, desk.sales.name)


def test_a_turn_is_not_given_to_the_submitter_nor_to_somebody_who_has_left():
    desk = Desk(Step(manager_levels=1))
    request = desk.submit()
    gone = make_staff("store_manager", desk.store, state="LEFT")

    for staff in (desk.advisor, gone, desk.sales):
        with pytest.raises(Invalid) as refusal:
            delegate(approval_id=request.pk, to_staff_id=staff.pk, actor=actor_of(desk.sales))
        assert refusal.value.field == "to_staff_id"

    assert asked(request) == {desk.sales.name}


def test_a_substitute_decides_while_the_approver_is_away_and_not_afterwards():
    desk = Desk(Step(manager_levels=1))
    substitute = make_staff("sales_manager", make_store())
    request = desk.submit()
    assert not list_waiting(actor_of(substitute)).exists()

    absence = plan_absence(
        substitute_id=substitute.pk,
        from_date=today(),
        to_date=today(),
        actor=actor_of(desk.sales),
    )
    assert list(list_waiting(actor_of(substitute))) == [request]
    other = desk.submit()
    done = _approve(request, substitute)
    end_absence(absence_id=absence.pk, actor=actor_of(desk.sales))

    act = done.acts.get(kind="APPROVED")
    assert (act.actor_name, act.for_name) == (substitute.name, desk.sales.name)
    assert not list_waiting(actor_of(substitute)).exists()
    with pytest.raises(NotFound):
        _approve(other, substitute)


def test_a_person_has_one_substitute_at_a_time():
    desk = Desk(SALES)
    days = {"from_date": today(), "to_date": today(), "actor": actor_of(desk.sales)}
    plan_absence(substitute_id=desk.manager.pk, **days)

    with pytest.raises(Conflict):
        plan_absence(substitute_id=desk.other_sales.pk, **days)


def test_everybody_involved_comments_and_sees_the_request():
    desk = Desk(SALES)
    request = desk.submit()

    comment(approval_id=request.pk, text="In blue?", actor=actor_of(desk.sales))
    comment(approval_id=request.pk, text="Yes", actor=actor_of(desk.advisor))

    assert told(request) == ["SUBMITTED", "COMMENTED", "COMMENTED"]
    for staff in (desk.sales, desk.advisor, desk.manager, desk.owner):
        assert get_request(approval_id=request.pk, actor=actor_of(staff)) == request
