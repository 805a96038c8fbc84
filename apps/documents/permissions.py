"""Rights over documents. Which records' documents one sees follows from the records that one sees;
the scope of the other rights says whose documents one may change: one's own, or a store's."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

register_permissions(
    "documents",
    {
        "view_document": _("See the documents of records that one sees"),
        "view_staff_papers": _("See the documents of staff"),
        "add_document": _("Add documents and new versions"),
        "change_document": _("Rename, move, tag and link documents"),
        "remove_document": _("Remove documents"),
        "hold_document": _("Set and release a legal hold"),
        "erase_papers": _("Erase a person's papers on request"),
        "view_kind": _("See kinds of documents"),
        "manage_kind": _("Change kinds of documents"),
    },
)

OWN = {
    "view_document": "STORE",
    "view_staff_papers": "OWN",
    "add_document": "STORE",
    "change_document": "OWN",
    "remove_document": "OWN",
}
STORE = {
    **dict.fromkeys(
        ("view_document", "add_document", "change_document", "remove_document"), "STORE"
    ),
    "view_staff_papers": "OWN",
}
GROUP = {**dict.fromkeys(STORE, "GROUP"), "view_staff_papers": "OWN"}
grant_to_roles(
    "documents",
    {
        "headquarters": {
            **GROUP,
            "view_staff_papers": "GROUP",
            "hold_document": "GROUP",
            "erase_papers": "GROUP",
            "view_kind": "GROUP",
            "manage_kind": "GROUP",
        },
        "group_finance": {**GROUP, "change_document": "OWN", "remove_document": "OWN"},
        "region_manager": {
            **dict.fromkeys(STORE, "REGION"),
            "view_staff_papers": "OWN",
            "view_kind": "GROUP",
        },
        "store_manager": {
            **STORE,
            "view_staff_papers": "STORE",
            "hold_document": "STORE",
            "view_kind": "GROUP",
        },
        "hr": {**STORE, "view_staff_papers": "STORE"},
        **dict.fromkeys(("sales_manager", "service_manager"), STORE),
        **dict.fromkeys(
            (
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
            ),
            OWN,
        ),
    },
)

# Papers made from templates; making one needs the right to add documents.
register_permissions(
    "documents",
    {
        "sign_paper": _("Have papers signed, on the screen and by a link"),
        "view_template": _("See templates of papers"),
        "manage_template": _("Change templates of papers"),
    },
)
SIGNING = {"sign_paper": "STORE"}
grant_to_roles(
    "documents",
    {
        "headquarters": {
            "sign_paper": "GROUP",
            "view_template": "GROUP",
            "manage_template": "GROUP",
        },
        "region_manager": {"sign_paper": "REGION", "view_template": "GROUP"},
        "store_manager": {
            "sign_paper": "STORE",
            "view_template": "GROUP",
            "manage_template": "STORE",
        },
        "sales_manager": {**SIGNING, "view_template": "GROUP"},
        "service_manager": {**SIGNING, "view_template": "GROUP"},
        **dict.fromkeys(
            (
                "sales_advisor",
                "receptionist",
                "inventory_clerk",
                "service_adviser",
                "cashier",
                "hr",
            ),
            SIGNING,
        ),
    },
)
