"""Cars that customers bought here, to ask for: the vehicles' own module knows no customers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import BigIntegerField, F, Func, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from apps.crm.facts import Among, Fact, Kind, declare
from apps.crm.queries import merged_into
from apps.vehicles import queries as vehicles
from forecourt.kernel.access import Actor

CARS = _("Cars bought here")
BUYER = "owner_now"


def _sold() -> Any:
    """Cars with whoever is the buyer now that customers have been merged."""
    kept = Subquery(merged_into(OuterRef("buyer_customer_id")), output_field=BigIntegerField())
    return vehicles.sold_units().annotate(owner_now=Coalesce(kept, "buyer_customer_id"))


def _cars(value: str) -> Callable[[], Among]:
    return lambda: Among(_sold(), BUYER, value)


def _ages() -> Among:
    years = Func(
        F("sold_date"),
        template="date_part('year', age(%(expressions)s))::int",
        output_field=IntegerField(),
    )
    return Among(_sold().alias(years=years), BUYER, "years")


def _brands(_actor: Actor) -> list[tuple[int, str]]:
    return [(brand.pk, brand.name) for brand in vehicles.list_brands()]


def _series(_actor: Actor) -> list[tuple[int, str]]:
    return [(series.pk, f"{series.brand.name} {series.name}") for series in vehicles.list_series()]


declare(
    Fact(
        "marketing.car_brand",
        _("Brand of a car"),
        Kind.CHOICE,
        CARS,
        among=_cars("series__brand_id"),
        choices=_brands,
        is_row=True,
    ),
    Fact(
        "marketing.car_series",
        _("Series of a car"),
        Kind.CHOICE,
        CARS,
        among=_cars("series_id"),
        choices=_series,
        is_row=True,
    ),
    Fact("marketing.car_bought", _("Car bought on"), Kind.DATE, CARS, among=_cars("sold_date")),
    Fact(
        "marketing.car_age",
        _("Years since a car was bought"),
        Kind.NUMBER,
        CARS,
        among=_ages,
        unit=_("years"),
    ),
    Fact(
        "marketing.car_price",
        _("Price of a car"),
        Kind.NUMBER,
        CARS,
        among=_cars("sold_price"),
        may_ask=lambda actor: actor.can("vehicles.view_stock"),
    ),
)
