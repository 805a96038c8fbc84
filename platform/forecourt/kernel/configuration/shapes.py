"""What a part's data must look like: told once, checked with the place of every mistake.

A shape reads what the file holds and answers it in the form that the part exports: defaults filled
in, nothing unknown left. What is wrong goes into the report.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forecourt.kernel.configuration.report import Place, Report


class Shape(Protocol):
    def read(self, value: Any, place: Place, report: Report) -> Any: ...


@dataclass(frozen=True)
class Anything:
    """Plain data that the part judges by itself."""

    def read(self, value: Any, place: Place, report: Report) -> Any:
        return value


@dataclass(frozen=True)
class Text:
    """A text; ``pattern`` must match all of it, ``hint`` says what is expected instead."""

    most: int = 200
    blank: bool = False
    pattern: str = ""
    hint: "str | Promise" = ""
    multiline: bool = False

    def read(self, value: Any, place: Place, report: Report) -> Any:
        if value is None and self.blank:
            return ""
        if not isinstance(value, str):
            report.problem(place, _("A text is expected here; put it in quotation marks."))
        elif not value.strip() and not self.blank:
            report.problem(place, _("Must not be empty."))
        elif len(value) > self.most:
            report.problem(place, _("At most %(count)s characters.") % {"count": self.most})
        elif "\x00" in value or ("\n" in value and not self.multiline):
            report.problem(place, _("One line of text is expected here."))
        elif value and self.pattern and not re.fullmatch(self.pattern, value):
            report.problem(place, str(self.hint) or _("This is not written as expected."))
        return value


@dataclass(frozen=True)
class Whole:
    """A whole number within bounds, or nothing where ``empty`` allows it."""

    least: int = 0
    most: int = 2_147_483_647
    empty: bool = False

    def read(self, value: Any, place: Place, report: Report) -> Any:
        if value is None and self.empty:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            report.problem(place, _("A whole number is expected here."))
        elif not self.least <= value <= self.most:
            report.problem(
                place,
                _("Between %(least)s and %(most)s.") % {"least": self.least, "most": self.most},
            )
        return value


@dataclass(frozen=True)
class Flag:
    def read(self, value: Any, place: Place, report: Report) -> Any:
        if not isinstance(value, bool):
            report.problem(place, _("Write true or false."))
        return value


@dataclass(frozen=True)
class OneOf:
    """One of the texts that are offered."""

    choices: Sequence[str]

    def read(self, value: Any, place: Place, report: Report) -> Any:
        if value not in self.choices:
            report.problem(
                place, _("Write one of: %(choices)s.") % {"choices": ", ".join(self.choices)}
            )
        return value


@dataclass(frozen=True)
class ListOf:
    item: Shape
    most: int = 1000

    def read(self, value: Any, place: Place, report: Report) -> Any:
        if value is None:
            return []
        if not isinstance(value, list):
            report.problem(place, _("A list is expected here."))
            return []
        if len(value) > self.most:
            report.problem(place, _at_most(self.most))
            return []
        return [
            self.item.read(item, (*place, str(position)), report)
            for position, item in enumerate(value, start=1)
        ]


@dataclass(frozen=True)
class MapOf:
    """Any number of entries, each under a key such as its code."""

    item: Shape
    key: Text = field(default_factory=Text)
    most: int = 1000

    def read(self, value: Any, place: Place, report: Report) -> Any:
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            report.problem(place, _("Entries with a key and a value are expected here."))
            return {}
        if len(value) > self.most:
            report.problem(place, _at_most(self.most))
            return {}
        for key in value:
            self.key.read(key, (*place, key), report)
        return {key: self.item.read(item, (*place, key), report) for key, item in value.items()}


@dataclass(frozen=True)
class Record:
    """An entry with these fields and no others; those without a default must be there."""

    fields: Mapping[str, Shape]
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def read(self, value: Any, place: Place, report: Report) -> Any:
        if not isinstance(value, Mapping):
            report.problem(place, _("Entries with a key and a value are expected here."))
            return dict(self.defaults)
        for key in value:
            if key not in self.fields:
                report.problem((*place, key), self._unknown(key))
        read = {}
        for name, shape in self.fields.items():
            if name in value:
                read[name] = shape.read(value[name], (*place, name), report)
            elif name in self.defaults:
                read[name] = self.defaults[name]
            else:
                report.problem(place, _("“%(name)s” is missing.") % {"name": name})
        return read

    def _unknown(self, key: str) -> str:
        return _("There is no “%(name)s” here; known are: %(known)s.") % {
            "name": key,
            "known": ", ".join(self.fields),
        }


def _at_most(count: int) -> str:
    return ngettext("At most %(count)s entry.", "At most %(count)s entries.", count) % {
        "count": count
    }
