"""Texts with named placeholders: ``{customer}`` and nothing cleverer.

What stands between braces is a name and is replaced by a text; there are no attributes, indexes or
formats, so a group that edits its texts can reach nothing but what an event offers.
"""

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
STRAY_BRACE = re.compile(r"[{}]")


def placeholders_in(text: str) -> set[str]:
    """The names between braces."""
    return {name.strip() for name in PLACEHOLDER.findall(text)}


def has_stray_brace(text: str) -> bool:
    """Whether a brace is left that opens or closes no placeholder."""
    return bool(STRAY_BRACE.search(PLACEHOLDER.sub("", text)))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced; one without a value is left out.

    A value is put in as it is, also where it holds braces itself.
    """
    return PLACEHOLDER.sub(lambda found: values.get(found[1].strip(), ""), text)
