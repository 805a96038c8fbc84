"""Automations, whom they mean, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from apps.crm import facts
from apps.crm.facts import Fact, Kind
from apps.marketing.models import Automation, Reach
from apps.marketing.queries.audience import Outlook, outlook
from apps.marketing.queries.filtering import narrowed
from apps.marketing.queries.segments import customers_of
from apps.marketing.rules.conditions import Block, Condition, Filter, Op
from apps.marketing.rules.states import Deed, ReachState, Trigger
from forecourt.kernel import feed
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import NotFound

DRY_EVENTS = 500
DAY = timedelta(days=1)


def list_automations(actor: Actor) -> QuerySet[Automation]:
    return Automation.objects.visible_to(actor).select_related("segment", "store")


def get_automation(*, automation_id: int, actor: Actor) -> Automation:
    """Raises NotFound."""
    automation = list_automations(actor).filter(pk=automation_id).first()
    if automation is None:
        raise NotFound(_("There is no such automation."))
    return automation


def lock_automation(*, automation_id: int, actor: Actor) -> Automation:
    """The automation for a change, in a transaction. Raises NotFound."""
    get_automation(automation_id=automation_id, actor=actor)
    return Automation.objects.select_for_update().get(pk=automation_id)


def automations_on(trigger: Trigger) -> list[int]:
    """The ids of those that are switched on."""
    rows = Automation.objects.filter(is_on=True, trigger=trigger)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def events_about_customers() -> list[feed.FeedEvent]:
    """The public events that say whose they are."""
    return [event for event in feed.all_events().values() if facts.is_about_customer(event)]


def dated_facts() -> list[Fact]:
    """What days can be counted from."""
    return [fact for fact in facts.all_facts().values() if fact.is_dated]


def target_of(automation: Automation, day: date) -> date:
    """Which date is met on a day: three days before it, the one three days later."""
    return day - timedelta(days=automation.offset_days)


def occasion_of(automation: Automation, target: date) -> str:
    """What makes the date one and the same: a birthday is one a year, however it is corrected."""
    fact = facts.all_facts().get(automation.fact)
    is_yearly = fact is not None and fact.kind == Kind.BIRTHDAY
    return str(target.year) if is_yearly else target.isoformat()


def customers_meant(automation: Automation, actor: Actor) -> QuerySet:
    """The customers of its segment and store whom the actor may see."""
    customers = customers_of(automation.segment, actor)
    if automation.store_id is not None:
        customers = customers.filter(home_store_id=automation.store_id)
    return customers


def customers_due(automation: Automation, day: date, actor: Actor) -> QuerySet:
    """Those whose date is met on the day."""
    customers = customers_meant(automation, actor)
    fact = facts.all_facts().get(automation.fact)
    if fact is None:
        return customers.none()
    target = target_of(automation, day)
    if fact.kind == Kind.BIRTHDAY:
        asked = Condition(fact.code, Op.WITHIN_NEXT, ("0",))
    else:
        asked = Condition(fact.code, Op.BETWEEN, (target.isoformat(), target.isoformat()))
    wanted = Filter(blocks=(Block(conditions=(asked,)),))
    return narrowed(customers, wanted, day=target, prefix="due")


def dry_run(automation: Automation, actor: Actor) -> Outlook:
    """Whom it would reach today, or for the events of the last day; nothing is done.

    The counts are of all its customers, the sample of those whom the actor may see.
    """
    system = system_actor()
    customers, shown = _today(automation, system), _today(automation, actor)
    if automation.deed == Deed.MESSAGE:
        return outlook(customers, automation.options["channel"], shown)
    count = customers.count()
    sample = shown.select_related("owner", "home_store").order_by("-pk")[:20]
    return Outlook(count, count, [], [(row, "") for row in sample])


def _today(automation: Automation, actor: Actor) -> QuerySet:
    if automation.trigger == Trigger.DATE:
        return customers_due(automation, today(), actor)
    types = feed.named([automation.event])
    if not types:
        return customers_meant(automation, actor).none()
    batch = feed.read(
        actor=system_actor(),
        types=types,
        after=feed.place_before(now() - DAY),
        limit=DRY_EVENTS,
    )
    lately = [event for event in batch.events if event.happened_at > now() - DAY]
    whose = facts.customers_of(types[0].subject, [event.subject_id for event in lately])
    return customers_meant(automation, actor).filter(pk__in=set(whose.values()))


def counts_of(reaches: QuerySet[Reach]) -> Mapping[str, int]:
    """How many wait, are on their way, were reached, were held back."""
    return reaches.aggregate(
        **{state.lower(): Count("pk", filter=Q(state=state)) for state in ReachState.values}
    )


def list_reaches(
    actor: Actor, *, automation: Automation | None = None, campaign: Any = None
) -> QuerySet[Reach]:
    """The customers of an automation or a campaign whom the actor may see."""
    reaches = Reach.objects.visible_to(actor, "crm.view_customer")
    reaches = reaches.select_related("customer", "customer__owner", "customer__home_store")
    if automation is not None:
        return reaches.filter(automation=automation)
    return reaches.filter(campaign=campaign)
