"""What the showroom may offer a customer: the catalogue and the stock, as deals ask for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal

from django.urls import reverse

from apps.crm.hooks import CarKey, CatalogueCar, Offer, Wanted
from apps.vehicles import matching
from apps.vehicles.matching import Series, StockUnit, VehicleModel, Wish
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import today


class GroupStock:
    """The stock of the group's stores; see :class:`apps.crm.hooks.Stock`."""

    def find(self, words: str, limit: int) -> list[CatalogueCar]:
        return [_car(row) for row in matching.find_catalogue(words, limit)]

    def cars(self, keys: Collection[CarKey]) -> Iterator[CatalogueCar]:
        series, models = matching.catalogue_rows(
            {series_id for series_id, model_id in keys if model_id is None},
            {model_id for _series_id, model_id in keys if model_id is not None},
        )
        for series_id, model_id in keys:
            row = series.get(series_id) if model_id is None else models.get(model_id)
            if row is not None and _car(row).key == (series_id, model_id):
                yield _car(row)

    def offers(
        self,
        wanted: Sequence[Wanted],
        *,
        store_id: int,
        budget: Decimal | None,
        actor: Actor,
        limit: int,
    ) -> list[Offer]:
        wishes = [
            Wish(
                series_id=one.key[0] if one.key else None,
                model_id=one.key[1] if one.key else None,
                colour=one.colour,
                brand=one.brand,
                series=one.series,
            )
            for one in wanted
        ]
        units = matching.suiting_units(
            wishes, store_id=store_id, budget=budget, actor=actor, limit=limit
        )
        return [_offer(unit, store_id, actor) for unit in units]


def _car(row: Series | VehicleModel) -> CatalogueCar:
    """A series, or a model, under all its names."""
    trim = row if isinstance(row, VehicleModel) else None
    series = trim.series if trim else row
    year = str(trim.model_year) if trim and trim.model_year else ""
    brand = series.brand
    zh = (brand.name_zh or brand.name_en, series.name_zh or series.name_en, year)
    en = (brand.name_en or brand.name_zh, series.name_en or series.name_zh, year)
    trim_zh = (trim.name_zh or trim.name_en) if trim else ""
    trim_en = (trim.name_en or trim.name_zh) if trim else ""
    return CatalogueCar(
        key=(series.pk, trim.pk if trim else None),
        name_zh=" ".join(filter(None, (*zh, trim_zh))),
        name_en=" ".join(filter(None, (*en, trim_en))),
        brand=zh[0],
        series=zh[1],
    )


def _offer(unit: StockUnit, store_id: int, actor: Actor) -> Offer:
    return Offer(
        name=unit.vehicle.full_name,
        colour=unit.vehicle.exterior_colour,
        store=unit.store.name,
        is_own_store=unit.store_id == store_id,
        is_colour=bool(unit.is_colour),
        is_over_budget=bool(unit.is_over_budget),
        price=unit.asked_price,
        days=unit.days_in_stock(today()) or 0,
        url=_page_of(unit, actor),
    )


def _page_of(unit: StockUnit, actor: Actor) -> str:
    if actor.grant("vehicles.view_stock").covers(unit.store_id, None):
        return reverse("vehicles:stock_unit_detail", args=[unit.pk])
    if actor.can("vehicles.request_transfer"):
        return f"{reverse('vehicles:transfer_create')}?unit={unit.pk}"
    return ""
