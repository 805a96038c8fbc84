from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

register_permissions(
    "sales",
    {
        "view_salesorder": _("See sales orders"),
        "import_salesorder": _("Import the history of sales"),
    },
)
grant_to_roles(
    "sales",
    {
        "headquarters": {"view_salesorder": "GROUP", "import_salesorder": "GROUP"},
        "group_finance": {"view_salesorder": "GROUP"},
        "region_manager": {"view_salesorder": "REGION"},
        "store_manager": {"view_salesorder": "STORE"},
        "sales_manager": {"view_salesorder": "STORE"},
        "sales_advisor": {"view_salesorder": "OWN"},
        "accountant": {"view_salesorder": "STORE"},
        "cashier": {"view_salesorder": "STORE"},
    },
)
