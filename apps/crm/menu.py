"""Where the module stands in the navigation, and how its states and history look."""

from django.utils.translation import gettext_lazy as _

from apps.crm.models import (
    Customer,
    FeedMessage,
    FollowUp,
    Lead,
    Opportunity,
    TestDrive,
    Visit,
)
from apps.crm.rules.explanation import in_short
from apps.crm.rules.leads import LEAD_SOURCES
from forecourt.kernel.menu import MenuEntry, register
from forecourt.kernel.option_lists import values as options
from forecourt.ui import details, tones

SECTION = _("Customers")

register(
    MenuEntry(
        label=_("My day"),
        url_name="crm:my_day",
        icon="calendar",
        section=SECTION,
        permission="crm.work_lead",
        order=20,
        on_phone_bar=True,
    ),
    MenuEntry(
        label=_("Leads"),
        url_name="crm:lead_list",
        icon="target",
        section=SECTION,
        permission="crm.view_lead",
        order=21,
        on_phone_bar=True,
    ),
    MenuEntry(
        label=_("Opportunities"),
        url_name="crm:opportunity_list",
        icon="briefcase",
        section=SECTION,
        permission="crm.view_opportunity",
        order=22,
    ),
    MenuEntry(
        label=_("Customers"),
        url_name="crm:customer_list",
        icon="users",
        section=SECTION,
        permission="crm.view_customer",
        order=23,
        on_phone_bar=True,
    ),
    MenuEntry(
        label=_("Possible duplicates"),
        url_name="crm:duplicate_list",
        icon="users",
        section=SECTION,
        permission="crm.merge_customer",
        order=24,
        is_action=True,
    ),
    MenuEntry(
        label=_("Tags"),
        url_name="crm:tag_list",
        icon="tag",
        section=SECTION,
        permission="crm.manage_tag",
        order=23,
        is_action=True,
    ),
    MenuEntry(
        label=_("Reception"),
        url_name="crm:reception",
        icon="building-store",
        section=SECTION,
        permission="crm.register_visit",
        order=24,
    ),
    MenuEntry(
        label=_("Test drives"),
        url_name="crm:test_drive_day",
        icon="steering-wheel",
        section=SECTION,
        permission="crm.view_test_drive",
        order=25,
    ),
    MenuEntry(
        label=_("Sales figures"),
        url_name="crm:figures",
        icon="chart-bar",
        section=SECTION,
        permission="crm.view_lead",
        order=28,
    ),
    MenuEntry(
        label=_("All follow-ups"),
        url_name="crm:follow_up_list",
        icon="list-details",
        section=SECTION,
        permission="crm.view_lead",
        order=20,
        is_action=True,
    ),
    MenuEntry(
        label=_("Lead assignment"),
        url_name="crm:assignment_rules",
        icon="route",
        section=SECTION,
        permission="crm.manage_assignment",
        order=29,
        on_settings_page=True,
        description=_("Who gets which lead, and how many at most."),
    ),
    MenuEntry(
        label=_("Feeds of leads"),
        url_name="crm:feed_list",
        icon="plug",
        section=SECTION,
        permission="crm.manage_feed",
        order=30,
        on_settings_page=True,
        description=_("Systems that send in enquiries by themselves, and what they sent."),
    ),
    MenuEntry(
        label=_("New lead"),
        url_name="crm:lead_create",
        icon="user-plus",
        section=SECTION,
        permission="crm.register_lead",
        order=20,
        is_action=True,
    ),
    MenuEntry(
        label=_("Queue of new leads"),
        url_name="crm:lead_queue",
        icon="target",
        section=SECTION,
        permission="crm.work_lead",
        order=21,
        is_action=True,
    ),
    MenuEntry(
        label=_("Waiting leads"),
        url_name="crm:waiting_lead_list",
        icon="inbox",
        section=SECTION,
        permission="crm.claim_lead",
        order=21,
        is_action=True,
    ),
    MenuEntry(
        label=_("Shared pool"),
        url_name="crm:pool_list",
        icon="users",
        section=SECTION,
        permission="crm.claim_lead",
        order=23,
        is_action=True,
    ),
    MenuEntry(
        label=_("Visits"),
        url_name="crm:visit_list",
        icon="list-details",
        section=SECTION,
        permission="crm.view_visit",
        order=24,
        is_action=True,
    ),
    MenuEntry(
        label=_("All test drives"),
        url_name="crm:test_drive_list",
        icon="list-details",
        section=SECTION,
        permission="crm.view_test_drive",
        order=25,
        is_action=True,
    ),
    MenuEntry(
        label=_("Opportunities by stage"),
        url_name="crm:opportunity_board",
        icon="layout-kanban",
        section=SECTION,
        permission="crm.view_opportunity",
        order=22,
        is_action=True,
    ),
)

tones.declare(
    Lead,
    {
        "NEW": "accent",
        "ASSIGNED": "info",
        "CONTACTED": "warning",
        "QUALIFIED": "success",
        "INVALID": "danger",
    },
    field="state",
)
tones.declare(
    Opportunity,
    {
        "NEW": "accent",
        "CONTACTED": "info",
        "VISITED": "info",
        "TEST_DRIVEN": "info",
        "QUOTED": "warning",
        "ORDERED": "success",
        "DELIVERED": "success",
        "LOST": "danger",
    },
    field="stage",
)
tones.declare(
    FeedMessage,
    {"RECEIVED": "info", "TAKEN": "success", "STUCK": "danger", "DISMISSED": "neutral"},
    field="state",
)
tones.declare(Visit, {"PRESENT": "success", "LEFT": "neutral", "VOID": "danger"}, field="state")
tones.declare(
    TestDrive,
    {
        "BOOKED": "info",
        "OUT": "warning",
        "RETURNED": "success",
        "CANCELLED": "neutral",
        "NO_SHOW": "danger",
    },
    field="state",
)
tones.declare(FollowUp, {"OPEN": "info", "DONE": "success", "SKIPPED": "neutral"}, field="state")
tones.declare(
    Customer,
    {"POTENTIAL": "neutral", "INTERESTED": "info", "CUSTOMER": "success", "LAPSED": "warning"},
    field="lifecycle",
)
details.register_reading(
    Lead, "source", _("Source"), lambda code: options.label(LEAD_SOURCES, code)
)
details.register_reading(Lead, "why", _("How it was assigned"), in_short)
details.register_verbs(
    {
        "registered": (_("Came in"), "inbox", "accent"),
        "repeated": (_("Asked again"), "inbox", "accent"),
        "consent_withdrawn": (_("Wants no more messages"), "bell", "warning"),
        "pooled": (_("Went to the shared pool"), "arrow-back-up", "warning"),
        "woken": (_("Called to mind again"), "refresh", "info"),
        "claimed": (_("Claimed"), "user-check", "info"),
        "reassigned": (_("Given to somebody else"), "switch-horizontal", "info"),
        "handed_over": (_("Handed over"), "users", "info"),
        "clash_settled": (_("Clash of owners settled"), "user-check", "success"),
        "contacted": (_("Contacted"), "phone-call", "info"),
        "qualified": (_("Qualified"), "circle-check", "success"),
        "marked invalid": (_("Marked as invalid"), "x", "danger"),
        "tagged": (_("Tags changed"), "tag", "info"),
        "merged": (_("Merged with another customer"), "users", "info"),
        "unmerged": (_("Merge undone"), "arrow-back-up", "warning"),
        "told apart": (_("Said to be two people"), "users", "neutral"),
        "moved": (_("Moved to another stage"), "arrow-right", "info"),
        "rescheduled": (_("Next contact moved"), "calendar-event", "info"),
        "national_id_revealed": (_("National ID uncovered"), "eye", "accent"),
        "arrived": (_("Came to the showroom"), "building-store", "accent"),
        "identified": (_("Said who they are"), "user-check", "info"),
        "handed_on": (_("Received by somebody else"), "switch-horizontal", "info"),
        "voided": (_("Entered by mistake"), "x", "danger"),
        "booked": (_("Booked"), "calendar-event", "info"),
        "rebooked": (_("Rebooked"), "calendar-event", "info"),
        "handed_out": (_("Drove off"), "steering-wheel", "warning"),
        "taken_back": (_("Came back"), "circle-check", "success"),
        "missed": (_("The customer did not come"), "user-x", "danger"),
        "licence_revealed": (_("Driving licence uncovered"), "eye", "accent"),
        "mapped": (_("Mapping changed"), "route", "info"),
        "token_renewed": (_("New token made"), "key", "warning"),
        "dismissed": (_("Laid aside"), "x", "neutral"),
        "phone added": (_("Phone number added"), "phone", "info"),
        "phone uncovered": (_("Phone number uncovered"), "eye", "accent"),
        "done": (_("Contact made"), "phone-call", "success"),
        "skipped": (_("Contact skipped"), "x", "neutral"),
        "tag_made": (_("Tag made"), "tag", "success"),
        "tag_changed": (_("Tag changed"), "tag", "info"),
        "taken in again": (_("Taken in again"), "refresh", "info"),
    }
)
details.register_verbs(
    {
        "returned": (_("Waits for everybody again"), "arrow-back-up", "warning"),
        "left": (_("Left the showroom"), "logout", "neutral"),
        "token_revoked": (_("Token taken back"), "key", "danger"),
    },
    of="crm",
)
details.register_words(
    {
        "advisor": _("Sales advisor"),
        "consents": _("Consents"),
        "customer": _("Customer"),
        "level": _("Level"),
        "phone": _("Phone"),
        "tags": _("Tags"),
        "with": _("With"),
    }
)
