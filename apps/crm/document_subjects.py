"""Customers, leads, opportunities and test drives have documents: their customer's papers."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from apps.crm import queries
from apps.crm.models import Customer, Lead, Opportunity, TestDrive
from apps.documents.subjects import DocumentSubject, Place, register


def _papers_elsewhere(customer_id: int) -> Iterator[Place]:
    for code, model in (
        ("crm.lead", Lead),
        ("crm.opportunity", Opportunity),
        ("crm.test_drive", TestDrive),
    ):
        for pk in model.objects.filter(customer=customer_id).values_list("pk", flat=True):
            yield Place(code, pk)


register(
    DocumentSubject(
        code="crm.customer",
        label=_("Customer"),
        model="crm.Customer",
        # A merged customer has no papers, and rows without a bound need not be looked up.
        rows=Customer.everybody.visible_to,
        rights=("crm.view_customer",),
        page="crm:customer_detail",
        store_of=lambda customer: customer.home_store_id,
        find=lambda actor, text, limit: queries.find_customers(actor, text)[:limit],
        icon="user",
        is_person=True,
        papers_elsewhere=_papers_elsewhere,
    ),
    DocumentSubject(
        code="crm.lead",
        label=_("Lead"),
        model="crm.Lead",
        rows=Lead.objects.visible_to,
        rights=("crm.view_lead",),
        page="crm:lead_detail",
        find=lambda actor, text, limit: queries.find_open_leads(actor, text)[:limit],
        icon="phone",
    ),
    DocumentSubject(
        code="crm.opportunity",
        label=_("Opportunity"),
        model="crm.Opportunity",
        rows=Opportunity.objects.visible_to,
        rights=("crm.view_opportunity",),
        page="crm:opportunity_detail",
        find=lambda actor, text, limit: queries.find_open_opportunities(actor, text)[:limit],
        icon="target",
    ),
    DocumentSubject(
        code="crm.test_drive",
        label=_("Test drive"),
        model="crm.TestDrive",
        rows=TestDrive.objects.visible_to,
        rights=("crm.view_test_drive",),
        page="crm:test_drive_detail",
        find=lambda actor, text, limit: queries.search_test_drives(
            queries.list_test_drives(actor), text, actor
        ).order_by("-pk")[:limit],
        icon="steering-wheel",
    ),
)
