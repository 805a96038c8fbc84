"""What a store or a person has still to do."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.crm.models import Customer, FollowUp, Lead, Opportunity
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.leads import OPEN_STATES, OWNED_OPEN_STATES
from apps.crm.rules.opportunities import OPEN_STAGES


def open_leads_in(store_id: int) -> QuerySet[Lead]:
    return Lead.objects.filter(store_id=store_id, state__in=OPEN_STATES)


def open_opportunities_in(store_id: int) -> QuerySet[Opportunity]:
    return Opportunity.objects.filter(store_id=store_id, stage__in=OPEN_STAGES)


def open_follow_ups_in(store_id: int) -> QuerySet[FollowUp]:
    return FollowUp.objects.filter(store_id=store_id, state=FollowUpState.OPEN)


def customers_of(staff_id: int) -> QuerySet[Customer]:
    return Customer.objects.filter(owner_id=staff_id)


def open_leads_of(staff_id: int) -> QuerySet[Lead]:
    return Lead.objects.filter(owner_id=staff_id, state__in=OWNED_OPEN_STATES)


def open_opportunities_of(staff_id: int) -> QuerySet[Opportunity]:
    return Opportunity.objects.filter(owner_id=staff_id, stage__in=OPEN_STAGES)


def open_follow_ups_of(staff_id: int) -> QuerySet[FollowUp]:
    return FollowUp.objects.filter(owner_id=staff_id, state=FollowUpState.OPEN)
