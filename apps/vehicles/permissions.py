from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

register_permissions(
    "vehicles",
    {
        "view_stock": _("See stock"),
        "view_availability": _("See what other stores have available"),
        "see_cost": _("See what vehicles cost"),
        "receive_unit": _("Take vehicles into stock"),
        "reserve_unit": _("Reserve and release vehicles"),
        "sell_unit": _("Sell and deliver vehicles"),
        "manage_stock": _("Change prices, places, demo cars, loans and write-offs"),
        "manage_catalogue": _("Change brands, series and models"),
        "import_vehicles": _("Import vehicles"),
        "view_transfer": _("See transfers"),
        "request_transfer": _("Request transfers"),
        "approve_transfer": _("Approve or reject transfers"),
        "dispatch_transfer": _("Send vehicles to other stores"),
        "receive_transfer": _("Receive vehicles from other stores"),
    },
)

reading = {"view_stock": "STORE", "view_availability": "GROUP", "view_transfer": "STORE"}
selling = {**reading, "reserve_unit": "STORE", "request_transfer": "STORE"}
yard = {
    **reading,
    "receive_unit": "STORE",
    "manage_stock": "STORE",
    "request_transfer": "STORE",
    "dispatch_transfer": "STORE",
    "receive_transfer": "STORE",
}
managing = {
    **selling,
    **yard,
    "sell_unit": "STORE",
    "approve_transfer": "STORE",
    "see_cost": "STORE",
}
everything = (
    "view_stock",
    "view_availability",
    "see_cost",
    "receive_unit",
    "reserve_unit",
    "sell_unit",
    "manage_stock",
    "manage_catalogue",
    "import_vehicles",
    "view_transfer",
    "request_transfer",
    "approve_transfer",
    "dispatch_transfer",
    "receive_transfer",
)
grant_to_roles(
    "vehicles",
    {
        "headquarters": dict.fromkeys(everything, "GROUP"),
        "group_finance": dict.fromkeys(("view_stock", "see_cost", "view_transfer"), "GROUP"),
        "region_manager": {
            **dict.fromkeys(("view_stock", "see_cost", "view_transfer"), "REGION"),
            "view_availability": "GROUP",
            "request_transfer": "REGION",
            "approve_transfer": "REGION",
        },
        "store_manager": {**managing, "import_vehicles": "STORE"},
        "sales_manager": managing,
        "sales_advisor": selling,
        "lead_desk": {"view_availability": "GROUP", "view_stock": "STORE"},
        "inventory_clerk": {**yard, "reserve_unit": "STORE", "import_vehicles": "STORE"},
        "pdi_technician": {"view_stock": "STORE", "view_transfer": "STORE"},
        "accountant": {"view_stock": "STORE", "see_cost": "STORE", "view_transfer": "STORE"},
        "cashier": {"view_stock": "STORE"},
    },
)
