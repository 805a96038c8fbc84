"""Figures that are counted when they are asked for, by whatever tells the rows apart.

A measure (:mod:`forecourt.kernel.summaries`) answers for stores and days, whatever the history. A
figure here is asked by person, team, source or series too, so it is counted from the rows of the
days asked for, within the reader's own scope: an advisor gets her own rate, a manager her store's.
It is a number of rows, a share of one number in another, or a typical value of the rows. Its
``formula`` is shown beside it, and the very rows that were counted are listed by :func:`rows_of`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Literal

from django.db.models import (
    Aggregate,
    Case,
    DateField,
    F,
    FloatField,
    Func,
    Q,
    QuerySet,
    SmallIntegerField,
    Value,
    When,
)
from django.db.models import Count as CountOf
from django.db.models.functions import TruncMonth
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy

from forecourt.kernel.access import Actor, ScopedModel
from forecourt.kernel.periods import Period

if TYPE_CHECKING:
    from django.utils.functional import Promise

    Text = str | Promise

Key = int | str | date | None
Unit = Literal["count", "share", "minutes", "hours"]
MONTH = "month"
"""What every figure can be told apart by."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a model that are counted on a day (an expression), and what tells them apart.

    ``apart`` has an expression for each dimension; ``page`` is the URL name of their list.
    """

    model: type[ScopedModel]
    day: Any
    apart: Mapping[str, Any]
    page: str

    @property
    def permission(self) -> str:
        return self.model.access.view

    def is_told_apart_by(self, dimension: str) -> bool:
        return dimension == MONTH or dimension in self.apart


@dataclass(frozen=True, eq=False)
class Count:
    """How many of the rows meet a condition, or with ``typical`` the median of a value of them.

    The condition is asked for at each reading, since it may look at the clock.
    """

    rows: Rows
    where: Callable[[], Q] = Q
    typical: Any = None

    def aggregate(self) -> Aggregate:
        if self.typical is not None:
            return Median(self.typical, filter=self.where())
        condition = self.where()
        return CountOf("pk", filter=condition) if condition else CountOf("pk")


@dataclass(frozen=True)
class CountedFigure:
    """A figure: ``of``, as a share in ``over`` where there is one.

    ``good`` says which direction is the good one.
    """

    code: str
    label: Text
    formula: Text
    of: Count
    over: Count | None = None
    unit: Unit = "count"
    good: Literal["up", "down"] = "up"
    counts: tuple[Count, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", tuple(filter(None, (self.of, self.over))))

    def is_open_to(self, actor: Actor) -> bool:
        return all(actor.can(count.rows.permission) for count in self.counts)

    def is_told_apart_by(self, dimension: str) -> bool:
        return all(count.rows.is_told_apart_by(dimension) for count in self.counts)


def as_written(keys: Collection[Any]) -> Mapping[Any, str]:
    return {key: str(key) for key in keys}


@dataclass(frozen=True)
class Dimension:
    """What rows are told apart by.

    ``names`` answers what its keys are called in the reader's language, ``parse`` the key that an
    address names; it raises ValueError for what is none.
    """

    code: str
    label: Text
    names: Callable[[Collection[Any]], Mapping[Any, str]] = as_written
    parse: Callable[[str], Key] = str


@dataclass(frozen=True)
class FigureSet:
    """Figures that stand together on a page, and what they are told apart by there."""

    code: str
    label: Text
    text: Text
    figures: tuple[CountedFigure, ...]
    apart: tuple[str, ...]

    def is_open_to(self, actor: Actor) -> bool:
        return any(figure.is_open_to(actor) for figure in self.figures)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was counted. ``value`` is None where there is nothing to take a share or a median of."""

    of: Decimal
    over: Decimal | None
    value: Decimal | None


class Median(Aggregate):
    function = "percentile_cont"
    name = "Median"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


class Minutes(Func):
    """The minutes between two moments of a row."""

    template = "EXTRACT(EPOCH FROM %(expressions)s) / 60"
    arg_joiner = " - "
    output_field = FloatField()

    def __init__(self, start: str, end: str) -> None:
        super().__init__(F(end), F(start))


class Hours(Minutes):
    """The hours between two moments of a row."""

    template = "EXTRACT(EPOCH FROM %(expressions)s) / 3600"


_figures: dict[str, CountedFigure] = {}
_dimensions: dict[str, Dimension] = {
    MONTH: Dimension(
        MONTH,
        gettext_lazy("Month"),
        lambda keys: {key: date_format(key, "YEAR_MONTH_FORMAT") for key in keys},
        date.fromisoformat,
    )
}


def declare(figure: CountedFigure) -> CountedFigure:
    if figure.code in _figures:
        raise ValueError(f"The figure {figure.code} is declared twice.")
    _figures[figure.code] = figure
    return figure


def declare_dimension(dimension: Dimension) -> Dimension:
    if dimension.code in _dimensions:
        raise ValueError(f"The dimension {dimension.code} is declared twice.")
    _dimensions[dimension.code] = dimension
    return dimension


def all_figures() -> Mapping[str, CountedFigure]:
    return _figures


def all_dimensions() -> Mapping[str, Dimension]:
    return _dimensions


# --- Reading ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """A period's answers: ``{key: {figure: answer}}``, and those of all rows together."""

    lines: dict[Key, dict[str, Answer]]
    total: dict[str, Answer]


def read(
    figures: Iterable[CountedFigure], *, actor: Actor, periods: Sequence[Period], by: str = ""
) -> list[Reading]:
    """What the actor may see of the figures in each period, told apart ``by`` a dimension if any.

    One query for each kind of row, whatever the number of periods, which do not overlap; medians
    of all rows take one more. A figure that the dimension does not tell apart has a total alone.
    """
    asked = [one for one in figures if one.is_open_to(actor)]
    keyed: list[dict[Key, dict[Count, Any]]] = [defaultdict(dict) for _period in periods]
    whole: list[dict[Count, Any]] = [defaultdict(int) for _period in periods]
    for rows, counts in _by_rows(asked).items():
        days = _days(rows, actor, periods)
        left = counts
        if by and rows.is_told_apart_by(by):
            for part, key, values in _grouped(days, counts, _key(rows, by)):
                keyed[part][key] |= values
                for count in counts:
                    if count.typical is None:
                        whole[part][count] += values[count]
            left = [count for count in counts if count.typical is not None]
        if left:
            for part, _none, values in _grouped(days, left, None):
                whole[part] |= values
    apart = [one for one in asked if by and one.is_told_apart_by(by)]
    return [
        Reading(
            {key: _answers(apart, found) for key, found in lines.items()}, _answers(asked, total)
        )
        for lines, total in zip(keyed, whole, strict=True)
    ]


def rows_of(
    count: Count, queryset: QuerySet, *, period: Period, by: str = "", key: Key = None
) -> QuerySet:
    """The rows of ``queryset`` that a number counted: of the days, of one key where ``by`` is."""
    rows = queryset.annotate(figure_day=count.rows.day)
    rows = rows.filter(count.where(), figure_day__range=(period.first, period.last))
    if not by:
        return rows
    keyed = rows.annotate(figure_key=_key(count.rows, by))
    return keyed.filter(figure_key__isnull=True) if key is None else keyed.filter(figure_key=key)


def _by_rows(figures: Iterable[CountedFigure]) -> dict[Rows, list[Count]]:
    """What is to be counted, each once, by the rows that it is counted of."""
    wanted: dict[Rows, list[Count]] = defaultdict(list)
    for figure in figures:
        for count in figure.counts:
            if count not in wanted[count.rows]:
                wanted[count.rows].append(count)
    return wanted


def _days(rows: Rows, actor: Actor, periods: Sequence[Period]) -> QuerySet:
    """The rows of the periods that the actor may see, each with the place of its period."""
    whens = [
        When(figure_day__range=(period.first, period.last), then=Value(place))
        for place, period in enumerate(periods)
    ]
    inside = reduce(or_, (when.condition for when in whens))
    seen = rows.model.objects.visible_to(actor).in_focus(actor).annotate(figure_day=rows.day)
    return seen.filter(inside).annotate(figure_part=Case(*whens, output_field=SmallIntegerField()))


def _grouped(
    days: QuerySet, counts: Sequence[Count], key: Any
) -> Iterator[tuple[int, Key, dict[Count, Any]]]:
    """For each period and key what was counted of it."""
    apart = ["figure_part"]
    if key is not None:
        days = days.annotate(figure_key=key)
        apart.append("figure_key")
    wanted = {f"n_{place}": count.aggregate() for place, count in enumerate(counts)}
    for line in days.order_by().values(*apart).annotate(**wanted):
        values = {count: line[f"n_{place}"] for place, count in enumerate(counts)}
        yield line["figure_part"], line.get("figure_key"), values


def _key(rows: Rows, by: str) -> Any:
    if by == MONTH:
        return TruncMonth("figure_day", output_field=DateField())
    return rows.apart[by]


def _answers(figures: Iterable[CountedFigure], found: Mapping[Count, Any]) -> dict[str, Answer]:
    return {figure.code: _answer(figure, found) for figure in figures}


def _answer(figure: CountedFigure, found: Mapping[Count, Any]) -> Answer:
    counted = found.get(figure.of)
    of = Decimal(str(counted or 0))
    if figure.over is None:
        return Answer(of, None, of if counted is not None or figure.of.typical is None else None)
    over = Decimal(found.get(figure.over) or 0)
    return Answer(of, over, of / over if over else None)


# --- A table of a period beside the period before -------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """An advisor, a store, a month …: what it is called, and its figures in both periods."""

    key: Key
    name: str
    answers: Mapping[str, Answer]
    before: Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Table:
    """A set of figures told apart by one dimension; ``total`` is of all rows together."""

    figures: list[CountedFigure]
    by: str
    period: Period
    compared: Period
    lines: list[Line]
    total: Line

    @property
    def columns(self) -> list[CountedFigure]:
        return [figure for figure in self.figures if figure.is_told_apart_by(self.by)]


def compare(chosen: FigureSet, *, actor: Actor, by: str, period: Period, compared: Period) -> Table:
    """The figures that the actor may see, counted over the rows that she may see."""
    figures = [figure for figure in chosen.figures if figure.is_open_to(actor)]
    now, before = read(figures, actor=actor, periods=[period, compared], by=by)
    # A month is not set against another of a year ago: the months before it stand in the table.
    earlier = {} if by == MONTH else before.lines
    keys = {*now.lines, *earlier}
    names = names_of(by, keys)
    lines = [Line(key, names[key], now.lines.get(key, {}), earlier.get(key, {})) for key in keys]
    return Table(
        figures=figures,
        by=by,
        period=period,
        compared=compared,
        lines=_in_order(lines, by, figures),
        total=Line(None, gettext("Total"), now.total, before.total),
    )


def names_of(by: str, keys: Collection[Key]) -> dict[Key, str]:
    """What the keys of a dimension are called, the one of rows that state none too."""
    known = _dimensions[by].names([key for key in keys if key is not None])
    return {key: known.get(key) or gettext("Not stated") for key in keys}


def key_of(by: str, text: str) -> Key:
    """The key that an address names; raises ValueError for what is none."""
    return _dimensions[by].parse(text) if text else None


def _in_order(lines: list[Line], by: str, figures: Sequence[CountedFigure]) -> list[Line]:
    """Months as they follow one another, all else by what there is most of."""
    if by == MONTH:
        return sorted(lines, key=lambda line: str(line.key))

    def size(line: Line) -> tuple[Decimal, str]:
        found = [line.answers.get(figure.code) for figure in figures]
        most = max((one.over or one.of for one in found if one), default=Decimal(0))
        return -most, line.name

    return sorted(lines, key=size)
