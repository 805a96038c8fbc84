from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

register_permissions(
    "marketing",
    {
        "view_segment": _("See segments of customers"),
        "manage_segment": _("Make segments of customers, and rules for tags"),
        "view_campaign": _("See campaigns and what came of them"),
        "manage_campaign": _("Prepare, start and stop campaigns"),
        "view_automation": _("See automations"),
        "manage_automation": _("Make automations, switch them on and off"),
        "view_held": _("See which messages to customers were held back"),
    },
)
EVERYTHING = (
    "view_segment",
    "manage_segment",
    "view_campaign",
    "manage_campaign",
    "view_automation",
    "manage_automation",
    "view_held",
)
grant_to_roles(
    "marketing",
    {
        "headquarters": dict.fromkeys(EVERYTHING, "GROUP"),
        "marketer": dict.fromkeys(EVERYTHING, "GROUP"),
        "store_manager": dict.fromkeys(EVERYTHING, "STORE"),
        "sales_manager": dict.fromkeys(
            ("view_segment", "manage_segment", "view_campaign", "view_automation", "view_held"),
            "STORE",
        ),
    },
)
