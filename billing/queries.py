"""What is shown of a group's subscription."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from billing import gateway, stores
from billing.entitlements import LABELS, all_used, present_plan, too_small
from billing.gateway import StripeUnreachable
from billing.models import Subscription
from billing.permissions import VIEW
from billing.plans import CURRENCIES, GIGABYTE, PLANS, Plan, Resource
from billing.rules import carried_trial
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.files import used_bytes
from forecourt.kernel.groups import current_group, current_schema, identity_of
from forecourt.kernel.money import Money

SHOWN_INVOICES = 24


@dataclass(frozen=True, slots=True)
class Usage:
    """What is used of a limit; ``limit`` None is without one. Storage is in GB."""

    resource: str
    label: Any
    used: int | None
    limit: int | None

    @property
    def percent(self) -> int | None:
        if not self.limit or self.used is None:
            return None
        return min(100, round(100 * self.used / self.limit))


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan as it is offered: what the group's stores would cost by month and by year.

    ``too_small`` says why the group cannot have it, and is empty when it can.
    """

    plan: Plan
    monthly: Money
    yearly: Money
    too_small: str


@dataclass(frozen=True, slots=True)
class Overview:
    """How the group stands, and what it can have instead."""

    takes_payments: bool
    state: str
    until: datetime | None
    plan: Plan
    is_live: bool
    interval: str
    currency: str
    stores: int
    period_ends_at: datetime | None
    cancels_at: datetime | None
    charged_from: datetime | None
    """When whoever is on trial is first charged if she subscribes now, or has subscribed."""
    usage: Sequence[Usage]
    offers: Sequence[Offer]

    @property
    def last_day(self) -> datetime | None:
        """The last day on which the group stands so: states end as a day begins."""
        return self.until - timedelta(seconds=1) if self.until else None


@dataclass(frozen=True, slots=True)
class Invoice:
    number: str
    day: datetime
    total: Money
    status: str
    pdf: str
    page: str


def get_overview(*, actor: Actor, currency: str = CURRENCIES[0]) -> Overview:
    """``currency`` is that of the offers while the group pays in none. Raises NotPermitted."""
    actor.require(VIEW)
    row = Subscription.objects.filter(schema_name=current_schema()).first()
    group = current_group() or identity_of(current_schema())
    plan, present = present_plan(), all_used()
    count = max(stores.LEAST, present.get(Resource.STORES, 0))
    return Overview(
        takes_payments=gateway.is_configured(),
        state=group.state if group else "",
        until=group.state_until if group else None,
        plan=plan,
        is_live=row is not None and row.is_live,
        interval=row.interval if row else "",
        currency=row.currency if row else "",
        stores=row.stores if row and row.is_live else count,
        period_ends_at=row.period_ends_at if row else None,
        cancels_at=row.cancels_at if row else None,
        charged_from=_charged_from(row),
        usage=[
            *(_usage(plan, resource, present) for resource in (Resource.STORES, Resource.STAFF)),
            _storage(plan),
            *_domains(plan, present),
        ],
        offers=_offers(present, count, row.currency if row and row.currency else currency),
    )


def trial_goes_on_until(*, actor: Actor) -> datetime | None:
    """When a group that has subscribed during its trial is charged first; None once it is."""
    actor.require(VIEW)
    row = Subscription.objects.filter(schema_name=current_schema()).first()
    return _charged_from(row) if row is not None and row.is_live else None


def _charged_from(row: Subscription | None) -> datetime | None:
    if row is None or (row.is_live and row.status != "trialing"):
        return None
    return row.period_ends_at if row.is_live else carried_trial(row.trial_ends_at, now())


def _usage(plan: Plan, resource: Resource, present: Mapping[Resource, int]) -> Usage:
    limit = plan.limit_of(resource)
    return Usage(resource.value, LABELS[resource], present.get(resource), limit)


def _domains(plan: Plan, present: Mapping[Resource, int]) -> list[Usage]:
    """Not told of where the plan has none."""
    found = _usage(plan, Resource.DOMAINS, present)
    return [found] if found.limit != 0 or found.used else []


def _storage(plan: Plan) -> Usage:
    limit = plan.limit_of(Resource.STORAGE)
    return Usage(
        Resource.STORAGE.value,
        LABELS[Resource.STORAGE],
        round(used_bytes() / GIGABYTE),
        None if limit is None else limit // GIGABYTE,
    )


def _offers(present: Mapping[Resource, int], count: int, currency: str) -> list[Offer]:
    """The plans with what so many stores would cost."""
    return [
        Offer(
            plan,
            stores.money(plan.price_of_stores(count, "month", currency), currency),
            stores.money(plan.price_of_stores(count, "year", currency), currency),
            too_small(plan, present),
        )
        for plan in PLANS
    ]


def list_invoices(*, actor: Actor) -> tuple[Invoice | None, list[Invoice]]:
    """The next invoice as it would be now, and the past ones, asked of Stripe.

    Raises NotPermitted or StripeUnreachable.
    """
    actor.require(VIEW)
    row = Subscription.objects.filter(schema_name=current_schema()).first()
    if row is None or not row.customer_id or not gateway.is_configured():
        return None, []
    client = gateway.client()
    try:
        found = client.v1.invoices.list({"customer": row.customer_id, "limit": SHOWN_INVOICES})
        coming = None
        if row.is_live and row.cancels_at is None:
            coming = client.v1.invoices.create_preview({"subscription": row.subscription_id})
    except gateway.StripeError as error:
        raise StripeUnreachable("") from error
    following = _invoice(coming.to_dict()) if coming is not None else None
    return following, [_invoice(each.to_dict()) for each in found.data]


def _invoice(document: dict[str, Any]) -> Invoice:
    return Invoice(
        number=document.get("number") or "",
        day=datetime.fromtimestamp(document["created"], UTC),
        total=stores.money(document["amount_due"], document["currency"]),
        status=document.get("status") or "",
        pdf=document.get("invoice_pdf") or "",
        page=document.get("hosted_invoice_url") or "",
    )
