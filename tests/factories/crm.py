"""Customers, leads and opportunities for tests, made by the product's own actions."""

import itertools
from typing import Any

from apps.crm.actions import qualify_lead, register_lead
from apps.crm.models import Customer, Lead, Opportunity
from apps.organisation.models import StaffMember
from forecourt.kernel.access import Actor, system_actor

_numbers = itertools.count(1)


def next_phone() -> str:
    """A valid Chinese mobile number that no other call has given."""
    return f"+86138{next(_numbers):08d}"


def make_lead(
    *, owner: StaffMember | None = None, actor: Actor | None = None, **fields: Any
) -> Lead:
    """A registered lead; ``owner`` gets it, else the assignment rules decide."""
    fields.setdefault("source", "WEB")
    fields.setdefault("phone", next_phone())
    fields.setdefault("name", "张伟")
    if owner is not None:
        fields["owner_id"] = owner.pk
    return register_lead(actor=actor or system_actor(), **fields).lead


def make_customer(*, owner: StaffMember | None = None, **fields: Any) -> Customer:
    """The customer of a lead of her own."""
    return make_lead(owner=owner, **fields).customer


def make_opportunity(*, owner: StaffMember, level: str = "B", **fields: Any) -> Opportunity:
    lead = make_lead(owner=owner, **fields)
    return qualify_lead(lead_id=lead.pk, level=level, actor=system_actor())
