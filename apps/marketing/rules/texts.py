"""The words of a message to customers: what may stand between braces, and whether it is whole."""

from __future__ import annotations

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.notifications.rules.texts import has_stray_brace, placeholders_in
from forecourt.kernel.errors import Invalid

PLACEHOLDERS = {
    "name": _("Name of the customer"),
    "store": pgettext_lazy("placeholder", "Name of her store"),
    "advisor": _("Name of her advisor"),
    "link": _("The link, by which it is seen who opened it"),
    "opt_out": _("The way out of such messages"),
    "group": _("Name of the group"),
}


def require_whole(text: str, *, field: str, has_link: bool) -> None:
    """Raises Invalid for nothing, a brace too many, a placeholder that nothing fills, or a link
    that leads nowhere."""
    if not text.strip():
        raise Invalid(_t("Write what the customer is to read."), field=field)
    if has_stray_brace(text):
        raise Invalid(_t("A brace is open or closed for nothing."), field=field)
    unknown = placeholders_in(text) - PLACEHOLDERS.keys()
    if unknown:
        said = ", ".join(sorted(unknown))
        raise Invalid(_t("Nothing fills %(names)s here.") % {"names": said}, field=field)
    if "link" in placeholders_in(text) and not has_link:
        raise Invalid(_t("Say where the link leads."), field="link_url")
