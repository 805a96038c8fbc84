"""How much stands in stock, and how old it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from apps.vehicles.rules.ageing import AgeBand, age_bands
from apps.vehicles.rules.figures import (
    ARRIVING,
    IN_TRANSIT,
    STOCK_BY_ARRIVAL,
    STOCK_UNITS,
    STOCK_VALUE,
)
from forecourt.kernel import summaries
from forecourt.kernel.access import Actor
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.summaries import Figure, Span


@dataclass(frozen=True, slots=True)
class StockFigures:
    """Units and money that stand in the yards, how much of it is aged, and what is on the way."""

    units: Figure
    value: Figure
    aged: Figure
    leaving: Figure
    arriving: Figure


def stock_figures(actor: Actor, today: date) -> StockFigures:
    """The figures of the person's stores, kept and therefore one query for any amount of stock."""
    spans = [
        Span("units", STOCK_UNITS, None, today),
        Span("value", STOCK_VALUE, None, today),
        Span("aged", STOCK_BY_ARRIVAL, None, today - timedelta(days=aged_from())),
        Span("leaving", IN_TRANSIT, None, today),
        Span("arriving", ARRIVING, None, today),
    ]
    found = summaries.read(spans)
    sums = {}
    for span in spans:
        stores = summaries.reach(span.measure, actor)
        sums[span.key] = sum(
            (
                figure
                for store_id, figure in found[span.key].items()
                if stores is None or store_id in stores
            ),
            Figure(),
        )
    return StockFigures(**sums)


def aged_from() -> int:
    """The days in stock from which a vehicle counts as aged, as the group has decided."""
    return int(value_of("vehicles.aged_from"))


def list_age_bands() -> tuple[AgeBand, ...]:
    """The age bands of stock between the limits that the group has decided."""
    return age_bands(value_of("vehicles.age_limits"))


def in_band(band: AgeBand, today: date) -> Q:
    """The condition that a unit's days in stock lie in the band today."""
    oldest, newest = band.dates(today)
    condition = Q(stocked_in_date__lte=newest)
    if oldest is not None:
        condition &= Q(stocked_in_date__gte=oldest)
    return condition
