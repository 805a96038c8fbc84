"""Rights over documents. Which records' documents one sees follows from the records that one sees;
the scope of the other rights says whose documents one may change: one's own, or a store's."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

register_permissions(
    "documents",
    {
        "view_document": _("See the documents of records that one sees"),
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
    "add_document": "STORE",
    "change_document": "OWN",
    "remove_document": "OWN",
}
STORE = dict.fromkeys(
    ("view_document", "add_document", "change_document", "remove_document"), "STORE"
)
GROUP = dict.fromkeys(STORE, "GROUP")
grant_to_roles(
    "documents",
    {
        "headquarters": {
            **GROUP,
            "hold_document": "GROUP",
            "erase_papers": "GROUP",
            "view_kind": "GROUP",
            "manage_kind": "GROUP",
        },
        "group_finance": {**GROUP, "change_document": "OWN", "remove_document": "OWN"},
        "region_manager": {**dict.fromkeys(STORE, "REGION"), "view_kind": "GROUP"},
        "store_manager": {**STORE, "hold_document": "STORE", "view_kind": "GROUP"},
        **dict.fromkeys(("sales_manager", "service_manager", "hr"), STORE),
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
