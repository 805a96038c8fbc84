"""The catalogue: brands, series, models, and what lists let choose."""

from __future__ import annotations

from typing import TypeVar

from django.core.cache import cache
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from apps.vehicles.models import Brand, Series, Vehicle, VehicleModel
from forecourt.kernel.errors import NotFound

CHOICES_KEPT = 60
"""Seconds for which the choices of filters are remembered; every list would ask for them anew."""


def colour_choices() -> list[tuple[str, str]]:
    """The exterior colours that occur, for a filter."""
    colours = cache.get("vehicles.colours")
    if colours is None:
        used = Vehicle.objects.exclude(exterior_colour="").order_by("exterior_colour")
        colours = list(used.values_list("exterior_colour", flat=True).distinct())
        cache.set("vehicles.colours", colours, CHOICES_KEPT)
    return [(colour, colour) for colour in colours]


def brand_choices() -> list[tuple[int, str]]:
    """Every brand with its name in the reader's language, for a filter."""
    brands = {series.brand_id: series.brand for series in _catalogue()}
    return sorted(((pk, brand.name) for pk, brand in brands.items()), key=lambda pair: pair[1])


def series_choices() -> list[tuple[int, str]]:
    """Every series with its brand, for a filter."""
    return [(series.pk, f"{series.brand.name} {series.name}") for series in _catalogue()]


def _catalogue() -> list[Series]:
    series = cache.get("vehicles.series")
    if series is None:
        series = list(list_series())
        cache.set("vehicles.series", series, CHOICES_KEPT)
    return series


def forget_choices() -> None:
    """After a change of the catalogue: it shows at once where it was made."""
    cache.delete_many(["vehicles.colours", "vehicles.series"])


def list_brands() -> QuerySet[Brand]:
    return Brand.objects.order_by("name_zh", "name_en", "id")


def list_series() -> QuerySet[Series]:
    return Series.objects.select_related("brand").order_by(
        "brand__name_zh", "brand__name_en", "name_zh", "name_en", "id"
    )


def list_models() -> QuerySet[VehicleModel]:
    return VehicleModel.objects.select_related("series__brand").order_by(
        "series__brand__name_zh", "series__name_zh", "-model_year", "name_zh", "name_en", "id"
    )


def get_brand(*, brand_id: int) -> Brand:
    return _one(list_brands(), brand_id)


def get_series(*, series_id: int) -> Series:
    return _one(list_series(), series_id)


def get_model(*, model_id: int) -> VehicleModel:
    return _one(list_models(), model_id)


Row = TypeVar("Row", bound=Model)


def _one(queryset: QuerySet[Row], pk: int) -> Row:
    row = queryset.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("No such record."))
    return row
