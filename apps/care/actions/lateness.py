"""Complaints that are late: who answers for them hears of it, and whoever gives them out."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.care import notifications as told
from apps.care import queries
from apps.care.actions.steps import in_charge, tell, write_step
from apps.care.models import Complaint
from apps.care.rules.complaints import StepKind
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import now

AT_MOST = 200
REPLY_LATE, SOLUTION_LATE = _("First reply"), _("Solution")


@transaction.atomic
def tell_of_late_complaints() -> int:
    """Once for each clock of each complaint; answers how many complaints it were."""
    late = list(
        queries.untold()
        .select_related("customer", "owner")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("pk")[:AT_MOST]
    )
    for complaint in late:
        _tell(complaint, system_actor())
    return len(late)


def _tell(complaint: Complaint, actor: Actor) -> None:
    moment = now()
    changed = []
    what = REPLY_LATE
    if complaint.first_reply_at is None and complaint.reply_due_at < moment:
        complaint.reply_late_told_at = complaint.reply_late_told_at or moment
        changed.append("reply_late_told_at")
    if complaint.close_due_at < moment:
        what = SOLUTION_LATE
        complaint.close_late_told_at = moment
        changed.append("close_late_told_at")
    complaint.save(update_fields=changed)
    write_step(complaint, StepKind.ESCALATED, actor, str(what))
    tell(told.COMPLAINT_LATE, complaint, actor, _people(complaint), key=f"{what}", what=what)


def _people(complaint: Complaint) -> set[int]:
    people = in_charge(complaint)
    if complaint.owner_id is not None:
        owner = organisation.staff_by_id([complaint.owner_id])[complaint.owner_id]
        people |= {owner.pk, *([owner.manager_id] if owner.manager_id else [])}
    return people
