"""What is late: first answers and planned contacts. The advisor hears first, then the manager."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from apps.crm import queries
from apps.crm.actions import telling
from apps.crm.models import Lead
from apps.organisation import queries as organisation
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now

AT_MOST = 500


@transaction.atomic
def remind_of_late_answers() -> int:
    """Tell advisors of leads that they have not answered in time; once for each lead.

    Answers how many leads it were.
    """
    late = list(
        queries.late_answers()
        .select_related("customer")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("pk")[:AT_MOST]
    )
    Lead.objects.filter(pk__in=[lead.pk for lead in late]).update(reminded_at=now())
    telling.tell_of_late_answers(late, system_actor())
    return len(late)


@transaction.atomic
def tell_managers_of_late_answers() -> int:
    """Tell managers of leads still unanswered when the time to answer has passed once more."""
    late = list(
        queries.answers_to_escalate()
        .select_related("customer")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("pk")[:AT_MOST]
    )
    Lead.objects.filter(pk__in=[lead.pk for lead in late]).update(escalated_at=now())
    owners = organisation.staff_by_id({lead.owner_id for lead in late}) if late else {}
    telling.tell_managers_of_late_answers(late, owners, system_actor())
    return len(late)


@transaction.atomic
def remind_of_overdue_contacts() -> int:
    """Tell people of planned contacts whose time has passed; answers how many people."""
    return telling.tell_of_overdue_contacts(queries.contacts_gone_by(), system_actor())


@transaction.atomic
def tell_managers_of_overdue_contacts(*, day: date) -> int:
    """Each morning tell managers how many contacts of their people are overdue for a day."""
    counts = queries.overdue_contacts_by_owner()
    owners = organisation.staff_by_id(counts) if counts else {}
    return telling.tell_managers_of_overdue_contacts(counts, owners, day, system_actor())
