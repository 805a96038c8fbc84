from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

register_permissions(
    "care",
    {
        "view_complaint": _("See complaints"),
        "register_complaint": _("Take in complaints"),
        "work_complaint": _("Work on complaints: reply, solve, ask for compensation"),
        "dispatch_complaint": _("Give complaints to departments and people, change severity"),
    },
)
OWN = {"view_complaint": "OWN", "register_complaint": "STORE", "work_complaint": "OWN"}
STORE = dict.fromkeys(
    ("view_complaint", "register_complaint", "work_complaint", "dispatch_complaint"), "STORE"
)
grant_to_roles(
    "care",
    {
        "headquarters": dict.fromkeys(STORE, "GROUP"),
        "region_manager": {"view_complaint": "REGION", "dispatch_complaint": "REGION"},
        "group_finance": {"view_complaint": "GROUP"},
        **dict.fromkeys(("store_manager", "sales_manager", "service_manager", "lead_desk"), STORE),
        "receptionist": {"view_complaint": "STORE", "register_complaint": "STORE"},
        **dict.fromkeys(("sales_advisor", "service_adviser", "technician", "parts_clerk"), OWN),
    },
)
