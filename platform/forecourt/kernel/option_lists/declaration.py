"""What a module says of its option lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from forecourt.kernel.errors import NotFound

if TYPE_CHECKING:
    from django.utils.functional import Promise


class Option(NamedTuple):
    """A built-in value. The group may rename it, and retire it unless it is ``fixed``: needed by
    the product itself, which chooses it for what comes in by a way of its own."""

    code: str
    name_zh: str
    name_en: str
    fixed: bool = False


@dataclass(frozen=True)
class OptionList:
    """A list that the group keeps itself. ``may_add`` lets it have values of its own.

    ``used_by`` names the columns that hold the codes (``crm.Lead.source``): they are counted, and
    a value that none of them holds may be removed. ``holds_names`` says that they hold the names
    instead, as free texts for which the list is only a proposal; ``between`` stands between the
    names where one text may hold several.
    """

    code: str
    label: str | Promise
    values: Sequence[Option]
    help: str | Promise = ""
    may_add: bool = True
    used_by: Sequence[str] = field(default_factory=tuple)
    holds_names: bool = False
    between: str = ""

    def built_in(self, code: str) -> Option | None:
        return next((option for option in self.values if option.code == code), None)


_lists: dict[str, OptionList] = {}


def register(*lists: OptionList) -> None:
    for declared in lists:
        if declared.code in _lists:
            raise ValueError(f"The option list {declared.code} is declared twice.")
        _lists[declared.code] = declared


def option_list(code: str) -> OptionList:
    """Raises NotFound."""
    if code not in _lists:
        raise NotFound(f"No module declares the option list {code}.")
    return _lists[code]


def all_lists() -> list[OptionList]:
    return [_lists[code] for code in sorted(_lists)]


Counter = Callable[[str], Mapping[str, int]]
_counters: list[Counter] = []


def counts_codes(counter: Counter) -> Counter:
    """Decorator: ``counter(list_code)`` answers how many rows hold each code beside ``used_by``."""
    _counters.append(counter)
    return counter


def counted_elsewhere(list_code: str) -> dict[str, int]:
    """What all counters find of one list."""
    counts: dict[str, int] = {}
    for counter in _counters:
        for code, count in counter(list_code).items():
            counts[code] = counts.get(code, 0) + count
    return counts
