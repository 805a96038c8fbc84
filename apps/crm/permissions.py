from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

register_permissions(
    "crm",
    {
        "view_customer": _("See customers"),
        "change_customer": _("Change customers"),
        "see_phone": _("See customers' phones in full"),
        "see_national_id": _("See customers' national ID in full"),
        "reveal_phone": _("Uncover a hidden phone, which is logged"),
        "view_lead": _("See leads"),
        "register_lead": _("Enter leads"),
        "work_lead": _("Work on leads: log contacts, plan, qualify"),
        "claim_lead": _("Claim leads that nobody has"),
        "reassign_lead": _("Give leads to other people"),
        "view_opportunity": _("See opportunities"),
        "work_opportunity": _("Work on opportunities"),
        "view_visit": _("See visits to the showroom"),
        "register_visit": _("Receive visitors at the desk"),
        "view_test_drive": _("See test drives"),
        "work_test_drive": _("Book test drives, hand out and take back demo cars"),
        "manage_assignment": _("Change the rules that hand out leads"),
        "import_customer": _("Import customers and leads"),
        "export_customer": _("Export customers and leads"),
        "merge_customer": _("Merge customers who are one person, and undo it"),
    },
)

advisor = {
    "view_customer": "OWN",
    "change_customer": "OWN",
    "see_phone": "OWN",
    "see_national_id": "OWN",
    "view_lead": "OWN",
    "register_lead": "STORE",
    "work_lead": "OWN",
    "claim_lead": "STORE",
    "view_opportunity": "OWN",
    "work_opportunity": "OWN",
    "view_visit": "OWN",
    "register_visit": "STORE",
    "view_test_drive": "OWN",
    "work_test_drive": "OWN",
}
store = {
    "view_customer": "STORE",
    "change_customer": "STORE",
    "see_phone": "STORE",
    "see_national_id": "STORE",
    "view_lead": "STORE",
    "register_lead": "STORE",
    "work_lead": "STORE",
    "claim_lead": "STORE",
    "reassign_lead": "STORE",
    "view_opportunity": "STORE",
    "work_opportunity": "STORE",
    "view_visit": "STORE",
    "register_visit": "STORE",
    "view_test_drive": "STORE",
    "work_test_drive": "STORE",
    "manage_assignment": "STORE",
    "import_customer": "STORE",
    "export_customer": "STORE",
    "merge_customer": "STORE",
}
reception = {
    "view_customer": "STORE",
    "reveal_phone": "STORE",
    "view_lead": "STORE",
    "register_lead": "STORE",
    "view_visit": "STORE",
    "register_visit": "STORE",
    "view_test_drive": "STORE",
    "work_test_drive": "STORE",
}

grant_to_roles(
    "crm",
    {
        "headquarters": {
            **{key: "GROUP" for key in store if not key.startswith("see_")},
            "reveal_phone": "GROUP",
        },
        "group_finance": {
            "view_customer": "GROUP",
            "see_national_id": "GROUP",
            "view_opportunity": "GROUP",
        },
        "region_manager": {
            **dict.fromkeys(
                (
                    "view_customer",
                    "view_lead",
                    "reassign_lead",
                    "view_opportunity",
                    "view_visit",
                    "view_test_drive",
                    "reveal_phone",
                    "export_customer",
                ),
                "REGION",
            ),
        },
        "store_manager": {**store, "reveal_phone": "STORE"},
        "sales_manager": {key: scope for key, scope in store.items() if key != "manage_assignment"},
        "sales_advisor": advisor,
        "lead_desk": {**reception, "work_lead": "STORE", "reassign_lead": "STORE"},
        "receptionist": reception,
        "service_manager": {"view_customer": "STORE", "reveal_phone": "STORE"},
        "service_adviser": {"view_customer": "STORE", "reveal_phone": "STORE"},
    },
)
