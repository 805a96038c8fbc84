from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

register_permissions(
    "approvals",
    {
        "view_request": _("See approvals and decide when asked"),
        "submit_request": _("Submit requests for approval"),
        "view_flow": _("See approval flows"),
        "manage_flow": _("Change approval flows"),
        "see_figures": _("See how long approvals take"),
    },
)

everybody = {"view_request": "OWN", "submit_request": "OWN"}
grant_to_roles(
    "approvals",
    {
        "headquarters": {
            "view_request": "GROUP",
            "submit_request": "GROUP",
            "view_flow": "GROUP",
            "manage_flow": "GROUP",
            "see_figures": "GROUP",
        },
        "group_finance": {**everybody, "view_flow": "GROUP"},
        "region_manager": {
            "view_request": "REGION",
            "submit_request": "REGION",
            "view_flow": "GROUP",
            "see_figures": "REGION",
        },
        "store_manager": {
            "view_request": "STORE",
            "submit_request": "STORE",
            "view_flow": "GROUP",
            "manage_flow": "STORE",
            "see_figures": "STORE",
        },
        **dict.fromkeys(
            (
                "sales_manager",
                "sales_advisor",
                "lead_desk",
                "receptionist",
                "inventory_clerk",
                "pdi_technician",
                "service_manager",
                "service_adviser",
                "technician",
                "parts_clerk",
                "cashier",
                "accountant",
                "hr",
            ),
            everybody,
        ),
    },
)
