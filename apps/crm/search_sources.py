"""Customers and leads in the search over everything."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from apps.crm import queries
from apps.crm.phones import phone_of
from apps.crm.rules.customers import Lifecycle
from apps.crm.rules.leads import LeadState
from apps.crm.rules.opportunities import Stage
from forecourt.kernel.access import Actor
from forecourt.kernel.search import Hit, SearchSource, register


def _customers(query: str, actor: Actor, limit: int) -> Iterable[Hit]:
    for customer in queries.find_customers(actor, query)[:limit]:
        phone = phone_of(customer, actor)
        parts = (phone, Lifecycle(customer.lifecycle).label, customer.owner)
        yield Hit(
            title=str(customer),
            detail=" · ".join(str(part) for part in parts if part),
            url=reverse_lazy("crm:customer_detail", args=[customer.pk]),
            keys=(phone,),
            is_own=customer.owner_id == actor.staff_id,
        )


def _leads(query: str, actor: Actor, limit: int) -> Iterable[Hit]:
    for lead in queries.find_open_leads(actor, query)[:limit]:
        parts = (lead.number, LeadState(lead.state).label, lead.wish, lead.owner)
        yield Hit(
            title=str(lead.customer),
            detail=" · ".join(str(part) for part in parts if part),
            url=reverse_lazy("crm:lead_detail", args=[lead.pk]),
            keys=(lead.number,),
            is_own=lead.owner_id == actor.staff_id,
        )


def _opportunities(query: str, actor: Actor, limit: int) -> Iterable[Hit]:
    for deal in queries.find_open_opportunities(actor, query)[:limit]:
        wish = f"{deal.brand} {deal.series}".strip()
        parts = (Stage(deal.stage).label, wish, deal.owner)
        yield Hit(
            title=str(deal.customer),
            detail=" · ".join(str(part) for part in parts if part),
            url=reverse_lazy("crm:opportunity_detail", args=[deal.pk]),
            is_own=deal.owner_id == actor.staff_id,
        )


register(
    SearchSource(
        name="crm.customers",
        label=_("Customers"),
        icon="users",
        permission="crm.view_customer",
        find=_customers,
        order=10,
        custom_host="customer",
    )
)
register(
    SearchSource(
        name="crm.leads",
        label=_("Leads"),
        icon="target",
        permission="crm.view_lead",
        find=_leads,
        order=20,
        custom_host="lead",
    )
)
register(
    SearchSource(
        name="crm.opportunities",
        label=_("Opportunities"),
        icon="briefcase",
        permission="crm.view_opportunity",
        find=_opportunities,
        order=25,
    )
)
