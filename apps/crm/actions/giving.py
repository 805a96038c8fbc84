"""Customers are given to another person, with all that is under way with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.crm.actions.leads import (
    LARGEST_BULK,
    checked_reason,
    person_to_give_to,
    reassign_locked,
    settle_clashes,
)
from apps.crm.actions.telling import tell_of_customers
from apps.crm.actions.under_way import locked, take_along, take_over_drives
from apps.crm.models import Customer, FollowUp, Lead, Opportunity, TestDrive
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.leads import OPEN_STATES, LeadState
from apps.crm.rules.opportunities import OPEN_STAGES
from apps.crm.rules.test_drives import TestDriveState
from apps.organisation import queries as organisation
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid, NotFound

RIGHT = "crm.reassign_lead"


def give_customers(
    *, customer_ids: Iterable[int], owner_id: int, reason: str, actor: Actor
) -> list[Customer]:
    """Give customers to another person; all of them or none.

    Their open leads go to her store; open deals and booked test drives stay where they are, and are
    hers like what is planned. What is under way in stores where the actor may give nothing stays
    with its owner. Given to whoever has them already, a clash over them is settled.

    Raises Invalid, NotAnAdvisor, AlreadyBooked (she drives with somebody else by then), NotFound,
    NotPermitted.
    """
    actor.require(RIGHT)
    reason = checked_reason(reason)
    owner = person_to_give_to(owner_id, actor)
    wanted = sorted(set(customer_ids))
    if not wanted or len(wanted) > LARGEST_BULK:
        raise Invalid(
            _("Choose between 1 and %(count)s customers.") % {"count": LARGEST_BULK},
            field="customers",
        )
    while True:
        try:
            with transaction.atomic():
                return _give(wanted, owner, reason, actor)
        except _SomethingCameIn:
            continue


class _SomethingCameIn(Exception):
    """A lead or a test drive came before the customers were locked. To lock it after them would be
    out of order, so all locks are let go."""


@dataclass(frozen=True, slots=True)
class _Held:
    """Customers with what is under way, all locked and within the actor's reach."""

    customers: list[Customer]
    drives: list[TestDrive]
    leads: list[Lead]
    deals: list[Opportunity]


def _give(wanted: list[int], owner: Any, reason: str, actor: Actor) -> list[Customer]:
    held = _locked(wanted, actor)
    moved = [customer for customer in held.customers if customer.owner_id != owner.pk]
    given = [lead for lead in held.leads if _goes_along(lead, owner)]
    _move_customers(moved, owner, reason, actor)
    # Of what is planned only what the actor may give, as it is before anything has moved.
    # One that its owner ticks off meanwhile stays hers.
    plans = FollowUp.objects.filter(pk__in=_plans(wanted, held, actor), state=FollowUpState.OPEN)
    settle_clashes([lead for lead in held.leads if not _goes_along(lead, owner)], reason, actor)
    reassign_locked(given, owner=owner, reason=reason, actor=actor)
    take_along(
        deals=held.deals, plans=plans, owner=owner, store_id=owner.home_store_id, actor=actor
    )
    drives = [drive for drive in held.drives if drive.advisor_id != owner.pk]
    take_over_drives(drives, owner, actor)
    told = {lead.customer_id for lead in given}
    tell_of_customers([row for row in moved if row.pk not in told], owner.pk, actor)
    return held.customers


def _goes_along(lead: Lead, owner: Any) -> bool:
    return bool(lead.is_open) and lead.owner_id != owner.pk


def _locked(wanted: list[int], actor: Actor) -> _Held:
    """Raises NotFound, _SomethingCameIn."""
    open_leads = Lead.objects.visible_to(actor, RIGHT).filter(
        customer__in=wanted, state__in=(*OPEN_STATES, LeadState.QUALIFIED)
    )
    booked = TestDrive.objects.visible_to(actor, RIGHT).filter(
        customer__in=wanted, state=TestDriveState.BOOKED
    )
    drives = locked(booked)
    leads = locked(open_leads)
    deals = locked(
        Opportunity.objects.visible_to(actor, RIGHT).filter(
            customer__in=wanted, stage__in=OPEN_STAGES
        )
    )
    customers = locked(Customer.objects.visible_to(actor, RIGHT).filter(pk__in=wanted))
    if len(customers) != len(wanted):
        raise NotFound(_("No such record."))
    for rows, held in ((open_leads, leads), (booked, drives)):
        if rows.exclude(pk__in=[row.pk for row in held]).exists():
            raise _SomethingCameIn
    return _Held(customers, drives, leads, deals)


def _plans(wanted: list[int], held: _Held, actor: Actor) -> list[int]:
    """What is planned with the leads and deals that are held, and about nothing but a customer."""
    alone = FollowUp.objects.visible_to(actor, RIGHT).filter(
        customer__in=wanted, lead=None, opportunity=None
    )
    planned = FollowUp.objects.filter(
        Q(pk__in=alone.values("pk")) | Q(lead__in=held.leads) | Q(opportunity__in=held.deals),
        customer__in=wanted,
        state=FollowUpState.OPEN,
    )
    return list(planned.values_list("pk", flat=True))


def _move_customers(moved: list[Customer], owner: Any, reason: str, actor: Actor) -> None:
    former = organisation.names_of_staff({customer.owner_id for customer in moved} - {None})
    Customer.objects.filter(pk__in=[customer.pk for customer in moved]).update(
        owner=owner, home_store_id=owner.home_store_id, touched_at=now(), pooled_at=None
    )
    audit.append(
        [
            audit.entry(
                actor,
                "reassigned",
                customer,
                {"owner": [former.get(customer.owner_id), owner.name], "reason": [None, reason]},
            )
            for customer in moved
        ]
    )
    for customer in moved:
        customer.owner, customer.home_store_id = owner, owner.home_store_id
