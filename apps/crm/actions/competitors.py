"""Names of competitors, one spelling for each that the group knows."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.crm.rules.opportunities import (
    BETWEEN_KEPT,
    BETWEEN_NAMES,
    COMPETITORS,
    LONGEST_COMPETITORS,
)
from forecourt.kernel.errors import Invalid
from forecourt.kernel.option_lists import values as options


def kept_competitors(text: str) -> str:
    """One or several names as they are kept; those of the group's list under its own names.

    Raises Invalid where they are too long to be kept whole.
    """
    typed = BETWEEN_NAMES.split(text.strip())
    names = [options.kept_name(COMPETITORS, name) for name in typed if name]
    kept = BETWEEN_KEPT.join(dict.fromkeys(names))
    if len(kept) > LONGEST_COMPETITORS:
        message = _("At most %(length)s characters.") % {"length": LONGEST_COMPETITORS}
        raise Invalid(message, field="competitor")
    return kept
