"""Brands, cars and stock for tests; each call makes what it needs and nothing more."""

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

from apps.organisation.models import Store
from apps.vehicles.actions import VehicleDetails, receive_unit, request_transfer
from apps.vehicles.models import Brand, Series, StockUnit, VehicleModel, VehicleTransfer
from apps.vehicles.rules import make_vin
from forecourt.kernel.access import Actor, system_actor
from tests.factories.organisation import make_store

_numbers = itertools.count(1)


def make_brand(**fields: Any) -> Brand:
    number = next(_numbers)
    fields.setdefault("name_zh", f"品牌{number}")
    fields.setdefault("name_en", f"Brand {number}")
    return Brand.objects.create(**fields)


def make_series(**fields: Any) -> Series:
    number = next(_numbers)
    if "brand" not in fields:
        fields["brand"] = make_brand()
    fields.setdefault("name_zh", f"车系{number}")
    fields.setdefault("name_en", f"Series {number}")
    return Series.objects.create(**fields)


def make_model(**fields: Any) -> VehicleModel:
    number = next(_numbers)
    if "series" not in fields:
        fields["series"] = make_series()
    fields.setdefault("name_zh", f"豪华型{number}")
    fields.setdefault("name_en", f"Comfort {number}")
    return VehicleModel.objects.create(**fields)


def next_vin() -> str:
    """A Chinese VIN with a right check digit that no other call has given."""
    return make_vin(wmi="LSV", vds="AA4L9", year=2025, plant="N", serial=next(_numbers))


def make_unit(
    store: Store | None = None,
    *,
    series: Series | None = None,
    vin: str | None = None,
    actor: Actor | None = None,
    cost: Decimal | None = Decimal("100000.00"),
    stocked_in_date: date | None = None,
    vehicle: dict[str, Any] | None = None,
    **options: Any,
) -> StockUnit:
    """A stock unit taken in through the front door."""
    details = VehicleDetails(
        vin=vin or next_vin(), series_id=(series or make_series()).pk, **(vehicle or {})
    )
    return receive_unit(
        store_id=(store or make_store()).pk,
        vehicle=details,
        actor=actor or system_actor("factory"),
        cost=cost,
        stocked_in_date=stocked_in_date,
        **options,
    )


def make_transfer(
    *units: StockUnit, to_store: Store, actor: Actor | None = None, **options: Any
) -> VehicleTransfer:
    options.setdefault("reason", "BALANCING")
    return request_transfer(
        stock_unit_ids=[unit.pk for unit in units],
        to_store_id=to_store.pk,
        actor=actor or system_actor("factory"),
        **options,
    )
