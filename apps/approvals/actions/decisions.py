"""Deciding: approve, reject, return for change.

Locks are taken in one order everywhere: the subject, then the request.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from apps.approvals.actions.engine import advance, finish, outcome_of, set_state
from apps.approvals.actions.record import clean_reason, clean_text, note
from apps.approvals.actions.submission import lock_subject
from apps.approvals.actions.waiting import request_changed
from apps.approvals.errors import AlreadyDecided, NotYourTurn, OwnRequest, SubjectChanged
from apps.approvals.events import ApprovalRejected, ApprovalReturned
from apps.approvals.models import ApprovalRequest, ApprovalTask
from apps.approvals.queries.kinds import kind_of
from apps.approvals.queries.requests import (
    current_tasks,
    get_request,
    lock_request,
    waiting_for,
)
from apps.approvals.rules.states import (
    DECIDED,
    ActKind,
    RequestState,
    TaskState,
    require_pending,
)
from apps.approvals.rules.steps import Step
from forecourt.kernel import audit, events
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now


@dataclass(frozen=True, slots=True)
class Turn:
    """A locked request on which the actor may decide, and the task with which she does."""

    request: ApprovalRequest
    task: ApprovalTask
    step: Step

    @property
    def for_name(self) -> str:
        """In whose place the actor decides, for the record."""
        if self.task.decided_by_id != self.task.approver_id:
            return self.task.approver.name
        return self.task.stands_for.name if self.task.stands_for else ""


def take_turn(
    approval_id: int, actor: Actor, seen_round: int | None, *, needs_fresh: bool = True
) -> Turn:
    """Lock what is decided on, once it is sure that the actor may decide now.

    ``seen_round`` is the round that she has read; a later one is a changed subject. Raises
    NotFound, RequestEnded, SubjectChanged, OwnRequest, AlreadyDecided or NotYourTurn.
    """
    seen = get_request(approval_id=approval_id, actor=actor)
    subject = lock_subject(seen)
    request = lock_request(approval_id=approval_id)
    tasks = waiting_for(request, actor)
    if not tasks:
        _explain_no_turn(request, actor)
    require_pending(request.state)
    step = request.version.steps_in_order[request.step_index]
    if request.submitter_id == actor.staff_id and not step.submitter_may_approve:
        raise OwnRequest(_("You submitted this yourself: somebody else decides."))
    if seen_round is not None and seen_round != request.round:
        raise SubjectChanged(_("This was changed and submitted again: read it first."))
    if needs_fresh and subject is not None and subject.fingerprint != request.fingerprint:
        raise SubjectChanged(
            _("It has changed since it was submitted: return it, or have it submitted again.")
        )
    return Turn(request, tasks[0], step)


def _explain_no_turn(request: ApprovalRequest, actor: Actor) -> None:
    """Raises what tells the person why she cannot decide."""
    if request.state in (RequestState.RETURNED, RequestState.WITHDRAWN):
        require_pending(request.state)
    tasks = current_tasks(request)
    if request.tasks.filter(round=request.round, decided_by=actor.staff_id).exists():
        raise AlreadyDecided(_("You have decided this already."))
    asked = [task for task in tasks if task.approver_id == actor.staff_id]
    winner = next((task for task in tasks if task.state in DECIDED and task.decided_by), None)
    if asked and winner is not None:
        raise AlreadyDecided(
            _("%(name)s was faster: %(what)s.")
            % {"name": winner.decided_by.name, "what": TaskState(winner.state).label}
        )
    require_pending(request.state)
    if request.submitter_id is not None and request.submitter_id == actor.staff_id:
        raise OwnRequest(_("You submitted this yourself: somebody else decides."))
    names = ", ".join(task.approver.name for task in tasks if task.state == TaskState.WAITING)
    raise NotYourTurn(
        _("It is not your turn. This waits for: %(names)s.") % {"names": names or "–"}
    )


def _decide(turn: Turn, state: TaskState, actor: Actor) -> None:
    task = turn.task
    task.state, task.decided_at, task.next_at = state, now(), None
    task.decided_by_id = actor.staff_id
    task.save(update_fields=["state", "decided_at", "decided_by", "next_at"])


@transaction.atomic
def approve(
    *, approval_id: int, actor: Actor, note_text: str = "", seen_round: int | None = None
) -> ApprovalRequest:
    """Agree, for oneself or for somebody one stands in for.

    The last agreement lets the subject's module do what was asked for; what it refuses is refused
    here too, and nothing is written. Raises as :func:`take_turn`, and what the module raises.
    """
    turn = take_turn(approval_id, actor, seen_round)
    text = clean_text(note_text, field="note")
    _decide(turn, TaskState.APPROVED, actor)
    request, step = turn.request, turn.step
    note(
        request,
        ActKind.APPROVED,
        actor,
        step_index=request.step_index,
        text=text,
        for_name=turn.for_name,
    )
    audit.record(actor, "approved step", request, {"step": [None, request.step_index + 1]})
    present = request.tasks.filter(round=request.round, step_index=request.step_index)
    present.filter(seat=turn.task.seat, state=TaskState.WAITING).update(
        state=TaskState.CLOSED, next_at=None
    )
    if present.filter(state=TaskState.WAITING).exists():
        request_changed(request.pk)
        return request
    if _has_authority(request, step):
        text = _("Within the authority of this step: the steps after it are not needed.")
        note(request, ActKind.SKIPPED, None, step_index=request.step_index, text=text)
        finish(request, kind_of(request.kind), actor)
    else:
        advance(request, start=request.step_index + 1, actor=actor)
    return request


def _has_authority(request: ApprovalRequest, step: Step) -> bool:
    is_last = request.step_index + 1 == len(request.version.steps)
    if step.decides_up_to is None or request.amount is None or is_last:
        return False
    return request.amount <= step.decides_up_to


@transaction.atomic
def reject(
    *, approval_id: int, actor: Actor, reason: str, seen_round: int | None = None
) -> ApprovalRequest:
    """Say no, with a reason; that ends the request. Raises as :func:`take_turn`, or Invalid."""
    turn = take_turn(approval_id, actor, seen_round, needs_fresh=False)
    reason = clean_reason(reason)
    _decide(turn, TaskState.REJECTED, actor)
    write_rejection(turn.request, actor, reason, for_name=turn.for_name)
    return turn.request


def write_rejection(
    request: ApprovalRequest, actor: Actor, reason: str, *, for_name: str = ""
) -> None:
    """End a locked request with a no, by a person or by the clock."""
    note(
        request,
        ActKind.REJECTED,
        actor,
        step_index=request.step_index,
        text=reason,
        for_name=for_name,
    )
    set_state(request, RequestState.REJECTED, actor)
    if request.subject_id is not None:
        kind_of(request.kind).on_rejected(outcome_of(request, actor, reason))
    events.publish(ApprovalRejected(request.pk, request.submitter_id, reason))


@transaction.atomic
def return_for_change(
    *, approval_id: int, actor: Actor, reason: str, seen_round: int | None = None
) -> ApprovalRequest:
    """Ask the submitter to change something and submit again.

    Raises as :func:`take_turn`, or Invalid.
    """
    turn = take_turn(approval_id, actor, seen_round, needs_fresh=False)
    reason = clean_reason(reason)
    _decide(turn, TaskState.RETURNED, actor)
    request = turn.request
    note(
        request,
        ActKind.RETURNED,
        actor,
        step_index=request.step_index,
        text=reason,
        for_name=turn.for_name,
    )
    set_state(request, RequestState.RETURNED, actor)
    events.publish(ApprovalReturned(request.pk, request.submitter_id, reason))
    return request
