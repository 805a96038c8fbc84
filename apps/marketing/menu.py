"""Where the module stands in the navigation, and how its states and history look."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.menu import MenuEntry, register
from forecourt.ui import details

SECTION = _("Care and marketing")

register(
    MenuEntry(
        label=_("Segments"),
        url_name="marketing:segment_list",
        icon="users-group",
        section=SECTION,
        permission="marketing.view_segment",
        order=32,
    ),
    MenuEntry(
        label=_("Rules for tags"),
        url_name="marketing:tag_rule_list",
        icon="tag",
        section=SECTION,
        permission="marketing.view_segment",
        order=33,
        is_action=True,
    ),
)
details.register_verbs(
    {
        "followed": (_("The tag followed its segment"), "tag", "info"),
    }
)
