from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

register_permissions(
    "marketing",
    {
        "view_segment": _("See segments of customers"),
        "manage_segment": _("Make segments of customers, and rules for tags"),
    },
)
EVERYTHING = ("view_segment", "manage_segment")
grant_to_roles(
    "marketing",
    {
        "headquarters": dict.fromkeys(EVERYTHING, "GROUP"),
        "marketer": dict.fromkeys(EVERYTHING, "GROUP"),
        "store_manager": dict.fromkeys(EVERYTHING, "STORE"),
        "sales_manager": dict.fromkeys(EVERYTHING, "STORE"),
    },
)
