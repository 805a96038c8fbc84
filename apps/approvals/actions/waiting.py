"""What waits for a person: decided where no flow asks, and its number told anew."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from apps.approvals import subjects
from apps.approvals.models import ApprovalTask
from apps.approvals.queries.waiting import waiting_count
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound


def approve_by_rule(*, kind: str, subject_id: int, actor: Actor) -> None:
    """Agree to a subject that waits under its kind's default rule.

    Raises NotFound, and whatever the module's own action raises.
    """
    found = subjects.find(kind)
    if found is None or found.waiting is None:
        raise NotFound(_("No such record."))
    found.waiting.approve(subject_id, actor)
    waiting_changed([actor.staff_id])


def waiting_changed(staff_ids: Iterable[int | None]) -> None:
    """More or less waits for these people. For modules too, where their default rule asks."""
    people = {staff_id for staff_id in staff_ids if staff_id is not None}
    if people:
        waiting_count.forget(*people)


def request_changed(request_id: int) -> None:
    """Something happened to a request: everybody who was ever asked about it counts anew."""
    tasks = ApprovalTask.objects.filter(request=request_id)
    waiting_changed(
        staff_id for pair in tasks.values_list("approver", "decided_by") for staff_id in pair
    )
