"""Document numbers: unique and gap-free within a store, kind and period.

A number is a *stem* and the count within it: ``SH01-TR-202609-`` and ``00042``. The count stands
last and behind no digit, so a number tells its stem, and one counter a stem means that no number is
ever given twice, whatever patterns a group has had and whichever kind of document asks. A store's
code is the only part of a stem whose length varies, so under one pattern every store and period has
a stem of its own, and its counts have no gaps.

The counter's row stays locked until the document's transaction ends, so a number is given only to a
document that exists. Take it last: the lock is shared by all who number the same kind.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forecourt.kernel import group_settings
from forecourt.kernel.group_settings import Kind, Setting
from forecourt.kernel.group_settings.kinds import refuse

if TYPE_CHECKING:
    Label = str | Promise

MODULE = "numbering"
DEFAULT = "{{store}}-{kind}-{{yyyy}}{{mm}}-{{seq:05}}"
LONGEST = 30
"""No number is longer, with the longest code of a store and a million documents in its period."""
LONGEST_CODE, LONGEST_COUNT = 8, 6
WIDEST = 8

INCREMENT = """
    INSERT INTO kernel_documentcounter AS counter (kind, store_code, period, last_value)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (kind, store_code, period)
    DO UPDATE SET last_value = counter.last_value + excluded.last_value
    RETURNING last_value
"""
PART = re.compile(r"\{(store|yyyy|yy|mm|dd)\}|([A-Z0-9._-])")
COUNT = re.compile(r"\{seq(?::0([1-9]))?\}$")
USUAL_STEM = re.compile(r"([A-Z0-9]{2,8})-([A-Z]{2,8})-(\d{6})-")
CounterKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Pattern(Kind):
    """What numbers of a kind look like, such as ``{store}-SO-{yyyy}{mm}-{seq:05}``."""

    kind: str

    def clean(self, raw: Any) -> str:
        """The pattern with capitals. Raises Invalid."""
        if not isinstance(raw, str):
            raise refuse(_("Enter a text."))
        pattern = "".join(
            piece if piece.startswith("{") else piece.upper()
            for piece in re.split(r"(\{[^{}]*\})", raw.strip())
        )
        parts = _parts(pattern)
        _require_period(parts)
        if parts.count("store") != 1:
            raise refuse(_("{store} must stand in it once: numbers have no gaps within a store."))
        longest = len(_stem(parts, "X" * LONGEST_CODE, date(2026, 1, 1)))
        if longest + max(LONGEST_COUNT, _width(pattern)) > LONGEST:
            raise refuse(
                _("With it numbers could be longer than %(count)s characters.") % {"count": LONGEST}
            )
        return pattern

    def bounds(self) -> dict[str, Any]:
        return {"longest": LONGEST}


_labels: "dict[str, Label]" = {}


def declare(kind: str, label: "Label", default: str = "") -> None:
    """Let documents of a kind (``TR``) be numbered; a group may change the pattern.

    ``default`` is the pattern until it does: store, kind, month and a count of five digits.
    """
    _labels[kind] = label
    group_settings.declare(
        Setting(
            key_of(kind),
            label=format_lazy(gettext_lazy("Numbers: {kind}"), kind=label),
            help=gettext_lazy("What new numbers look like; those that were given stay."),
            kind=Pattern(kind),
            default=default or DEFAULT.format(kind=kind),
            check=lambda pattern: _require_own(kind, pattern),
        )
    )


def kinds() -> "dict[str, Label]":
    """The kinds of document that are numbered, with their names."""
    return dict(_labels)


def key_of(kind: str) -> str:
    """The setting that holds a kind's pattern."""
    return f"{MODULE}.{kind}"


def example(pattern: str, store_code: str, day: date, count: int = 1) -> str:
    """The number that a pattern gives. Raises Invalid for a pattern that is none."""
    return _stem(_parts(pattern), store_code, day) + f"{count:0{_width(pattern)}d}"


def next_number(kind: str, store_code: str, day: date) -> str:
    """For instance ``SH01-TR-202609-00042`` for kind ``TR``; the period is that of ``day``."""
    return next_numbers(kind, store_code, day, 1)[0]


def next_numbers(kind: str, store_code: str, day: date, count: int) -> list[str]:
    """``count`` numbers in a row with one statement, for work in bulk."""
    return number_documents(kind, [(store_code, day)] * count)


def number_documents(kind: str, documents: Sequence[tuple[str, date]]) -> list[str]:
    """Numbers for many documents, each given as (store code, day), in their order.

    Counters are taken in one order, so two who number at once wait and never block each other.
    """
    pattern = group_settings.value_of(key_of(kind))
    parts, width = _parts(pattern), _width(pattern)
    stems = [_stem(parts, code, day) for code, day in documents]
    wanted = Counter(stems)
    last: dict[str, int] = {}
    with connection.cursor() as cursor:
        for stem in sorted(wanted, key=_counter_of):
            cursor.execute(INCREMENT, [*_counter_of(stem), wanted[stem]])
            last[stem] = cursor.fetchone()[0] - wanted[stem]
    numbers = []
    for stem in stems:
        last[stem] += 1
        numbers.append(f"{stem}{last[stem]:0{width}d}")
    return numbers


def _parts(pattern: str) -> list[str]:
    """The names of what a stem is put together of, and its characters. Raises Invalid."""
    count = COUNT.search(pattern)
    if count is None:
        raise refuse(_("It must end in {seq:05}, the count with its number of digits."))
    parts, place, rest = [], 0, pattern[: count.start()]
    while place < len(rest):
        found = PART.match(rest, place)
        if found is None:
            raise refuse(
                _(
                    "“%(part)s” cannot stand in it. Possible are {store}, {yyyy}, {yy}, {mm}, "
                    "{dd}, capital letters, digits, and - _ ."
                )
                % {"part": rest[place : place + 10]}
            )
        parts.append(found.group(1) or found.group(2))
        place = found.end()
    if not parts or len(parts[-1]) > 1 or parts[-1].isdigit():
        raise refuse(_("Before {seq} stands a letter or one of - _ . and no digit."))
    return parts


def _require_period(parts: list[str]) -> None:
    """Raises Invalid for a month without its year, a day without its month, or one twice."""
    found = [part for part in parts if part in {"yyyy", "yy", "mm", "dd"}]
    years = sum(part in {"yyyy", "yy"} for part in found)
    if len(found) != len(set(found)) or years > 1:
        raise refuse(_("Year, month and day may stand in it once each."))
    if ("mm" in found and not years) or ("dd" in found and "mm" not in found):
        raise refuse(_("A month needs its year and a day its month, or periods would repeat."))


def _require_own(kind: str, pattern: str) -> None:
    """Raises Invalid where another kind's numbers look alike: nobody could tell them apart."""
    decided = group_settings.current_values()
    stems = _samples(pattern)
    for other, label in _labels.items():
        setting = group_settings.get_setting(key_of(other))
        if other != kind and stems & {
            *_samples(setting.default),
            *_samples(decided.of(setting.key)),
        }:
            raise refuse(
                _("These numbers would look like those of another kind: %(kind)s.")
                % {"kind": label}
            )


def _samples(pattern: str) -> set[str]:
    parts = _parts(pattern)
    return {_stem(parts, "SH01", date(year, 11, 12)) for year in (2026, 2031)}


def _stem(parts: list[str], store_code: str, day: date) -> str:
    values = {
        "store": store_code,
        "yyyy": f"{day:%Y}",
        "yy": f"{day:%y}",
        "mm": f"{day:%m}",
        "dd": f"{day:%d}",
    }
    return "".join(values.get(part, part) for part in parts)


def _width(pattern: str) -> int:
    """The digits of the count at least."""
    count = COUNT.search(pattern)
    return int(count.group(1) or 1) if count else 1


def _counter_of(stem: str) -> CounterKey:
    """The row that counts a stem; of the usual form (SH01-TR-202609-) taken apart, as it was when
    there was no other."""
    usual = USUAL_STEM.fullmatch(stem)
    if usual:
        store_code, kind, period = usual.groups()
        return kind, store_code, period
    return "", "", stem


group_settings.declare_title(MODULE, gettext_lazy("Document numbers"))
