from django.utils.translation import gettext_lazy as _

from forecourt.kernel.menu import MenuEntry, has_settings_pages, register
from forecourt.ui.settings_pages.numbering import may_number

register(
    MenuEntry(
        label=_("Imports"),
        url_name="imports:run_list",
        icon="file-import",
        section=_("Data"),
        permission="imports.view_importrun",
        order=800,
    ),
    MenuEntry(
        label=_("Import a file"),
        url_name="imports:start",
        icon="upload",
        permission="imports.view_importrun",
        order=810,
        is_action=True,
    ),
    MenuEntry(
        label=_("All settings"),
        url_name="settings:values",
        icon="adjustments",
        section=_("Organisation"),
        permission="settings.view_setting",
        order=945,
        on_settings_page=True,
        description=_("Times, limits and rules of all modules, for the group, a brand or a store."),
    ),
    MenuEntry(
        label=_("Document numbers"),
        url_name="settings:numbering",
        icon="receipt",
        section=_("Organisation"),
        permission="settings.view_setting",
        order=948,
        on_settings_page=True,
        description=_("What the numbers of leads, vehicles, transfers and orders look like."),
        shown_to=may_number,
    ),
    MenuEntry(
        label=_("Webhooks"),
        url_name="webhooks:webhook_list",
        icon="webhook",
        section=_("Data"),
        permission="platform.manage_webhooks",
        order=850,
        on_settings_page=True,
        description=_("Other systems that are told at once of what happens here."),
    ),
    MenuEntry(
        label=_("Settings"),
        url_name="settings:home",
        icon="settings",
        section=_("Organisation"),
        order=990,
        shown_to=has_settings_pages,
    ),
)
