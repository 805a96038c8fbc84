"""The number of what waits for a person, told anew to those whom a change concerns."""

from __future__ import annotations

from collections.abc import Iterable

from apps.approvals.models import ApprovalTask
from apps.approvals.queries.waiting import waiting_count


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
