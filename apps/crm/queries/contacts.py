"""What was said with customers, what is planned, and an advisor's day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet

from apps.crm.models import Customer, FollowUp, Interaction, Lead, Opportunity
from apps.crm.queries.customers import customers_found
from apps.crm.queries.rows import one
from apps.crm.rules import contacts as contact_rules
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.leads import LeadState
from apps.crm.rules.opportunities import level_within
from apps.organisation import queries as organisation
from apps.organisation.group_settings import CLOSED_DAYS
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.group_settings import value_of

GONE_BY = timedelta(days=2)
"""How far the sweep for contacts whose time has passed looks back; older ones are counted each
morning for the manager."""
DEFAULT_OPENING, DEFAULT_CLOSING = time(9), time(18)
"""For customers of no store."""


def contacts_gone_by() -> QuerySet[FollowUp]:
    """Planned contacts whose time has passed and whose owner was not told, since it was planned."""
    moment = now()
    return FollowUp.objects.filter(
        Q(reminded_at__isnull=True) | Q(reminded_at__lt=F("due_at")),
        state=FollowUpState.OPEN,
        due_at__range=(moment - GONE_BY, moment),
    )


def has_contacts_gone_by() -> bool:
    return contacts_gone_by().exists()


def contacts_gone_up() -> dict[int, list[tuple[Any, int]]]:
    """``{manager: [(owner, how many)]}`` of planned contacts that are overdue for the group's days
    or more."""
    counts, in_charge = _overdue_by_owner(), _in_charge()
    found: dict[int, list[tuple[Any, int]]] = defaultdict(list)
    for owner in organisation.staff_by_id(counts).values() if counts else ():
        for manager_id in _managers_of(owner, in_charge):
            found[manager_id].append((owner, counts[owner.pk]))
    return found


def gone_up_to(actor: Actor) -> Q:
    """Of planned contacts: those of which the actor is told as the manager.

    Asks of the stores in which she could be in charge only, so that a list costs no question a
    store.
    """
    counts, in_charge = _overdue_by_owner() if actor.staff_id else {}, _in_charge()
    reach = actor.grant("crm.reassign_lead")
    theirs = [
        owner.pk
        for owner in (organisation.staff_by_id(counts).values() if counts else ())
        if (owner.manager_id or reach.covers(owner.home_store_id, None))
        and actor.staff_id in _managers_of(owner, in_charge)
    ]
    return _overdue_too_long() & Q(owner__in=theirs)


def _in_charge() -> Callable[[int | None], set[int]]:
    return cache(lambda store: organisation.people_in_charge("crm.reassign_lead", store))


def _managers_of(owner: Any, in_charge: Callable[[int | None], set[int]]) -> set[int]:
    """Her manager, else those who give out leads in her store; never herself."""
    managers = {owner.manager_id} if owner.manager_id else in_charge(owner.home_store_id)
    return managers - {owner.pk}


def _overdue_by_owner() -> dict[int, int]:
    overdue = FollowUp.objects.filter(_overdue_too_long())
    return dict(overdue.values_list("owner").annotate(Count("pk")).order_by())


def _overdue_too_long() -> Q:
    limit = now() - timedelta(days=value_of("crm.overdue_days"))
    return Q(state=FollowUpState.OPEN, due_at__lt=limit)


def get_follow_up(*, follow_up_id: int, actor: Actor) -> FollowUp:
    """One that is still open. Raises NotFound."""
    return one(list_follow_ups(actor), follow_up_id)


def list_follow_ups(actor: Actor) -> QuerySet[FollowUp]:
    """What is planned and still open."""
    return (
        FollowUp.objects.visible_to(actor)
        .filter(state=FollowUpState.OPEN)
        .select_related("customer", "owner", "lead", "opportunity")
    )


def list_all_follow_ups(actor: Actor) -> QuerySet[FollowUp]:
    """What is planned and what was, within the actor's sight."""
    return FollowUp.objects.visible_to(actor).select_related(
        "customer", "owner", "lead", "opportunity"
    )


def overdue_contacts() -> Q:
    """Of planned contacts: still open though their time has passed."""
    return Q(state=FollowUpState.OPEN, due_at__lt=now())


def search_follow_ups(rows: QuerySet[FollowUp], search: str, actor: Actor) -> QuerySet[FollowUp]:
    """By the customer's name, pinyin or phone."""
    return rows.filter(customer__in=customers_found(search, actor))


def list_planned(actor: Actor) -> QuerySet[FollowUp]:
    """All contacts that were ever planned, done and skipped ones too."""
    return FollowUp.objects.visible_to(actor).select_related("customer", "owner")


def get_planned(*, follow_up_id: int, actor: Actor) -> FollowUp:
    """Raises NotFound."""
    return one(list_planned(actor), follow_up_id)


def list_contacts(actor: Actor) -> QuerySet[Interaction]:
    """The contacts with customers whom the actor may see."""
    return Interaction.objects.filter(customer__in=Customer.objects.visible_to(actor).values("pk"))


def list_interactions(*, customer: Customer) -> QuerySet[Interaction]:
    """All contacts with a customer whom the reader may see, the newest first."""
    return (
        Interaction.objects.filter(customer=customer)
        .select_related("author")
        .order_by("-happened_at", "-id")
    )


def days_until_next(level: str, *, store_id: int | None, brand: str = "") -> int:
    """After how many days somebody of an intent level is contacted again in this store."""
    decided = value_of("crm.follow_up_days", store_id=store_id, brand=brand)
    return int(decided.get(level, contact_rules.UNKNOWN_LEVEL_DAYS))


def level_of(buys_by: date, *, store_id: int | None, brand: str = "") -> str:
    """The intent level of somebody who means to buy by a day, by the group's table."""
    table = value_of("crm.level_days", store_id=store_id, brand=brand)
    days = (buys_by - today()).days
    return level_within(days, {level: int(most) for level, most in table.items()})


def skipped_contacts(opportunity: Opportunity) -> int:
    """How many planned contacts of a deal were left out with a reason."""
    return FollowUp.objects.filter(opportunity=opportunity, state=FollowUpState.SKIPPED).count()


def propose_next_contact(
    *, store_id: int | None, level: str = "", brand: str = "", result: str = ""
) -> datetime:
    """When the rules would have the customer contacted next, in the hours of the store."""
    days = days_until_next(level, store_id=store_id, brand=brand)
    return next_contact_in(days, store_id=store_id, result=result)


def next_contact_in(days: int, *, store_id: int | None, result: str = "") -> datetime:
    """So many days from now, in the hours of the store."""
    store = organisation.stores_by_id([store_id]).get(store_id) if store_id else None
    return contact_rules.next_follow_up_at(
        after=now(),
        days=days,
        result=result,
        opens_at=store.opens_at if store else DEFAULT_OPENING,
        closes_at=store.closes_at if store else DEFAULT_CLOSING,
        zone=ZoneInfo(store.time_zone if store else settings.TIME_ZONE),
        closed=value_of(CLOSED_DAYS, store_id=store_id),
    )


def open_follow_up(
    *, lead: Lead | None = None, opportunity: Opportunity | None = None
) -> FollowUp | None:
    """What is planned next with a lead or an opportunity."""
    planned = FollowUp.objects.filter(state=FollowUpState.OPEN)
    if lead is not None:
        return planned.filter(lead=lead).first()
    return planned.filter(opportunity=opportunity).first()


@dataclass(frozen=True, slots=True)
class Day:
    """An advisor's day: who came and waits for a first answer, what is overdue, what is due."""

    waiting: list[Lead]
    overdue: list[FollowUp]
    due: list[FollowUp]
    later: list[FollowUp]


def my_day(*, actor: Actor, until: datetime, size: int = 100) -> Day:
    """What the actor herself has to do; ``until`` is the end of her day."""
    moment = now()
    waiting = (
        Lead.objects.filter(
            owner_id=actor.staff_id,
            state=LeadState.ASSIGNED,
            first_response_at__isnull=True,
        )
        .select_related("customer", "store")
        .order_by("response_due_at", "id")
    )
    planned = list(
        FollowUp.objects.filter(owner_id=actor.staff_id, state=FollowUpState.OPEN)
        .select_related("customer", "lead", "opportunity")
        .order_by("due_at", "id")[: 2 * size]
    )
    return Day(
        waiting=list(waiting[:size]),
        overdue=[row for row in planned if row.due_at < moment],
        due=[row for row in planned if moment <= row.due_at < until],
        later=[row for row in planned if row.due_at >= until],
    )
