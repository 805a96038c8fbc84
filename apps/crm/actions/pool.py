"""The shared pool: customers whom nobody has contacted for too long, and whoever claims them.

A customer in the pool has no owner; her open lead waits with her. Her opportunities keep the name
of whoever neglected them, and so stay in sight, until somebody claims her and takes them along.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from apps.crm import queries
from apps.crm.actions.assignment import open_lead_count
from apps.crm.actions.leads import give_leads, return_leads
from apps.crm.actions.telling import tell_of_pool_ahead, tell_of_woken_deal
from apps.crm.actions.under_way import locked, take_along
from apps.crm.errors import CustomerAlreadyTaken, NotAnAdvisor, OverCap
from apps.crm.models import Customer, FollowUp, Lead, Opportunity
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.leads import OPEN_STATES, OWNED_OPEN_STATES
from apps.crm.rules.opportunities import OPEN_STAGES
from apps.organisation import queries as organisation
from forecourt.kernel import audit
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.group_settings import value_of

AT_MOST = 500


def drop_neglected() -> int:
    """Let customers go to the pool whom nobody has contacted for too long; answers how many."""
    dropped = 0
    while True:
        with transaction.atomic():
            ids = queries.neglected_customers().values_list("pk", flat=True)[:AT_MOST]
            # Leads before customers: one order of locks everywhere.
            leads = list(
                Lead.objects.select_for_update(of=("self",))
                .select_related("customer")
                .filter(customer__in=list(ids), state__in=OWNED_OPEN_STATES)
                .order_by("pk")
            )
            rows = list(
                queries.neglected_customers()
                .select_for_update(of=("self",), skip_locked=True)
                .filter(pk__in=list(ids))
                .order_by("pk")
            )
            known = {customer.pk for customer in rows}
            return_leads(
                [lead for lead in leads if lead.customer_id in known], actor=_SYSTEM, how="pooled"
            )
            for customer in rows:
                _put_into_pool(customer, _SYSTEM)
        dropped += len(rows)
        if not rows:
            return dropped


def warn_of_pool() -> int:
    """Tell owners of customers whom they are about to lose, once for each; answers how many.

    Once lies in the notice's key: until somebody contacts the customer, it stays the same.
    """
    last, warned = 0, 0
    while True:
        rows = list(queries.soon_neglected().filter(pk__gt=last).order_by("pk")[:AT_MOST])
        if not rows:
            return warned
        with transaction.atomic():
            tell_of_pool_ahead(rows, _SYSTEM)
        last, warned = rows[-1].pk, warned + len(rows)


@transaction.atomic
def claim_customer(*, customer_id: int, actor: Actor) -> Customer:
    """Take a customer out of the pool, with her leads, deals and plans, which are due soon.

    Of two who claim her at once, one gets her.

    Raises CustomerAlreadyTaken (naming who has her), OverCap, NotAnAdvisor, NotFound, NotPermitted.
    """
    actor.require("crm.claim_lead")
    leads = list(
        Lead.objects.select_for_update(of=("self",)).filter(
            customer=customer_id, state__in=OPEN_STATES
        )
    )
    deals = locked(Opportunity.objects.filter(customer=customer_id, stage__in=OPEN_STAGES))
    customer = queries.lock(Customer, pk=customer_id, actor=actor, permission="crm.claim_lead")
    person = organisation.staff_by_id([actor.staff_id]).get(actor.staff_id)
    if person is None or person.home_store_id is None:
        raise NotAnAdvisor(_("Only people can claim customers."))
    if customer.pooled_at is None:
        owner = organisation.staff_by_id([customer.owner_id]).get(customer.owner_id)
        name = owner.name if owner else _("Nobody")
        raise CustomerAlreadyTaken(_("%(name)s already has this customer.") % {"name": name})
    _require_below_caps(person, leads)
    moment = now()
    customer.owner, customer.pooled_at = person, None
    customer.home_store_id = customer.home_store_id or person.home_store_id
    customer.claimed_at = customer.touched_at = moment
    customer.save(update_fields=["owner", "pooled_at", "home_store", "claimed_at", "touched_at"])
    give_leads(
        leads,
        owner=person,
        store_id=customer.home_store_id,
        explanation={"how": "claimed"},
        actor=actor,
        action="claimed",
    )
    planned = FollowUp.objects.filter(customer=customer, state=FollowUpState.OPEN)
    take_along(
        deals=deals, plans=planned, owner=person, store_id=customer.home_store_id, actor=actor
    )
    planned.filter(due_at__lt=moment).update(due_at=moment + timedelta(hours=2))
    audit.record(actor, "claimed", customer, {"owner": [None, person.name]})
    return customer


def wake_lost() -> int:
    """Call lost deals to mind whose time has come; answers how many were."""
    woken = 0
    with transaction.atomic():
        asleep = (
            Opportunity.objects.filter(wake_date__lte=today())
            .select_related("customer", "owner", "store")
            .select_for_update(of=("self",), skip_locked=True)
            .order_by("wake_date", "pk")[:AT_MOST]
        )
        for opportunity in asleep:
            opportunity.wake_date = None
            opportunity.save(update_fields=["wake_date"])
            woken += _wake(opportunity)
    return woken


def _wake(opportunity: Opportunity) -> bool:
    """Plan a contact with whoever was lost, unless she has come back or bought meanwhile."""
    if queries.has_moved_on(opportunity):
        return False
    ids = (opportunity.customer.owner_id, opportunity.owner_id)
    people = organisation.staff_by_id({staff_id for staff_id in ids if staff_id})
    candidates = [people.get(staff_id) for staff_id in ids]
    owner = next((one for one in candidates if one and one.state == one.State.ACTIVE), None)
    audit.record(_SYSTEM, "woken", opportunity)
    if owner is None:
        customer = Customer.objects.select_for_update().get(pk=opportunity.customer_id)
        _put_into_pool(customer, _SYSTEM)
        return True
    FollowUp.objects.create(
        customer_id=opportunity.customer_id,
        owner=owner,
        store_id=opportunity.store_id,
        due_at=queries.next_contact_in(0, store_id=opportunity.store_id),
        purpose=_("Lost some time ago: ask once more (%(wish)s)") % {"wish": opportunity.wish},
        created_at=now(),
    )
    tell_of_woken_deal(opportunity, owner.pk, _SYSTEM)
    return True


def _put_into_pool(customer: Customer, actor: Actor) -> None:
    former = organisation.staff_by_id([customer.owner_id]) if customer.owner_id else {}
    name = former[customer.owner_id].name if former else None
    Customer.objects.filter(pk=customer.pk).update(owner=None, pooled_at=now())
    audit.record(actor, "pooled", customer, {"owner": [name, None]})


def _require_below_caps(person: Any, leads: list[Lead]) -> None:
    """Raises OverCap. Nobody else hands her a lead meanwhile, nor does she claim twice at once."""
    open_leads = open_lead_count(person.pk, lock=True)
    if leads and open_leads >= value_of("crm.open_lead_cap"):
        raise OverCap(
            _("You have %(count)s open leads already; finish some first.") % {"count": open_leads}
        )
    cap = value_of("crm.pool_claims_a_day", store_id=person.home_store_id)
    zone = ZoneInfo(person.home_store.time_zone)
    begin = datetime.combine(now().astimezone(zone).date(), time.min, zone)
    if Customer.objects.filter(owner=person, claimed_at__gte=begin).count() >= cap:
        raise OverCap(
            _("You have claimed %(count)s customers today; more tomorrow.") % {"count": cap}
        )


_SYSTEM = system_actor()
