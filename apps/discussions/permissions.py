"""The right to take part at all; which records one discusses follows from those that one sees."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

register_permissions("discussions", {"take_part": _("Discuss records that one sees")})
PEOPLE_OF_STORES = (
    "store_manager",
    "sales_manager",
    "service_manager",
    "sales_advisor",
    "lead_desk",
    "receptionist",
    "inventory_clerk",
    "pdi_technician",
    "service_adviser",
    "technician",
    "parts_clerk",
    "cashier",
    "accountant",
    "hr",
)
grant_to_roles(
    "discussions",
    {
        "headquarters": {"take_part": "GROUP"},
        "group_finance": {"take_part": "GROUP"},
        "region_manager": {"take_part": "REGION"},
        **{role: {"take_part": "STORE"} for role in PEOPLE_OF_STORES},
    },
)
