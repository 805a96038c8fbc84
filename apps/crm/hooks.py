"""What a module above tells this one: the demo cars that may be driven, whose car a number plate is
on, and which tags customers have.

It registers its functions when it starts (in its ``subscribers.py``)::

    @hooks.demo_cars
    def demo_cars(store_ids):
        for unit in ...:
            yield hooks.DemoCar(unit.pk, unit.store_id, name, mileage)

    @hooks.plate_holders
    def buyers_of(plate):
        return customer_ids
"""

from collections.abc import Callable, Collection, Iterable, Mapping
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


TagChoices = Callable[[], Iterable[tuple[str, str]]]
TagsOf = Callable[[Collection[int]], Mapping[int, Collection[str]]]
_tags: list[tuple[TagChoices, TagsOf]] = []


def tag_source(choices: TagChoices, tags_of: TagsOf) -> None:
    """``choices()`` gives (code, label) of every tag, ``tags_of(customer_ids)`` the codes by
    customer. The rules that hand out leads may ask for them."""
    _tags.append((choices, tags_of))


def tag_choices() -> list[tuple[str, str]]:
    return [choice for choices, _of in _tags for choice in choices()]


def tags_of(customer_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The codes of the tags of each customer who has any."""
    found: dict[int, set[str]] = {}
    for _choices, source in _tags:
        for customer_id, codes in source(customer_ids).items():
            found.setdefault(customer_id, set()).update(codes)
    return {customer_id: frozenset(codes) for customer_id, codes in found.items()}
