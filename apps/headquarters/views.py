"""The first page after signing in."""

from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.headquarters import queries
from apps.headquarters.queries import Column, Home
from apps.headquarters.rules import fiscal_year_of
from apps.sales.queries import days_of_sales
from forecourt.kernel import clock, menu, summaries
from forecourt.kernel.summaries import Figure
from forecourt.ui import values
from forecourt.ui.access import requires, signed_in
from forecourt.ui.charts import Chart, Series
from forecourt.ui.lists.export import as_csv
from forecourt.ui.responses import wants_partial

if TYPE_CHECKING:
    from apps.organisation.models import Store

PERMISSION = "headquarters.view_figures"
REFRESH_SECONDS = 5


@require_GET
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """The overview for who may see figures; everybody else starts at the first page of her menu."""
    if not request.actor.can(PERMISSION):
        return _first_page(request)
    figures = queries.home(request.actor, clock.today())
    if wants_partial(request) and request.GET.get("seen") == figures.fingerprint:
        return HttpResponse(status=204)
    template = "_home_figures.html" if wants_partial(request) else "home.html"
    return render(request, f"headquarters/{template}", _context(request, figures))


def _first_page(request: HttpRequest) -> HttpResponse:
    for entry in menu.entries_for(request.actor):
        if not entry.is_action:
            return redirect(entry.url_name)
    raise PermissionDenied


def _context(request: HttpRequest, figures: Home) -> dict[str, object]:
    urls = {column.key: _rows_url(figures, column) for column in figures.columns}
    return {
        "figures": figures,
        "tiles": [_tile(figures, tile) for tile in figures.tiles],
        "table": [_line(figures, row, urls) for row in figures.rows],
        "total": _line(figures, figures.total, urls),
        "chart": _chart(figures),
        "refresh_seconds": REFRESH_SECONDS,
        "may_add_store": request.actor.can("organisation.manage_store"),
        "stores_in_address": request.GET.get("stores", ""),
    }


def _tile(figures: Home, tile: queries.Tile) -> dict[str, object]:
    column = tile.column
    return {
        "label": column.label,
        "value": _shown(column, tile.value),
        "url": _rows_url(figures, column),
        "trend": values.percent(tile.trend) if tile.trend is not None else "",
        "good": column.good,
        "today": None if tile.today is None else _shown(column, tile.today),
        "formula": summaries.all_measures()[column.measure].formula,
    }


def _shown(column: Column, value: Decimal | int) -> str:
    if column.amount:
        return values.short_money(value)
    return values.number(value)


def _line(figures: Home, row: queries.StoreFigures, urls: dict[str, str]) -> dict[str, object]:
    cells = [
        {
            "label": column.label,
            "value": _shown(column, row.values[column.key]),
            "raw": row.values[column.key],
            "url": _of_store(urls[column.key], row.store),
        }
        for column in figures.columns
    ]
    return {"store": row.store, "cells": cells}


def _rows_url(figures: Home, column: Column) -> str:
    """The list that holds exactly the rows behind a figure, of all stores."""
    name = column.rows or summaries.all_measures()[column.measure].rows
    if not name:
        return ""
    drill = column.drill.format(first=figures.today.replace(day=1), last=figures.today)
    query = dict(part.split("=") for part in drill.split("&") if part)
    return f"{reverse(name)}?{urlencode(query)}"


def _of_store(url: str, store: "Store | None") -> str:
    """The same list of one store: put together here, for a table of fifty stores asks often."""
    if not url or store is None:
        return url
    joint = "" if url.endswith("?") else "&"
    return f"{url}{joint}store={store.pk}"


def _chart(figures: Home) -> Chart:
    """Twelve months of what is counted by month."""
    labels = {column.key: column.label for column in figures.columns}
    return Chart(
        id="months",
        title=_("The last twelve months"),
        categories=[date_format(month, "YEAR_MONTH_FORMAT") for month in figures.months],
        series=[Series(labels[key], data) for key, data in figures.trend.items()],
        category_label=_("Month"),
    )


@require_GET
@requires(PERMISSION)
def sales_report(request: HttpRequest) -> HttpResponse:
    """Sold units and revenue of a year by month, for stores, regions, brands or series."""
    request.actor.require("sales.view_salesorder")
    years = queries.fiscal_years(days_of_sales(request.actor))
    asked = request.GET.get("year", "")
    year = fiscal_year_of(clock.today(), queries.first_month_of_year())
    if asked.isdigit() and int(asked) in years:
        year = int(asked)
    elif not asked and years and year not in years:
        year = next(iter(years))
    by = request.GET.get("by", queries.BY_STORE)
    if by not in queries.REPORT_BY:
        by = queries.BY_STORE
    report = queries.sales_report(request.actor, year=year, by=by)
    if request.GET.get("export") == "csv":
        return _report_csv(report)
    by_amount = request.GET.get("show") == "amount"
    context = {
        "report": report,
        "years": years.items(),
        "by_amount": by_amount,
        "choices": [(name, _by_label(name)) for name in queries.REPORT_BY],
        "months": [date_format(month, "M") for month in report.months],
        "rows": [_report_row(row, report, by_amount) for row in report.rows],
        "totals": [_in(figure, by_amount) for figure in report.totals],
        "total": _in(report.total, by_amount),
        "chart": _report_chart(report, by_amount),
    }
    return render(request, "headquarters/sales_report.html", context)


def _by_label(name: str) -> str:
    return {
        "store": _("Store"),
        "region": _("Region"),
        "brand": _("Brand"),
        "series": _("Series"),
    }[name]


def _in(figure: Figure, by_amount: bool) -> str:
    return values.short_money(figure.amount) if by_amount else values.number(figure.quantity)


def _report_row(
    row: queries.MonthsOfOne, report: queries.SalesReport, by_amount: bool
) -> dict[str, object]:
    query = {
        report.by: str(row.key),
        "delivered_from": report.period.first.isoformat(),
        "delivered_to": report.period.last.isoformat(),
    }
    return {
        "name": row.name,
        "cells": [_in(figure, by_amount) for figure in row.figures],
        "total": _in(row.total, by_amount),
        "url": f"{reverse('sales:sales_order_list')}?{urlencode(query)}" if row.key else "",
    }


def _report_chart(report: queries.SalesReport, by_amount: bool) -> Chart:
    series = [
        Series(
            row.name,
            [figure.amount if by_amount else figure.quantity for figure in row.figures],
        )
        for row in report.rows[:6]
    ]
    return Chart(
        id="sales",
        title=_("The six largest, by month"),
        categories=[date_format(month, "YEAR_MONTH_FORMAT") for month in report.months],
        series=series,
        kind="line",
        category_label=_("Month"),
        money=by_amount,
    )


def _report_csv(report: queries.SalesReport) -> HttpResponse:
    """Units and revenue side by side in full precision; cells a spreadsheet would run are text."""
    head = [_by_label(report.by), _("Month"), _("Sold"), _("Sales revenue")]
    rows = (
        (row.name, f"{month:%Y-%m}", figure.quantity, figure.amount)
        for row in report.rows
        for month, figure in zip(report.months, row.figures, strict=True)
    )
    return as_csv(f"sales-{report.by}-{report.year}", head, rows)


@require_GET
@requires(PERMISSION)
def figures_csv(request: HttpRequest) -> HttpResponse:
    """The table of stores as a file, in full precision."""
    figures = queries.home(request.actor, clock.today())
    head = [_("Code"), _("Store"), *(str(column.label) for column in figures.columns)]
    rows = (
        (
            row.store.code,
            row.store.name,
            *(row.values[column.key] for column in figures.columns),
        )
        for row in figures.rows
    )
    return as_csv(f"figures-{figures.today}", head, rows)
