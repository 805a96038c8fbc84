"""Leads: in sight, waiting, late."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from apps.crm.models import Customer, FollowUp, Lead
from apps.crm.queries.customers import customers_found
from apps.crm.queries.rows import next_due, one
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.leads import OPEN_STATES, LeadState
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.imports.queries import records_of
from forecourt.kernel.models import ImportRun

LATEST_ESCALATION = timedelta(days=21)
"""Longer than any holiday. Older ones are no news: they stand in the list of overdue leads."""


def get_lead(*, lead_id: int, actor: Actor) -> Lead:
    """Raises NotFound."""
    return one(list_leads(actor), lead_id)


def list_leads(actor: Actor) -> QuerySet[Lead]:
    """The leads that the actor may see, with customer, owner, store and the next contact's time."""
    return (
        Lead.objects.visible_to(actor)
        .select_related("customer", "owner", "store")
        .annotate(next_due_at=next_due("lead"))
    )


def late_answers() -> QuerySet[Lead]:
    """Leads whose first answer is overdue and whose owner has not been told."""
    return Lead.objects.filter(
        state=LeadState.ASSIGNED,
        first_response_at__isnull=True,
        response_due_at__lt=now(),
        reminded_at__isnull=True,
    )


def has_late_answers() -> bool:
    return late_answers().exists()


def answers_to_escalate() -> QuerySet[Lead]:
    """Leads whose owner was told, and whose manager was not: the time to answer runs once more."""
    return _unanswered().filter(
        reminded_at__gte=now() - LATEST_ESCALATION, escalated_at__isnull=True
    )


def answers_to_give_back() -> QuerySet[Lead]:
    """Leads whose manager was told, too, and that nobody has answered since."""
    return _unanswered().filter(escalated_at__gte=now() - LATEST_ESCALATION)


def _unanswered() -> QuerySet[Lead]:
    return Lead.objects.filter(
        state=LeadState.ASSIGNED,
        first_response_at__isnull=True,
        response_due_at__isnull=False,
    )


def has_answers_to_escalate() -> bool:
    return answers_to_escalate().exists()


def has_answers_to_give_back() -> bool:
    return answers_to_give_back().exists()


def list_waiting_leads(actor: Actor) -> QuerySet[Lead]:
    """Leads that nobody has yet and that the actor may claim."""
    return (
        Lead.objects.visible_to(actor, "crm.claim_lead")
        .filter(state=LeadState.NEW)
        .select_related("customer", "owner", "store")
    )


def lead_queue(actor: Actor) -> QuerySet[Lead]:
    """Leads that nobody has answered and on which the actor may work, the most urgent first."""
    return (
        Lead.objects.visible_to(actor, "crm.work_lead")
        .filter(
            Q(state=LeadState.NEW) | Q(state=LeadState.ASSIGNED, first_response_at__isnull=True)
        )
        .select_related("customer", "owner", "store")
        .order_by(F("response_due_at").asc(nulls_first=True), "id")
    )


def late_owners(actor: Actor) -> list[tuple[int, str, int]]:
    """(id, name, how many) of those who are late with first answers, the latest first."""
    overdue = Lead.objects.visible_to(actor, "crm.reassign_lead").filter(
        state=LeadState.ASSIGNED, first_response_at__isnull=True, response_due_at__lt=now()
    )
    counted = overdue.in_focus(actor).values_list("owner_id", "owner__name")
    return [
        (owner_id, name, count)
        for owner_id, name, count in counted.annotate(count=Count("pk")).order_by("-count")
    ]


def get_lead_or_waiting(*, lead_id: int, actor: Actor) -> Lead:
    """A lead that the actor may see or, while nobody has it, may claim. Raises NotFound."""
    lead = list_leads(actor).filter(pk=lead_id).first()
    return lead or one(list_waiting_leads(actor), lead_id)


def search_leads(leads: QuerySet[Lead], search: str, actor: Actor) -> QuerySet[Lead]:
    """By a lead's number, or by the customer's name, pinyin or phone."""
    if "-LD-" in search.upper():
        return leads.filter(number__startswith=search.upper())
    return leads.filter(customer__in=customers_found(search, actor))


def late() -> Q:
    """Of leads: the first answer or the next contact is overdue at the moment of the question."""
    moment = now()
    missed = FollowUp.objects.filter(
        lead=OuterRef("pk"), state=FollowUpState.OPEN, due_at__lt=moment
    )
    return Q(
        state=LeadState.ASSIGNED, first_response_at__isnull=True, response_due_at__lt=moment
    ) | Q(Exists(missed), state__in=OPEN_STATES)


def clashing() -> Q:
    """Of leads under way: somebody else brought the customer in, and nobody has given it on."""
    return Q(assignment__has_key="clash", state__in=(*OPEN_STATES, LeadState.QUALIFIED))


def clashes_of_import(run: ImportRun) -> QuerySet[Lead]:
    """Leads under way that a file has brought owners into a clash over; whoever asks."""
    return Lead.objects.filter(
        clashing(),
        pk__in=records_of(run),
        assignment__clash__at__gte=int(run.created_at.timestamp()),
    )


def find_open_leads(actor: Actor, search: str) -> QuerySet[Lead]:
    """Leads by number, or open ones by the customer's name or phone."""
    leads = (
        Lead.objects.visible_to(actor)
        .select_related("customer", "owner")
        .only("number", "state", "brand", "series", "customer__name", "owner__name")
        .order_by("-id")
    )
    if "-LD-" in search.upper():
        return leads.filter(number__startswith=search.upper())
    return leads.filter(state__in=OPEN_STATES, customer__in=customers_found(search, actor))


def open_lead_of(customer: Customer) -> Lead | None:
    return Lead.objects.filter(customer=customer, state__in=OPEN_STATES).first()
