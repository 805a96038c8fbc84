"""Customers in the shared pool, and those who are about to go there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When

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
    found = Q(pk__in=())
    for stores, limits in _limits():
        found |= Q(home_store__in=stores) & _untouched(limits, by=now())
    return _owned_and_unplanned().filter(found)


def soon_neglected() -> QuerySet[Customer]:
    """Those who are as far from it as their stores want to be warned; on ``pooled_on`` they go."""
    found, goes_on = Q(pk__in=()), []
    for stores, limits in _limits():
        ahead = timedelta(days=limits.warned)
        of_store = Q(home_store__in=stores)
        if limits.warned:
            found |= of_store & _untouched(limits, by=now() + ahead) & ~_untouched(limits, by=now())
            goes_on += [
                When(of_store & condition, then=F("touched_at") + timedelta(days=days))
                for condition, days in _cases(limits)
            ]
    customers = _owned_and_unplanned().filter(found)
    if not goes_on:
        return customers.annotate(pooled_on=F("touched_at"))
    return customers.annotate(pooled_on=Case(*goes_on, default=F("touched_at")))


def has_soon_neglected() -> bool:
    return soon_neglected().exists()


@dataclass(frozen=True, slots=True)
class _Limits:
    """After how many days without a contact a store's customers go, and since when one warns."""

    by_level: tuple[int, ...]
    idle: int
    warned: int


def _limits() -> list[tuple[list[int], _Limits]]:
    """The stores whose pool is open, by what they have decided."""
    by_rule: dict[_Limits, list[int]] = defaultdict(list)
    decided = current_values()
    for store in organisation.working_stores():
        if decided.of("crm.pool_is_open", store_id=store):
            days = decided.of("crm.pool_days", store_id=store)
            limits = _Limits(
                tuple(days[level] for level in IntentLevel.values),
                decided.of("crm.pool_days_without_level", store_id=store),
                decided.of("crm.pool_warning_days", store_id=store),
            )
            by_rule[limits].append(store)
    return [(stores, limits) for limits, stores in by_rule.items()]


def _cases(limits: _Limits) -> Iterator[tuple[Q, int]]:
    """(condition on a customer, days): the strictest first, for several deals may be open."""
    deals = Opportunity.objects.filter(customer=OuterRef("pk"), stage__in=OPEN_STAGES)
    by_level = zip(limits.by_level, IntentLevel.values, strict=True)
    for days, level in sorted(by_level, key=lambda pair: pair[0]):
        yield Q(Exists(deals.filter(level=level))), days
    yield Q(~Exists(deals), ~Q(lifecycle=Lifecycle.CUSTOMER)), limits.idle


def _untouched(limits: _Limits, *, by: datetime) -> Q:
    """Not contacted for the days of their case at the moment ``by``."""
    too_long = Q(pk__in=())
    for condition, days in _cases(limits):
        too_long |= condition & Q(touched_at__lt=by - timedelta(days=days))
    return too_long


def _owned_and_unplanned() -> QuerySet[Customer]:
    planned = FollowUp.objects.filter(
        customer=OuterRef("pk"), state=FollowUpState.OPEN, due_at__gt=now()
    )
    return Customer.objects.filter(~Exists(planned), owner__isnull=False)


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
