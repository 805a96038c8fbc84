from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

register_permissions(
    "organisation",
    {
        "view_store": _("See stores"),
        "manage_store": _("Add and change stores"),
        "view_staff": _("See staff"),
        "manage_staff": _("Invite and change staff"),
        "manage_role": _("Change roles"),
        "see_bank_account": _("See and change staff's bank accounts"),
        "see_identity": _("See and change staff's national IDs and driving licences"),
        "see_audit": _("See the audit log"),
        "manage_group": _("Change the group's settings"),
        "take_out_group": _("Take out everything the group has, as one file"),
    },
)
register_permissions(
    "platform",
    {
        "use_api": _("Use the API with own tokens"),
    },
)

everybody = {"view_store": "GROUP", "view_staff": "STORE"}
grant_to_roles(
    "organisation",
    {
        "headquarters": {
            "view_store": "GROUP",
            "manage_store": "GROUP",
            "view_staff": "GROUP",
            "manage_staff": "GROUP",
            "manage_role": "GROUP",
            "see_audit": "GROUP",
        },
        "group_finance": {
            "view_store": "GROUP",
            "view_staff": "GROUP",
            "see_bank_account": "GROUP",
        },
        "region_manager": {"view_store": "GROUP", "view_staff": "REGION"},
        "store_manager": {
            "view_store": "GROUP",
            "view_staff": "STORE",
            "manage_staff": "STORE",
            "see_bank_account": "STORE",
            "see_identity": "STORE",
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
            ),
            everybody,
        ),
        "accountant": {**everybody, "see_bank_account": "STORE"},
        "hr": {**everybody, "see_bank_account": "STORE", "see_identity": "STORE"},
    },
)
grant_to_roles(
    "platform",
    {
        "headquarters": {"use_api": "GROUP", "see_gallery": "GROUP"},
        "store_manager": {"use_api": "STORE"},
    },
)
