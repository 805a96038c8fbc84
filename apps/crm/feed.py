"""What other systems may hear of customers, leads, opportunities, visits and test drives."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.feed import FeedEvent, declare

CUSTOMER = {"subject": "crm.customer", "permission": "crm.view_customer", "address": "api:customer"}
LEAD = {"subject": "crm.lead", "permission": "crm.view_lead", "address": "api:lead"}
OPPORTUNITY = {
    "subject": "crm.opportunity",
    "permission": "crm.view_opportunity",
    "address": "api:opportunity",
}
VISIT = {"subject": "crm.visit", "permission": "crm.view_visit", "address": "api:visit"}
TEST_DRIVE = {
    "subject": "crm.testdrive",
    "permission": "crm.view_test_drive",
    "address": "api:test_drive",
}

TAG = {"subject": "crm.tag", "permission": "crm.view_customer", "address": "api:tag"}

declare(
    FeedEvent("tag.made", actions=("tag_made",), label=_("Tag made"), **TAG),
    FeedEvent("tag.changed", actions=("tag_changed",), label=_("Tag changed"), **TAG),
    FeedEvent(
        "customer.tagged",
        actions=("tagged",),
        label=_("Tags of a customer changed"),
        **CUSTOMER,
    ),
    FeedEvent("customer.created", actions=("created",), label=_("Customer added"), **CUSTOMER),
    FeedEvent(
        "customer.changed",
        actions=("changed", "phone added"),
        label=_("Customer changed"),
        **CUSTOMER,
    ),
    FeedEvent("customer.imported", actions=("imported",), label=_("Customer imported"), **CUSTOMER),
    FeedEvent(
        "customer.pooled",
        actions=("pooled",),
        label=_("Customer went to the shared pool"),
        **CUSTOMER,
    ),
    FeedEvent(
        "customer.claimed",
        actions=("claimed",),
        label=_("Customer claimed from the shared pool"),
        **CUSTOMER,
    ),
    FeedEvent(
        "customer.contacted",
        actions=("contacted",),
        label=_("Contact with a customer logged"),
        **CUSTOMER,
    ),
    FeedEvent(
        "customer.handed_over",
        actions=("handed_over", "reassigned"),
        label=_("Customer given to another owner"),
        **CUSTOMER,
    ),
    FeedEvent("customer.merged", actions=("merged",), label=_("Customers merged"), **CUSTOMER),
    FeedEvent(
        "customer.unmerged", actions=("unmerged",), label=_("Merge of customers undone"), **CUSTOMER
    ),
    FeedEvent("lead.registered", actions=("registered",), label=_("Lead taken in"), **LEAD),
    FeedEvent("lead.imported", actions=("imported",), label=_("Lead imported"), **LEAD),
    FeedEvent("lead.repeated", actions=("repeated",), label=_("Lead enquired again"), **LEAD),
    FeedEvent(
        "lead.assigned",
        actions=("claimed", "reassigned", "handed_over"),
        label=_("Lead given to somebody"),
        **LEAD,
    ),
    FeedEvent(
        "lead.returned", actions=("returned",), label=_("Lead waits for everybody again"), **LEAD
    ),
    FeedEvent(
        "lead.contacted", actions=("contacted",), label=_("Contact about a lead logged"), **LEAD
    ),
    FeedEvent("lead.qualified", actions=("qualified",), label=_("Lead qualified"), **LEAD),
    FeedEvent("lead.invalid", actions=("marked invalid",), label=_("Lead marked invalid"), **LEAD),
    FeedEvent(
        "opportunity.created", actions=("created",), label=_("Opportunity opened"), **OPPORTUNITY
    ),
    FeedEvent(
        "opportunity.changed", actions=("changed",), label=_("Opportunity changed"), **OPPORTUNITY
    ),
    FeedEvent(
        "opportunity.moved",
        actions=("moved",),
        label=_("Opportunity moved to another stage"),
        **OPPORTUNITY,
    ),
    FeedEvent(
        "opportunity.woken", actions=("woken",), label=_("Lost deal called to mind"), **OPPORTUNITY
    ),
    FeedEvent(
        "opportunity.contacted",
        actions=("contacted",),
        label=_("Contact about an opportunity logged"),
        **OPPORTUNITY,
    ),
    FeedEvent(
        "opportunity.handed_over",
        actions=("handed_over",),
        label=_("Opportunity given to another owner"),
        **OPPORTUNITY,
    ),
    FeedEvent("visit.registered", actions=("arrived",), label=_("Visitors came"), **VISIT),
    FeedEvent(
        "visit.changed",
        actions=("identified", "handed_on", "voided"),
        label=_("Visit corrected"),
        **VISIT,
    ),
    FeedEvent("visit.ended", actions=("left",), label=_("Visitors left"), **VISIT),
    FeedEvent(
        "test_drive.booked",
        actions=("booked", "rebooked", "handed_over"),
        label=_("Test drive booked"),
        **TEST_DRIVE,
    ),
    FeedEvent(
        "test_drive.started", actions=("handed_out",), label=_("Test drive begun"), **TEST_DRIVE
    ),
    FeedEvent(
        "test_drive.returned",
        actions=("taken_back",),
        label=_("Demo car came back"),
        **TEST_DRIVE,
    ),
    FeedEvent(
        "test_drive.cancelled",
        actions=("cancelled", "missed"),
        label=_("Test drive did not take place"),
        **TEST_DRIVE,
    ),
)
