"""Two who press at the same second, over two connections of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from apps.approvals.actions import approve, reject, withdraw
from apps.approvals.errors import AlreadyDecided, RequestEnded
from apps.approvals.models import ApprovalAct, ApprovalRequest, ApprovalTask
from apps.approvals.rules.steps import Step
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import DomainError
from forecourt.kernel.groups import GroupIdentity, inside
from tests.factories.approvals import Desk
from tests.factories.organisation import actor_of


def _at_once(group: GroupIdentity, *acts: Callable[[], Any]) -> list[Any]:
    """Run them in threads that begin together; answers results and refusals in order."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            with inside(group):
                barrier.wait(timeout=20)
                return act()
        except DomainError as refusal:
            return refusal
        finally:
            for used in connections.all():
                used.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def _approving(request: ApprovalRequest, actor: Actor) -> Callable[[], Any]:
    return lambda: approve(approval_id=request.pk, actor=actor)


def test_of_two_who_approve_at_once_one_wins_and_the_other_is_told_who(live_group):
    for _attempt in range(3):
        desk = Desk(Step(roles=("sales_manager",)))
        request = desk.submit()
        actors = [actor_of(desk.sales), actor_of(desk.other_sales)]

        results = _at_once(live_group, *[_approving(request, actor) for actor in actors])

        refusals = [result for result in results if isinstance(result, AlreadyDecided)]
        assert len(refusals) == 1
        winner = actors[1 - results.index(refusals[0])]
        assert winner.name in refusals[0].message
        assert ApprovalTask.objects.filter(request=request, state="APPROVED").count() == 1
        request.refresh_from_db()
        assert request.state == "APPROVED"


def test_where_all_must_agree_two_at_once_both_count(live_group):
    desk = Desk(Step(roles=("sales_manager",), needs_all=True))
    request = desk.submit()
    actors = [actor_of(desk.sales), actor_of(desk.other_sales)]

    results = _at_once(live_group, *[_approving(request, actor) for actor in actors])

    assert not [result for result in results if isinstance(result, Exception)]
    assert ApprovalTask.objects.filter(request=request, state="APPROVED").count() == 2
    request.refresh_from_db()
    assert request.state == "APPROVED"


def test_an_approval_and_a_withdrawal_at_once_leave_one_of_them(live_group):
    desk = Desk(Step(roles=("sales_manager",)))
    request = desk.submit()
    approver, submitter = actor_of(desk.sales), actor_of(desk.advisor)

    results = _at_once(
        live_group,
        _approving(request, approver),
        lambda: withdraw(approval_id=request.pk, actor=submitter),
    )

    assert sum(isinstance(result, RequestEnded) for result in results) == 1
    request.refresh_from_db()
    ends = {"APPROVED": "FINISHED", "WITHDRAWN": "WITHDRAWN"}
    assert request.acts.filter(kind__in=ends.values()).count() == 1
    assert request.acts.filter(kind=ends[request.state]).exists()


def test_a_yes_and_a_no_at_once_leave_one_of_them(live_group):
    desk = Desk(Step(roles=("sales_manager",)))
    request = desk.submit()
    one, other = actor_of(desk.sales), actor_of(desk.other_sales)

    results = _at_once(
        live_group,
        _approving(request, one),
        lambda: reject(approval_id=request.pk, reason="No", actor=other),
    )

    assert sum(isinstance(result, AlreadyDecided) for result in results) == 1
    decided = ApprovalTask.objects.filter(request=request, decided_at__isnull=False)
    assert decided.count() == 1


def test_the_record_takes_no_change_from_the_applications_own_role(live_group):
    request = Desk(Step(roles=("sales_manager",))).submit()
    act = ApprovalAct.objects.get(request=request)

    for statement in (
        "UPDATE approvals_approvalact SET actor_name = 'x' WHERE id = %s",
        "DELETE FROM approvals_approvalact WHERE id = %s",
    ):
        with (
            pytest.raises(Exception) as refusal,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, [act.pk])
        assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege)

    assert ApprovalAct.objects.get(pk=act.pk).actor_name == act.actor_name
