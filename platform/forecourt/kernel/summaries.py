"""Figures that are kept, not counted: each document adds to its measures in its own transaction.

A *flow* (leads that came, units sold) is summed over the days of a period. A *level* (stock, open
transfers) is the sum of everything up to a day. :class:`MeasureDelta` rows are folded into
:class:`MeasureTotal` in the background; readers sum both, so a figure is right at any moment.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection, transaction

from forecourt.kernel import clock
from forecourt.kernel.access import Actor
from forecourt.kernel.db import rows
from forecourt.kernel.models import MeasureDelta, MeasureTotal
from forecourt.kernel.tasks import group_task
from forecourt.kernel.verify import Problem, check

if TYPE_CHECKING:
    from django.utils.functional import Promise

Grain = MeasureTotal.Grain
Recount = Callable[[], Iterable[tuple[int, date, int, Decimal]]]


@dataclass(frozen=True)
class Measure:
    """A kept figure.

    ``recount`` yields (store id, day, quantity, amount) from the documents themselves; ``verify``
    compares it with what was kept, and ``rebuild`` writes it. ``formula`` is shown beside the
    number, ``amount_permission`` what it takes to see the money where that is more than the right
    to see the count, ``rows`` is the address (a URL name) of the list that the number opens.
    """

    code: str
    label: "str | Promise"
    formula: "str | Promise"
    recount: Recount
    permission: str
    is_level: bool = False
    has_amount: bool = False
    amount_permission: str = ""
    rows: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    quantity: int = 0
    amount: Decimal = Decimal("0.00")

    def __add__(self, other: "Figure") -> "Figure":
        return Figure(self.quantity + other.quantity, self.amount + other.amount)


_measures: dict[str, Measure] = {}


def declare(measure: Measure) -> Measure:
    if measure.code in _measures:
        raise ValueError(f"The measure {measure.code} is declared twice.")
    _measures[measure.code] = measure
    return measure


def all_measures() -> Mapping[str, Measure]:
    return _measures


def add(
    measure: str,
    store_id: int,
    day: date,
    *,
    quantity: int = 0,
    amount: Decimal = Decimal("0.00"),
) -> None:
    """Add to a measure; negative values take away. Belongs in the document's transaction."""
    add_many([(measure, store_id, day, quantity, amount)])


def add_many(changes: Iterable[tuple[str, int, date, int, Decimal]]) -> None:
    """Several additions in one statement; equal measure, store and day are added up first."""
    sums: dict[tuple[str, int, date], Figure] = defaultdict(Figure)
    for measure, store_id, day, quantity, amount in changes:
        if measure not in _measures:
            raise LookupError(f"No module declares the measure {measure}.")
        sums[measure, store_id, day] += Figure(quantity, amount)
    rows.append(
        [
            MeasureDelta(
                measure=measure,
                store_id=store_id,
                date=day,
                quantity=figure.quantity,
                amount=figure.amount,
            )
            for (measure, store_id, day), figure in sums.items()
            if figure.quantity or figure.amount
        ]
    )


# --- Reading ------------------------------------------------------------------------------------


def reach(measure: str, actor: Actor) -> frozenset[int] | None:
    """The stores whose figures ``actor`` may read, narrowed by the store switcher; None: all.

    A grant over a person's own or her team's rows reaches no store's figures.
    """
    grant = actor.grant(_measures[measure].permission)
    focus = actor.focus_store_ids
    if grant.everything:
        return focus or None
    return grant.store_ids & focus if focus else grant.store_ids


@dataclass(frozen=True, slots=True)
class Span:
    """What to read under a name: a measure over days, both included; no start means a level."""

    key: str
    measure: str
    start: date | None
    end: date


READ = """
    SELECT key, store_id, sum(quantity)::bigint, sum(amount) FROM (
        SELECT p.key, t.store_id, t.quantity, t.amount
        FROM unnest(%s::text[], %s::text[], %s::text[], %s::date[], %s::date[])
             AS p(key, measure, grain, first, last)
        JOIN kernel_measuretotal t ON t.grain = p.grain AND t.measure = p.measure
             AND t.date BETWEEN p.first AND p.last
        UNION ALL
        SELECT p.key, d.store_id, d.quantity, d.amount
        FROM unnest(%s::text[], %s::text[], %s::date[], %s::date[])
             AS p(key, measure, first, last)
        JOIN kernel_measuredelta d ON d.measure = p.measure
             AND d.date BETWEEN p.first AND p.last
    ) AS parts
    WHERE %s::bigint[] IS NULL OR store_id = ANY(%s::bigint[])
    GROUP BY key, store_id
"""

BEGINNING = date(1, 1, 1)
"""The day under which grain A keeps the sum of all days."""
END_OF_TIME = date(9999, 12, 31)


def read(
    spans: Iterable[Span], store_ids: Iterable[int] | None = None
) -> dict[str, dict[int, Figure]]:
    """``{key: {store id: figure}}`` of any number of spans in one query.

    Whole months are read from month rows and a level up to today from one row a store, so the cost
    does not grow with the history.
    """
    spans = list(spans)
    pieces = [
        (span.key, span.measure, grain, first, last)
        for span in spans
        for grain, first, last in _pieces(span, clock.today())
    ]
    deltas = [
        (span.key, span.measure, span.start or BEGINNING, _last_day(span, clock.today()))
        for span in spans
    ]
    stores = None if store_ids is None else list(store_ids)
    result: dict[str, dict[int, Figure]] = {span.key: {} for span in spans}
    with connection.cursor() as cursor:
        columns = [list(column) for column in zip(*pieces, strict=True)]
        columns += [list(column) for column in zip(*deltas, strict=True)]
        cursor.execute(READ, [*columns, stores, stores])
        for key, store_id, quantity, amount in cursor.fetchall():
            result[key][store_id] = Figure(quantity, amount)
    return result


def _last_day(span: Span, today: date) -> date:
    """A level up to today or later takes whatever there is, whatever its day."""
    return END_OF_TIME if span.start is None and span.end >= today else span.end


def _pieces(span: Span, today: date) -> list[tuple[str, date, date]]:
    """The rows that a span is made of: (grain, first day, last day)."""
    if span.start is None:
        if span.end >= today:
            return [(Grain.ALL, BEGINNING, BEGINNING)]
        month = span.end.replace(day=1)
        return [
            (Grain.MONTH, BEGINNING, month - timedelta(days=1)),
            (Grain.DAY, month, span.end),
        ]
    first_month = span.start.replace(day=1)
    if span.start != first_month:
        first_month = _next_month(first_month)
    after_last_month = _next_month(span.end.replace(day=1))
    if span.end != after_last_month - timedelta(days=1):
        after_last_month = span.end.replace(day=1)
    if first_month >= after_last_month:
        return [(Grain.DAY, span.start, span.end)]
    pieces: list[tuple[str, date, date]] = [
        (Grain.MONTH, first_month, after_last_month - timedelta(days=1))
    ]
    if span.start < first_month:
        pieces.append((Grain.DAY, span.start, first_month - timedelta(days=1)))
    if after_last_month <= span.end:
        pieces.append((Grain.DAY, after_last_month, span.end))
    return pieces


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def months_until(end: date, count: int) -> list[date]:
    """The first days of the last ``count`` months, the one of ``end`` included."""
    months = [end.replace(day=1)]
    while len(months) < count:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months[::-1]


def by_store(
    measures: Iterable[str],
    *,
    start: date | None = None,
    end: date,
    store_ids: Iterable[int] | None = None,
) -> dict[str, dict[int, Figure]]:
    """``{measure: {store id: figure}}`` for the days from ``start`` to ``end``, both included.

    For a level leave ``start`` out: its value at the end of ``end`` is the sum of all before.
    """
    return read((Span(code, code, start, end) for code in measures), store_ids)


def by_month(
    measures: Iterable[str],
    *,
    start: date,
    end: date,
    store_ids: Iterable[int] | None = None,
) -> dict[str, dict[tuple[date, int], Figure]]:
    """``{measure: {(first day of month, store id): figure}}`` from ``start``'s month to ``end``."""
    measures = list(measures)
    count = (end.year - start.year) * 12 + end.month - start.month + 1
    months = months_until(end, count)
    spans = [
        Span(f"{code}|{month}", code, month, _next_month(month) - timedelta(days=1))
        for code in measures
        for month in months
    ]
    found = read(spans, store_ids)
    return {
        code: {
            (month, store_id): figure
            for month in months
            for store_id, figure in found[f"{code}|{month}"].items()
        }
        for code in measures
    }


# --- Folding and rebuilding ---------------------------------------------------------------------

FOLD = """
    WITH taken AS (
        DELETE FROM kernel_measuredelta
        WHERE id IN (SELECT id FROM kernel_measuredelta ORDER BY id LIMIT %s
                     FOR UPDATE SKIP LOCKED)
        RETURNING measure, store_id, date, quantity, amount
    ), summed AS (
        SELECT 'D' AS grain, measure, store_id, date, sum(quantity) AS q, sum(amount) AS a
        FROM taken GROUP BY measure, store_id, date
        UNION ALL
        SELECT 'M', measure, store_id, date_trunc('month', date)::date, sum(quantity), sum(amount)
        FROM taken GROUP BY measure, store_id, date_trunc('month', date)
        UNION ALL
        SELECT 'A', measure, store_id, DATE '0001-01-01', sum(quantity), sum(amount)
        FROM taken GROUP BY measure, store_id
    )
    INSERT INTO kernel_measuretotal AS total (grain, measure, store_id, date, quantity, amount)
    SELECT grain, measure, store_id, date, q, a FROM summed
    ORDER BY grain, measure, date, store_id
    ON CONFLICT (grain, measure, date, store_id)
    DO UPDATE SET quantity = total.quantity + excluded.quantity,
                  amount = total.amount + excluded.amount
"""


@group_task
def fold_deltas(batch: int = 5000) -> None:
    """Fold what has been added since. Readers see either form, never both and never neither."""
    while MeasureDelta.objects.exists():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(FOLD, [batch])
            if not cursor.rowcount:
                return


def rebuild() -> None:
    """Write every measure anew from its documents; locks the totals while it does."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE kernel_measuredelta IN SHARE ROW EXCLUSIVE MODE")
        MeasureDelta.objects.all().delete()
        MeasureTotal.objects.all().delete()
        for measure in _measures.values():
            add_many(
                (measure.code, store_id, day, quantity, amount)
                for store_id, day, quantity, amount in measure.recount()
            )
        with connection.cursor() as cursor:
            cursor.execute(FOLD, [2_000_000_000])


@check("summaries against their documents")
def _summaries_match() -> Iterable[Problem]:
    kept: dict[tuple[str, int, date], Figure] = defaultdict(Figure)
    for model, condition in ((MeasureTotal, {"grain": "D"}), (MeasureDelta, {})):
        for measure, store_id, day, quantity, amount in model.objects.filter(
            **condition
        ).values_list("measure", "store_id", "date", "quantity", "amount"):
            kept[measure, store_id, day] += Figure(quantity, amount)
    for declared in _measures.values():
        for store_id, day, quantity, amount in declared.recount():
            kept[declared.code, store_id, day] += Figure(-quantity, -amount)
    for (code, store_id, day), difference in sorted(kept.items(), key=str):
        if difference.quantity or difference.amount:
            yield Problem(
                f"{code} store {store_id} {day}",
                f"kept figure differs by {difference.quantity} / {difference.amount}",
            )


@check("folded totals against one another")
def _totals_match() -> Iterable[Problem]:
    """Month rows equal their days, and the row of all days equals the months."""
    months: dict[tuple[str, int, date], Figure] = defaultdict(Figure)
    everything: dict[tuple[str, int], Figure] = defaultdict(Figure)
    for total in MeasureTotal.objects.all():
        figure = Figure(total.quantity, total.amount)
        minus = Figure(-total.quantity, -total.amount)
        if total.grain == Grain.DAY:
            months[total.measure, total.store_id, total.date.replace(day=1)] += minus
        elif total.grain == Grain.MONTH:
            months[total.measure, total.store_id, total.date] += figure
            everything[total.measure, total.store_id] += minus
        else:
            everything[total.measure, total.store_id] += figure
    for key, difference in [*months.items(), *everything.items()]:
        if difference.quantity or difference.amount:
            yield Problem(" ".join(map(str, key)), "a folded total differs from its parts")
