"""The first page after signing in."""

import csv
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
from forecourt.kernel import clock, menu, summaries
from forecourt.ui import values
from forecourt.ui.access import requires, signed_in
from forecourt.ui.charts import Chart, Series
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
    return {
        "figures": figures,
        "tiles": [_tile(figures, tile) for tile in figures.tiles],
        "table": [_line(figures, row) for row in figures.rows],
        "total": _line(figures, figures.total),
        "chart": _chart(figures),
        "refresh_seconds": REFRESH_SECONDS,
        "stores_in_address": request.GET.get("stores", ""),
    }


def _tile(figures: Home, tile: queries.Tile) -> dict[str, object]:
    column = tile.column
    return {
        "label": column.label,
        "value": _shown(column, tile.value),
        "url": _rows_url(figures, column, None),
        "trend": values.percent(tile.trend) if tile.trend is not None else "",
        "good": column.good,
        "today": None if tile.today is None else _shown(column, tile.today),
        "formula": summaries.all_measures()[column.measure].formula,
    }


def _shown(column: Column, value: Decimal | int) -> str:
    if column.amount:
        return values.short_money(value)
    return values.number(value)


def _line(figures: Home, row: queries.StoreFigures) -> dict[str, object]:
    cells = [
        {
            "label": column.label,
            "value": _shown(column, row.values[column.key]),
            "raw": row.values[column.key],
            "url": _rows_url(figures, column, row.store),
        }
        for column in figures.columns
    ]
    return {"store": row.store, "cells": cells}


def _rows_url(figures: Home, column: Column, store: "Store | None") -> str:
    """The list that holds exactly the rows behind a figure."""
    name = summaries.all_measures()[column.measure].rows
    if not name:
        return ""
    drill = column.drill.format(first=figures.today.replace(day=1), last=figures.today)
    query = dict(part.split("=") for part in drill.split("&") if part)
    if store is not None:
        query["store"] = str(store.pk)
    return f"{reverse(name)}?{urlencode(query)}"


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
def figures_csv(request: HttpRequest) -> HttpResponse:
    """The table of stores as a file, in full precision."""
    figures = queries.home(request.actor, clock.today())
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="figures-{figures.today}.csv"'
    response.write("\ufeff")
    writer = csv.writer(response)
    head = [str(column.label) for column in figures.columns]
    writer.writerow([_("Code"), _("Store"), *head])
    for row in figures.rows:
        cells = [row.values[column.key] for column in figures.columns]
        writer.writerow([row.store.code, row.store.name, *cells])
    return response
