"""What is late: first answers and planned contacts. The advisor hears first, then the manager; what
stays unanswered waits for everybody in the end."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import QuerySet

from apps.crm import queries
from apps.crm.actions import telling
from apps.crm.actions.leads import answer_due_at, return_leads
from apps.crm.models import FollowUp, Lead
from apps.organisation import queries as organisation
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.group_settings import current_values

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
    late = _passed_once_more(queries.answers_to_escalate(), since="reminded_at")
    Lead.objects.filter(pk__in=[lead.pk for lead in late]).update(escalated_at=now())
    owners = organisation.staff_by_id({lead.owner_id for lead in late}) if late else {}
    telling.tell_managers_of_late_answers(late, owners, system_actor())
    return len(late)


@transaction.atomic
def give_back_unanswered() -> int:
    """Let leads wait for everybody that stay unanswered though the manager was told."""
    decided = current_values()
    late = [
        lead
        for lead in _passed_once_more(queries.answers_to_give_back(), since="escalated_at")
        if decided.of("crm.returns_unanswered", store_id=lead.store_id, brand=lead.brand)
    ]
    return_leads(late, actor=system_actor())
    return len(late)


def _passed_once_more(leads: QuerySet[Lead], *, since: str) -> list[Lead]:
    """Those, locked, for which the time to answer has passed again in the hours of their stores.

    Whoever looks may come late: the time runs from when the last one was told, so nobody is told
    twice and nobody is passed over.
    """
    locked = list(
        leads.select_related("customer")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by(since, "pk")[:AT_MOST]
    )
    stores = organisation.stores_by_id({lead.store_id for lead in locked}) if locked else {}
    decided, moment = current_values(), now()
    return [
        lead
        for lead in locked
        if answer_due_at(
            since=getattr(lead, since),
            store=stores[lead.store_id],
            decided=decided,
            brand=lead.brand,
        )
        <= moment
    ]


@transaction.atomic
def remind_of_overdue_contacts() -> int:
    """Tell people of planned contacts whose time has passed; answers how many people."""
    gone_by = list(
        queries.contacts_gone_by()
        .select_related("customer")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("due_at", "pk")[:AT_MOST]
    )
    FollowUp.objects.filter(pk__in=[contact.pk for contact in gone_by]).update(reminded_at=now())
    return telling.tell_of_overdue_contacts(gone_by, system_actor())


@transaction.atomic
def tell_managers_of_overdue_contacts(*, day: date) -> int:
    """Each morning tell managers how many contacts of their people are overdue too long."""
    return telling.tell_managers_of_overdue_contacts(
        queries.contacts_gone_up(), day, system_actor()
    )
