"""Who is told of what happens to requests, in the transaction of what happened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.approvals import notifications as told
from apps.approvals.events import (
    ApprovalAsked,
    ApprovalDelegated,
    ApprovalEscalated,
    ApprovalGranted,
    ApprovalRejected,
    ApprovalReminded,
    ApprovalReturned,
)
from apps.approvals.models import Absence, ApprovalRequest
from apps.approvals.queries.kinds import kind_label
from apps.notifications.actions import notify
from apps.notifications.registry import Event
from apps.organisation.queries import staff_by_id
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import today


def tell_asked(event: ApprovalAsked) -> None:
    people = set(event.staff_ids)
    _tell(told.ASKED, event.request_id, people | _substitutes_of(people), event.step_index)


def tell_granted(event: ApprovalGranted) -> None:
    _tell(told.GRANTED, event.request_id, [event.submitter_id])


def tell_rejected(event: ApprovalRejected) -> None:
    _tell(told.REJECTED, event.request_id, [event.submitter_id], reason=event.reason)


def tell_returned(event: ApprovalReturned) -> None:
    _tell(told.RETURNED, event.request_id, [event.submitter_id], reason=event.reason)


def tell_reminded(event: ApprovalReminded) -> None:
    people = {event.staff_id}
    _tell(told.REMINDED, event.request_id, people | _substitutes_of(people))


def tell_escalated(event: ApprovalEscalated) -> None:
    _tell(
        told.ESCALATED,
        event.request_id,
        event.staff_ids,
        event.late_staff_id,
        person=_name_of(event.late_staff_id),
    )


def tell_delegated(event: ApprovalDelegated) -> None:
    _tell(
        told.DELEGATED,
        event.request_id,
        [event.to_staff_id],
        event.from_staff_id,
        person=_name_of(event.from_staff_id),
    )


def _substitutes_of(staff_ids: set[int]) -> set[int]:
    """Those who decide today in the place of the people."""
    away = Absence.objects.filter(
        staff__in=staff_ids, ended_at__isnull=True, from_date__lte=today(), to_date__gte=today()
    )
    return set(away.values_list("substitute_id", flat=True))


def _name_of(staff_id: int) -> str:
    found = staff_by_id([staff_id]).get(staff_id)
    return found.name if found else ""


def _tell(
    event: Event,
    request_id: int,
    people: Iterable[int | None],
    occurrence: int = 0,
    **values: Any,
) -> None:
    request = ApprovalRequest.objects.select_related("submitter").get(pk=request_id)
    notify(
        event,
        recipients=people,
        subject=request,
        values={
            "title": request.title,
            "kind": kind_label(request.kind),
            "submitter": request.submitter.name if request.submitter else "",
            **values,
        },
        key=f"{request.pk}:{request.round}:{request.step_index}:{occurrence}",
        store_id=request.store_id,
        actor=system_actor(),
    )
