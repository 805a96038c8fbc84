"""What sales add to the organisation, and what they tell customers' side of cars."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, time, timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.crm import facts
from apps.crm import hooks as showroom
from apps.crm.queries import kept_ids_of
from apps.organisation import hooks, logbook
from apps.sales.offering import GroupStock
from apps.sales.queries import has_orders, orders_of_customers
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


@showroom.own_cars
def cars_bought(customer_id: int, family: QuerySet, size: int) -> showroom.Fleet:
    """What a customer bought here and has not given back; the page of all is that of her orders."""
    units = vehicles.cars_bought_by(family.values("pk"))
    latest = [
        showroom.OwnCar(
            name=unit.vehicle.full_name,
            sign=unit.vehicle.plate_number or unit.vehicle.vin or "",
            since=unit.sold_date,
            url=reverse("vehicles:stock_unit_detail", args=[unit.pk]),
            may_open=lambda actor, unit=unit: actor.grant("vehicles.view_stock").covers(
                unit.store_id, None
            ),
        )
        for unit in units[:size]
    ]
    return showroom.Fleet(
        latest,
        count=units.count() if len(latest) == size else len(latest),
        url=f"{reverse('sales:sales_order_list')}?customer={customer_id}",
        may_open=lambda actor: actor.can("sales.view_salesorder"),
    )


@showroom.cars_known
def plates_and_vins() -> Iterator[QuerySet]:
    """By what the cars that customers bought here are known."""
    for mark in ("vehicle__plate_number", "vehicle__vin"):
        known = vehicles.sold_units().filter(**{f"{mark}__isnull": False})
        yield known.values_list("buyer_customer_id", mark)


def _buyers(ids: Iterable[str]) -> dict[str, int]:
    """Whose the cars are, by stock unit, as customers are merged now."""
    bought = vehicles.sold_units().filter(pk__in=[int(each) for each in ids if each.isdigit()])
    buyers = dict(bought.values_list("pk", "buyer_customer_id"))
    now_of = kept_ids_of(buyers.values())
    return {str(pk): now_of[buyer] for pk, buyer in buyers.items() if buyer in now_of}


facts.register_subject(
    "vehicles.stockunit", _buyers, events=("stock_unit.sold", "stock_unit.delivered")
)
ORDERED_AT = time(12)
"""An order has a day and no hour: on a timeline it stands in the middle of its day, and those of
one day a microsecond after each other, since a page of the timeline ends between two moments."""


@showroom.happenings
def orders(
    customer_ids: Collection[int], before: datetime | None, size: int
) -> Iterator[showroom.Happening]:
    """Sales orders on the customer's timeline."""
    earlier = None
    if before is not None:
        moment = timezone.make_naive(before)
        passed = moment - datetime.combine(moment, ORDERED_AT)
        earlier = (moment.date(), passed // timedelta.resolution)
    for order in orders_of_customers(customer_ids, earlier_than=earlier)[:size]:
        ordered = datetime.combine(order.order_date, ORDERED_AT)
        yield showroom.Happening(
            at=timezone.make_aware(ordered + order.place * timedelta.resolution),
            title=_t("Order: %(car)s") % {"car": order.stock_unit.vehicle.full_name},
            who=order.advisor.name if order.advisor else "",
            text=f"{order.number} · {order.get_state_display()} · {order.store.name}",
            icon="receipt",
            tone="success" if order.state == order.State.DELIVERED else "neutral",
            url=reverse("sales:sales_order_detail", args=[order.pk]),
            may_open=lambda actor, order=order: actor.grant("sales.view_salesorder").covers(
                order.store_id, order.advisor_id
            ),
        )


@showroom.plate_holders
def plate_holders(plate: str) -> list[int]:
    """Who bought a car of ours is known by its plate."""
    return vehicles.buyers_by_plate(plate)
