"""What this module adds to the log of what people did, and what it hears of others."""

from django.utils.translation import gettext_lazy as _

from apps.crm.events import CustomersAsked, OpportunityWon, VisitRegistered
from apps.crm.queries import AUDIENCE
from apps.marketing import actions
from apps.marketing.notifications import MESSAGE
from apps.notifications.events import CustomerMessageEnded
from apps.organisation import logbook
from forecourt.kernel.events import subscribe

logbook.register_kind("marketing.segment", _("Segment"), page="marketing:segment_edit")
logbook.register_kind("marketing.tagrule", _("Rule for a tag"))
logbook.register_kind("marketing.automation", _("Automation"), page="marketing:automation_detail")
logbook.register_kind("marketing.campaign", _("Campaign"), page="marketing:campaign_detail")


@subscribe(CustomerMessageEnded)
def message_ended(event: CustomerMessageEnded) -> None:
    """What became of a message that an automation or a campaign wrote."""
    if event.event == MESSAGE.code and event.audience == AUDIENCE:
        actions.note_delivery(int(event.key), is_sent=event.state == "SENT", reason=event.reason)


@subscribe(CustomersAsked)
def enquired(event: CustomersAsked) -> None:
    actions.note_effect(event.customer_ids, "lead_at")


@subscribe(VisitRegistered)
def visited(event: VisitRegistered) -> None:
    if event.customer_id is not None:
        actions.note_effect([event.customer_id], "visited_at")


@subscribe(OpportunityWon)
def ordered(event: OpportunityWon) -> None:
    actions.note_effect([event.customer_id], "ordered_at")
