"""Which cars suit what somebody wants: found in the catalogue, and looked for in the stock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from apps.organisation.brands import all_names
from apps.vehicles.models import Series, StockUnit, VehicleModel
from apps.vehicles.queries import list_available_units, list_models, list_series, list_stock_units
from apps.vehicles.rules.states import StockState
from forecourt.kernel.access import Actor
from forecourt.kernel.text import words_of

BRANDS = ("name_zh", "name_en", "brand__name_zh", "brand__name_en")
TRIMS = ("name_zh", "name_en", *(f"series__{name}" for name in BRANDS))
MOST_WORDS = 6
"""Further words of a search are passed over: each is a condition on five columns."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A model, any model of a series, or a series by the names that somebody used for it."""

    series_id: int | None = None
    model_id: int | None = None
    colour: str = ""
    brand: str = ""
    series: str = ""

    @property
    def suits(self) -> Q:
        """The condition on stock units. Another model of the same series is looked at, too."""
        if self.series_id is not None:
            return Q(series_id=self.series_id)
        named = Q(series__name_zh__iexact=self.series) | Q(series__name_en__iexact=self.series)
        if not self.brand:
            return named
        brand = Q()
        for name in all_names(self.brand):
            brand |= Q(series__brand__name_zh__iexact=name) | Q(series__brand__name_en__iexact=name)
        return named & brand

    @property
    def is_told(self) -> bool:
        return self.series_id is not None or bool(self.series)


def find_catalogue(words: str, limit: int) -> list[Series | VehicleModel]:
    """Series first, then models, by parts of their names (the first words
    of many); hidden ones are not offered."""
    series, models = list_series(), list_models()
    for word in words_of(words)[:MOST_WORDS]:
        series = series.filter(_has(word, BRANDS))
        models = models.filter(_has(word, TRIMS) | _of_year(word))
    shown = [*series.filter(is_hidden=False, brand__is_hidden=False)[:limit]]
    if len(shown) < limit:
        shown += models.filter(
            is_hidden=False, series__is_hidden=False, series__brand__is_hidden=False
        )[: limit - len(shown)]
    return shown


def catalogue_rows(
    series_ids: Collection[int], model_ids: Collection[int]
) -> tuple[dict[int, Series], dict[int, VehicleModel]]:
    """These series and models by id, with their brands; those that do not exist are left out."""
    return (
        list_series().in_bulk(list(series_ids)) if series_ids else {},
        list_models().in_bulk(list(model_ids)) if model_ids else {},
    )


def suiting_units(
    wishes: Sequence[Wish], *, store_id: int, budget: Decimal | None, actor: Actor, limit: int
) -> list[StockUnit]:
    """What the actor may see of the stock that suits and that nobody has reserved, one query:
    those of the store first, then the very model, the colour, within the budget, and the longest in
    stock.

    Each has ``asked_price`` (its own, else the maker's), ``is_colour`` and ``is_over_budget``.
    """
    told = [wish for wish in wishes if wish.is_told]
    if not told:
        return []
    suits = Q()
    for wish in told:
        suits |= wish.suits
    units = _in_sight(actor).filter(suits, state=StockState.IN_STOCK)
    colours = Q(pk__in=())
    for wish in told:
        if wish.colour:
            colours |= wish.suits & Q(vehicle__exterior_colour__icontains=wish.colour)
    models = Q(vehicle__model__in=[wish.model_id for wish in told if wish.model_id])
    price = Coalesce(F("list_price"), F("vehicle__model__guide_price"))
    over = Q(asked_price__gt=budget) if budget is not None else Q(pk__in=())
    ranked = units.annotate(
        asked_price=price,
        is_elsewhere=_flag(~Q(store=store_id)),
        is_colour=_flag(colours),
        is_model=_flag(models),
    ).annotate(is_over_budget=_flag(over))
    order = ("is_elsewhere", "-is_model", "-is_colour", "is_over_budget", "stocked_in_date", "id")
    return list(ranked.order_by(*order)[:limit])


def _in_sight(actor: Actor) -> QuerySet[StockUnit]:
    if actor.can("vehicles.view_availability"):
        return list_available_units(actor)
    return list_stock_units(actor)


def _flag(condition: Q) -> Case:
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def _has(word: str, columns: Sequence[str]) -> Q:
    found = Q()
    for column in columns:
        found |= Q(**{f"{column}__icontains": word})
    return found


def _of_year(word: str) -> Q:
    return Q(model_year=int(word)) if word.isdecimal() and len(word) == 4 else Q(pk__in=())
