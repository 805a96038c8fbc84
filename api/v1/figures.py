"""Headquarters' numbers: kept figures by store or month, within the caller's rights."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from api.endpoints import Endpoint, listing
from api.fields import IdField, MoneyField, Representation
from api.filters import Filter
from apps.organisation.queries import list_stores
from forecourt.kernel import clock, summaries
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.summaries import Figure, Measure, Span

MOST_MONTHS = 60
PERIOD = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


@dataclass(frozen=True, slots=True)
class FigureCell:
    """One number: a measure of a store (or of all that were asked for) over some days."""

    measure: str
    label: Any
    formula: Any
    store_id: int | None
    store_code: str | None
    start: date | None
    end: date
    quantity: int
    amount: Decimal | None


class FigureRow(Representation):
    """One number. A measure of a state, such as stock, has no start: it holds at the end."""

    measure = serializers.CharField()
    label = serializers.CharField()
    formula = serializers.CharField()
    store_id = IdField(allow_null=True, help_text=gettext_lazy("Null for the total."))
    store_code = serializers.CharField(allow_null=True)
    start = serializers.DateField(allow_null=True)
    end = serializers.DateField()
    quantity = serializers.IntegerField()
    amount = MoneyField(help_text=gettext_lazy("Null where the measure has none."))


def read_figures(
    *,
    actor: Actor,
    measure: Sequence[str] = (),
    store: Sequence[str] = (),
    period: str = "",
    by: str = "store",
) -> list[FigureCell]:
    """The figures asked for, in the order of measures, days and stores.

    Raises NotFound for a store or measure that is none, NotPermitted for one that is not the
    caller's to read, Invalid for a period that is none.
    """
    start, end = days_of(period)
    stores = _stores(actor, store)
    cells: list[FigureCell] = []
    for chosen in _measures(actor, measure):
        reach = summaries.reach(chosen.code, actor)
        allowed = {pk: code for pk, code in stores.items() if reach is None or pk in reach}
        if store and len(allowed) < len(stores):
            raise NotPermitted(_("You may not read the figures of these stores."))
        cells += _cells(actor, chosen, allowed, start, end, by)
    return cells


def _measures(actor: Actor, codes: Iterable[str]) -> list[Measure]:
    known = summaries.all_measures()
    chosen = []
    for code in codes:
        if code not in known:
            raise NotFound(_("There is no measure “%(code)s”.") % {"code": code}, field="measure")
        if not _reaches_stores(actor, known[code]):
            raise NotPermitted(_("You may not read these figures."), field="measure")
        chosen.append(known[code])
    chosen = chosen or [one for one in known.values() if _reaches_stores(actor, one)]
    if not chosen:
        raise NotPermitted(_("You may not read these figures."))
    return chosen


def _reaches_stores(actor: Actor, measure: Measure) -> bool:
    """Rights over one's own rows reach no store's figures."""
    grant = actor.grant(measure.permission)
    return grant.everything or bool(grant.store_ids)


def _stores(actor: Actor, codes: Sequence[str]) -> dict[int, str]:
    stores = list_stores(actor).order_by("code").values_list("pk", "code")
    if not codes:
        return dict(stores)
    found = dict(stores.filter(code__in=codes))
    if len(found) < len(set(codes)):
        raise NotFound(_("There is no such store."), field="store")
    return found


def _cells(
    actor: Actor, measure: Measure, stores: dict[int, str], start: date, end: date, by: str
) -> Iterator[FigureCell]:
    spans = {
        f"{place}": Span(str(place), measure.code, None if measure.is_level else first, last)
        for place, (first, last) in enumerate(_pieces(start, end, by))
    }
    found = summaries.read(spans.values(), stores)
    for key, span in spans.items():
        figures = found[key]
        if by == "store":
            for store_id, code in stores.items():
                figure = figures.get(store_id, Figure())
                yield _cell(actor, measure, span, figure, {store_id}, store_id, code)
        else:
            total = sum(figures.values(), Figure())
            yield _cell(actor, measure, span, total, set(stores), None, None)


def _cell(
    actor: Actor,
    measure: Measure,
    span: Span,
    figure: Figure,
    over: set[int],
    store_id: int | None,
    code: str | None,
) -> FigureCell:
    return FigureCell(
        measure=measure.code,
        label=measure.label,
        formula=measure.formula,
        store_id=store_id,
        store_code=code,
        start=span.start,
        end=span.end,
        quantity=figure.quantity,
        amount=figure.amount if _shows_amount(actor, measure, over) else None,
    )


def _shows_amount(actor: Actor, measure: Measure, store_ids: set[int]) -> bool:
    """Money may need a right of its own, for each of the stores that it is summed over."""
    if not measure.has_amount:
        return False
    needed = measure.amount_permission
    return not needed or all(actor.can(needed, store_id=store_id) for store_id in store_ids)


def _pieces(start: date, end: date, by: str) -> list[tuple[date, date]]:
    if by != "month":
        return [(start, end)]
    pieces = []
    first = start
    while first <= end:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        pieces.append((first, min(following - timedelta(days=1), end)))
        first = following
    if len(pieces) > MOST_MONTHS:
        raise Invalid(
            _("At most %(count)s months at once.") % {"count": MOST_MONTHS}, field="period"
        )
    return pieces


def days_of(period: str) -> tuple[date, date]:
    """The days of ``2026``, ``2026-05``, ``2026-05-31`` or ``2026-05-01..2026-05-15``."""
    if not period:
        today = clock.today()
        return today.replace(day=1), today
    first, _dots, last = period.partition("..")
    try:
        start, end = _range(first)[0], _range(last or first)[1]
        if start > end:
            raise ValueError(period)
    except ValueError as error:
        message = _("A period is 2026, 2026-05, 2026-05-31 or 2026-05-01..2026-05-15.")
        raise Invalid(message, field="period") from error
    return start, end


def _range(text: str) -> tuple[date, date]:
    match = PERIOD.fullmatch(text)
    if match is None or not 1900 <= int(match[1]) <= 2999:
        raise ValueError(text)
    year, month, day = (int(part) if part else None for part in match.groups())
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is not None:
        return date(year, month, day), date(year, month, day)
    first = date(year, month, 1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


class Figures(Endpoint):
    tag = "figures"
    get = listing(
        read_figures,
        FigureRow,
        name="list_figures",
        summary=gettext_lazy("Figures by store or month, from what is kept up to date"),
        description=gettext_lazy(
            "Each measure needs the right to see its rows; only stores within that right are "
            "counted."
        ),
        filters={
            "measure": Filter(
                serializers.CharField(max_length=40),
                description=gettext_lazy("Codes of measures; without it all that you may read."),
                many=True,
            ),
            "store": Filter(
                serializers.CharField(max_length=8),
                description=gettext_lazy("Store codes; without it all that you may read."),
                many=True,
            ),
            "period": Filter(
                serializers.CharField(max_length=24),
                description=gettext_lazy(
                    "2026, 2026-05, 2026-05-31 or 2026-05-01..2026-05-15; without it this month "
                    "until today."
                ),
            ),
            "by": Filter(
                serializers.ChoiceField(["store", "month", "total"]),
                description=gettext_lazy("What stands on a line."),
            ),
        },
    )
