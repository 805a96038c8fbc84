"""Where the module stands in the navigation, and how its states and history look."""

from django.utils.translation import gettext_lazy as _

from apps.marketing.models import Campaign, Reach
from forecourt.kernel.menu import MenuEntry, register
from forecourt.ui import details, tones

SECTION = _("Care and marketing")

register(
    MenuEntry(
        label=_("Campaigns"),
        url_name="marketing:campaign_list",
        icon="send",
        section=SECTION,
        permission="marketing.view_campaign",
        order=30,
    ),
    MenuEntry(
        label=_("Automations"),
        url_name="marketing:automation_list",
        icon="bolt",
        section=SECTION,
        permission="marketing.view_automation",
        order=31,
    ),
    MenuEntry(
        label=_("Held back"),
        url_name="marketing:held_list",
        icon="inbox",
        section=SECTION,
        permission="marketing.view_held",
        order=34,
    ),
    MenuEntry(
        label=_("Segments"),
        url_name="marketing:segment_list",
        icon="users-group",
        section=SECTION,
        permission="marketing.view_segment",
        order=32,
    ),
    MenuEntry(
        label=_("Rules for tags"),
        url_name="marketing:tag_rule_list",
        icon="tag",
        section=SECTION,
        permission="marketing.view_segment",
        order=33,
        is_action=True,
    ),
)
tones.declare(
    Campaign,
    {
        "DRAFT": "neutral",
        "RUNNING": "success",
        "PAUSED": "warning",
        "STOPPED": "danger",
        "DONE": "info",
    },
    field="state",
)
tones.declare(
    Reach,
    {"WAITING": "neutral", "QUEUED": "info", "DONE": "success", "HELD": "warning"},
    field="state",
)
details.register_verbs(
    {
        "made": (_("Made"), "plus", "success"),
        "automation_made": (_("Made"), "plus", "success"),
        "automation_changed": (_("Changed"), "edit", "info"),
        "campaign_made": (_("Made"), "plus", "success"),
        "campaign_changed": (_("Changed"), "edit", "info"),
        "automation_switched": (_("Switched on or off"), "bolt", "info"),
        "campaign_started": (_("Started"), "send", "success"),
        "campaign_paused": (_("Paused"), "clock", "warning"),
        "campaign_stopped": (_("Stopped"), "x", "danger"),
        "campaign_finished": (_("Finished"), "circle-check", "info"),
        "followed": (_("The tag followed its segment"), "tag", "info"),
        "automation_removed": (_("Removed"), "trash", "danger"),
        "campaign_removed": (_("Removed"), "trash", "danger"),
    }
)
details.register_verbs(
    {
        "replied": (_("A customer replied"), "message-circle", "info"),
    },
    of="marketing",
)
details.register_words(
    {
        "customers": _("Customers"),
        "put": _("Tag given to"),
        "taken": _("Tag taken from"),
    }
)
