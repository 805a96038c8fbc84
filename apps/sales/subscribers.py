"""What sales add to the organisation, and what they tell customers' side of cars."""

from collections.abc import Collection, Iterator

from django.utils.translation import gettext_lazy as _

from apps.crm import hooks as showroom
from apps.organisation import hooks, logbook
from apps.sales.offering import GroupStock
from apps.sales.queries import has_orders
from apps.vehicles import queries as vehicles

showroom.register_stock(GroupStock())
logbook.register_kind("sales.salesorder", _("Sales order"), page="sales:sales_order_detail")


@hooks.amount_holder
def any_order() -> bool:
    """The figures of sales add up amounts in the group's currency."""
    return has_orders()


@showroom.demo_cars
def demo_cars(store_ids: Collection[int]) -> Iterator[showroom.DemoCar]:
    """Stock units in the state of demo cars are what customers may drive."""
    for unit in vehicles.demo_units_in(store_ids):
        car = unit.vehicle
        sign = car.plate_number or car.exterior_colour or unit.stock_number
        yield showroom.DemoCar(unit.pk, unit.store_id, f"{car.full_name} · {sign}", car.mileage)


@showroom.plate_holders
def plate_holders(plate: str) -> list[int]:
    """Who bought a car of ours is known by its plate."""
    return vehicles.buyers_by_plate(plate)
