"""What a module above tells this one about cars, which another module keeps: the demo cars that may
be driven, and whose car a number plate is on.

It registers its functions when it starts (in its ``subscribers.py``)::

    @hooks.demo_cars
    def demo_cars(store_ids):
        for unit in ...:
            yield hooks.DemoCar(unit.pk, unit.store_id, name, mileage)

    @hooks.plate_holders
    def buyers_of(plate):
        return customer_ids
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoCar:
    """A car that stands in a store to be driven; ``id`` is its stock unit's."""

    id: int
    store_id: int
    name: str
    mileage: int | None = None


DemoCars = Callable[[Collection[int]], Iterable[DemoCar]]
_demo_cars: list[DemoCars] = []


def demo_cars(source: DemoCars) -> DemoCars:
    """Decorator: ``source(store_ids)`` yields the cars that may be driven there at present."""
    _demo_cars.append(source)
    return source


def demo_cars_in(store_ids: Collection[int]) -> list[DemoCar]:
    """Every demo car of the stores, by name."""
    found = [car for source in _demo_cars for car in source(store_ids)]
    return sorted(found, key=lambda car: (car.store_id, car.name, car.id))


PlateHolders = Callable[[str], Iterable[int]]
_plate_holders: list[PlateHolders] = []


def plate_holders(source: PlateHolders) -> PlateHolders:
    """Decorator: ``source(plate)`` answers the customers who have, or had, a car with the plate."""
    _plate_holders.append(source)
    return source


def holders_of(plate: str) -> list[int]:
    """The customers known by this plate, each once."""
    return list(dict.fromkeys(pk for source in _plate_holders for pk in source(plate)))
