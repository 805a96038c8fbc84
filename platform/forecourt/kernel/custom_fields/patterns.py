r"""Patterns that a group may demand of a text: a part of regular expressions that is always quick.

A full regular expression can take years over thirty characters. Here a pattern is a row of single
characters (``A``, ``.``, ``\d``, ``[A-Z0-9]``), each with how often it comes (``?``, ``+``, ``*``,
``{4}``, ``{2,6}``): no groups, no alternatives, so matching costs at most the product of the
lengths that are left open, which is bounded too.
"""

import re
from functools import lru_cache

from django.utils.translation import gettext as _

from forecourt.kernel.errors import Invalid

LONGEST = 100
_MOST_WAYS = 100_000
_OPEN_END = 200
_PART = re.compile(
    r"(?:\\[dwsDW.\\+*?\[\](){}|/^$-]|\[[^\[\]\\]+\]|[^\\\[\](){}*+?|^$])"
    r"(?P<often>\{(?P<low>\d{1,3})(?:(?P<comma>,)(?P<high>\d{1,3}))?\}|[?*+])?"
)


def require_pattern(pattern: str) -> None:
    """Raises Invalid for a pattern that is not understood, or would be too slow."""
    if len(pattern) > LONGEST:
        raise Invalid(_("A pattern has at most 100 characters."), field="pattern")
    position, ways = 0, 1
    while position < len(pattern):
        part = _PART.match(pattern, position)
        if part is None:
            raise Invalid(
                _(
                    "A pattern is made of characters, \\d for a digit and sets like [A-Z], each "
                    "followed by how often it comes: ?, +, *, {4} or {2,6}."
                ),
                field="pattern",
            )
        ways *= _ways(part)
        position = part.end()
    if ways > _MOST_WAYS:
        raise Invalid(
            _("This pattern leaves too many lengths open; say how often each part comes."),
            field="pattern",
        )
    try:
        re.compile(pattern)
    except re.error as error:
        raise Invalid(_("This pattern cannot be read."), field="pattern") from error


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text looks like the pattern."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _ways(part: re.Match[str]) -> int:
    often = part["often"]
    if not often or (part["low"] and not part["comma"]):
        return 1
    if often == "?":
        return 2
    if often in "+*":
        return _OPEN_END
    return max(1, int(part["high"]) - int(part["low"]) + 1)
