from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

register_permissions(
    "notifications",
    {
        "manage_channel": _("Set up channels of notifications"),
        "manage_text": _("Change the texts of notifications"),
        "view_delivery": _("See what notifications were delivered"),
        "send_again": _("Have messages sent again"),
    },
)
grant_to_roles(
    "notifications",
    {
        "headquarters": {
            "manage_channel": "GROUP",
            "manage_text": "GROUP",
            "view_delivery": "GROUP",
            "send_again": "GROUP",
        },
        "store_manager": {"view_delivery": "STORE"},
    },
)
