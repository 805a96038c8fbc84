"""Customers are given to another person, with all that is under way with them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from apps.crm.actions.leads import LARGEST_BULK, give_leads, given_to, settle_clashes
from apps.crm.actions.telling import tell_of_customers
from apps.crm.models import Customer, FollowUp, Lead, Opportunity
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.leads import OPEN_STATES, LeadState
from apps.crm.rules.opportunities import OPEN_STAGES
from apps.organisation import queries as organisation
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid, NotFound


@transaction.atomic
def give_customers(
    *, customer_ids: Iterable[int], owner_id: int, reason: str, actor: Actor
) -> list[Customer]:
    """Give customers to another person; all of them or none.

    Their open leads go to her store, open deals stay where they were opened, and what is planned is
    hers. Given to whoever has them already, a clash over them is settled. Raises Invalid,
    NotAnAdvisor, NotFound, NotPermitted.
    """
    reason, owner = given_to(owner_id, reason, actor)
    wanted = sorted(set(customer_ids))
    if not wanted or len(wanted) > LARGEST_BULK:
        raise Invalid(
            _("Choose between 1 and %(count)s customers.") % {"count": LARGEST_BULK},
            field="customers",
        )
    # Leads before customers: one order of locks everywhere.
    leads = list(
        Lead.objects.select_for_update(of=("self",))
        .filter(customer__in=wanted, state__in=(*OPEN_STATES, LeadState.QUALIFIED))
        .order_by("pk")
    )
    customers = list(
        Customer.objects.visible_to(actor, "crm.reassign_lead")
        .select_for_update(of=("self",))
        .filter(pk__in=wanted)
        .order_by("pk")
    )
    if len(customers) != len(wanted):
        raise NotFound(_("No such record."))
    moved = [customer for customer in customers if customer.owner_id != owner.pk]
    former = organisation.names_of_staff({customer.owner_id for customer in moved} - {None})
    ids = [customer.pk for customer in moved]
    Customer.objects.filter(pk__in=ids).update(
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
    given = [lead for lead in leads if lead.is_open and lead.owner_id != owner.pk]
    settle_clashes([lead for lead in leads if lead not in given], owner, reason, actor)
    give_leads(
        given,
        owner=owner,
        store_id=owner.home_store_id,
        explanation={"how": "reassigned", "by": actor.name, "reason": reason},
        actor=actor,
        action="reassigned",
        reason=reason,
    )
    _give_deals(wanted, owner.pk, owner.name, actor)
    FollowUp.objects.filter(customer__in=wanted, state=FollowUpState.OPEN).update(owner=owner)
    with_lead = {lead.customer_id for lead in given}
    told = [customer for customer in moved if customer.pk not in with_lead]
    tell_of_customers(told, owner.pk, actor)
    for customer in moved:
        customer.owner, customer.home_store_id = owner, owner.home_store_id
    return customers


def _give_deals(customer_ids: list[int], owner_id: int, name: str, actor: Actor) -> None:
    deals = list(
        Opportunity.objects.select_for_update(of=("self",))
        .filter(customer__in=customer_ids, stage__in=OPEN_STAGES)
        .exclude(owner=owner_id)
        .order_by("pk")
    )
    Opportunity.objects.filter(pk__in=[deal.pk for deal in deals]).update(owner=owner_id)
    audit.append(
        [audit.entry(actor, "handed_over", deal, {"owner": [None, name]}) for deal in deals]
    )
