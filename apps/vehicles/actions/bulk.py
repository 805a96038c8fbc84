"""Many vehicles at once: stock lists, and sales of earlier years, in a handful of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import transaction

from apps.organisation.queries import stores_by_id
from apps.vehicles.actions.catalogue import CarKind
from apps.vehicles.actions.movements import follow
from apps.vehicles.actions.stock import STOCK_NUMBER
from apps.vehicles.models import StockMovement, StockUnit, Vehicle
from apps.vehicles.queries import words_of
from apps.vehicles.rules.figures import Change, figure_changes
from apps.vehicles.rules.states import LIVE, MovementKind, StockState, next_state
from forecourt.kernel import audit, clock, summaries
from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields import save_many
from forecourt.kernel.errors import Invalid
from forecourt.kernel.numbering import number_documents
from forecourt.kernel.text import ngrams

BATCH = 1000
K = MovementKind


class Fate(StrEnum):
    """What became of a record."""

    CREATED = "CREATED"
    KNOWN = "KNOWN"


@dataclass(slots=True)
class UnitRecord:
    """A vehicle of a list: in stock since a day or, with ``sold_date``, sold and gone.

    It has a checked ``vin`` or, if it is sold, a ``reference``: a stand-in number that its source
    keeps (an order number), by which the same record is known the next time. After the action
    ``fate`` and ``unit_id`` say what became of it.
    """

    store_id: int
    kind: CarKind
    vin: str | None = None
    reference: str | None = None
    vin_confirmed: bool = False
    model_year: int | None = None
    exterior_colour: str = ""
    interior_colour: str = ""
    engine_number: str = ""
    production_date: date | None = None
    origin: str = Vehicle.Origin.MANUFACTURER
    condition: str = Vehicle.Condition.NEW
    mileage: int | None = None
    plate_number: str = ""
    location: str = ""
    cost: Decimal | None = None
    list_price: Decimal | None = None
    stocked_in_date: date | None = None
    sold_date: date | None = None
    sold_price: Decimal | None = None
    sold_by_id: int | None = None
    customer_name: str = ""
    customer_id: int | None = None
    fate: Fate | None = None
    unit_id: int | None = None

    @property
    def identity(self) -> str:
        return self.vin or self.reference or ""

    @property
    def is_past(self) -> bool:
        return self.sold_date is not None


@transaction.atomic
def record_units(*, records: Sequence[UnitRecord], actor: Actor) -> None:
    """Write many vehicles with their movement logs and figures; what is known is left alone.

    A record is known when its vehicle is in stock already (a stock record) or was sold on that
    day (a past one), so that the same list brings nothing twice. A past sale whose goods-in day is
    unknown becomes one movement, HISTORY: it counts as sold and delivered, and never as stock.

    No events are published: nothing of this happens now. Raises NotPermitted for a store outside
    the right, Invalid for a record that contradicts itself; then nothing is written.
    """
    for store_id in {record.store_id for record in records}:
        actor.require("vehicles.import_vehicles", store_id=store_id)
    for record in records:
        _require_sense(record)
    cars = _known_vehicles(records)
    _note_known(records, cars)
    fresh = [record for record in records if record.fate is None]
    if not fresh:
        return
    moment = clock.now()
    numbers = _numbers(fresh)
    _make_vehicles(fresh, cars, numbers, moment)
    units = _make_units(fresh, cars, numbers)
    changes = _log(fresh, units, actor, moment)
    summaries.add_many(changes)
    audit.record_many(actor, "imported", units)
    for record, unit in zip(fresh, units, strict=True):
        record.fate, record.unit_id = Fate.CREATED, unit.pk


def _require_sense(record: UnitRecord) -> None:
    if bool(record.vin) == bool(record.reference):
        raise Invalid("A record has either a VIN or a stand-in number.")
    if record.reference and not record.is_past:
        raise Invalid("A vehicle without a VIN can only be history.")
    if record.is_past and record.sold_price is None:
        raise Invalid("A past sale has a price.")
    if not record.is_past and record.stocked_in_date is None:
        raise Invalid("A vehicle in stock came on some day.")
    if record.is_past and record.stocked_in_date and record.stocked_in_date > record.sold_date:
        raise Invalid("A vehicle is not sold before it came.")


def _known_vehicles(records: Sequence[UnitRecord]) -> dict[str, Vehicle]:
    """By VIN or stand-in number, locked, so that nobody takes one into stock meanwhile."""
    locked = (
        Vehicle.objects.select_related("series__brand", "model")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    vins = [record.vin for record in records if record.vin]
    references = [record.reference for record in records if record.reference]
    found = list(locked.filter(vin__in=vins)) if vins else []
    found += locked.filter(reference__in=references) if references else []
    return {car.identity: car for car in found}


def _note_known(records: Sequence[UnitRecord], cars: dict[str, Vehicle]) -> None:
    units: dict[int, list[StockUnit]] = defaultdict(list)
    for unit in StockUnit.objects.filter(vehicle_id__in=[car.pk for car in cars.values()]):
        units[unit.vehicle_id].append(unit)
    seen: dict[tuple[str, date | None], UnitRecord] = {}
    for record in records:
        if seen.setdefault((record.identity, record.sold_date), record) is not record:
            raise Invalid(f"The list has {record.identity} twice.")
        car = cars.get(record.identity)
        for unit in units[car.pk] if car else ():
            is_same = unit.sold_date == record.sold_date if record.is_past else unit.state in LIVE
            if is_same:
                record.fate, record.unit_id = Fate.KNOWN, unit.pk


def _numbers(records: Sequence[UnitRecord]) -> list[str]:
    """A stock number for each record; one statement for each store."""
    stores = stores_by_id({record.store_id for record in records})
    days = {pk: clock.today(store.time_zone) for pk, store in stores.items()}
    return number_documents(
        STOCK_NUMBER,
        [(stores[record.store_id].code, days[record.store_id]) for record in records],
    )


def _make_vehicles(
    records: Sequence[UnitRecord],
    cars: dict[str, Vehicle],
    numbers: Sequence[str],
    moment: datetime,
) -> None:
    known, fresh = [], []
    for record, number in zip(records, numbers, strict=True):
        car = cars.get(record.identity)
        is_new = car is None
        if car is None:
            car = cars[record.identity] = Vehicle(
                vin=record.vin,
                reference=record.reference,
                vin_confirmed=record.vin_confirmed,
                series=record.kind.series,
                model=record.kind.model,
                model_year=record.model_year,
                exterior_colour=record.exterior_colour,
                interior_colour=record.interior_colour,
                engine_number=record.engine_number,
                production_date=record.production_date,
                origin=record.origin,
                condition=record.condition,
                mileage=record.mileage,
                plate_number=record.plate_number,
                created_at=moment,
            )
        car.grams = sorted({*car.grams, *ngrams(*words_of(car, [number]))})
        (fresh if is_new else known).append(car)
    Vehicle.objects.bulk_create(fresh, batch_size=BATCH)
    Vehicle.objects.bulk_update({car.pk: car for car in known}.values(), ["grams"], batch_size=500)


def _make_units(
    records: Sequence[UnitRecord], cars: dict[str, Vehicle], numbers: Sequence[str]
) -> list[StockUnit]:
    units = [
        StockUnit(
            stock_number=number,
            vehicle=cars[record.identity],
            has_vin=record.vin is not None,
            series_id=cars[record.identity].series_id,
            store_id=record.store_id,
            location=record.location,
            cost=record.cost,
            list_price=record.list_price,
            stocked_in_date=record.stocked_in_date,
            sold_date=record.sold_date,
            sold_price=record.sold_price,
            sold_by_id=record.sold_by_id,
            buyer_name=record.customer_name[:100],
            buyer_customer_id=record.customer_id,
            left_date=record.sold_date,
        )
        for record, number in zip(records, numbers, strict=True)
    ]
    return StockUnit.objects.bulk_create(units, batch_size=BATCH)


def _log(
    records: Sequence[UnitRecord], units: Sequence[StockUnit], actor: Actor, moment: datetime
) -> list[Change]:
    """The movements of each record, and what they add to the figures."""
    movements, last, changes = [], [], []
    for record, unit in zip(records, units, strict=True):
        life = list(_life(record, unit, actor, moment))
        movements += life
        last.append(life[-1])
        for movement in life:
            changes += figure_changes(movement, stocked_in_date=unit.stocked_in_date)
    StockMovement.objects.bulk_create(movements, batch_size=BATCH)
    follow(last, {})
    return changes


def _life(
    record: UnitRecord, unit: StockUnit, actor: Actor, moment: datetime
) -> Iterable[StockMovement]:
    state: str = StockState.NEW
    for sequence, (kind, day) in enumerate(_moves(record), 1):
        ends = next_state(kind, state)
        is_first = sequence == 1
        yield StockMovement(
            unit=unit,
            sequence=sequence,
            kind=kind,
            from_state=state,
            from_store_id=None if is_first else record.store_id,
            from_cost=None if is_first else record.cost,
            state=ends,
            store_id=record.store_id,
            cost=record.cost,
            amount=record.sold_price if kind != K.RECEIVED else None,
            date=day,
            at=moment,
            actor_id=actor.staff_id,
            actor_name=actor.name,
        )
        state = ends


def _moves(record: UnitRecord) -> list[tuple[MovementKind, date]]:
    if record.sold_date is None:
        assert record.stocked_in_date is not None
        return [(K.RECEIVED, record.stocked_in_date)]
    if record.stocked_in_date is None:
        return [(K.HISTORY, record.sold_date)]
    return [
        (K.RECEIVED, record.stocked_in_date),
        (K.SOLD, record.sold_date),
        (K.DELIVERED, record.sold_date),
    ]


@dataclass(frozen=True, slots=True)
class ListChange:
    """What a newer list says of a unit in stock; None and blank say nothing."""

    list_price: Decimal | None = None
    location: str = ""
    plate_number: str = ""


@transaction.atomic
def refresh_listed_units(*, changes: Mapping[int, ListChange], actor: Actor) -> set[int]:
    """Take prices, places and plates from a newer list; answers the ids of units that changed.

    Raises NotPermitted for a store outside the right, and then nothing is written.
    """
    if not changes:
        return set()
    units = (
        StockUnit.objects.select_related("vehicle__series__brand", "vehicle__model")
        .select_for_update(of=("self", "vehicle"))
        .filter(pk__in=changes)
        .order_by("pk")
    )
    changed, plated = [], []
    for unit in units:
        actor.require("vehicles.import_vehicles", store_id=unit.store_id)
        said = changes[unit.pk]
        before = unit.list_price, unit.location
        car = unit.vehicle
        has_new_plate = said.plate_number not in ("", car.plate_number)
        if has_new_plate:
            car.plate_number = said.plate_number
            car.grams = sorted({*car.grams, *ngrams(*words_of(car, []))})
            plated.append(car)
        unit.list_price = unit.list_price if said.list_price is None else said.list_price
        unit.location = said.location or unit.location
        if has_new_plate or (unit.list_price, unit.location) != before:
            changed.append(unit)
    StockUnit.objects.bulk_update(changed, ["list_price", "location"], batch_size=500)
    Vehicle.objects.bulk_update(plated, ["plate_number", "grams"], batch_size=500)
    audit.record_many(actor, "changed", changed)
    return {unit.pk for unit in changed}


@transaction.atomic
def take_custom_values(*, values: Mapping[int, Mapping[str, Any]], actor: Actor) -> set[int]:
    """Custom values of units as a list has them; answers the ids of units that changed.

    Raises NotPermitted for a store outside the right, and what custom values are refused for.
    """
    said = {unit_id: custom for unit_id, custom in values.items() if custom}
    if not said:
        return set()
    units = StockUnit.objects.select_for_update().filter(pk__in=said).order_by("pk")
    for unit in units:
        actor.require("vehicles.import_vehicles", store_id=unit.store_id)
    changed = save_many([(unit, said[unit.pk]) for unit in units], actor=actor)
    audit.record_many(actor, "changed", [unit for unit in units if unit.pk in changed])
    return changed
