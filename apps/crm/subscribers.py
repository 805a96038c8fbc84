"""What customers, leads and opportunities add to acts of the organisation."""

from collections.abc import Iterator
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.crm import queries
from apps.crm.actions import handover
from apps.crm.actions.consents import reachable_customers, withdraw_consent
from apps.crm.events import CustomersMerged, MergeUndone
from apps.crm.rules.leads import OPEN_STATES
from apps.crm.rules.opportunities import OPEN_STAGES
from apps.crm.rules.test_drives import HOLDING
from apps.documents.actions import follow_merge, undo_merge
from apps.notifications.audiences import Audience, register_audience
from apps.organisation import hooks, logbook
from forecourt.kernel.events import subscribe

logbook.register_kind("crm.customer", _("Customer"), page="crm:customer_detail")
logbook.register_kind("crm.tag", _("Tag"))
logbook.register_kind("crm.lead", _("Lead"), page="crm:lead_detail")
logbook.register_kind("crm.opportunity", _("Opportunity"), page="crm:opportunity_detail")
logbook.register_kind("crm.visit", _("Visit"), page="crm:visit_detail")
logbook.register_kind("crm.testdrive", _("Test drive"), page="crm:test_drive_detail")
logbook.register_kind("crm.followup", _("Planned contact"))
logbook.register_kind("crm.assignmentrule", _("Assignment rule"), page="crm:assignment_rule_edit")
logbook.register_kind("crm.leadfeed", _("Feed of leads"), page="crm:feed_detail")
logbook.register_kind("crm.feedmessage", _("Message of a feed"), page="crm:feed_message_detail")
logbook.register_kind("crm.leadpolicy", _("Rules for leads"))


register_audience(
    Audience(
        queries.AUDIENCE,
        label=_("Customer"),
        find=reachable_customers,
        forbid=withdraw_consent,
        page="crm:customer_detail",
    )
)


@hooks.amount_holder
def any_budget() -> bool:
    """What a customer would spend is in the group's currency."""
    return queries.has_budgets()


@hooks.closing_blocker
def work_left(store_id: int) -> Iterator[hooks.Remainder]:
    """Nobody would look after these customers any more."""
    left = (
        (
            _("Open leads"),
            queries.open_leads_in(store_id),
            "crm:lead_list",
            {"state": list(OPEN_STATES)},
        ),
        (
            _("Open opportunities"),
            queries.open_opportunities_in(store_id),
            "crm:opportunity_list",
            {"stage": list(OPEN_STAGES)},
        ),
        (
            _("Planned contacts"),
            queries.open_follow_ups_in(store_id),
            "crm:customer_list",
            {"planned": "yes"},
        ),
        (
            _("Booked test drives"),
            queries.booked_drives_in(store_id),
            "crm:test_drive_list",
            {"state": list(HOLDING)},
        ),
    )
    for label, rows, page, narrowed in left:
        count = rows.count()
        if count:
            query = urlencode({"store": store_id, **narrowed}, doseq=True)
            yield hooks.Remainder(label, count, f"{reverse(page)}?{query}")


# Customers first, and planned contacts before the leads and opportunities that take theirs along,
# so that each is counted as what it is.
hooks.register_handover(
    hooks.Handover(
        "crm.customers",
        _("Customers"),
        lambda staff_id: queries.customers_of(staff_id).count(),
        handover.hand_over_customers,
        lock=handover.lock_what_she_has,
    )
)
hooks.register_handover(
    hooks.Handover(
        "crm.follow_ups",
        _("Planned contacts"),
        lambda staff_id: queries.open_follow_ups_of(staff_id).count(),
        handover.hand_over_follow_ups,
    )
)
hooks.register_handover(
    hooks.Handover(
        "crm.leads",
        _("Open leads"),
        lambda staff_id: queries.open_leads_of(staff_id).count(),
        handover.hand_over_leads,
    )
)
hooks.register_handover(
    hooks.Handover(
        "crm.opportunities",
        _("Open opportunities"),
        lambda staff_id: queries.open_opportunities_of(staff_id).count(),
        handover.hand_over_opportunities,
    )
)
hooks.register_handover(
    hooks.Handover(
        "crm.test_drives",
        _("Booked test drives"),
        lambda staff_id: queries.booked_drives_of(staff_id).count(),
        handover.hand_over_test_drives,
    )
)


@subscribe(CustomersMerged)
def documents_follow(event: CustomersMerged) -> None:
    follow_merge(subject="crm.customer", kept_id=event.kept_id, merged_id=event.merged_id)


@subscribe(MergeUndone)
def documents_go_back(event: MergeUndone) -> None:
    undo_merge(subject="crm.customer", kept_id=event.kept_id, merged_id=event.merged_id)
