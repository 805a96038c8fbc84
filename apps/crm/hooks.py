"""What a module above tells this one: the demo cars that may be driven and whose car a number plate
is on, which another module keeps, and what else happened with a customer.

It registers its functions when it starts (in its ``subscribers.py``)::

    @hooks.demo_cars
    def demo_cars(store_ids):
        for unit in ...:
            yield hooks.DemoCar(unit.pk, unit.store_id, name, mileage)

    @hooks.plate_holders
    def buyers_of(plate):
        return customer_ids

    @hooks.happenings
    def complaints(customer_ids, before, size):
        for row in ...:
            yield hooks.Happening(at=..., title=..., ...)
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from forecourt.kernel.access import Actor


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


@dataclass(frozen=True, slots=True)
class Happening:
    """Something on a customer's timeline; ``url`` is its page for whom ``may_open`` answers yes."""

    at: datetime
    title: str
    who: str
    text: str
    icon: str
    tone: str
    url: str
    may_open: Callable[[Actor], bool]


Happenings = Callable[[Collection[int], datetime | None, int], Iterable[Happening]]
_happenings: list[Happenings] = []


def happenings(source: Happenings) -> Happenings:
    """Decorator: ``source(customer_ids, before, size)`` yields at most so many of what happened to
    them earlier than a moment (None: up to now), the newest first, in one query."""
    _happenings.append(source)
    return source


def happenings_of(
    customer_ids: Collection[int], *, before: datetime | None, size: int
) -> list[Happening]:
    return [one for source in _happenings for one in source(customer_ids, before, size)]
