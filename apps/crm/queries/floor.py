"""The figures of the sales floor: of a period beside those of the period before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.crm.figures import FigureSet
from forecourt.kernel import counted
from forecourt.kernel.access import Actor
from forecourt.kernel.counted import MONTH, Answer, CountedFigure, Key
from forecourt.kernel.periods import Period


@dataclass(frozen=True, slots=True)
class Line:
    """An advisor, a store, a month …: what it is called, and its figures in both periods."""

    key: Key
    name: str
    answers: Mapping[str, Answer]
    before: Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Floor:
    """A set of figures told apart by one dimension; ``total`` is of all rows together."""

    figures: list[CountedFigure]
    by: str
    period: Period
    compared: Period
    lines: list[Line]
    total: Line


def floor(actor: Actor, chosen: FigureSet, *, by: str, period: Period, compared: Period) -> Floor:
    """The figures that the actor may see, counted over the rows that she may see."""
    figures = [figure for figure in chosen.figures if figure.is_open_to(actor)]
    now, before = counted.read(figures, actor=actor, periods=[period, compared], by=by)
    # A month is not set against another of a year ago: the months before it stand in the table.
    earlier = {} if by == MONTH else before.lines
    keys = {*now.lines, *earlier}
    names = names_of(by, [key for key in keys if key is not None])
    lines = [
        Line(key, names.get(key) or _("Not stated"), now.lines.get(key, {}), earlier.get(key, {}))
        for key in keys
    ]
    return Floor(
        figures=figures,
        by=by,
        period=period,
        compared=compared,
        lines=_in_order(lines, by, figures),
        total=Line(None, _("Total"), now.total, before.total),
    )


def names_of(by: str, keys: list[Any]) -> Mapping[Any, str]:
    """What the keys of a dimension are called in the reader's language."""
    if by == MONTH:
        return {key: date_format(key, "YEAR_MONTH_FORMAT") for key in keys}
    return counted.all_dimensions()[by].names(keys)


def key_of(by: str, text: str) -> Key:
    """The key that an address names; raises ValueError for what is none."""
    if text == "":
        return None
    if by == MONTH:
        return date.fromisoformat(text)
    return int(text) if by in ("store", "team", "advisor") else text


def _in_order(lines: list[Line], by: str, figures: list[CountedFigure]) -> list[Line]:
    """Months as they follow one another, all else by what there is most of."""
    if by == MONTH:
        return sorted(lines, key=lambda line: str(line.key))

    def size(line: Line) -> Any:
        answers = [line.answers.get(figure.code) for figure in figures]
        weights = [(answer.over or answer.of) if answer else 0 for answer in answers]
        return (-max(weights, default=0), line.name)

    return sorted(lines, key=size)
