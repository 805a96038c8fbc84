"""Sample stock: enough cars to look around, reserve one and send one to the other store."""

from datetime import timedelta
from decimal import Decimal

from apps.organisation.queries import list_stores
from apps.vehicles.actions import (
    CarName,
    CatalogueMatcher,
    UnitRecord,
    record_units,
    request_transfer,
    reserve_unit,
)
from apps.vehicles.models import StockUnit, Vehicle, VehicleModel
from apps.vehicles.rules import make_vin
from apps.vehicles.rules.states import TransferReason
from forecourt.kernel import clock
from forecourt.kernel.sample import Making, sample

Energy = VehicleModel.Energy
CARS = (
    (CarName("比亚迪", "汉", "EV 605KM 尊贵型", 2026, Energy.BATTERY), "LGX", "CE6CB", 179800),
    (
        CarName("比亚迪", "宋PLUS", "DM-i 112KM 旗舰型", 2026, Energy.PLUG_IN),
        "LC0",
        "CE4CB",
        145800,
    ),
    (CarName("比亚迪", "海豚", "420KM 时尚版", 2026, Energy.BATTERY), "LGX", "CE4CC", 99800),
    (CarName("大众", "朗逸", "1.5L 自动满逸版", 2026, Energy.PETROL), "LSV", "NA6BR", 120900),
    (CarName("大众", "途观L", "300TSI 两驱智享版", 2026, Energy.PETROL), "LSV", "UC6BP", 193800),
)
COLOURS = ("珍珠白", "曜石黑", "星空灰", "极光蓝")
AGES = (3, 8, 15, 27, 41, 58, 72, 96, 130, 205)
"""Days in stock of the cars of a store: every colour of the age bands shows."""
MARGIN = Decimal("0.92")


@sample(order=40)
def cars_in_stock(making: Making) -> None:
    """Ten cars in each of the first two stores, one of them reserved, one asked for."""
    stores = [store for store in list_stores(making.actor).order_by("-id") if store.is_working][:2]
    matcher = CatalogueMatcher()
    # Serials begin behind every car that is there, so that loading again meets no VIN.
    first = Vehicle.objects.order_by("-id").values_list("id", flat=True).first() or 0
    records = []
    for place, store in enumerate(stores):
        brands = store.brand_names or ["比亚迪"]
        cars = [car for car in CARS if car[0].brand in brands] or list(CARS)
        for number, days in enumerate(AGES):
            name, wmi, vds, price = cars[number % len(cars)]
            arrived = clock.today(store.time_zone) - timedelta(days=days)
            records.append(
                UnitRecord(
                    store_id=store.pk,
                    kind=matcher.match(name),
                    vin=make_vin(
                        wmi=wmi,
                        vds=vds,
                        year=arrived.year,
                        plant="S",
                        serial=(first + 1 + place * len(AGES) + number) % 1_000_000,
                    ),
                    model_year=name.model_year,
                    exterior_colour=making.random.choice(COLOURS),
                    cost=Decimal(price) * MARGIN,
                    list_price=Decimal(price),
                    stocked_in_date=arrived,
                    location=f"A-{number + 1:02d}",
                )
            )
    record_units(records=records, actor=making.actor)
    _reserve_and_request(making, [record.unit_id for record in records], len(AGES))


def _reserve_and_request(making: Making, unit_ids: list[int | None], per_store: int) -> None:
    units = StockUnit.objects.in_bulk([pk for pk in unit_ids if pk])
    if not units:
        return
    reserve_unit(
        stock_unit_id=unit_ids[0],
        customer_name="刘洋",
        until=clock.today() + timedelta(days=3),
        actor=making.actor,
    )
    if len(unit_ids) > per_store:
        request_transfer(
            stock_unit_ids=[unit_ids[per_store - 1]],
            to_store_id=units[unit_ids[-1]].store_id,
            reason=TransferReason.BALANCING,
            actor=making.actor,
        )
