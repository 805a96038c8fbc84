"""The public page of prices: the very plans that are charged."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from billing.plans import CORE, CURRENCIES, GIGABYTE, MODULES, PLANS, Meter, Plan, Resource
from billing.rules import TRIAL_DAYS
from billing.stores import money
from forecourt.kernel.language import is_chinese
from tenants.views.about import LANGUAGES, read_by_all

INTERVALS = ("month", "year")


@read_by_all
def prices(request: HttpRequest) -> HttpResponse:
    """In one currency and for one interval; the address says which."""
    currency = request.GET.get("currency", "")
    if currency not in CURRENCIES:
        currency = "cny" if is_chinese() else "usd"
    interval = request.GET.get("interval", "")
    if interval not in INTERVALS:
        interval = INTERVALS[0]
    context = {
        "plans": [_shown(plan, interval, currency) for plan in PLANS],
        "currency": currency,
        "currencies": CURRENCIES,
        "interval": interval,
        "trial_days": TRIAL_DAYS,
        "languages": LANGUAGES,
    }
    return render(request, "billing/prices.html", context)


def _shown(plan: Plan, interval: str, currency: str) -> dict[str, Any]:
    """A plan in the words of the page; every number comes from the plan itself."""
    below, tiers = 0, []
    for up_to, amount in plan.store_tiers(interval, currency):
        tiers.append({"from": below + 1, "to": up_to, "each": money(amount, currency)})
        below = up_to or below
    overages = {overage.meter: overage for overage in plan.overages}
    storage, messages = overages[Meter.STORAGE], overages[Meter.MESSAGES]
    limit = plan.limit_of(Resource.STORAGE)
    return {
        "plan": plan,
        "first": tiers[0]["each"],
        "tiers": tiers,
        "stores": plan.limit_of(Resource.STORES),
        "staff": plan.limit_of(Resource.STAFF),
        "domains": plan.limit_of(Resource.DOMAINS),
        "storage": storage.included,
        "storage_limit": None if limit is None else limit // GIGABYTE,
        "storage_each": money(storage.each[currency], currency),
        "messages": messages.included,
        "message_each": money(messages.each[currency], currency),
        "modules": [MODULES[code] for code in MODULES if code in plan.modules - CORE],
    }
