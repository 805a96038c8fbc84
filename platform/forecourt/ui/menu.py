from django.utils.translation import gettext_lazy as _

from forecourt.kernel.bilingual import count_missing
from forecourt.kernel.menu import MenuEntry, has_settings_pages, register
from forecourt.ui.settings_pages.numbering import may_number
from forecourt.ui.settings_pages.translations import has_sources

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
        label=_("Option lists"),
        url_name="settings:option_list_list",
        icon="list-details",
        section=_("Data"),
        permission="platform.manage_option_list",
        order=820,
        on_settings_page=True,
        description=_("Lead sources, reasons, colours: what forms offer to choose from."),
    ),
    MenuEntry(
        label=_("Configuration file"),
        url_name="settings:configuration",
        icon="file-export",
        section=_("Organisation"),
        permission="platform.manage_configuration",
        order=985,
        on_settings_page=True,
        description=_("Download, compare, bring to another group, go back to an earlier version."),
    ),
    MenuEntry(
        label=_("Missing translations"),
        url_name="settings:missing_translations",
        icon="language",
        section=_("Data"),
        order=830,
        on_settings_page=True,
        description=_("What your group has written in one language only."),
        shown_to=has_sources,
        count=count_missing,
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
