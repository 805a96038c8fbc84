"""Being away: for some days a named person decides in one's place."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.approvals.actions.waiting import waiting_changed
from apps.approvals.models import Absence
from apps.approvals.queries.requests import ABSENCES, list_absences
from apps.organisation import people
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted

LONGEST_DAYS = 366
OVERLAP = "absence_overlap_ex"


def plan_absence(*, substitute_id: int, from_date: date, to_date: date, actor: Actor) -> Absence:
    """Let somebody decide in one's place from one day to another, both included.

    Raises NotPermitted, Invalid, or Conflict with days that are planned already.
    """
    actor.require("approvals.view_request")
    if actor.staff_id is None:
        raise NotPermitted(_("Only people can be away."))
    if to_date < max(from_date, today()):
        raise Invalid(_("The last day is before the first one, or over."), field="to_date")
    if (to_date - from_date).days > LONGEST_DAYS:
        raise Invalid(_("Plan at most one year."), field="to_date")
    if substitute_id == actor.staff_id or not people.by_id([substitute_id]):
        raise Invalid(_("Choose somebody else who works here."), field="substitute_id")
    try:
        with transaction.atomic():
            absence = Absence.objects.create(
                staff_id=actor.staff_id,
                substitute_id=substitute_id,
                from_date=from_date,
                to_date=to_date,
            )
            ABSENCES.forget()
            audit.record(actor, "absence planned", absence)
            waiting_changed([substitute_id])
    except IntegrityError as error:
        if OVERLAP in str(error):
            raise Conflict(_("You are away on some of these days already.")) from error
        raise
    return absence


@transaction.atomic
def end_absence(*, absence_id: int, actor: Actor) -> Absence:
    """Decide oneself again from now on. Raises NotFound for what is not one's own."""
    own = list_absences(actor).filter(pk=absence_id, staff=actor.staff_id)
    absence = own.select_for_update(of=("self",)).first()
    if absence is None:
        raise NotFound(_("No such absence."))
    absence.ended_at = now()
    absence.save(update_fields=["ended_at"])
    ABSENCES.forget()
    audit.record(actor, "absence ended", absence)
    waiting_changed([absence.substitute_id])
    return absence
