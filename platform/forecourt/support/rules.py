"""What support may do in a group: decided by a permission's name, and refused unless it is listed.

A permission that comes later is therefore nothing that support has.
"""

from datetime import timedelta

LONGEST_HOURS = 72
HOURS = (1, 4, 8, 24, 48, LONGEST_HOURS)
LONGEST_REASON = 500
SHORTEST_REASON = 8
LINK_GOOD_FOR = timedelta(seconds=60)
"""A redirect takes no time: a link that is older was kept by somebody."""

READS = "view_"
NEVER_READ = frozenset({"documents.view_staff_papers"})
"""What people show of themselves: IDs, diplomas, health certificates."""
MAY_CHANGE = frozenset(
    {
        "approvals.manage_flow",
        "crm.change_customer",
        "crm.claim_lead",
        "crm.manage_assignment",
        "crm.reassign_lead",
        "crm.register_lead",
        "crm.register_visit",
        "crm.work_lead",
        "crm.work_opportunity",
        "crm.work_test_drive",
        "custom_fields.manage_field",
        "documents.change_document",
        "documents.manage_kind",
        "documents.manage_template",
        "notifications.manage_text",
        "notifications.send_again",
        "platform.manage_option_list",
        "settings.change_branding",
        "settings.change_setting",
        "vehicles.manage_catalogue",
        "vehicles.manage_stock",
        "vehicles.receive_transfer",
        "vehicles.receive_unit",
        "vehicles.reserve_unit",
    }
)
REFUSED_PREFIXES = ("/api/", "/accounts/", "/settings/webhooks/", "/settings/support/")
"""Programs' access, people's own accounts, secrets of other systems, and the grant itself."""
REFUSED_NAMES = frozenset(
    {
        "organisation:own_chat_ids",
        "organisation:own_rights",
        "notifications:preferences",
        "organisation:archive_list",
        "organisation:archive_detail",
        "settings:configuration",
        "notifications:channel_list",
    }
)


def permissions_of(declared: "list[str]", *, may_change: bool) -> frozenset[str]:
    """Those of all declared permissions (``module.action``) that support has."""
    return frozenset(
        name
        for name in declared
        if (name.partition(".")[2].startswith(READS) and name not in NEVER_READ)
        or (may_change and name in MAY_CHANGE)
    )


def is_refused_page(path: str, view_name: str, query: "list[str]") -> bool:
    """Pages that support never gets, whatever was granted: exports too, which are any list's."""
    return path.startswith(REFUSED_PREFIXES) or view_name in REFUSED_NAMES or "export" in query
