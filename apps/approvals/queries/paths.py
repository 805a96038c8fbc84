"""The path of a request: what is behind it, where it stands, what comes next; and one tried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import pgettext_lazy

from apps.approvals.models import ApprovalRequest, ApprovalTask
from apps.approvals.queries.candidates import Candidate, candidates_for, fallback_for
from apps.approvals.queries.facts import facts_of
from apps.approvals.queries.flows import names_for
from apps.approvals.queries.kinds import kind_of
from apps.approvals.queries.requests import tasks_of
from apps.approvals.rules import sentences
from apps.approvals.rules.sentences import Names
from apps.approvals.rules.states import ActKind, RequestState, TaskState, Why
from apps.approvals.rules.steps import Step
from apps.approvals.rules.verdicts import verdict
from apps.approvals.subjects import Subject, SubjectKind


class StepState(TextChoices):
    DONE = "DONE", pgettext_lazy("step", "Passed")
    CURRENT = "CURRENT", pgettext_lazy("step", "Waits for a decision")
    SKIPPED = "SKIPPED", pgettext_lazy("step", "Left out")
    COMING = "COMING", pgettext_lazy("step", "Comes next")
    STOPPED = "STOPPED", pgettext_lazy("step", "Ended here")
    NOT_REACHED = "NOT_REACHED", pgettext_lazy("step", "Not needed")


@dataclass(frozen=True, slots=True)
class Asked:
    """One person on the path: whether she decided, for whom, and why she is asked."""

    staff_id: int
    name: str
    stands_for: str
    state: str
    why: str
    asked_at: datetime
    due_at: datetime | None
    decided_at: datetime | None
    is_late: bool

    @property
    def state_label(self) -> str:
        return str(TaskState(self.state).label)


@dataclass(frozen=True, slots=True)
class PathStep:
    number: int
    name: str
    when: str
    who: str
    how_long: str
    state: str
    text: str = ""
    people: Sequence[Asked] = field(default_factory=tuple)

    @property
    def state_label(self) -> str:
        return str(StepState(self.state).label)


def path_of(request: ApprovalRequest) -> list[PathStep]:
    """Every step of the request's version, with what has happened to it."""
    steps = request.version.steps_in_order
    names = names_for(steps)
    kind = kind_of(request.kind)
    tasks = _latest_round(tasks_of(request))
    skipped = {
        act.step_index: act.text
        for act in request.acts.filter(round=request.round, kind=ActKind.SKIPPED)
    }
    return [
        PathStep(
            number=index + 1,
            name=name_of(step, index),
            when=sentences.when(step, kind.every_field),
            who=sentences.who(step, names),
            how_long=sentences.how_long(step, names),
            state=_state_of(request, index, tasks.get(index, []), index in skipped),
            text=skipped.get(index, ""),
            people=[_asked(task, names) for task in tasks.get(index, [])],
        )
        for index, step in enumerate(steps)
    ]


def name_of(step: Step, index: int) -> str:
    return step.name or _t("Step %(number)s") % {"number": index + 1}


def _latest_round(tasks: Sequence[ApprovalTask]) -> dict[int, list[ApprovalTask]]:
    """The tasks of each step as it was asked last."""
    found: dict[int, list[ApprovalTask]] = {}
    for task in tasks:
        others = found.setdefault(task.step_index, [])
        if others and others[0].round < task.round:
            others.clear()
        others.append(task)
    return found


def _state_of(
    request: ApprovalRequest, index: int, tasks: Sequence[ApprovalTask], is_skipped: bool
) -> str:
    states = {task.state for task in tasks}
    if states & {TaskState.REJECTED, TaskState.RETURNED}:
        return StepState.STOPPED
    is_current = request.is_pending and index == request.step_index
    if TaskState.WAITING in states or (is_current and not is_skipped):
        return StepState.CURRENT
    if TaskState.APPROVED in states and index <= request.step_index:
        return StepState.DONE
    if is_skipped:
        return StepState.SKIPPED
    if request.state in (RequestState.PENDING, RequestState.RETURNED):
        return StepState.COMING
    return StepState.NOT_REACHED


def _asked(task: ApprovalTask, names: Names) -> Asked:
    is_substitute = task.decided_by_id is not None and task.decided_by_id != task.approver_id
    person = task.decided_by if is_substitute and task.decided_by else task.approver
    other = task.approver.name if is_substitute else ""
    if not other and task.stands_for is not None and task.why != Why.ESCALATION:
        other = task.stands_for.name
    return Asked(
        staff_id=person.pk,
        name=person.name,
        stands_for=other,
        state=task.state,
        why=why_in_words(task.why, task.why_detail, names),
        asked_at=task.asked_at,
        due_at=task.due_at,
        decided_at=task.decided_at,
        is_late=task.late_at is not None,
    )


def why_in_words(why: str, detail: str, names: Names) -> str:
    """Why somebody is asked: ``Sales manager``, ``manager of the submitter``."""
    if why == Why.ROLE:
        return _t(", ").join(names.roles.get(code, code) for code in detail.split(","))
    if why == Why.RIGHT:
        return str(names.rights.get(detail, detail))
    if why == Why.MANAGER and detail.isdigit():
        return sentences.manager(int(detail))
    return str(Why(why).label)


@dataclass(frozen=True, slots=True)
class TriedStep:
    """What would happen at one step."""

    number: int
    name: str
    applies: bool
    text: str
    people: Sequence[tuple[str, str]] = field(default_factory=tuple)
    """(name, why) of those who would be asked."""
    note: str = ""
    is_after_end: bool = False


def try_out(
    steps: Sequence[Step], kind: SubjectKind, subject: Subject, submitter_id: int | None
) -> list[TriedStep]:
    """Who would be asked about a subject, and why; nothing is written."""
    names = names_for(steps)
    facts = facts_of(subject, submitter_id)
    tried, is_over = [], False
    for index, step in enumerate(steps):
        found = verdict(step, kind.every_field, facts)
        people: list[Candidate] = []
        note = ""
        if found.applies and not is_over:
            people, note = _people_of(step, subject, submitter_id)
        tried.append(
            TriedStep(
                number=index + 1,
                name=name_of(step, index),
                applies=found.applies and (bool(people) or not step.skip_if_nobody),
                text=found.text,
                people=[
                    (person.name, why_in_words(person.why, person.detail, names))
                    for person in people
                ],
                note=note,
                is_after_end=is_over,
            )
        )
        limit = step.decides_up_to
        if found.applies and people and limit is not None and subject.amount is not None:
            is_over = is_over or subject.amount <= limit
    return tried


def _people_of(
    step: Step, subject: Subject, submitter_id: int | None
) -> tuple[list[Candidate], str]:
    people = candidates_for(
        step,
        store_id=subject.store_id,
        region_id=subject.region_id,
        submitter_id=submitter_id,
    )
    if people:
        return people, ""
    if step.skip_if_nobody:
        return [], _t("Nobody is found: the step is left out.")
    owners = fallback_for(submitter_id)
    if owners:
        return owners, _t("Nobody is found: the group's owner is asked.")
    return [], _t("Nobody can be asked: the request would wait.")
