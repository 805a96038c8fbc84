"""The figures of the home page: one query over what the modules keep, whatever the history."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.headquarters.rules import (
    fiscal_months,
    fiscal_name,
    fiscal_year,
    fiscal_year_of,
)
from apps.organisation.queries import stores_in_scope
from apps.sales.queries import DIMENSIONS, sold_by_month
from apps.vehicles.queries import aged_from
from apps.vehicles.rules.figures import (
    IN_TRANSIT,
    STOCK_BY_ARRIVAL,
    STOCK_UNITS,
    STOCK_VALUE,
)
from forecourt.kernel import summaries
from forecourt.kernel.access import Actor
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.language import in_active_language
from forecourt.kernel.periods import Period, change, month_to_date, same_days_last_month
from forecourt.kernel.summaries import Figure, Span

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from apps.organisation.models import Store

TREND_MONTHS = 12
SALES = "sales_delivered"


@dataclass(frozen=True)
class Column:
    """A figure of each store.

    ``amount`` takes the money instead of the count; ``over`` says whether it is of this month, of
    now, or of what has aged; ``drill`` is what the address of the rows gets beside the store
    (``{first}`` and ``{last}`` are the days of the month so far, ``{days}`` those from which stock
    is aged), ``rows`` the list if it is not the measure's own.
    """

    key: str
    label: "str | Promise"
    measure: str
    over: str = "month"
    amount: bool = False
    good: str = "up"
    drill: str = ""
    rows: str = ""


COLUMNS = (
    Column("leads", _("Leads"), "leads_new", drill="received_from={first}&received_to={last}"),
    Column(
        "sold",
        _("Sold"),
        SALES,
        drill="delivered_from={first}&delivered_to={last}",
    ),
    Column(
        "revenue",
        _("Sales revenue"),
        SALES,
        amount=True,
        drill="delivered_from={first}&delivered_to={last}",
    ),
    Column("stock", _("In stock"), STOCK_UNITS, over="now", drill="held=1"),
    Column(
        "stock_value",
        _("Capital in stock"),
        STOCK_VALUE,
        over="now",
        amount=True,
        good="down",
        drill="held=1",
    ),
    Column(
        "aged",
        _("Over {days} days"),
        STOCK_BY_ARRIVAL,
        over="aged",
        good="down",
        drill="held=1&age_min={days}",
    ),
    Column(
        "transfers",
        _("On transfer"),
        IN_TRANSIT,
        over="now",
        drill="state=ON_TRANSFER",
        rows="vehicles:stock_unit_list",
    ),
)


@dataclass(slots=True)
class StoreFigures:
    """One line of the table: a store (or the total) and its figures by column key."""

    store: "Store | None"
    values: dict[str, Decimal | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tile:
    column: Column
    value: Decimal | int
    today: Decimal | int | None
    trend: Decimal | None


@dataclass(frozen=True, slots=True)
class Home:
    today: date
    columns: list[Column]
    tiles: list[Tile]
    rows: list[StoreFigures]
    total: StoreFigures
    months: list[date]
    trend: dict[str, list[int]]

    @property
    def fingerprint(self) -> str:
        """Changes when any figure does; the page asks with it whether there is news."""
        values = [sorted(row.values.items()) for row in self.rows]
        shown = (self.today, values, [(tile.value, tile.today) for tile in self.tiles])
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def home(actor: Actor, today: date) -> Home:
    """Everything the home page shows, for the stores in the actor's scope and focus."""
    aged = aged_from()
    columns = [_told(column, aged) for column in COLUMNS if _readable(column, actor)]
    month, before = month_to_date(today), same_days_last_month(today)
    months = summaries.months_until(today, TREND_MONTHS)
    found = summaries.read(_spans(columns, today, month, before, months, aged))
    stores = stores_in_scope(actor, "headquarters.view_figures")
    reach = {column.key: summaries.reach(column.measure, actor) for column in columns}

    def figure(column: Column, key: str, store_id: int) -> Decimal | int:
        allowed = reach[column.key]
        if allowed is not None and store_id not in allowed:
            return 0
        got = found[key].get(store_id, Figure())
        return got.amount if column.amount else got.quantity

    def everywhere(column: Column, key: str) -> Decimal | int:
        return sum((figure(column, key, store.pk) for store in stores), 0)

    rows = [
        StoreFigures(
            store,
            {column.key: figure(column, _key(column, "value"), store.pk) for column in columns},
        )
        for store in stores
    ]
    total = StoreFigures(None, _sum([column.key for column in columns], rows))
    return Home(
        today=today,
        columns=columns,
        tiles=[
            Tile(
                column,
                total.values[column.key],
                everywhere(column, _key(column, "today")) if column.over == "month" else None,
                # What had aged a month ago has partly been sold since: arrivals cannot tell.
                None
                if column.over == "aged"
                else change(total.values[column.key], everywhere(column, _key(column, "before"))),
            )
            for column in columns
        ],
        rows=rows,
        total=total,
        months=months,
        trend={
            column.key: [int(everywhere(column, _month_key(column, month))) for month in months]
            for column in columns
            if column.over == "month" and not column.amount
        },
    )


def _told(column: Column, aged: int) -> Column:
    """The column with the days from which the group counts stock as aged."""
    if column.over != "aged":
        return column
    label = format_lazy(column.label, days=aged)
    return replace(column, label=label, drill=column.drill.replace("{days}", str(aged)))


def _readable(column: Column, actor: Actor) -> bool:
    measure = summaries.all_measures()[column.measure]
    return actor.can(measure.permission)


def _key(column: Column, part: str) -> str:
    return f"{column.measure}|{column.over}|{part}"


def _month_key(column: Column, month: date) -> str:
    return f"{column.measure}|{month}"


def _spans(
    columns: Iterable[Column],
    today: date,
    month: Period,
    before: Period,
    months: list[date],
    aged: int,
) -> list[Span]:
    """What to read; columns that share a measure share its spans."""
    spans: dict[str, Span] = {}

    def want(key: str, measure: str, start: date | None, end: date) -> None:
        spans[key] = Span(key, measure, start, end)

    for column in columns:
        if column.over != "month":
            until = today - timedelta(days=aged if column.over == "aged" else 0)
            want(_key(column, "value"), column.measure, None, until)
            if column.over == "now":
                want(_key(column, "before"), column.measure, None, before.last)
            continue
        want(_key(column, "value"), column.measure, month.first, month.last)
        want(_key(column, "before"), column.measure, before.first, before.last)
        want(_key(column, "today"), column.measure, today, today)
        for first, after in zip(months, [*months[1:], None], strict=True):
            last = after - date.resolution if after else today
            want(_month_key(column, first), column.measure, first, last)
    return list(spans.values())


def _sum(keys: Iterable[str], rows: Iterable[StoreFigures]) -> dict[str, Decimal | int]:
    """Zero for every figure of a group that has no store yet."""
    total: dict[str, Decimal | int] = dict.fromkeys(keys, 0)
    for row in rows:
        for key, value in row.values.items():
            total[key] += value
    return total


# --- Sales by month -----------------------------------------------------------------------------


@dataclass(slots=True)
class MonthsOfOne:
    """A store, region, brand or series with its twelve months, the first of them January."""

    key: int | None
    name: str
    figures: list[Figure]

    @property
    def total(self) -> Figure:
        return sum(self.figures, Figure())


@dataclass(frozen=True, slots=True)
class SalesReport:
    """``months`` are the first days of the twelve months of the fiscal year ``year``."""

    year: int
    name: str
    period: Period
    months: list[date]
    by: str
    rows: list[MonthsOfOne]

    @property
    def totals(self) -> list[Figure]:
        return [sum((row.figures[place] for row in self.rows), Figure()) for place in range(12)]

    @property
    def total(self) -> Figure:
        return sum(self.totals, Figure())


BY_STORE = "store"
REPORT_BY = (BY_STORE, *DIMENSIONS)


def sales_report(actor: Actor, *, year: int, by: str) -> SalesReport:
    """Units and prices of delivered sales in the months of a fiscal year, the largest first."""
    first_month = first_month_of_year()
    period = fiscal_year(year, first_month)
    months = fiscal_months(year, first_month)
    find = _months_by_store if by == BY_STORE else partial(_months_by, by=by)
    rows = find(actor, period, {month: place for place, month in enumerate(months)})
    rows.sort(key=lambda row: (-row.total.quantity, row.name))
    return SalesReport(year, fiscal_name(year, first_month), period, months, by, rows)


def first_month_of_year() -> int:
    """The month, from 1 to 12, in which the group's fiscal year begins."""
    return int(value_of("headquarters.fiscal_year_starts"))


def fiscal_years(days: tuple[date, date] | None) -> dict[int, str]:
    """The fiscal years between two days, the latest first, with their names."""
    if days is None:
        return {}
    start = first_month_of_year()
    first, last = (fiscal_year_of(day, start) for day in days)
    return {year: fiscal_name(year, start) for year in range(last, first - 1, -1)}


def _months_by_store(actor: Actor, period: Period, places: Mapping[date, int]) -> list[MonthsOfOne]:
    stores = {store.pk: store for store in stores_in_scope(actor, "headquarters.view_figures")}
    allowed = summaries.reach(SALES, actor)
    found = summaries.by_month([SALES], start=period.first, end=period.last, store_ids=allowed)
    rows = {
        pk: MonthsOfOne(pk, f"{store.code} {store.name}", [Figure()] * 12)
        for pk, store in stores.items()
    }
    for (month, store_id), figure in found[SALES].items():
        if store_id in rows:
            rows[store_id].figures[places[month]] += figure
    return list(rows.values())


def _months_by(
    actor: Actor, period: Period, places: Mapping[date, int], *, by: str
) -> list[MonthsOfOne]:
    rows: dict[int | None, MonthsOfOne] = {}
    for sold in sold_by_month(actor, by, first=period.first, last=period.last):
        name = in_active_language(sold.name_zh, sold.name_en) or gettext("Not stated")
        row = rows.setdefault(sold.key, MonthsOfOne(sold.key, name, [Figure()] * 12))
        row.figures[places[sold.month]] += Figure(sold.units, sold.amount)
    return list(rows.values())
