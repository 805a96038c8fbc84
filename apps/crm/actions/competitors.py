"""Names of competitors, one spelling for each that the group knows."""

from __future__ import annotations

from apps.crm.rules.opportunities import COMPETITORS, SEVERAL
from forecourt.kernel.option_lists import values as options

LONGEST = 100


def kept_competitors(text: str) -> str:
    """One or several names as they are kept; those of the group's list under its own names."""
    names = [options.kept_name(COMPETITORS, name) for name in SEVERAL.split(text.strip()) if name]
    return "、".join(dict.fromkeys(names))[:LONGEST]
