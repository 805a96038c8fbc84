"""Reminders, escalation, absence of people: what the clock does about requests."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from apps.approvals.actions import approve
from apps.approvals.actions.clock import is_something_due, watch_the_clock
from apps.approvals.models import ApprovalTask
from apps.approvals.rules.steps import Escalation, LimitUnit, Step
from apps.organisation.actions import leave_staff, suspend_staff
from forecourt.kernel.access import system_actor
from tests.factories.approvals import Desk, asked, make_flow, told
from tests.factories.organisation import actor_of, make_staff, make_store

pytestmark = pytest.mark.usefixtures("group")
SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 3, 2, 10, 0, tzinfo=SHANGHAI)
FOUR_HOURS = Step(
    roles=("sales_manager",), limit_count=4, remind_count=2, escalation=Escalation.MANAGER
)


def at(moment: datetime) -> time_machine.travel:
    return time_machine.travel(moment, tick=False)


def watch(moment: datetime) -> None:
    with at(moment):
        assert is_something_due()
        watch_the_clock()


def test_a_time_limit_counts_the_business_hours_of_the_store():
    desk = Desk(FOUR_HOURS, at=make_store(opens_at="09:00", closes_at="18:00"))

    with at(datetime(2026, 3, 2, 16, 30, tzinfo=SHANGHAI)):
        late = desk.submit()
    with at(datetime(2026, 3, 2, 23, 0, tzinfo=SHANGHAI)):
        at_night = desk.submit()

    due = {late.tasks.first().due_at, at_night.tasks.first().due_at}
    assert due == {
        datetime(2026, 3, 3, 11, 30, tzinfo=SHANGHAI),
        datetime(2026, 3, 3, 13, 0, tzinfo=SHANGHAI),
    }


def test_a_business_day_is_as_long_as_the_store_is_open():
    desk = Desk(Step(roles=("sales_manager",), limit_count=2, limit_unit=LimitUnit.DAYS))

    with at(MORNING):
        request = desk.submit()

    assert request.tasks.first().due_at == MORNING + timedelta(days=2)


def test_a_reminder_comes_once():
    desk = Desk(FOUR_HOURS)
    with at(MORNING):
        request = desk.submit()
        assert not is_something_due()

    watch(MORNING + timedelta(hours=2))
    with at(MORNING + timedelta(hours=2, minutes=5)):
        watch_the_clock()

    assert told(request) == ["SUBMITTED", "REMINDED", "REMINDED"]
    assert asked(request) == {desk.sales.name, desk.other_sales.name}


def test_after_the_limit_the_approvers_manager_is_asked_as_well():
    desk = Desk(FOUR_HOURS)
    with at(MORNING):
        request = desk.submit()

    watch(MORNING + timedelta(hours=5))
    with at(MORNING + timedelta(hours=5, minutes=5)):
        watch_the_clock()
        assert asked(request) == {desk.sales.name, desk.other_sales.name, desk.manager.name}
        assert told(request).count("ESCALATED") == 1
        assert approve(approval_id=request.pk, actor=actor_of(desk.manager)).state == "APPROVED"


def test_a_worker_that_was_down_escalates_without_a_belated_reminder():
    desk = Desk(FOUR_HOURS)
    with at(MORNING):
        request = desk.submit()

    watch(MORNING + timedelta(hours=6))

    assert "REMINDED" not in told(request)
    assert "ESCALATED" in told(request)


def test_a_late_manager_passes_it_on_to_hers():
    desk = Desk(FOUR_HOURS)
    with at(MORNING):
        request = desk.submit()

    watch(MORNING + timedelta(hours=4))
    watch(MORNING + timedelta(days=1))
    assert desk.owner.name in asked(request)
    watch(MORNING + timedelta(days=3))

    with at(MORNING + timedelta(days=9)):
        assert not is_something_due()
    assert request.tasks.filter(approver=desk.owner).count() == 1


def test_escalation_to_a_role():
    desk = Desk(
        Step(
            roles=("sales_manager",),
            limit_count=1,
            escalation=Escalation.ROLE,
            escalate_role="store_manager",
        )
    )
    with at(MORNING):
        request = desk.submit()

    watch(MORNING + timedelta(hours=1))

    assert asked(request) == {desk.sales.name, desk.other_sales.name, desk.manager.name}


def test_escalation_to_a_person():
    desk = Desk()
    boss = make_staff("headquarters")
    make_flow(
        desk.kind.kind,
        [
            Step(
                manager_levels=1,
                limit_count=1,
                escalation=Escalation.PERSON,
                escalate_person_id=boss.pk,
            )
        ],
    )
    with at(MORNING):
        request = desk.submit()

    watch(MORNING + timedelta(hours=1))

    assert asked(request) == {desk.sales.name, boss.name}


def test_rejection_when_the_time_is_over():
    desk = Desk(Step(manager_levels=1, limit_count=1, escalation=Escalation.REJECT))
    with at(MORNING):
        request = desk.submit()

    watch(MORNING + timedelta(hours=1))

    request.refresh_from_db()
    assert request.state == "REJECTED"
    assert told(request)[-1] == "REJECTED"


def test_without_escalation_it_is_marked_as_late_and_goes_on_waiting():
    desk = Desk(Step(manager_levels=1, limit_count=1))
    with at(MORNING):
        request = desk.submit()

    watch(MORNING + timedelta(hours=1))

    assert told(request) == ["SUBMITTED", "LATE"]
    assert request.tasks.get().late_at is not None
    assert asked(request) == {desk.sales.name}


def test_in_a_step_that_needs_all_the_one_asked_as_well_sits_on_the_late_ones_seat():
    desk = Desk(
        Step(
            roles=("sales_manager",),
            needs_all=True,
            limit_count=1,
            escalation=Escalation.ROLE,
            escalate_role="store_manager",
        )
    )
    with at(MORNING):
        request = desk.submit()
        approve(approval_id=request.pk, actor=actor_of(desk.sales))

    watch(MORNING + timedelta(hours=1))

    with at(MORNING + timedelta(hours=1)):
        done = approve(approval_id=request.pk, actor=actor_of(desk.manager))
    assert done.state == "APPROVED"
    assert done.acts.filter(kind="APPROVED").count() == 2


def test_the_submitter_is_not_asked_by_escalation_either():
    desk = Desk(FOUR_HOURS)
    with at(MORNING):
        request = desk.submit(by=desk.manager)

    watch(MORNING + timedelta(hours=5))

    assert desk.manager.name not in asked(request)
    assert desk.owner.name in asked(request)


def test_a_suspended_approver_is_replaced_by_her_manager():
    desk = Desk(Step(manager_levels=1))
    request = desk.submit()
    suspend_staff(staff_id=desk.sales.pk, actor=system_actor())

    assert is_something_due()
    watch_the_clock()

    assert asked(request) == {desk.manager.name}
    assert not is_something_due()


def test_a_leaver_hands_her_approvals_to_her_successor():
    desk = Desk(Step(manager_levels=1))
    request = desk.submit()

    leave_staff(
        staff_id=desk.sales.pk, successor_id=desk.other_sales.pk, actor=actor_of(desk.owner)
    )

    assert asked(request) == {desk.other_sales.name}
    assert ApprovalTask.objects.get(state="WAITING").stands_for == desk.sales
    assert told(request) == ["SUBMITTED", "HANDED_OVER"]


def test_a_request_that_nobody_could_decide_is_put_before_those_who_come_later():
    desk = Desk(Step(roles=("service_manager",)))
    request = desk.submit(by=desk.owner)
    assert asked(request) == set()

    service = make_staff("service_manager", desk.store)
    assert is_something_due()
    watch_the_clock()

    assert asked(request) == {service.name}
    assert told(request) == ["SUBMITTED", "NOBODY"]
