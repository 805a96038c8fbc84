"""Customers, leads and opportunities are discussed where they are."""

from django.utils.translation import gettext_lazy as _

from apps.crm import queries
from apps.crm.models import Customer, Lead, Opportunity
from apps.discussions.subjects import DiscussionSubject, register

register(
    DiscussionSubject(
        code="crm.customer",
        label=_("Customer"),
        model="crm.Customer",
        rows=Customer.objects.visible_to,
        page="crm:customer_detail",
        store_of=lambda customer: customer.home_store_id,
        family=queries.family_of,
        successor=queries.successor_of,
    ),
    DiscussionSubject(
        code="crm.lead",
        label=_("Lead"),
        model="crm.Lead",
        rows=Lead.objects.visible_to,
        page="crm:lead_detail",
        store_of=lambda lead: lead.store_id,
    ),
    DiscussionSubject(
        code="crm.opportunity",
        label=_("Opportunity"),
        model="crm.Opportunity",
        rows=Opportunity.objects.visible_to,
        page="crm:opportunity_detail",
        store_of=lambda opportunity: opportunity.store_id,
    ),
)
