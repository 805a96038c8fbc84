"""What reading a configuration found: what is wrong and where, and what would change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Place = tuple[str, ...]
"""Where something stands: the part's name, then keys, then positions from 1."""
SEPARATOR = " › "


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file is refused; ``line`` counts from 1, and is 0 where the place has no line."""

    place: Place
    message: str
    line: int = 0

    @property
    def where(self) -> str:
        return SEPARATOR.join(self.place)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two configurations. What was added has no ``before``."""

    place: Place
    kind: str
    before: Any = None
    after: Any = None

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"

    @property
    def part(self) -> str:
        return self.place[0]

    @property
    def where(self) -> str:
        """The place within its part."""
        return SEPARATOR.join(self.place[1:])


@dataclass(slots=True)
class Report:
    """Collects problems while a file is looked at.

    ``lines`` says on which line of the file a place begins, ``present`` what the parts hold now,
    ``wanted`` what the file wants of them.
    """

    lines: Mapping[Place, int] = field(default_factory=dict)
    present: Mapping[str, Any] = field(default_factory=dict)
    wanted: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, place: Place, message: str) -> None:
        self.problems.append(Problem(place, message, self._line(place)))

    def data_of(self, part: str) -> Any:
        """What a part would hold after the import: what the file says, else what it holds now."""
        return self.wanted.get(part, self.present.get(part))

    def _line(self, place: Place) -> int:
        """The line of the place, or of the nearest thing around it that has one."""
        for length in range(len(place), 0, -1):
            if line := self.lines.get(place[:length]):
                return line
        return 0


def differences(before: Any, after: Any, place: Place) -> Iterable[Change]:
    """What must happen to plain data to become other plain data, in the order of the data.

    Mappings are compared key by key, lists of mappings by what their items are called, everything
    else as a whole.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _by_key(before, after, place)
    elif _are_records(before) and _are_records(after):
        old, new = _named(before), _named(after)
        yield from _by_key(old, new, place)
        kept_before = [name for name in old if name in new]
        kept_after = [name for name in new if name in old]
        if kept_before != kept_after:
            yield Change(place, Change.CHANGED, kept_before, kept_after)
    elif before != after or type(before) is not type(after):
        yield Change(place, Change.CHANGED, before, after)


def _by_key(before: Mapping[str, Any], after: Mapping[str, Any], place: Place) -> Iterable[Change]:
    for key, value in before.items():
        if key not in after:
            yield Change((*place, key), Change.REMOVED, value, None)
        else:
            yield from differences(value, after[key], (*place, key))
    for key, value in after.items():
        if key not in before:
            yield Change((*place, key), Change.ADDED, None, value)


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


def _named(items: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Items by what they are called; a name that comes again gets its count."""
    named: dict[str, Any] = {}
    for position, item in enumerate(items, start=1):
        name = next((str(item[key]) for key in ("code", "name", "name_zh") if item.get(key)), "")
        label, count = name or str(position), 1
        while label in named:
            count += 1
            label = f"{name} ({count})"
        named[label] = item
    return named
