"""Stock units: one, several, found by what is written on them; locked here by who changes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from apps.vehicles.models import StockMovement, StockUnit, Vehicle, VehicleModel
from apps.vehicles.rules.holding import Holder
from apps.vehicles.rules.states import CLOSED, LIVE, StockState
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound
from forecourt.kernel.text import matches, query_grams
from forecourt.kernel.text import words_of as words_in

ROW = ("vehicle__series__brand", "vehicle__model", "store", "destination_store", "reserved_by")

HIT = ("vehicle__series__brand", "vehicle__model", "store")

HIT_COLUMNS = (
    "stock_number",
    "state",
    *(f"vehicle__{name}" for name in ("vin", "reference", "plate_number", "exterior_colour")),
    "vehicle__model__model_year",
    *(
        f"{path}__{name}"
        for path in ("vehicle__series", "vehicle__series__brand", "vehicle__model", "store")
        for name in ("name_zh", "name_en")
    ),
)
"""What a search box shows of a unit, and is compared with what was typed."""

CARS_LOOKED_AT = 2000
"""More cars than these share what was typed only when it is a make or a colour."""

GRAM_LENGTH = 3

EXPIRY_TOLD_WITHIN = timedelta(days=7)
"""Reservations that ran out longer ago are no news: the list of stock shows them."""

SEARCHED = (
    "stock_number",
    "vehicle__vin",
    "vehicle__reference",
    "vehicle__plate_number",
    "vehicle__exterior_colour",
    "vehicle__series__name_zh",
    "vehicle__series__name_en",
    "vehicle__series__brand__name_zh",
    "vehicle__series__brand__name_en",
    "vehicle__model__name_zh",
    "vehicle__model__name_en",
)


def list_stock_units(actor: Actor) -> QuerySet[StockUnit]:
    """The stock units that the person may see, with all that a row shows."""
    return StockUnit.objects.visible_to(actor).select_related(*ROW).exclude(state=StockState.NEW)


def list_available_units(actor: Actor) -> QuerySet[StockUnit]:
    """What every store of the group could hand over: rows to show without cost or customer."""
    return (
        StockUnit.objects.visible_to(actor, "vehicles.view_availability")
        .filter(state__in=(StockState.IN_STOCK, StockState.RESERVED))
        .select_related(*ROW)
    )


def get_stock_unit(*, stock_unit_id: int, actor: Actor) -> StockUnit:
    """Raises NotFound."""
    unit = list_stock_units(actor).select_related("sold_by").filter(pk=stock_unit_id).first()
    if unit is None:
        raise NotFound(_("No such vehicle."))
    return unit


def lock_stock_unit(*, stock_unit_id: int, actor: Actor) -> StockUnit:
    """The stock unit, locked until the transaction ends. Raises NotFound."""
    unit = (
        StockUnit.objects.visible_to(actor)
        .select_related("store")
        .select_for_update(of=("self",))
        .filter(pk=stock_unit_id)
        .first()
    )
    if unit is None:
        raise NotFound(_("No such vehicle."))
    return unit


def lock_units_for_transfer(*, stock_unit_ids: Iterable[int], actor: Actor) -> list[StockUnit]:
    """Vehicles that the person sees in stock or as available elsewhere, locked in order of id.

    Raises NotFound when one of them is neither.
    """
    wanted = sorted(set(stock_unit_ids))
    reach = StockUnit.objects.filter(pk__in=wanted)
    if not actor.grant("vehicles.view_availability").everything:
        seen = StockUnit.objects.visible_to(actor)
        offered = StockUnit.objects.visible_to(actor, "vehicles.view_availability")
        reach = reach.filter(Q(pk__in=seen.values("pk")) | Q(pk__in=offered.values("pk")))
    units = list(reach.select_for_update().order_by("pk"))
    if len(units) != len(wanted):
        raise NotFound(_("No such vehicle."))
    return units


def holder_of(unit: StockUnit) -> Holder:
    """Who has the unit. Names are looked up only of one that is taken: for the refusal."""
    is_sold = unit.state in (StockState.SOLD, StockState.DELIVERED)
    by = unit.sold_by if is_sold else unit.reserved_by
    whom = unit.buyer_name if is_sold else (unit.reserved_for or unit.reserved_order)
    return Holder(
        stock_number=unit.stock_number,
        state=unit.state,
        by=by.name if by else "",
        whom=whom,
        until=unit.reserved_until,
        store=str(unit.destination_store) if unit.destination_store_id else "",
        order_reference=unit.reserved_order,
    )


def get_available_unit(*, stock_unit_id: int, actor: Actor) -> StockUnit:
    """A vehicle that the person may ask for: of her own stores, or offered by another one.

    Raises NotFound.
    """
    units = units_to_ask_for(actor, [stock_unit_id])
    if not units:
        raise NotFound(_("No such vehicle."))
    return units[0]


def units_to_ask_for(actor: Actor, stock_unit_ids: Iterable[int]) -> list[StockUnit]:
    """Those of the units that the person may put on a transfer request, by id."""
    ids = list(stock_unit_ids)
    found = {unit.pk: unit for unit in list_available_units(actor).filter(pk__in=ids)}
    if len(found) < len(ids):
        found |= {unit.pk: unit for unit in list_stock_units(actor).filter(pk__in=ids)}
    return [found[pk] for pk in sorted(found)]


def find_available_units(*, query: str, actor: Actor, limit: int) -> list[StockUnit]:
    """Vehicles to put on a transfer request, for a search field; the longest in stock first."""
    found = search_stock_units(list_available_units(actor), query)
    return list(found.order_by("stocked_in_date", "id")[:limit])


def units_in_life_of(unit: StockUnit) -> list[StockUnit]:
    """Every time the group held this vehicle, the latest first; the whole life is one story."""
    return list(
        StockUnit.objects.filter(vehicle_id=unit.vehicle_id).select_related("store").order_by("-id")
    )


def life_of_vehicle(*, vehicle_id: int) -> list[StockMovement]:
    """Every movement of the vehicle in every store, the newest first."""
    return list(
        StockMovement.objects.filter(unit__vehicle_id=vehicle_id)
        .select_related("store", "from_store", "transfer", "unit")
        .order_by("-at", "-id")
    )


def live_units_by_vin(vins: Iterable[str]) -> dict[str, StockUnit]:
    """The stock units in which the group holds these vehicles now, whoever asks."""
    units = StockUnit.objects.filter(vehicle__vin__in=list(vins), state__in=sorted(LIVE))
    return {unit.vehicle.vin: unit for unit in units.select_related("vehicle", "store")}


def search_stock_units(queryset: QuerySet[StockUnit], query: str) -> QuerySet[StockUnit]:
    """Narrow to vehicles found by VIN, its end, plate, stock number, make, model or colour."""
    grams = query_grams(query)
    if not grams:
        return queryset.none() if query.strip() else queryset
    found = queryset.filter(vehicle__grams__contains=grams)
    for word in words_in(query):
        if len(word) > GRAM_LENGTH:
            found = found.filter(_stands_in_some_column(word))
    return found


def _stands_in_some_column(word: str) -> Q:
    """The recheck after the grams, whose pieces may lie in different columns."""
    condition = Q()
    for column in SEARCHED:
        condition |= Q(**{f"{column}__icontains": word})
    return condition


def find_stock_units(*, query: str, actor: Actor, limit: int) -> list[StockUnit]:
    """The best hits for a search box: live units first, then the latest.

    The vehicles are found by their index alone. Most that is typed means none of them, and a plan
    for all that a row shows would take longer to make than the search.
    """
    grams = query_grams(query)
    cars = (
        Vehicle.objects.filter(grams__contains=grams).values_list("pk", flat=True) if grams else ()
    )
    car_ids = list(cars[:CARS_LOOKED_AT])
    if not car_ids:
        return []
    found = list_stock_units(actor).select_related(None).select_related(*HIT).only(*HIT_COLUMNS)
    hits = [
        unit
        for unit in found.filter(vehicle_id__in=car_ids).order_by("-id")[: limit * 2]
        if matches(query, *words_of(unit.vehicle, [unit.stock_number]))
    ]
    hits.sort(key=lambda unit: unit.state in CLOSED)
    return hits[:limit]


def words_of(vehicle: Vehicle, stock_numbers: Iterable[str]) -> list[str]:
    """What a vehicle is found by."""
    series, model = vehicle.series, vehicle.model
    words = [vehicle.identity, vehicle.plate_number, *stock_numbers, vehicle.exterior_colour]
    words += [series.name_zh, series.name_en, series.brand.name_zh, series.brand.name_en]
    if model is not None:
        words += [model.name_zh, model.name_en]
    return [word for word in words if word]


def live_units_in(store_id: int) -> QuerySet[StockUnit]:
    """Vehicles that stand in the store, are on their way to it, or wait for their transfer."""
    return StockUnit.objects.filter(store_id=store_id, state__in=sorted(LIVE))


def reservations_of(staff_id: int) -> QuerySet[StockUnit]:
    """Vehicles that the person holds for somebody, also those on their way to another store."""
    return StockUnit.objects.filter(reserved_by_id=staff_id, reserved_at__isnull=False)


def expired_reservations(day: date) -> QuerySet[StockUnit]:
    """Vehicles still reserved whose last day of reservation lies in the week before ``day``."""
    return StockUnit.objects.filter(
        reserved_at__isnull=False,
        reserved_until__lt=day,
        reserved_until__gte=day - EXPIRY_TOLD_WITHIN,
    )


def demo_units_in(store_ids: Collection[int]) -> QuerySet[StockUnit]:
    """The demo cars that stand in these stores, with what they are called."""
    return StockUnit.objects.filter(state=StockState.DEMO, store__in=store_ids).select_related(
        "vehicle__series__brand", "vehicle__model"
    )


def buyers_by_plate(plate: str) -> list[int]:
    """The customers who bought a car that has this number plate, the latest first."""
    bought = StockUnit.objects.filter(
        vehicle__grams__contains=query_grams(plate),
        vehicle__plate_number=plate,
        buyer_customer_id__isnull=False,
    ).order_by("-pk")
    return list(bought.values_list("buyer_customer_id", flat=True))


def cars_bought_by(customer_ids: Collection[int] | QuerySet) -> QuerySet[StockUnit]:
    """The cars that customers bought and still have, as far as the group knows: one that came back
    is a later stock unit of the same vehicle."""
    later = StockUnit.objects.filter(vehicle=OuterRef("vehicle"), pk__gt=OuterRef("pk"))
    return (
        sold_units()
        .filter(~Exists(later), buyer_customer_id__in=customer_ids)
        .select_related("vehicle__series__brand", "vehicle__model")
        .order_by("-sold_date", "-pk")
    )


def sold_units() -> QuerySet[StockUnit]:
    """Cars that known customers bought; whoever asks narrows the customers to her own scope."""
    return StockUnit.objects.filter(buyer_customer_id__isnull=False, sold_date__isnull=False)


def has_prices() -> bool:
    """Whether the catalogue or any vehicle has a price."""
    priced = StockUnit.objects.exclude(cost=None, list_price=None)
    return VehicleModel.objects.exclude(guide_price=None).exists() or priced.exists()
