"""Reads of requests: the inbox, one request with its path, and what it takes to decide it."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from apps.approvals.models import Absence, ApprovalAct, ApprovalRequest, ApprovalTask
from apps.approvals.rules.states import OPEN_STATES, RequestState, TaskState
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import today
from forecourt.kernel.errors import NotFound
from forecourt.kernel.remembered import Remembered


def stood_in_for(staff_id: int, day: date | None = None) -> frozenset[int]:
    """Those in whose place the person decides today, also by way of others who are away."""
    day = day or today()
    away = Absence.objects.filter(
        ended_at__isnull=True, from_date__lte=day, to_date__gte=day
    ).values_list("staff_id", "substitute_id")
    found: set[int] = set()
    pairs = list(away)
    level = {staff_id}
    while level:
        level = {one for one, other in pairs if other in level} - found - {staff_id}
        found |= level
    return frozenset(found)


def _seats_of(actor: Actor) -> frozenset[int]:
    if actor.staff_id is None:
        return frozenset()
    return stood_in_for(actor.staff_id) | {actor.staff_id}


def list_requests(actor: Actor) -> QuerySet[ApprovalRequest]:
    """What the person submitted, was asked about or decided, and what lies within her scope."""
    asked = ApprovalTask.objects.visible_to(actor).filter(request=OuterRef("pk"))
    in_place = ApprovalTask.objects.filter(
        request=OuterRef("pk"), approver__in=_seats_of(actor), state=TaskState.WAITING
    )
    rows = ApprovalRequest.objects.all()
    if actor.can("approvals.view_request"):
        seen = ApprovalRequest.objects.visible_to(actor).values("pk")
        rows = rows.filter(
            Exists(asked) | Exists(in_place) | Exists(seen.filter(pk=OuterRef("pk")))
        )
    else:
        rows = rows.none()
    return rows.select_related("submitter", "store")


def list_waiting(actor: Actor) -> QuerySet[ApprovalRequest]:
    """What waits for the person's decision now, hers or that of somebody she stands in for."""
    actor.require("approvals.view_request")
    waiting = ApprovalTask.objects.filter(
        request=OuterRef("pk"), approver__in=_seats_of(actor), state=TaskState.WAITING
    )
    return ApprovalRequest.objects.filter(
        Exists(waiting), state=RequestState.PENDING
    ).select_related("submitter", "store")


def list_submitted(actor: Actor) -> QuerySet[ApprovalRequest]:
    actor.require("approvals.view_request")
    return ApprovalRequest.objects.filter(submitter=actor.staff_id).select_related(
        "submitter", "store"
    )


def list_decided(actor: Actor) -> QuerySet[ApprovalRequest]:
    """What the person has decided, whatever became of it."""
    actor.require("approvals.view_request")
    decided = ApprovalTask.objects.filter(request=OuterRef("pk"), decided_by=actor.staff_id)
    return ApprovalRequest.objects.filter(Exists(decided)).select_related("submitter", "store")


def get_request(*, approval_id: int, actor: Actor) -> ApprovalRequest:
    """Raises NotFound."""
    found = list_requests(actor).select_related("version__flow").filter(pk=approval_id).first()
    if found is None:
        raise NotFound(_("No such approval."))
    return found


def lock_request(*, approval_id: int) -> ApprovalRequest:
    """The request, locked until the transaction ends; the caller has asked for sight of it."""
    return (
        ApprovalRequest.objects.select_related("version__flow", "store")
        .select_for_update(of=("self",))
        .get(pk=approval_id)
    )


def open_request_of(kind: str, subject_id: int) -> ApprovalRequest | None:
    """The request that is under way for a subject, whoever asks."""
    return ApprovalRequest.objects.filter(
        kind=kind, subject_id=subject_id, state__in=OPEN_STATES
    ).first()


def tasks_of(request: ApprovalRequest) -> list[ApprovalTask]:
    """Everybody who was or is asked, in order."""
    return list(
        request.tasks.select_related("approver", "stands_for", "decided_by").order_by(
            "round", "step_index", "seat", "pk"
        )
    )


def current_tasks(request: ApprovalRequest) -> list[ApprovalTask]:
    """Those of the present step, decided or not."""
    return list(
        request.tasks.filter(round=request.round, step_index=request.step_index)
        .select_related("approver", "stands_for", "decided_by")
        .order_by("seat", "pk")
    )


def waiting_for(request: ApprovalRequest, actor: Actor) -> list[ApprovalTask]:
    """The seats on which the person may decide now: her own first, then those she stands in for."""
    seats = _seats_of(actor)
    mine = [
        task
        for task in current_tasks(request)
        if task.state == TaskState.WAITING and task.approver_id in seats
    ]
    return sorted(mine, key=lambda task: task.approver_id != actor.staff_id)


def may_decide(*, approval_id: int, actor: Actor) -> bool:
    """Whether the person is asked at this moment; the action decides again."""
    request = ApprovalRequest.objects.filter(pk=approval_id, state=RequestState.PENDING).first()
    if request is None or not waiting_for(request, actor):
        return False
    step = request.version.steps_in_order[request.step_index]
    return request.submitter_id != actor.staff_id or step.submitter_may_approve


def names_waited_for(*, approval_id: int) -> list[str]:
    """The names of those who are to decide now."""
    waiting = ApprovalTask.objects.filter(request=approval_id, state=TaskState.WAITING)
    return list(waiting.order_by("pk").values_list("approver__name", flat=True))


def acts_of(request: ApprovalRequest) -> list[ApprovalAct]:
    """The record, the latest first."""
    return list(request.acts.select_related("file").order_by("-happened_at", "-pk"))


def count_tasks_of(staff_id: int) -> int:
    return ApprovalTask.objects.filter(approver=staff_id, state=TaskState.WAITING).count()


def away_on(day: date) -> frozenset[int]:
    """The people who have said that they are away on this day; no query while nothing changes."""
    return frozenset(staff_id for staff_id, first, last in ABSENCES.get() if first <= day <= last)


def _absences() -> list[tuple[int, date, date]]:
    """Who is or will be away, from when to when."""
    ahead = Absence.objects.filter(ended_at__isnull=True, to_date__gte=today() - timedelta(days=1))
    return list(ahead.values_list("staff_id", "from_date", "to_date"))


ABSENCES = Remembered("approvals.absences", _absences)


def list_absences(actor: Actor) -> QuerySet[Absence]:
    """The person's own absences and those in which she stands in, that have not ended."""
    return (
        Absence.objects.visible_to(actor)
        .filter(ended_at__isnull=True, to_date__gte=today())
        .select_related("staff", "substitute")
        .order_by("from_date", "pk")
    )


def with_deadlines(rows: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
    """The rows with ``waits_for`` (names of those who are to decide) and ``due_at``, for a list."""
    waiting = ApprovalTask.objects.filter(request=OuterRef("pk"), state=TaskState.WAITING)
    return rows.annotate(
        waits_for=ArraySubquery(waiting.order_by("pk").values("approver__name")),
        due_at=Subquery(
            waiting.filter(due_at__isnull=False).order_by("due_at").values("due_at")[:1]
        ),
    )
