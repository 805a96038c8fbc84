"""Figures that are kept, not counted: each document adds to its measures in its own transaction.

A *flow* (leads that came, units sold) is summed over the days of a period. A *level* (stock, open
transfers) is the sum of everything up to a day. :class:`MeasureDelta` rows are folded into
:class:`MeasureTotal` in the background; readers sum both, so a figure is right at any moment.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import TruncMonth

from forecourt.kernel.models import MeasureDelta, MeasureTotal
from forecourt.kernel.tasks import group_task
from forecourt.kernel.verify import Problem, check

if TYPE_CHECKING:
    from django.utils.functional import Promise

Recount = Callable[[], Iterable[tuple[int, date, int, Decimal]]]


@dataclass(frozen=True)
class Measure:
    """A kept figure.

    ``recount`` yields (store id, day, quantity, amount) from the documents themselves; ``verify``
    compares it with what was kept, and ``rebuild`` writes it. ``formula`` is shown beside the
    number, ``rows`` is the address (a URL name) of the list that the number opens.
    """

    code: str
    label: "str | Promise"
    formula: "str | Promise"
    recount: Recount
    permission: str
    is_level: bool = False
    has_amount: bool = False
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
    MeasureDelta.objects.bulk_create(
        MeasureDelta(
            measure=measure,
            store_id=store_id,
            date=day,
            quantity=figure.quantity,
            amount=figure.amount,
        )
        for (measure, store_id, day), figure in sums.items()
        if figure.quantity or figure.amount
    )


# --- Reading ------------------------------------------------------------------------------------


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
    rows = _read(list(measures), start, end, store_ids, ["measure", "store_id"])
    result: dict[str, dict[int, Figure]] = {code: {} for code in measures}
    for row in rows:
        known = result[row["measure"]].get(row["store_id"], Figure())
        result[row["measure"]][row["store_id"]] = known + Figure(row["q"] or 0, row["a"] or 0)
    return result


def by_month(
    measures: Iterable[str],
    *,
    start: date,
    end: date,
    store_ids: Iterable[int] | None = None,
) -> dict[str, dict[tuple[date, int], Figure]]:
    """``{measure: {(first day of month, store id): figure}}`` for whole months of a flow."""
    measures = list(measures)
    result: dict[str, dict[tuple[date, int], Figure]] = {code: {} for code in measures}
    first = start.replace(day=1)
    totals = MeasureTotal.objects.filter(
        grain=MeasureTotal.Grain.MONTH, measure__in=measures, date__gte=first, date__lte=end
    )
    deltas = MeasureDelta.objects.filter(measure__in=measures, date__gte=first, date__lte=end)
    if store_ids is not None:
        store_ids = list(store_ids)
        totals = totals.filter(store_id__in=store_ids)
        deltas = deltas.filter(store_id__in=store_ids)
    sources = (
        totals.values_list("measure", "store_id", "date", "quantity", "amount"),
        deltas.annotate(month=TruncMonth("date"))
        .values("measure", "store_id", "month")
        .annotate(q=Sum("quantity"), a=Sum("amount"))
        .values_list("measure", "store_id", "month", "q", "a")
        .order_by(),
    )
    for source in sources:
        for measure, store_id, month, quantity, amount in source:
            known = result[measure].get((month, store_id), Figure())
            result[measure][month, store_id] = known + Figure(quantity, amount)
    return result


def _read(
    measures: list[str],
    start: date | None,
    end: date,
    store_ids: Iterable[int] | None,
    group_by: list[str],
) -> list[dict[str, Any]]:
    """Whole months come from the month rows, the rest from the day rows, and what is not folded."""
    conditions: dict[str, Any] = {"measure__in": measures}
    if store_ids is not None:
        conditions["store_id__in"] = list(store_ids)
    sums = {"q": Sum("quantity"), "a": Sum("amount")}

    def of(queryset: Any, **days: Any) -> list[dict[str, Any]]:
        kept = queryset.filter(**conditions, **days).order_by().values(*group_by)
        return list(kept.annotate(**sums))

    span: dict[str, Any] = {"date__lte": end}
    if start is not None:
        span["date__gte"] = start
    rows = of(MeasureDelta.objects, **span)
    days = MeasureTotal.objects.filter(grain=MeasureTotal.Grain.DAY)
    if start is not None:
        return rows + of(days, **span)
    months = MeasureTotal.objects.filter(grain=MeasureTotal.Grain.MONTH)
    this_month = end.replace(day=1)
    rows += of(months, date__lt=this_month)
    return rows + of(days, date__gte=this_month, date__lte=end)


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
    for measure in _measures.values():
        for store_id, day, quantity, amount in measure.recount():
            kept[measure.code, store_id, day] += Figure(-quantity, -amount)
    for (code, store_id, day), difference in sorted(kept.items(), key=str):
        if difference.quantity or difference.amount:
            yield Problem(
                f"{code} store {store_id} {day}",
                f"kept figure differs by {difference.quantity} / {difference.amount}",
            )


@check("month totals against day totals")
def _months_match() -> Iterable[Problem]:
    sums: dict[tuple[str, int, date], Figure] = defaultdict(Figure)
    for total in MeasureTotal.objects.all():
        sign = 1 if total.grain == MeasureTotal.Grain.MONTH else -1
        key = (total.measure, total.store_id, total.date.replace(day=1))
        sums[key] += Figure(sign * total.quantity, sign * total.amount)
    for (code, store_id, month), difference in sorted(sums.items(), key=str):
        if difference.quantity or difference.amount:
            yield Problem(f"{code} store {store_id} {month:%Y-%m}", "month differs from its days")
