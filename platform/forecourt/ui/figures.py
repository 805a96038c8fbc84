"""A page of counted figures: tiles with their formulas, table, chart, file, and links to the rows.

A view hands over its sets of figures and lists that hold the rows have a :class:`FigureFilter`::

    @require_GET
    @requires("crm.view_lead")
    def figures(request):
        return figures_page(request, SETS, title=_("Sales figures"))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forecourt.kernel import clock, counted, periods
from forecourt.kernel.access import Actor
from forecourt.kernel.counted import MONTH, Answer, CountedFigure, FigureSet, Line, Table
from forecourt.kernel.errors import NotPermitted
from forecourt.kernel.periods import Period
from forecourt.ui import values
from forecourt.ui.charts import Chart, Series
from forecourt.ui.lists import Filter
from forecourt.ui.lists.export import FORMATS

PERIODS = ("month", "last_month", "quarter", "year")
LONGEST_DAYS = 3660
BARS = 15


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; whatever makes no sense in it is left out."""

    chosen: FigureSet
    by: str
    period_name: str
    period: Period
    compared: Period


def figures_page(
    request: HttpRequest, sets: Sequence[FigureSet], *, title: str
) -> HttpResponseBase:
    """The page, or with ``export`` its table as a file. Raises NotPermitted with none to see."""
    offered = [one for one in sets if one.is_open_to(request.actor)]
    if not offered:
        raise NotPermitted(_("You may not read these figures."))
    asked = _asked(request, offered)
    found = counted.compare(
        asked.chosen,
        actor=request.actor,
        by=asked.by,
        period=asked.period,
        compared=asked.compared,
    )
    if (kind := request.GET.get("export", "")) in FORMATS:
        return _export(found, asked, kind)
    context = _context(request, offered, asked, found)
    return render(request, "ui/figures.html", {"title": title, **context})


def _asked(request: HttpRequest, offered: Sequence[FigureSet]) -> Asked:
    wanted = request.GET.get("set")
    chosen = next((one for one in offered if one.code == wanted), offered[0])
    by = request.GET.get("by", "")
    name, period, compared = _period(request.GET, clock.today())
    return Asked(chosen, by if by in chosen.apart else chosen.apart[0], name, period, compared)


def _period(query: QueryDict, today: date) -> tuple[str, Period, Period]:
    """Days from … to …, else a period by its name, else this month."""
    chosen = _days(query.get("from", ""), query.get("to", ""))
    if chosen is not None:
        return "", chosen, periods.as_long_before(chosen)
    name = query.get("period", "")
    if name == "last_month":
        last = periods.last_month(today)
        return name, last, periods.last_month(last.first)
    if name == "quarter":
        last = periods.days_until(today, 90)
        return name, last, periods.as_long_before(last)
    if name == "year":
        return name, periods.year_to_date(today), periods.same_days_last_year(today)
    return "month", periods.month_to_date(today), periods.same_days_last_month(today)


def _days(first: str, last: str) -> Period | None:
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return None
    return Period(start, end) if 0 <= (end - start).days <= LONGEST_DAYS else None


def _context(
    request: HttpRequest, offered: Sequence[FigureSet], asked: Asked, found: Table
) -> dict[str, Any]:
    focus = request.GET.get("stores", "")
    charted = next(
        (one for one in found.columns if one.code == request.GET.get("show")),
        next(iter(found.columns), None),
    )
    return {
        "sets": offered,
        "asked": asked,
        "period_text": _text(asked.period),
        "compared_text": _text(asked.compared),
        "periods": [(name, _period_label(name)) for name in PERIODS],
        "choices": [(code, _label_of(code)) for code in asked.chosen.apart],
        "by_label": _label_of(asked.by),
        "tiles": [_tile(found, figure, focus) for figure in found.figures],
        "columns": found.columns,
        "rows": [_row(found, line, focus) for line in found.lines],
        "total": _row(found, found.total, focus),
        "charted": charted,
        "chart": _chart(found, charted) if charted else None,
    }


def _label_of(dimension: str) -> str:
    return str(counted.all_dimensions()[dimension].label)


def _period_label(name: str) -> str:
    return {
        "month": _("This month"),
        "last_month": _("Last month"),
        "quarter": _("90 days"),
        "year": _("This year"),
    }[name]


def _text(period: Period) -> str:
    first, last = (date_format(day, "SHORT_DATE_FORMAT") for day in (period.first, period.last))
    return first if first == last else f"{first} – {last}"


def _tile(found: Table, figure: CountedFigure, focus: str) -> dict[str, Any]:
    now, before = found.total.answers[figure.code], found.total.before[figure.code]
    return {
        "label": figure.label,
        "formula": figure.formula,
        "value": shown(figure, now),
        "parts": _parts(now),
        "before": shown(figure, before),
        "trend": _trend(figure, now, before),
        "good": figure.good,
        "url": rows_url(figure, found.period, focus=focus),
    }


def shown(figure: CountedFigure, answer: Answer | None) -> str:
    """An answer as people read it; nothing to divide by is a dash."""
    if answer is None or answer.value is None:
        return "–"
    if figure.unit == "share":
        return values.percent(answer.value)
    if figure.unit == "minutes":
        return _("%(minutes)s min") % {"minutes": values.number(answer.value)}
    if figure.unit == "hours":
        return _("%(hours)s h") % {"hours": values.number(answer.value, 1)}
    return values.number(answer.value)


def _parts(answer: Answer) -> str:
    if answer.over is None:
        return ""
    return f"{values.number(answer.of)} ÷ {values.number(answer.over)}"


def _trend(figure: CountedFigure, now: Answer, before: Answer) -> str:
    """How it moved: shares by percentage points, all else in percent of what it was."""
    if now.value is None or before.value is None:
        return ""
    if figure.unit == "share":
        points = (now.value - before.value) * 100
        return _("%(points)s pts") % {"points": f"{points:+.1f}"}
    moved = periods.change(now.value, before.value)
    return "" if moved is None else f"{moved * 100:+.1f}%"


def _row(found: Table, line: Line, focus: str) -> dict[str, Any]:
    is_total = line is found.total
    cells = []
    for figure in found.columns:
        answer, before = line.answers.get(figure.code), line.before.get(figure.code)
        slice_ = {} if is_total else {"by": found.by, "key": line.key}
        cells.append(
            {
                "label": figure.label,
                "value": shown(figure, answer),
                "before": "" if found.by == MONTH else shown(figure, before),
                "url": rows_url(figure, found.period, focus=focus, **slice_)
                if answer and answer.of
                else "",
            }
        )
    return {"name": line.name, "cells": cells}


def rows_url(
    figure: CountedFigure, period: Period, *, focus: str = "", by: str = "", key: Any = None
) -> str:
    """The address of the rows that a number counted."""
    query = {
        "figure": figure.code,
        "figure_from": period.first.isoformat(),
        "figure_to": period.last.isoformat(),
    }
    if by:
        query |= {"figure_by": by, "figure_key": "" if key is None else str(key)}
    if focus:
        query["stores"] = focus
    return f"{reverse(figure.of.rows.page)}?{urlencode(query)}"


def _chart(found: Table, figure: CountedFigure) -> Chart:
    lines = found.lines[:BARS]
    series = [Series(_text(found.period), [_bar(figure, line.answers) for line in lines])]
    if found.by != MONTH:
        series.append(Series(_text(found.compared), [_bar(figure, line.before) for line in lines]))
    return Chart(
        id="figures",
        title=str(figure.label),
        categories=[line.name for line in lines],
        series=series,
        kind="bar",
        category_label=_label_of(found.by),
        unit={"share": "%", "minutes": _("minutes"), "hours": _("hours")}.get(figure.unit, ""),
        summed=figure.unit == "count",
    )


def _bar(figure: CountedFigure, answers: Any) -> Decimal | None:
    answer = answers.get(figure.code)
    if answer is None or answer.value is None:
        return None
    return round(answer.value * 100, 1) if figure.unit == "share" else round(answer.value)


def _export(found: Table, asked: Asked, kind: str) -> HttpResponseBase:
    """The table in full precision: each figure, what it is a share of, and the period before."""
    head = [_label_of(found.by)]
    for figure in found.columns:
        head += [
            str(figure.label),
            *([_("Counted"), _("Of")] if figure.over else []),
            f"{figure.label} ({_text(found.compared)})",
        ]
    rows = [
        (line.name, *(cell for figure in found.columns for cell in _cells(figure, line)))
        for line in (*found.lines, found.total)
    ]
    name = f"{asked.chosen.code}-{found.by}-{found.period.first}-{found.period.last}"
    return FORMATS[kind](name, head, rows)


def _cells(figure: CountedFigure, line: Line) -> list[Decimal | None]:
    now, before = line.answers.get(figure.code), line.before.get(figure.code)
    value = round(now.value, 4) if now and now.value is not None else None
    earlier = round(before.value, 4) if before and before.value is not None else None
    if not figure.over:
        return [value, earlier]
    return [value, now.of if now else None, now.over if now else None, earlier]


class FigureFilter(Filter):
    """Narrows a list to the rows that a figure counted; it is set by the figure's link alone."""

    suffixes = ("", "_from", "_to", "_by", "_key")

    def __init__(self, page: str) -> None:
        super().__init__("figure", gettext_lazy("Figure"))
        self.page = page

    def narrow(self, rows: QuerySet, query: QueryDict, actor: Actor) -> QuerySet:
        asked = self._asked(query, actor)
        if asked is None:
            return rows
        figure, period, by, key = asked
        return counted.rows_of(figure.of, rows, period=period, by=by, key=key)

    def text(self, query: QueryDict, actor: Actor) -> str:
        asked = self._asked(query, actor)
        if asked is None:
            return ""
        figure, period, by, key = asked
        parts = [str(figure.label), _text(period)]
        if by:
            parts.append(counted.names_of(by, [key])[key])
        return " · ".join(parts)

    def _asked(
        self, query: QueryDict, actor: Actor
    ) -> tuple[CountedFigure, Period, str, Any] | None:
        figure = counted.all_figures().get(query.get("figure", ""))
        period = _days(query.get("figure_from", ""), query.get("figure_to", ""))
        if figure is None or period is None or figure.of.rows.page != self.page:
            return None
        by = query.get("figure_by", "")
        if not by:
            return figure, period, "", None
        if not figure.is_told_apart_by(by):
            return None
        try:
            return figure, period, by, counted.key_of(by, query.get("figure_key", ""))
        except ValueError:
            return None
