"""What the clock does: reminders, escalation, and seats whose people are no longer at work.

Each task is looked at in a transaction of its own, and looked at again under the lock, so a sweep
may come twice, late or at the same time as a decision.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from apps.approvals.actions.decisions import write_rejection
from apps.approvals.actions.delegation import is_waiting
from apps.approvals.actions.engine import open_tasks, seat_owners, seat_people
from apps.approvals.actions.record import note
from apps.approvals.actions.submission import lock_subject
from apps.approvals.events import ApprovalEscalated, ApprovalReminded
from apps.approvals.models import ApprovalRequest, ApprovalTask
from apps.approvals.queries.candidates import Candidate, fallback_for, in_role
from apps.approvals.queries.requests import lock_request
from apps.approvals.rules.states import ActKind, RequestState, TaskState, Why
from apps.approvals.rules.steps import Escalation, Step
from apps.organisation import people
from forecourt.kernel import events
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now


def is_something_due() -> bool:
    """Whether a sweep has anything to look at: one cheap question."""
    return (
        ApprovalTask.objects.filter(state=TaskState.WAITING, next_at__lte=now()).exists()
        or bool(_of_people_gone())
        or _without_anybody().exists()
    )


def watch_the_clock() -> None:
    """Remind, escalate, replace: everything that has become due by now."""
    for task_id in _of_people_gone():
        _replace_absent(task_id)
    for request_id in list(_without_anybody().values_list("pk", flat=True)):
        _ask_again(request_id)
    due = ApprovalTask.objects.filter(state=TaskState.WAITING, next_at__lte=now())
    for task_id in list(due.order_by("next_at", "pk").values_list("pk", flat=True)):
        _look_at(task_id)


def _of_people_gone() -> list[int]:
    waiting = ApprovalTask.objects.filter(state=TaskState.WAITING)
    pairs = list(waiting.values_list("pk", "approver_id"))
    gone = people.absent({staff_id for _pk, staff_id in pairs}) if pairs else set()
    return [pk for pk, staff_id in pairs if staff_id in gone]


def _without_anybody() -> QuerySet[ApprovalRequest]:
    """Requests under way that wait for nobody: no one could be asked at the time."""
    waiting = ApprovalTask.objects.filter(request=OuterRef("pk"), state=TaskState.WAITING)
    return ApprovalRequest.objects.filter(~Exists(waiting), state=RequestState.PENDING)


def _locked(task_id: int) -> tuple[ApprovalRequest, ApprovalTask] | None:
    """The task and its request under their locks, if somebody is still waited for."""
    request_id = ApprovalTask.objects.values_list("request_id", flat=True).get(pk=task_id)
    lock_subject(ApprovalRequest.objects.get(pk=request_id))
    request = lock_request(approval_id=request_id)
    task = request.tasks.select_related("approver").get(pk=task_id)
    return (request, task) if task.state == TaskState.WAITING else None


@transaction.atomic
def _look_at(task_id: int) -> None:
    found = _locked(task_id)
    if found is None:
        return
    request, task = found
    moment = now()
    if task.next_at is None or task.next_at > moment:
        return
    if task.due_at is None or task.due_at > moment:
        _remind(request, task, moment)
    else:
        _escalate(request, task, moment)


def _remind(request: ApprovalRequest, task: ApprovalTask, moment: datetime) -> None:
    task.reminded_at, task.next_at = moment, task.due_at
    task.save(update_fields=["reminded_at", "next_at"])
    note(
        request,
        ActKind.REMINDED,
        None,
        step_index=task.step_index,
        for_name=task.approver.name,
    )
    events.publish(ApprovalReminded(request.pk, task.approver_id))


def _escalate(request: ApprovalRequest, task: ApprovalTask, moment: datetime) -> None:
    """The limit has passed: say so, and ask those whom the step names for that case as well."""
    task.late_at, task.next_at = moment, None
    task.save(update_fields=["late_at", "next_at"])
    step = request.version.steps_in_order[task.step_index]
    if step.escalation == Escalation.REJECT:
        text = _("Nobody decided within the time limit.")
        write_rejection(request, system_actor(), text, for_name=task.approver.name)
        return
    found = _escalated_to(step, request, task)
    if not found:
        _note_late(request, task)
        return
    _ask_as_well(request, task, step, found)


def _note_late(request: ApprovalRequest, task: ApprovalTask) -> None:
    note(request, ActKind.LATE, None, step_index=task.step_index, for_name=task.approver.name)


def _escalated_to(step: Step, request: ApprovalRequest, task: ApprovalTask) -> list[Candidate]:
    """Who is asked as well; a manager who is late herself passes it on to hers."""
    if step.escalation == Escalation.NONE:
        return []
    if step.escalation == Escalation.MANAGER:
        found = _manager_of(task)
    elif task.why == Why.ESCALATION:
        return []
    elif step.escalation == Escalation.ROLE:
        found = in_role(step.escalate_role, store_id=request.store_id)
    else:
        found = [
            Candidate(person.pk, person.name, Why.ESCALATION)
            for person in people.by_id([step.escalate_person_id or 0])
        ]
    allowed = _without_submitter(found, step, request)
    return allowed or fallback_for(request.submitter_id)


def _manager_of(task: ApprovalTask) -> list[Candidate]:
    manager = people.manager_above(task.approver_id)
    return [Candidate(manager.pk, manager.name, Why.ESCALATION)] if manager else []


def _without_submitter(
    found: list[Candidate], step: Step, request: ApprovalRequest
) -> list[Candidate]:
    if step.submitter_may_approve:
        return found
    return [candidate for candidate in found if candidate.staff_id != request.submitter_id]


def _ask_as_well(
    request: ApprovalRequest, task: ApprovalTask, step: Step, found: list[Candidate]
) -> None:
    new = [candidate for candidate in found if not is_waiting(task, candidate.staff_id)]
    if not new:
        _note_late(request, task)
        return
    open_tasks(
        request,
        step,
        [(task.seat, candidate) for candidate in new],
        stands_for_id=task.stands_for_id or task.approver_id,
    )
    note(
        request,
        ActKind.ESCALATED,
        None,
        step_index=task.step_index,
        for_name=task.approver.name,
        text=_("Asked as well: %(names)s.")
        % {"names": ", ".join(candidate.name for candidate in new)},
    )
    events.publish(
        ApprovalEscalated(
            request.pk, task.approver_id, tuple(candidate.staff_id for candidate in new)
        )
    )


@transaction.atomic
def _replace_absent(task_id: int) -> None:
    """Somebody who is suspended or gone is replaced by her manager, else by the owners."""
    found = _locked(task_id)
    if found is None or not people.absent([found[1].approver_id]):
        return
    request, task = found
    step = request.version.steps_in_order[task.step_index]
    candidates = _without_submitter(_manager_of(task), step, request)
    others = request.tasks.filter(
        state=TaskState.WAITING, step_index=task.step_index, seat=task.seat
    ).exclude(pk=task.pk)
    candidates = candidates or fallback_for(request.submitter_id)
    if not others.exists():
        if not candidates:
            # Nobody at all: the seat stays as it is and is looked at again with the next sweep.
            return
        _ask_as_well(request, task, step, candidates)
    task.state, task.next_at = TaskState.REPLACED, None
    task.save(update_fields=["state", "next_at"])


@transaction.atomic
def _ask_again(request_id: int) -> None:
    """Look once more for people whom nobody could be found before; the record stays quiet."""
    lock_subject(ApprovalRequest.objects.get(pk=request_id))
    request = lock_request(approval_id=request_id)
    is_waiting_for = request.tasks.filter(state=TaskState.WAITING).exists()
    if request.state != RequestState.PENDING or is_waiting_for:
        return
    step = request.version.steps_in_order[request.step_index]
    if not seat_people(request, step):
        seat_owners(request, step)
