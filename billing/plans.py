"""The plans as data: what they cost, what they include, what they allow.

Stripe is kept in step with them (:mod:`billing.catalogue`), the public prices, the page of a group
and every limit are read from them. Amounts are in the smallest unit of their currency (fen, cents)
and without tax.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import Promise

CURRENCIES = ("cny", "usd")
"""The first is the one that a price is kept in; the others are options of the same price."""
MONTHS = {"month": 1, "year": 12}
MONTHS_PAID = {"month": 1, "year": 10}
"""A year costs ten months."""

Amounts = Mapping[str, int]


class Resource(Enum):
    """What a plan limits."""

    STORES = "stores"
    STAFF = "staff"
    STORAGE = "storage"
    """In bytes."""
    API_CALLS = "api_calls"
    """A minute, of the whole group."""
    DOMAINS = "domains"
    """Host names of the group's own."""


class Meter(Enum):
    """What is counted and, above what the plan includes, charged; named as Stripe's meters are."""

    STORAGE = "forecourt_storage_gb"
    MESSAGES = "forecourt_messages"


GIGABYTE = 10**9


@dataclass(frozen=True, slots=True)
class Tier:
    """Each store up to the ``up_to``-th (None: and all above) costs so much a month."""

    up_to: int | None
    monthly: Amounts


@dataclass(frozen=True, slots=True)
class Overage:
    """So much is included each month; every unit above costs ``each`` (a month)."""

    meter: Meter
    included: int
    each: Amounts


@dataclass(frozen=True, slots=True)
class Plan:
    """What a group can subscribe to; a limit that is not named is none."""

    code: str
    name: "str | Promise"
    summary: "str | Promise"
    tiers: Sequence[Tier]
    overages: Sequence[Overage]
    limits: Mapping[Resource, int]
    modules: frozenset[str]

    def limit_of(self, resource: Resource) -> int | None:
        return self.limits.get(resource)

    def store_tiers(self, interval: str, currency: str) -> list[tuple[int | None, int]]:
        """``(up to, amount)`` of a store's price for a month or a year."""
        return [(tier.up_to, tier.monthly[currency] * MONTHS_PAID[interval]) for tier in self.tiers]

    def price_of_stores(self, stores: int, interval: str, currency: str) -> int:
        """What so many stores cost: each store by the tier that it falls into."""
        total, below = 0, 0
        for up_to, amount in self.store_tiers(interval, currency):
            end = stores if up_to is None else min(stores, up_to)
            total += max(0, end - below) * amount
            below = max(below, end)
        return total


MODULES: "Mapping[str, str | Promise]" = {
    "crm": _("Customers and leads"),
    "vehicles": _("Vehicle stock"),
    "sales": _("Vehicle sales"),
    "documents": _("Documents"),
    "approvals": _("Approvals"),
    "webhooks": _("Webhooks"),
    "headquarters": _("Reports of the whole group"),
}
"""What a plan may leave out; everything else is in each of them."""
CORE = frozenset({"crm", "vehicles", "sales", "documents"})


def _overages(storage_gb: int, messages: int) -> tuple[Overage, ...]:
    return (
        Overage(Meter.STORAGE, storage_gb, {"cny": 200, "usd": 30}),
        Overage(Meter.MESSAGES, messages, {"cny": 8, "usd": 2}),
    )


STARTER = Plan(
    code="starter",
    name=_("Starter"),
    summary=_("For one to three stores that begin."),
    tiers=(
        Tier(1, {"cny": 99_900, "usd": 13_900}),
        Tier(None, {"cny": 79_900, "usd": 10_900}),
    ),
    overages=_overages(storage_gb=50, messages=2_000),
    limits={
        Resource.STORES: 3,
        Resource.STAFF: 60,
        Resource.STORAGE: 200 * GIGABYTE,
        Resource.API_CALLS: 600,
        Resource.DOMAINS: 0,
    },
    modules=CORE,
)
PROFESSIONAL = Plan(
    code="professional",
    name=_("Professional"),
    summary=_("For groups of up to twenty stores, with approvals and webhooks."),
    tiers=(
        Tier(5, {"cny": 199_900, "usd": 27_900}),
        Tier(None, {"cny": 169_900, "usd": 23_900}),
    ),
    overages=_overages(storage_gb=500, messages=20_000),
    limits={
        Resource.STORES: 20,
        Resource.STAFF: 1_000,
        Resource.STORAGE: 2_000 * GIGABYTE,
        Resource.API_CALLS: 3_000,
        Resource.DOMAINS: 3,
    },
    modules=CORE | {"approvals", "webhooks"},
)
GROUP = Plan(
    code="group",
    name=pgettext_lazy("plan", "Group"),
    summary=_("For large groups: everything, without a limit on stores and staff."),
    tiers=(
        Tier(10, {"cny": 299_900, "usd": 41_900}),
        Tier(50, {"cny": 249_900, "usd": 34_900}),
        Tier(None, {"cny": 199_900, "usd": 27_900}),
    ),
    overages=_overages(storage_gb=5_000, messages=100_000),
    limits={
        Resource.STORAGE: 50_000 * GIGABYTE,
        Resource.API_CALLS: 12_000,
        Resource.DOMAINS: 20,
    },
    modules=frozenset(MODULES),
)
PLANS = (STARTER, PROFESSIONAL, GROUP)
TRIAL_PLAN = replace(GROUP, name=_("Trial"), limits={**GROUP.limits, Resource.DOMAINS: 1})
"""What a trial may use: everything, though each name of its own costs us questions to the DNS."""
BY_CODE = {plan.code: plan for plan in PLANS}


def plan_of(code: str) -> Plan:
    """The plan of a group by the code kept with it; what a trial has where it has none."""
    return BY_CODE.get(code, TRIAL_PLAN)


def cheapest_with(module: str) -> Plan:
    """The first plan that holds a module."""
    return next(plan for plan in PLANS if module in plan.modules)


def cheapest_for(resource: Resource, amount: int) -> Plan | None:
    """The first plan that allows so much; None where none does."""
    for plan in PLANS:
        limit = plan.limit_of(resource)
        if limit is None or limit >= amount:
            return plan
    return None


def lookup_key(plan: Plan, interval: str) -> str:
    """The name under which Stripe keeps a plan's price of stores."""
    return f"forecourt_{plan.code}_{interval}"


def overage_lookup_key(plan: Plan, overage: Overage, interval: str) -> str:
    return f"{overage.meter.value}_{plan.code}_{interval}"


LOOKUP_KEYS = {
    lookup_key(plan, interval): (plan, interval) for plan in PLANS for interval in MONTHS
}
