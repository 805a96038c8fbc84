"""The configuration of a group as one file: exported, compared, imported all or nothing, kept.

A module declares a :class:`Part` in its ``configuration.py`` and registers it; everything else is
done here. ``docs/configuration.md`` shows one from end to end.
"""

from forecourt.kernel.configuration.parts import Part, all_parts, at, part, register
from forecourt.kernel.configuration.report import Change, Problem, Report
from forecourt.kernel.configuration.shapes import (
    Anything,
    Flag,
    ListOf,
    MapOf,
    OneOf,
    Record,
    Shape,
    Text,
    Whole,
)

__all__ = [
    "Anything",
    "Change",
    "Flag",
    "ListOf",
    "MapOf",
    "OneOf",
    "Part",
    "Problem",
    "Record",
    "Report",
    "Shape",
    "Text",
    "Whole",
    "all_parts",
    "at",
    "part",
    "register",
]
