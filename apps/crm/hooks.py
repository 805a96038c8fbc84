"""What a module above tells this one: the demo cars that may be driven, which cars customers have
and whose car a number plate is on, which another module keeps, what else happened with a customer,
and what there is to buy.

It registers its functions when it starts (in its ``subscribers.py``)::

    @hooks.demo_cars
    def demo_cars(store_ids):
        for unit in ...:
            yield hooks.DemoCar(unit.pk, unit.store_id, name, mileage)

    @hooks.plate_holders
    def buyers_of(plate):
        return customer_ids

    @hooks.cars_known
    def plates_and_vins():
        yield Car.objects.values_list("customer_id", "plate_number")

    @hooks.own_cars
    def cars_bought(customer_id, family, size):
        return hooks.Fleet([hooks.OwnCar(name, sign, since, ...), ...], count, url, may_open)

    @hooks.happenings
    def complaints(customer_ids, before, size):
        for row in ...:
            yield hooks.Happening(at=..., title=..., ...)

    hooks.register_stock(MyStock())  # what there is to buy: see hooks.Stock
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from django.db.models import QuerySet

from forecourt.kernel.access import Actor
from forecourt.kernel.language import in_active_language


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


CarMarks = Callable[[], Iterable[QuerySet]]
_car_marks: list[CarMarks] = []


def cars_known(source: CarMarks) -> CarMarks:
    """Decorator: ``source()`` yields querysets of (customer id, number plate or VIN): all that
    the module knows, also of cars that have been sold on."""
    _car_marks.append(source)
    return source


def car_marks() -> list[QuerySet]:
    return [rows for source in _car_marks for rows in source()]


@dataclass(frozen=True, slots=True)
class OwnCar:
    """A car that a customer has; ``sign`` is its number plate or, without one, its VIN, ``since``
    the day on which she bought it. ``url`` is its page for whom ``may_open`` answers yes."""

    name: str
    sign: str
    since: date | None
    url: str
    may_open: Callable[[Actor], bool]


@dataclass(frozen=True, slots=True)
class Fleet:
    """The cars that a customer has: the ``latest`` ones, the latest first, and the number of all.
    ``url`` is a page of all of them for whom ``may_open`` answers yes."""

    latest: Sequence[OwnCar]
    count: int
    url: str
    may_open: Callable[[Actor], bool]

    @property
    def more(self) -> int:
        """How many are not among the latest."""
        return self.count - len(self.latest)


OwnCars = Callable[[int, QuerySet, int], Fleet]
_own_cars: list[OwnCars] = []


def own_cars(source: OwnCars) -> OwnCars:
    """Decorator: ``source(customer_id, family, size)`` answers the cars of a customer, the latest
    ``size`` of them; ``family`` are the rows of her and of all who were merged into her. One query,
    one more where there are as many."""
    _own_cars.append(source)
    return source


def fleets_of(customer_id: int, family: QuerySet, size: int) -> list[Fleet]:
    """What each module above knows of her cars."""
    return [source(customer_id, family, size) for source in _own_cars]


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


CarKey = tuple[int, int | None]
"""(series, model); without a model any of the series."""


@dataclass(frozen=True, slots=True)
class CatalogueCar:
    """A series of the catalogue, or one model of it. ``brand`` and ``series`` are the names under
    which both are kept, whatever language is read."""

    key: CarKey
    name_zh: str
    name_en: str
    brand: str
    series: str

    @property
    def name(self) -> str:
        """In the reader's language."""
        return in_active_language(self.name_zh, self.name_en)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A car that somebody wants: of the catalogue, or by the names that she used."""

    key: CarKey | None = None
    colour: str = ""
    brand: str = ""
    series: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A car in stock that suits. ``url`` leads to it, or to where one asks the other store for it;
    empty for whoever may do neither. ``price`` is None where nobody has set one."""

    name: str
    colour: str
    store: str
    is_own_store: bool
    is_colour: bool
    is_over_budget: bool
    price: Decimal | None
    days: int
    url: str


class Stock(Protocol):
    """What a module that knows the catalogue and the stock answers."""

    def find(self, words: str, limit: int) -> Sequence[CatalogueCar]:
        """What is found by parts of its names, what is no longer offered left out."""

    def cars(self, keys: Collection[CarKey]) -> Iterable[CatalogueCar]:
        """Those of the keys that exist."""

    def offers(
        self,
        wanted: Sequence[Wanted],
        *,
        store_id: int,
        budget: Decimal | None,
        actor: Actor,
        limit: int,
    ) -> Sequence[Offer]:
        """The cars within the actor's sight that suit, those of the store first, the best first."""


_stock: list[Stock] = []


def register_stock(stock: Stock) -> None:
    _stock.append(stock)


def find_cars(words: str, limit: int) -> list[CatalogueCar]:
    return [car for stock in _stock for car in stock.find(words, limit)][:limit]


def catalogue_cars(keys: Iterable[CarKey]) -> dict[CarKey, CatalogueCar]:
    """Those of the keys that the catalogue has."""
    asked = list(keys)
    return {car.key: car for stock in _stock for car in stock.cars(asked)}


def offers_for(
    wanted: Sequence[Wanted], *, store_id: int, budget: Decimal | None, actor: Actor, limit: int
) -> list[Offer]:
    return [
        offer
        for stock in _stock
        for offer in stock.offers(
            wanted, store_id=store_id, budget=budget, actor=actor, limit=limit
        )
    ]
