"""Giving one's turn to somebody else, and what happens to it when somebody leaves."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from apps.approvals.actions.decisions import take_turn
from apps.approvals.actions.engine import open_tasks
from apps.approvals.actions.record import clean_text, note
from apps.approvals.events import ApprovalDelegated
from apps.approvals.models import ApprovalRequest, ApprovalTask
from apps.approvals.queries.candidates import Candidate
from apps.approvals.queries.requests import lock_request
from apps.approvals.rules.states import ActKind, TaskState, Why
from apps.organisation import people
from forecourt.kernel import audit, events
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid


@transaction.atomic
def delegate(
    *, approval_id: int, to_staff_id: int, actor: Actor, note_text: str = ""
) -> ApprovalRequest:
    """Have a named person decide in one's place; the record says for whom she does.

    Raises as :func:`apps.approvals.actions.decisions.take_turn`, or Invalid for a person who is
    not at work, is asked already, or submitted the request.
    """
    turn = take_turn(approval_id, actor, None, needs_fresh=False)
    text = clean_text(note_text, field="note")
    found = people.by_id([to_staff_id])
    if not found:
        raise Invalid(_("Choose somebody who works here."), field="to_staff_id")
    request, task = turn.request, turn.task
    if to_staff_id == request.submitter_id and not turn.step.submitter_may_approve:
        raise Invalid(_("Who submitted this cannot decide it."), field="to_staff_id")
    if is_waiting(task, to_staff_id):
        raise Invalid(_("She is asked already."), field="to_staff_id")
    _replace(request, task, to_staff_id, found[0].name, TaskState.DELEGATED, Why.DELEGATION)
    note(
        request,
        ActKind.DELEGATED,
        actor,
        step_index=request.step_index,
        text=text,
        for_name=found[0].name,
    )
    audit.record(actor, "delegated", request, {"to": found[0].name})
    events.publish(ApprovalDelegated(request.pk, task.approver_id, to_staff_id))
    return request


def is_waiting(task: ApprovalTask, staff_id: int) -> bool:
    """Whether somebody is asked on the task's seat at this moment."""
    return ApprovalTask.objects.filter(
        request=task.request_id,
        round=task.round,
        step_index=task.step_index,
        seat=task.seat,
        approver=staff_id,
        state=TaskState.WAITING,
    ).exists()


def _replace(
    request: ApprovalRequest,
    task: ApprovalTask,
    staff_id: int,
    name: str,
    state: TaskState,
    why: Why,
) -> None:
    """Put somebody else on the seat; the time limit goes on as it was."""
    task.state = state
    due_at, next_at = task.due_at, task.next_at
    task.next_at = None
    task.save(update_fields=["state", "next_at"])
    step = request.version.steps_in_order[task.step_index]
    open_tasks(
        request,
        step,
        [(task.seat, Candidate(staff_id, name, why))],
        stands_for_id=task.stands_for_id or task.approver_id,
    )
    request.tasks.filter(
        state=TaskState.WAITING, seat=task.seat, approver=staff_id, step_index=task.step_index
    ).update(due_at=due_at, next_at=next_at)


def hand_over_tasks(from_staff_id: int, to_staff_id: int, actor: Actor) -> int:
    """Give everything that waits for somebody who leaves to her successor.

    What the successor submitted herself stays with the leaver: the clock finds it and escalates.
    """
    moved = 0
    successor = people.by_id([to_staff_id])
    waiting = ApprovalTask.objects.filter(approver=from_staff_id, state=TaskState.WAITING)
    ids = list(waiting.order_by("request_id").values_list("pk", "request_id"))
    for task_id, request_id in ids if successor else ():
        request = lock_request(approval_id=request_id)
        task = request.tasks.filter(pk=task_id, state=TaskState.WAITING).first()
        if task is None or request.submitter_id == to_staff_id:
            continue
        if is_waiting(task, to_staff_id):
            task.state, task.next_at = TaskState.REPLACED, None
            task.save(update_fields=["state", "next_at"])
        else:
            _replace(
                request, task, to_staff_id, successor[0].name, TaskState.REPLACED, Why.HANDOVER
            )
        note(
            request,
            ActKind.HANDED_OVER,
            actor,
            step_index=task.step_index,
            for_name=successor[0].name,
        )
        moved += 1
    return moved
