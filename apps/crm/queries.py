"""Reads of customers, leads, opportunities and what is planned with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from apps.crm.models import (
    AssignmentRule,
    Customer,
    FollowUp,
    Interaction,
    Lead,
    LeadPolicy,
    Opportunity,
)
from apps.crm.rules import customers as customer_rules
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.leads import OPEN_STATES, LeadState
from apps.crm.rules.opportunities import OPEN_STAGES, WON_STAGES, Stage
from forecourt.kernel import text
from forecourt.kernel.access import Actor, ScopedModel
from forecourt.kernel.errors import NotFound, NotPermitted

Row = TypeVar("Row", bound=ScopedModel)


def get_lead(*, lead_id: int, actor: Actor) -> Lead:
    """Raises NotFound."""
    return _one(list_leads(actor), lead_id)


def list_leads(actor: Actor) -> QuerySet[Lead]:
    """The leads that the actor may see, with customer, owner, store and the next contact's time."""
    return (
        Lead.objects.visible_to(actor)
        .select_related("customer", "owner", "store")
        .annotate(next_due_at=_next_due("lead"))
    )


def list_waiting_leads(actor: Actor) -> QuerySet[Lead]:
    """Leads that nobody has yet and that the actor may claim."""
    return (
        Lead.objects.visible_to(actor, "crm.claim_lead")
        .filter(state=LeadState.NEW)
        .select_related("customer", "store")
    )


def get_opportunity(*, opportunity_id: int, actor: Actor) -> Opportunity:
    """Raises NotFound."""
    return _one(list_opportunities(actor), opportunity_id)


def list_opportunities(actor: Actor) -> QuerySet[Opportunity]:
    return (
        Opportunity.objects.visible_to(actor)
        .select_related("customer", "owner", "store", "lead")
        .annotate(next_due_at=_next_due("opportunity"))
    )


def get_customer(*, customer_id: int, actor: Actor) -> Customer:
    """Raises NotFound."""
    return _one(list_customers(actor), customer_id)


def list_customers(actor: Actor, search: str = "") -> QuerySet[Customer]:
    """``search`` takes a part of the name (two characters do), pinyin initials, part of a phone."""
    customers = Customer.objects.visible_to(actor).select_related("owner", "home_store")
    return matching(customers, search) if search.strip() else customers


def matching(customers: QuerySet[Customer], search: str) -> QuerySet[Customer]:
    """Narrowed by the grams' index, then rechecked in what the index has found."""
    grams = text.query_grams(search)
    if not grams:
        return customers.none()
    found = customers.filter(grams__contains=grams)
    for word in text.normalise(search).split():
        found = found.filter(search_text__contains=word)
    return found


def list_follow_ups(actor: Actor) -> QuerySet[FollowUp]:
    """What is planned and still open."""
    return (
        FollowUp.objects.visible_to(actor)
        .filter(state=FollowUpState.OPEN)
        .select_related("customer", "owner", "lead", "opportunity")
    )


def list_interactions(*, customer: Customer) -> QuerySet[Interaction]:
    """All contacts with a customer whom the reader may see, the newest first."""
    return (
        Interaction.objects.filter(customer=customer)
        .select_related("author")
        .order_by("-happened_at", "-id")
    )


def list_assignment_rules() -> QuerySet[AssignmentRule]:
    return AssignmentRule.objects.select_related("store").order_by("sequence")


def lead_policy() -> LeadPolicy:
    return LeadPolicy.objects.get(pk=1)


# --- For actions --------------------------------------------------------------------------------


def lock(model: Any, *, pk: int, actor: Actor, permission: str) -> Any:
    """The row of ``model``, locked, if the actor may do this to it.

    Raises NotFound for a row outside her sight, NotPermitted for one that she may only see.
    """
    actor.require(permission)
    reachable = model.objects.visible_to(actor, permission)
    row = reachable.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        if model.objects.visible_to(actor).filter(pk=pk).exists():
            raise NotPermitted(_("You may not do this with this record."))
        raise NotFound(_("No such record."))
    return row


def lifecycles(customer_ids: Iterable[int] | None = None) -> Iterable[tuple[int, str, str]]:
    """(customer id, lifecycle as kept, lifecycle as it follows from the facts)."""
    deals = Opportunity.objects.filter(customer=OuterRef("pk"))
    customers = Customer.objects.annotate(
        has_won=Q(last_purchase_date__isnull=False) | Exists(deals.filter(stage__in=WON_STAGES)),
        has_open_opportunity=Exists(deals.filter(stage__in=OPEN_STAGES)),
        has_lost=Exists(deals.filter(stage=Stage.LOST)),
        has_open_lead=Exists(Lead.objects.filter(customer=OuterRef("pk"), state__in=OPEN_STATES)),
    )
    if customer_ids is not None:
        customers = customers.filter(pk__in=list(customer_ids))
    for customer_id, kept, won, opened, lost, lead in customers.values_list(
        "pk", "lifecycle", "has_won", "has_open_opportunity", "has_lost", "has_open_lead"
    ).iterator(chunk_size=5000):
        yield (
            customer_id,
            kept,
            customer_rules.lifecycle(
                has_won=won, has_open_opportunity=opened, has_lost=lost, has_open_lead=lead
            ),
        )


def _next_due(subject: str) -> Subquery:
    return Subquery(
        FollowUp.objects.filter(**{subject: OuterRef("pk")}, state=FollowUpState.OPEN).values(
            "due_at"
        )[:1]
    )


def _one(queryset: QuerySet[Row], pk: int) -> Row:
    row = queryset.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("No such record."))
    return row
