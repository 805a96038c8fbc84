"""Who is reached, written down: a statement for any number of customers, each once an occasion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet

from apps.marketing.models import Automation, Campaign, Reach
from apps.marketing.rules.pacing import Window, next_window
from apps.marketing.rules.states import ReachState
from apps.notifications.policy import contact_policy
from apps.organisation import queries as organisation
from forecourt.kernel.clock import now
from forecourt.kernel.groups import current_group

SPREAD_BY = 7919
"""A prime, so that customers who follow on each other are written to at times that do not."""
INSERT = """
    INSERT INTO marketing_reach (automation_id, campaign_id, customer_id, occasion, version, state,
                                 reason, due_at, expires_at, created_at)
    SELECT %s, %s, chosen.id, %s, %s, 'WAITING', '',
           %s + make_interval(secs => (chosen.id * %s) %% %s), %s, %s
    FROM ({chosen}) AS chosen (id)
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Occasion:
    """For what customers are reached, and until when there is any use in it."""

    source: Automation | Campaign
    name: str
    not_before: datetime
    expires_at: datetime
    is_spread: bool


def write_down(customers: QuerySet, occasion: Occasion) -> int:
    """Note that these customers are to be reached, each once; answers how many are new.

    Messages are spread over the hours in which the customers' own stores write.
    """
    if not occasion.is_spread:
        window = Window(occasion.not_before, timedelta(seconds=1))
        return _insert(customers, occasion, window)
    count = 0
    for zone, some in by_time_zone(customers):
        count += _insert(some, occasion, window_in(zone, occasion.not_before))
    return count


def window_in(zone: str, moment: datetime) -> Window:
    """When messages may leave in a time zone, from a moment on."""
    policy = contact_policy()
    local = moment.astimezone(ZoneInfo(zone))
    return next_window(local, quiet_from=policy.quiet_from, quiet_to=policy.quiet_to)


def by_time_zone(customers: QuerySet) -> Iterator[tuple[str, QuerySet]]:
    """The customers by the time zone of their store; those without a store by the group's."""
    zones = organisation.time_zones()
    group = current_group()
    own = group.time_zone if group else "UTC"
    for zone in sorted({*zones, own}):
        there = Q(home_store__time_zone=zone)
        yield zone, customers.filter(there | Q(home_store=None) if zone == own else there)


def _insert(customers: QuerySet, occasion: Occasion, window: Window) -> int:
    try:
        chosen, parameters = customers.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return 0
    source = occasion.source
    is_automation = isinstance(source, Automation)
    values = (
        source.pk if is_automation else None,
        None if is_automation else source.pk,
        occasion.name,
        source.version if isinstance(source, Automation) else 1,
        window.start,
        SPREAD_BY,
        max(window.seconds, 1),
        occasion.expires_at,
        now(),
    )
    with connection.cursor() as cursor:
        cursor.execute(INSERT.format(chosen=chosen), [*values, *parameters])
        return cursor.rowcount


def without_resting(customers: QuerySet, automation: Automation) -> QuerySet:
    """Those whom the automation has not reached within its days of rest."""
    if not automation.rest_days:
        return customers
    since = now() - timedelta(days=automation.rest_days)
    lately = Reach.objects.filter(automation=automation, created_at__gt=since).exclude(
        state=ReachState.HELD
    )
    return customers.exclude(pk__in=lately.values("customer_id"))
