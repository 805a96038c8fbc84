"""What each column of a table seems to hold, from one reading of all its rows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from forecourt.kernel import text as texts
from forecourt.kernel.tabular.reading import Row
from forecourt.kernel.tabular.values import (
    DateOrder,
    DateOrderEvidence,
    DecimalMark,
    DecimalMarkEvidence,
)

# Kinds are judged on this many filled cells; order of dates and decimal marks on all of them.
_JUDGED_CELLS = 300
_EXAMPLES = 5
_DISTINCT = 200
_DISTINCT_LENGTH = 80
_LIKELY = 0.8
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d{1,2}")


@dataclass
class ColumnProfile:
    """One column: how full, examples, the distinct values where they are few, and kinds.

    `kinds` gives the share of judged cells that read as `date`, `number`, `phone` or `email`.
    `shortened` counts cells like 1.38E+10, where Excel has lost digits of a phone or an identifier.
    """

    name: str
    filled: int = 0
    examples: list[str] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)
    distinct: dict[str, int] = field(default_factory=dict)
    many_distinct: bool = False
    kinds: dict[str, float] = field(default_factory=dict)
    shortened: int = 0
    date_order: DateOrder | None = None
    date_order_ambiguous: bool = False
    decimal_mark: DecimalMark = DecimalMark.POINT

    def likely(self, kind: str) -> bool:
        """Whether nearly all cells read as that kind."""
        return self.kinds.get(kind, 0) >= _LIKELY

    def as_json(self) -> dict[str, Any]:
        """To be kept, so without numbers that identify somebody."""
        hidden = {
            "examples": [texts.hide_long_numbers(cell) for cell in self.examples],
            "samples": [texts.hide_long_numbers(cell) for cell in self.samples],
            "distinct": {texts.hide_long_numbers(cell): n for cell, n in self.distinct.items()},
        }
        return asdict(self) | hidden

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ColumnProfile:
        order = data["date_order"]
        return cls(
            **{
                **data,
                "date_order": DateOrder(order) if order else None,
                "decimal_mark": DecimalMark(data["decimal_mark"]),
            }
        )


class _Judge:
    """Collects what one column says while the rows pass by."""

    def __init__(self, name: str, region: str) -> None:
        self.profile = ColumnProfile(name)
        self.region = region
        self.dates = DateOrderEvidence()
        self.numbers = DecimalMarkEvidence()
        self.hits = {"date": 0, "number": 0, "phone": 0, "email": 0}

    def add(self, cell: str) -> None:
        profile = self.profile
        profile.filled += 1
        self._count_distinct(cell)
        if profile.filled <= _JUDGED_CELLS:
            self._judge(cell)
            return
        # A column that held no date so far is not searched for dates in a hundred thousand rows.
        if self.hits["date"]:
            self.dates.add(cell)
        if self.hits["number"]:
            self.numbers.add(cell)

    def _judge(self, cell: str) -> None:
        self.profile.samples.append(cell[:_DISTINCT_LENGTH])
        self.hits["date"] += self.dates.add(cell)
        self.hits["number"] += self.numbers.add(cell)
        self.hits["email"] += bool(_EMAIL.fullmatch(cell))
        self.hits["phone"] += texts.phone_or_none(cell, self.region) is not None
        self.profile.shortened += bool(_SHORTENED.fullmatch(cell))

    def _count_distinct(self, cell: str) -> None:
        distinct = self.profile.distinct
        if self.profile.many_distinct:
            return
        distinct[cell] = distinct.get(cell, 0) + 1
        if len(distinct) > _DISTINCT or len(cell) > _DISTINCT_LENGTH:
            self.profile.many_distinct = True
            distinct.clear()

    def verdict(self) -> ColumnProfile:
        profile = self.profile
        judged = len(profile.samples)
        if judged:
            profile.kinds = {kind: hits / judged for kind, hits in self.hits.items() if hits}
        profile.examples = list(dict.fromkeys(profile.samples))[:_EXAMPLES]
        profile.samples = profile.samples[:50]
        profile.date_order = self.dates.order
        profile.date_order_ambiguous = self.dates.ambiguous
        profile.decimal_mark = self.numbers.mark
        return profile


def profile(
    columns: Iterable[str], rows: Iterable[Row], *, region: str = "CN", limit: int | None = None
) -> tuple[list[ColumnProfile], int]:
    """Read the rows once, at most `limit`; a profile per column, and how many rows were read.

    `region` is the country whose phone numbers are looked for.
    """
    judges = [_Judge(name, region) for name in columns]
    count = 0
    for row in itertools.islice(rows, limit):
        count += 1
        for judge, cell in zip(judges, row.cells, strict=True):
            if cell:
                judge.add(cell)
    return [judge.verdict() for judge in judges], count
