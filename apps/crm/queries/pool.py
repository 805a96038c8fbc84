"""Customers in the shared pool, and those who are about to go there."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.crm.models import Customer, FollowUp, Lead, Opportunity
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.customers import Lifecycle
from apps.crm.rules.leads import OPEN_STATES
from apps.crm.rules.opportunities import OPEN_STAGES, WON_STAGES, IntentLevel
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.group_settings import current_values


def list_pool(actor: Actor) -> QuerySet[Customer]:
    """The customers in the pool whom the actor may claim."""
    return (
        Customer.objects.visible_to(actor, "crm.claim_lead")
        .filter(pooled_at__isnull=False)
        .select_related("home_store")
    )


def neglected_customers() -> QuerySet[Customer]:
    """Customers whose owners have not contacted them for longer than their stores allow.

    Whoever has a contact planned in the future is not neglected: she was told to wait.
    """
    return Customer.objects.filter(owner__isnull=False).filter(_neglected())


def _neglected() -> Q:
    by_rule: dict[Any, list[int]] = defaultdict(list)
    decided = current_values()
    for store in organisation.working_stores():
        if decided.of("crm.pool_is_open", store_id=store):
            days = decided.of("crm.pool_days", store_id=store)
            idle = decided.of("crm.pool_days_without_level", store_id=store)
            by_rule[(*(days[level] for level in IntentLevel.values), idle)].append(store)
    deals = Opportunity.objects.filter(customer=OuterRef("pk"), stage__in=OPEN_STAGES)
    planned = FollowUp.objects.filter(
        customer=OuterRef("pk"), state=FollowUpState.OPEN, due_at__gt=now()
    )
    found = Q(pk__in=())
    for (*by_level, idle), stores in by_rule.items():
        too_long = Q(
            ~Exists(deals),
            ~Q(lifecycle=Lifecycle.CUSTOMER),
            touched_at__lt=now() - timedelta(days=idle),
        )
        for level, days in zip(IntentLevel.values, by_level, strict=True):
            too_long |= Q(
                Exists(deals.filter(level=level)), touched_at__lt=now() - timedelta(days=days)
            )
        found |= Q(home_store__in=stores) & too_long
    return found & ~Exists(planned)


def has_neglected_customers() -> bool:
    return neglected_customers().exists()


def has_deals_to_wake() -> bool:
    return Opportunity.objects.filter(wake_date__lte=today()).exists()


def has_moved_on(lost: Opportunity) -> bool:
    """Whether the customer of a lost deal was merged, asks for something else, or has bought."""
    customer = lost.customer
    if customer.merged_into_id is not None:
        return True
    others = Opportunity.objects.filter(customer=customer).exclude(pk=lost.pk)
    since = Q(stage__in=WON_STAGES, stage_changed_at__gt=lost.lost_at)
    if others.filter(Q(stage__in=OPEN_STAGES) | since).exists():
        return True
    return Lead.objects.filter(customer=customer, state__in=OPEN_STATES).exists()
