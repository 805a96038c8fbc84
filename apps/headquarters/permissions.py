from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

register_permissions("headquarters", {"view_figures": _("See the figures of stores")})
grant_to_roles(
    "headquarters",
    {
        "headquarters": {"view_figures": "GROUP"},
        "group_finance": {"view_figures": "GROUP"},
        "region_manager": {"view_figures": "REGION"},
        "store_manager": {"view_figures": "STORE"},
        "sales_manager": {"view_figures": "STORE"},
    },
)
