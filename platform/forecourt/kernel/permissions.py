from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import grant_to_roles, register_permissions

register_permissions("imports", {"view_importrun": _("See imports")})
register_permissions(
    "platform",
    {
        "manage_configuration": _("Export, compare and import the configuration"),
        "manage_option_list": _("Change option lists"),
        "manage_webhooks": _("Have other systems told of events (webhooks)"),
    },
)
register_permissions(
    "settings",
    {
        "view_setting": _("See settings"),
        "change_setting": _("Change settings"),
        "change_branding": _("Change the group's logo and colour"),
    },
)
importing = (
    "region_manager",
    "sales_manager",
    "lead_desk",
    "inventory_clerk",
    "parts_clerk",
    "hr",
)
grant_to_roles(
    "imports",
    {
        "headquarters": {"view_importrun": "GROUP"},
        "store_manager": {"view_importrun": "STORE"},
        **{role: {"view_importrun": "OWN"} for role in importing},
    },
)
grant_to_roles(
    "platform",
    {
        "headquarters": {
            "manage_configuration": "GROUP",
            "manage_option_list": "GROUP",
            "manage_webhooks": "GROUP",
        },
    },
)
grant_to_roles(
    "settings",
    {
        "headquarters": {"view_setting": "GROUP", "change_setting": "GROUP"},
        "store_manager": {"view_setting": "STORE", "change_setting": "STORE"},
    },
)

register_permissions("custom_fields", {"manage_field": _("Add and change custom fields")})
grant_to_roles("custom_fields", {"headquarters": {"manage_field": "GROUP"}})
