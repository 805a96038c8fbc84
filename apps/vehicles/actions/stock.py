"""Goods-in, reserving, selling and delivering, and what else happens to a vehicle in a store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.organisation.queries import get_working_store
from apps.vehicles.actions.movements import NO_RESERVATION, Step, move
from apps.vehicles.errors import AlreadyInStock, VinRefused, VinUnconfirmed
from apps.vehicles.events import (
    SaleCancelled,
    StockUnitDelivered,
    StockUnitReceived,
    StockUnitReleased,
    StockUnitReserved,
    StockUnitSold,
)
from apps.vehicles.models import StockUnit, Vehicle, VehicleModel
from apps.vehicles.models.stock import ONE_LIVE_UNIT
from apps.vehicles.queries import get_series, holder_of, lock_stock_unit, words_of
from apps.vehicles.rules import check_vin, normalise_plate
from apps.vehicles.rules.holding import require_free, require_sellable
from apps.vehicles.rules.states import (
    BY_HAND,
    CLOSED,
    LIVE,
    MovementKind,
    StockState,
    next_state,
)
from forecourt.kernel import audit, clock, custom_fields, events, summaries
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid, NotPermitted
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.numbering import next_number
from forecourt.kernel.text import ngrams

STOCK_NUMBER = "ST"

ENTRY = {
    StockState.ORDERED: MovementKind.ORDERED,
    StockState.IN_TRANSIT: MovementKind.SHIPPED,
    StockState.IN_STOCK: MovementKind.RECEIVED,
}
"""The states in which a stock unit can begin, and the movement that says so."""


@dataclass(frozen=True, slots=True)
class VehicleDetails:
    """What is known of a physical car when it enters the stock."""

    vin: str
    series_id: int
    model_id: int | None = None
    vin_confirmed: bool = False
    exterior_colour: str = ""
    interior_colour: str = ""
    engine_number: str = ""
    production_date: date | None = None
    origin: str = Vehicle.Origin.MANUFACTURER
    condition: str = Vehicle.Condition.NEW
    mileage: int | None = None
    plate_number: str = ""


@transaction.atomic
def receive_unit(
    *,
    store_id: int,
    vehicle: VehicleDetails,
    actor: Actor,
    state: str = StockState.IN_STOCK,
    cost: Decimal | None = None,
    list_price: Decimal | None = None,
    stocked_in_date: date | None = None,
    location: str = "",
    note: str = "",
    custom: Mapping[str, Any] | None = None,
) -> StockUnit:
    """Take a vehicle into a store's stock or, as ORDERED or IN_TRANSIT, announce it.

    A vehicle that the group had before is recognised by its VIN and gets a new stock unit. Raises
    NotPermitted, NotFound, VinRefused, VinUnconfirmed, Invalid or AlreadyInStock.
    """
    actor.require("vehicles.receive_unit", store_id=store_id)
    store = get_working_store(store_id=store_id)
    today = clock.today(store.time_zone)
    arrived = _arrival_date(state, stocked_in_date, today)
    _require_amounts(cost=cost, list_price=list_price)
    car = _vehicle_for(vehicle, today)
    number = next_number(STOCK_NUMBER, store.code, today)
    unit = StockUnit.objects.create(
        stock_number=number,
        vehicle=car,
        series_id=car.series_id,
        store=store,
        cost=cost,
        list_price=list_price,
        location=location,
    )
    _make_findable(car, [number])
    step = Step(unit, ENTRY[StockState(state)], arrived or today, note=note)
    try:
        with transaction.atomic():
            changes = move([step], actor=actor, at=clock.now(), stocked_in_date=arrived)
    except IntegrityError as error:
        if ONE_LIVE_UNIT in str(error):
            raise _already_in_stock(car) from error
        raise
    values = custom_fields.save_values(unit, custom, actor=actor, is_new=True)
    audit.record(actor, "received", unit, values)
    summaries.add_many(changes)
    if arrived:
        events.publish(StockUnitReceived(unit.pk, store.pk, arrived))
    return unit


def _arrival_date(state: str, stocked_in_date: date | None, today: date) -> date | None:
    if state not in ENTRY:
        raise Invalid(_("A vehicle begins as ordered, on its way or in stock."), field="state")
    if state != StockState.IN_STOCK:
        return None
    if stocked_in_date and stocked_in_date > today:
        raise Invalid(_("This day is still to come."), field="stocked_in_date")
    return stocked_in_date or today


def _require_amounts(**amounts: Decimal | None) -> None:
    for name, amount in amounts.items():
        if amount is not None and amount < 0:
            raise Invalid(_("An amount below zero is not possible here."), field=name)


def _vehicle_for(details: VehicleDetails, today: date) -> Vehicle:
    """The row of this VIN, made when it is the first time, locked when it is not."""
    check = check_vin(details.vin, today=today)
    if check.errors:
        raise VinRefused(" ".join(str(error.message) for error in check.errors), field="vin")
    if check.warnings and not details.vin_confirmed:
        raise VinUnconfirmed(
            " ".join(str(warning.message) for warning in check.warnings), field="vin"
        )
    series = get_series(series_id=details.series_id)
    model = VehicleModel.objects.filter(pk=details.model_id, series=series).first()
    if details.model_id is not None and model is None:
        raise Invalid(_("This model is not of that series."), field="model")
    known = {
        "series": series,
        "model": model,
        "vin_confirmed": bool(check.warnings),
        "model_year": model.model_year if model and model.model_year else check.model_year,
        "exterior_colour": details.exterior_colour.strip(),
        "interior_colour": details.interior_colour.strip(),
        "engine_number": details.engine_number.strip().upper(),
        "production_date": details.production_date,
        "origin": details.origin,
        "condition": details.condition,
        "mileage": details.mileage,
        "plate_number": normalise_plate(details.plate_number),
    }
    car, is_new = Vehicle.objects.select_for_update(of=("self",)).get_or_create(
        vin=check.vin, defaults={**known, "created_at": clock.now()}
    )
    if not is_new:
        _require_not_live(car)
        _refresh(car, known)
    return car


def _refresh(car: Vehicle, known: dict[str, Any]) -> None:
    """What is said at the new arrival counts; what is not said stays as it was known."""
    said = {name: value for name, value in known.items() if value not in (None, "")}
    for name, value in said.items():
        setattr(car, name, value)
    car.save(update_fields=list(said))
    car.stock_units.exclude(series_id=car.series_id).update(series_id=car.series_id)


def _require_not_live(car: Vehicle) -> None:
    if car.stock_units.filter(state__in=sorted(LIVE)).exists():
        raise _already_in_stock(car)


def _already_in_stock(car: Vehicle) -> AlreadyInStock:
    unit = (
        StockUnit.objects.filter(vehicle=car, state__in=sorted(LIVE))
        .select_related("store")
        .first()
    )
    if unit is None:
        return AlreadyInStock(_("Somebody takes this vehicle into stock just now."), field="vin")
    return AlreadyInStock(
        _("This vehicle is in the group's stock already: %(number)s, %(store)s.")
        % {"number": unit.stock_number, "store": unit.store.name},
        field="vin",
    )


def _make_findable(car: Vehicle, stock_numbers: Iterable[str]) -> None:
    # A vehicle that comes back keeps being found by its earlier stock numbers.
    car.grams = sorted({*car.grams, *ngrams(*words_of(car, stock_numbers))})
    car.save(update_fields=["grams"])


@transaction.atomic
def arrive_unit(
    *,
    stock_unit_id: int,
    actor: Actor,
    stocked_in_date: date | None = None,
    location: str = "",
    note: str = "",
) -> StockUnit:
    """Goods-in of a vehicle that was ordered or announced: its days in stock begin.

    Raises NotFound, NotPermitted, MoveNotAllowed or Invalid.
    """
    unit = lock_stock_unit(stock_unit_id=stock_unit_id, actor=actor)
    actor.require("vehicles.receive_unit", store_id=unit.store_id)
    next_state(MovementKind.RECEIVED, unit.state)
    arrived = _arrival_date(StockState.IN_STOCK, stocked_in_date, _today(unit))
    assert arrived is not None
    changes = move(
        [Step(unit, MovementKind.RECEIVED, arrived, note=note)],
        actor=actor,
        at=clock.now(),
        stocked_in_date=arrived,
        location=location or unit.location,
    )
    audit.record(actor, "received", unit)
    summaries.add_many(changes)
    events.publish(StockUnitReceived(unit.pk, unit.store_id, arrived))
    return unit


@transaction.atomic
def reserve_unit(
    *,
    stock_unit_id: int,
    actor: Actor,
    customer_name: str = "",
    customer_id: int | None = None,
    order_reference: str = "",
    until: date | None = None,
    note: str = "",
) -> StockUnit:
    """Hold a vehicle in stock for somebody. Of several who try at once exactly one succeeds.

    Without ``until`` it is held as long as the store's reservations are.
    Raises NotFound, NotPermitted, Invalid, MoveNotAllowed, or VehicleTaken that names who has it.
    """
    unit = lock_stock_unit(stock_unit_id=stock_unit_id, actor=actor)
    actor.require("vehicles.reserve_unit", store_id=unit.store_id)
    require_free(holder_of(unit))
    today = _today(unit)
    if not (customer_name.strip() or customer_id or order_reference.strip()):
        raise Invalid(_("Say for whom the vehicle is reserved."), field="customer_name")
    if until is not None and until < today:
        raise Invalid(_("Choose a day from today on."), field="until")
    until = until or last_day_of_reservation(today, store_id=unit.store_id)
    moment = clock.now()
    move(
        [Step(unit, MovementKind.RESERVED, today, note=note)],
        actor=actor,
        at=moment,
        reserved_at=moment,
        reserved_by_id=actor.staff_id,
        reserved_for=customer_name.strip(),
        reserved_customer_id=customer_id,
        reserved_order=order_reference.strip(),
        reserved_until=until,
    )
    audit.record(actor, "reserved", unit, {"reserved_until": [None, until]})
    events.publish(StockUnitReserved(unit.pk, unit.store_id, customer_id, unit.reserved_order))
    return unit


def last_day_of_reservation(today: date, *, store_id: int) -> date | None:
    """The day until which a reservation made today holds; None where it has no end."""
    days: int = value_of("vehicles.reservation_days", store_id=store_id)
    return today + timedelta(days=days) if days else None


@transaction.atomic
def release_unit(*, stock_unit_id: int, actor: Actor, note: str = "") -> StockUnit:
    """Give a reserved vehicle back to everybody.

    One's own reservation, or a colleague's for those who may sell in the store. Raises NotFound,
    NotPermitted or MoveNotAllowed.
    """
    unit = lock_stock_unit(stock_unit_id=stock_unit_id, actor=actor)
    actor.require("vehicles.reserve_unit", store_id=unit.store_id)
    next_state(MovementKind.RELEASED, unit.state)
    is_own = unit.reserved_by_id is not None and unit.reserved_by_id == actor.staff_id
    if not is_own and not actor.can("vehicles.sell_unit", store_id=unit.store_id):
        raise NotPermitted(
            _("%(name)s reserved this vehicle: only she or a manager can release it.")
            % {"name": unit.reserved_by.name if unit.reserved_by else _("Somebody else")}
        )
    released = StockUnitReleased(
        unit.pk, unit.store_id, unit.reserved_customer_id, unit.reserved_order
    )
    move(
        [Step(unit, MovementKind.RELEASED, _today(unit), note=note)],
        actor=actor,
        at=clock.now(),
        **NO_RESERVATION,
    )
    audit.record(actor, "released", unit)
    events.publish(released)
    return unit


@transaction.atomic
def sell_unit(
    *,
    stock_unit_id: int,
    price: Decimal,
    actor: Actor,
    customer_name: str = "",
    customer_id: int | None = None,
    order_reference: str = "",
    sold_by_id: int | None = None,
    sold_date: date | None = None,
    note: str = "",
) -> StockUnit:
    """Sell a vehicle in stock, or one that is reserved for this very customer or order.

    Raises NotFound, NotPermitted, Invalid, MoveNotAllowed or VehicleTaken.
    """
    unit = lock_stock_unit(stock_unit_id=stock_unit_id, actor=actor)
    actor.require("vehicles.sell_unit", store_id=unit.store_id)
    require_sellable(
        holder_of(unit),
        reserved_customer_id=unit.reserved_customer_id,
        customer_id=customer_id,
        customer_name=customer_name.strip(),
        order_reference=order_reference.strip(),
    )
    _require_amounts(price=price)
    today = _today(unit)
    day = sold_date or today
    if day > today:
        raise Invalid(_("This day is still to come."), field="sold_date")
    if unit.stocked_in_date and day < unit.stocked_in_date:
        raise Invalid(_("The vehicle was not in stock on that day."), field="sold_date")
    changes = move(
        [Step(unit, MovementKind.SOLD, day, amount=price, note=note)],
        actor=actor,
        at=clock.now(),
        **NO_RESERVATION,
        sold_date=day,
        sold_price=price,
        sold_by_id=sold_by_id or actor.staff_id,
        buyer_name=customer_name.strip(),
        buyer_customer_id=customer_id,
    )
    audit.record(actor, "sold", unit, {"sold_price": [None, price]})
    summaries.add_many(changes)
    events.publish(StockUnitSold(unit.pk, unit.store_id, price, day, customer_id))
    return unit


@transaction.atomic
def cancel_sale(*, stock_unit_id: int, actor: Actor, note: str) -> StockUnit:
    """Take back a sale before delivery: the vehicle is in stock again, the figure is corrected.

    Raises NotFound, NotPermitted, Invalid or MoveNotAllowed.
    """
    unit = lock_stock_unit(stock_unit_id=stock_unit_id, actor=actor)
    actor.require("vehicles.sell_unit", store_id=unit.store_id)
    next_state(MovementKind.SALE_CANCELLED, unit.state)
    if not note.strip():
        raise Invalid(_("Say why the sale is cancelled."), field="note")
    price = unit.sold_price
    changes = move(
        [Step(unit, MovementKind.SALE_CANCELLED, _today(unit), amount=price, note=note.strip())],
        actor=actor,
        at=clock.now(),
        sold_date=None,
        sold_price=None,
        sold_by_id=None,
        buyer_name="",
        buyer_customer_id=None,
    )
    audit.record(actor, "sale_cancelled", unit, {"sold_price": [price, None]})
    summaries.add_many(changes)
    events.publish(SaleCancelled(unit.pk, unit.store_id))
    return unit


@transaction.atomic
def deliver_unit(
    *, stock_unit_id: int, actor: Actor, delivered_date: date | None = None, note: str = ""
) -> StockUnit:
    """Hand a sold vehicle to its customer: it leaves the group's stock.

    Raises NotFound, NotPermitted, Invalid or MoveNotAllowed.
    """
    unit = lock_stock_unit(stock_unit_id=stock_unit_id, actor=actor)
    actor.require("vehicles.sell_unit", store_id=unit.store_id)
    next_state(MovementKind.DELIVERED, unit.state)
    today = _today(unit)
    day = delivered_date or today
    if day > today:
        raise Invalid(_("This day is still to come."), field="delivered_date")
    if unit.sold_date and day < unit.sold_date:
        raise Invalid(_("A vehicle is not delivered before it is sold."), field="delivered_date")
    changes = move(
        [Step(unit, MovementKind.DELIVERED, day, amount=unit.sold_price, note=note)],
        actor=actor,
        at=clock.now(),
        left_date=day,
    )
    audit.record(actor, "delivered", unit)
    summaries.add_many(changes)
    events.publish(StockUnitDelivered(unit.pk, unit.store_id, day, unit.buyer_customer_id))
    return unit


@transaction.atomic
def change_state(*, stock_unit_id: int, kind: str, actor: Actor, note: str = "") -> StockUnit:
    """Make one of the moves that need nothing but a note: demo, loan, back, return, write-off.

    Raises NotFound, NotPermitted, Invalid or MoveNotAllowed.
    """
    if kind not in BY_HAND:
        raise Invalid(_("This move has its own form."), field="kind")
    unit = lock_stock_unit(stock_unit_id=stock_unit_id, actor=actor)
    actor.require("vehicles.manage_stock", store_id=unit.store_id)
    target = next_state(kind, unit.state)
    if target in CLOSED and not note.strip():
        raise Invalid(_("Say why the vehicle leaves the stock."), field="note")
    today = _today(unit)
    columns = {"left_date": today} if target in CLOSED else {}
    changes = move(
        [Step(unit, kind, today, note=note.strip())], actor=actor, at=clock.now(), **columns
    )
    audit.record(actor, kind.lower(), unit)
    summaries.add_many(changes)
    return unit


@transaction.atomic
def change_cost(*, stock_unit_id: int, cost: Decimal, actor: Actor, note: str) -> StockUnit:
    """Correct what a vehicle costs; the log keeps both values.

    Raises NotFound, NotPermitted, Invalid or MoveNotAllowed.
    """
    unit = lock_stock_unit(stock_unit_id=stock_unit_id, actor=actor)
    actor.require("vehicles.manage_stock", store_id=unit.store_id)
    actor.require("vehicles.see_cost", store_id=unit.store_id)
    _require_amounts(cost=cost)
    if not note.strip():
        raise Invalid(_("Say why the cost changes."), field="note")
    changes = move(
        [Step(unit, MovementKind.RECOSTED, _today(unit), cost=cost, note=note.strip())],
        actor=actor,
        at=clock.now(),
    )
    # The amounts stand in the movement log; the audit log shows no masked value in clear.
    audit.record(actor, "recosted", unit)
    summaries.add_many(changes)
    return unit


@dataclass(frozen=True, slots=True)
class UnitDetails:
    """What a person may correct on a vehicle and its stock unit without a movement."""

    list_price: Decimal | None
    location: str
    exterior_colour: str
    interior_colour: str
    engine_number: str
    production_date: date | None
    mileage: int | None
    plate_number: str


UNIT_COLUMNS = ("list_price", "location")
VEHICLE_COLUMNS = (
    "exterior_colour",
    "interior_colour",
    "engine_number",
    "production_date",
    "mileage",
    "plate_number",
)


@transaction.atomic
def edit_unit(
    *,
    stock_unit_id: int,
    details: UnitDetails,
    actor: Actor,
    custom: Mapping[str, Any] | None = None,
) -> StockUnit:
    """Raises NotFound, NotPermitted, Invalid, and what custom values are refused for."""
    unit = lock_stock_unit(stock_unit_id=stock_unit_id, actor=actor)
    actor.require("vehicles.manage_stock", store_id=unit.store_id)
    _require_amounts(list_price=details.list_price)
    details = replace(details, plate_number=normalise_plate(details.plate_number))
    changes = _assign(unit, UNIT_COLUMNS, details) | _assign(unit.vehicle, VEHICLE_COLUMNS, details)
    changes |= custom_fields.save_values(unit, custom, actor=actor)
    if not changes:
        return unit
    unit.save(update_fields=UNIT_COLUMNS)
    unit.vehicle.save(update_fields=VEHICLE_COLUMNS)
    if {"exterior_colour", "plate_number"} & set(changes):
        _make_findable(unit.vehicle, [])
    audit.record(actor, "changed", unit, changes)
    return unit


def _assign(row: StockUnit | Vehicle, names: tuple[str, ...], source: UnitDetails) -> dict:
    before = {name: getattr(row, name) for name in names}
    for name in names:
        setattr(row, name, getattr(source, name))
    return audit.changes_between(before, {name: getattr(row, name) for name in names})


def _today(unit: StockUnit) -> date:
    """The calendar day at the unit's store."""
    return clock.today(unit.store.time_zone)
