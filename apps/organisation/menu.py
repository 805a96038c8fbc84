from django.utils.translation import gettext_lazy as _

from apps.organisation.models import StaffMember, Store
from forecourt.kernel.menu import MenuEntry, register
from forecourt.ui import tones
from forecourt.ui.shell import fill_slot
from tenants.models import OwnDomain

SECTION = _("Organisation")

register(
    MenuEntry(
        label=_("Stores"),
        url_name="organisation:store_list",
        icon="building-store",
        section=SECTION,
        permission="organisation.view_store",
        order=900,
    ),
    MenuEntry(
        label=_("Staff"),
        url_name="organisation:staff_list",
        icon="users",
        section=SECTION,
        permission="organisation.view_staff",
        order=910,
    ),
    MenuEntry(
        label=_("Roles"),
        url_name="organisation:role_list",
        icon="shield-check",
        section=SECTION,
        permission="organisation.manage_role",
        order=920,
        on_settings_page=True,
        description=_("What people in each role may see and do."),
    ),
    MenuEntry(
        label=_("Companies and regions"),
        url_name="organisation:structure",
        icon="sitemap",
        section=SECTION,
        permission="organisation.manage_store",
        order=930,
        on_settings_page=True,
        description=_("Legal entities with their tax numbers, and how stores are grouped."),
    ),
    MenuEntry(
        label=_("Departments"),
        url_name="organisation:department_list",
        icon="subtask",
        section=SECTION,
        permission="organisation.manage_staff",
        order=932,
        on_settings_page=True,
        description=_("How each store and headquarters are divided, and who works where."),
    ),
    MenuEntry(
        label=_("Positions"),
        url_name="organisation:position_list",
        icon="id-badge",
        section=SECTION,
        permission="organisation.manage_staff",
        order=934,
        on_settings_page=True,
        description=_("What people are employed as."),
    ),
    MenuEntry(
        label=_("Audit log"),
        url_name="organisation:audit_log",
        icon="history",
        section=SECTION,
        permission="organisation.see_audit",
        order=940,
    ),
    MenuEntry(
        label=_("Group settings"),
        url_name="organisation:group_settings",
        icon="building",
        section=SECTION,
        permission="organisation.manage_group",
        order=950,
        on_settings_page=True,
        description=_("The group's name, and its language."),
    ),
    MenuEntry(
        label=_("Domains"),
        url_name="organisation:domain_list",
        icon="world",
        section=SECTION,
        permission="organisation.manage_group",
        order=952,
        on_settings_page=True,
        description=_("Host names of your own at which your group answers."),
    ),
    MenuEntry(
        label=_("Take everything out"),
        url_name="organisation:archive_list",
        icon="archive",
        section=SECTION,
        permission="organisation.take_out_group",
        order=952,
        on_settings_page=True,
        description=_("All tables and files of the group as one archive."),
    ),
    MenuEntry(
        label=_("Getting started"),
        url_name="start:start",
        icon="flag",
        section=SECTION,
        permission="organisation.manage_group",
        order=955,
    ),
    MenuEntry(
        label=_("Sample stores"),
        url_name="start:data",
        icon="database",
        section=SECTION,
        permission="organisation.manage_group",
        order=957,
        on_settings_page=True,
        description=_("Invented stores to try settings in; they leave again in one click."),
    ),
    MenuEntry(
        label=_("Invite somebody"),
        url_name="organisation:staff_invite",
        icon="user-plus",
        permission="organisation.manage_staff",
        order=960,
        is_action=True,
    ),
    MenuEntry(
        label=_("Add a store"),
        url_name="organisation:store_create",
        icon="plus",
        permission="organisation.manage_store",
        order=970,
        is_action=True,
    ),
)
tones.declare(OwnDomain, {"WAITING": "info", "PROVEN": "success", "LOST": "danger"}, field="state")
tones.declare(
    Store,
    {"OPENING": "info", "OPEN": "success", "SUSPENDED": "warning", "CLOSED": "neutral"},
    field="state",
)
tones.declare(
    StaffMember,
    {"INVITED": "info", "ACTIVE": "success", "SUSPENDED": "warning", "LEFT": "neutral"},
    field="state",
)
fill_slot("store_switcher", "organisation/_store_switcher.html")
fill_slot("user_menu", "account/_user_menu.html")
fill_slot("user_menu", "organisation/_user_rights.html")
