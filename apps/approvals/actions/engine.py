"""How a request goes from step to step: which steps apply, who is asked, when it is through."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.approvals.actions.record import note
from apps.approvals.events import ApprovalAsked, ApprovalGranted
from apps.approvals.models import ApprovalRequest, ApprovalTask
from apps.approvals.queries.candidates import Candidate, candidates_for, fallback_for
from apps.approvals.queries.kinds import kind_of
from apps.approvals.rules.states import ActKind, RequestState, TaskState
from apps.approvals.rules.steps import Step
from apps.approvals.rules.verdicts import verdict
from apps.approvals.subjects import Outcome, SubjectKind
from apps.organisation.opening import opening_hours
from forecourt.kernel import audit, events
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.groups import current_group
from forecourt.kernel.hours import OpeningHours, after_open_time


def advance(request: ApprovalRequest, *, start: int, actor: Actor | None = None) -> None:
    """Go on from a step: ask the people of the first one that applies, or finish.

    ``actor`` is whoever passed the step before; without one the flow itself goes on.
    """
    kind = kind_of(request.kind)
    steps = request.version.steps_in_order
    for index in range(start, len(steps)):
        if not _applies(request, kind, steps[index], index):
            continue
        if ask(request, steps[index], index):
            return
    finish(request, kind, actor or system_actor())


def _applies(request: ApprovalRequest, kind: SubjectKind, step: Step, index: int) -> bool:
    """Whether the step's condition holds; what keeps it from being asked goes on the record."""
    found = verdict(step, kind.every_field, request.facts)
    if found.is_broken:
        note(request, ActKind.UNREADABLE, None, step_index=index, text=found.text)
    elif not found.applies:
        note(request, ActKind.SKIPPED, None, step_index=index, text=found.text)
    return found.applies


def ask(request: ApprovalRequest, step: Step, index: int) -> bool:
    """Put the request before the step's people. False where the step is left out for lack of any.

    A step that finds nobody goes to the group's owners, and the record says so.
    """
    request.step_index = index
    request.save(update_fields=["step_index"])
    if seat_people(request, step):
        return True
    if step.skip_if_nobody:
        text = _("Nobody was found, and the step says to go on then.")
        note(request, ActKind.SKIPPED, None, step_index=index, text=text)
        return False
    text = (
        _("Nobody was found for this step: the group's owner is asked.")
        if seat_owners(request, step)
        else _("Nobody can be asked at present. The request waits until somebody is found.")
    )
    note(request, ActKind.NOBODY, None, step_index=index, text=text)
    return True


def seat_people(request: ApprovalRequest, step: Step) -> bool:
    """Ask those whom the step names; False where nobody of them is there."""
    found = candidates_for(
        step,
        store_id=request.store_id,
        region_id=request.store.region_id if request.store else None,
        submitter_id=request.submitter_id,
    )
    _seat(request, step, list(enumerate(found)) if step.needs_all else _one_seat(found))
    return bool(found)


def seat_owners(request: ApprovalRequest, step: Step) -> bool:
    """Ask the group's owners, any one of them; False where nobody but the submitter is one."""
    found = fallback_for(request.submitter_id)
    _seat(request, step, _one_seat(found))
    return bool(found)


def _one_seat(found: Sequence[Candidate]) -> list[tuple[int, Candidate]]:
    return [(0, candidate) for candidate in found]


def _seat(request: ApprovalRequest, step: Step, seats: list[tuple[int, Candidate]]) -> None:
    if seats:
        open_tasks(request, step, seats)
        staff_ids = tuple(candidate.staff_id for _seat, candidate in seats)
        events.publish(ApprovalAsked(request.pk, request.step_index, staff_ids))


def open_tasks(
    request: ApprovalRequest,
    step: Step,
    seats: Sequence[tuple[int, Candidate]],
    *,
    stands_for_id: int | None = None,
) -> None:
    """Ask people now, with the step's time limit counted in the store's business hours."""
    moment = now()
    hours = hours_of(request)
    due_at = _after(moment, step.limit_count, step, hours) if step.limit_count else None
    remind_at = _after(moment, step.remind_count, step, hours) if step.remind_count else None
    ApprovalTask.objects.bulk_create(
        ApprovalTask(
            request=request,
            round=request.round,
            step_index=request.step_index,
            seat=seat,
            approver_id=candidate.staff_id,
            stands_for_id=stands_for_id,
            why=candidate.why,
            why_detail=candidate.detail,
            asked_at=moment,
            due_at=due_at,
            next_at=remind_at or due_at,
        )
        for seat, candidate in seats
    )


def _after(since: datetime, count: int, step: Step, hours: OpeningHours) -> datetime:
    return after_open_time(since=since, length=step.length(count, hours.day), hours=hours)


def hours_of(request: ApprovalRequest) -> OpeningHours:
    """The store's hours; what belongs to no store keeps usual office hours of the group."""
    store = request.store
    if store is not None:
        return opening_hours(store)
    group = current_group()
    return OpeningHours(time(9), time(18), ZoneInfo(group.time_zone if group else "Asia/Shanghai"))


def finish(request: ApprovalRequest, kind: SubjectKind, actor: Actor) -> None:
    """Every step is passed: note it, and let the subject's module do what was asked for."""
    set_state(request, RequestState.APPROVED, actor)
    note(request, ActKind.FINISHED, None)
    if request.subject_id is not None:
        kind.on_approved(outcome_of(request, actor, ""))
    events.publish(ApprovalGranted(request.pk, request.submitter_id))


def set_state(request: ApprovalRequest, state: RequestState, actor: Actor) -> None:
    """Write a state that the rules have allowed, and close what nobody need decide any more."""
    before = request.state
    request.state = state
    is_open = state in (RequestState.PENDING, RequestState.RETURNED)
    request.closed_at = None if is_open else now()
    request.save(update_fields=["state", "closed_at"])
    request.tasks.filter(state=TaskState.WAITING).update(state=TaskState.CLOSED, next_at=None)
    audit.record(actor, state.lower(), request, {"state": [before, state.value]})


def outcome_of(request: ApprovalRequest, actor: Actor, reason: str) -> Outcome:
    if request.subject_id is None:
        raise LookupError(f"Request {request.pk} has no subject beside itself.")
    return Outcome(request.pk, request.subject_id, actor, reason, request.payload)
