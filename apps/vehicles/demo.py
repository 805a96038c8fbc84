"""The demo groups' catalogue and cars: real makes and series, invented cars with valid VINs."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import F

from apps.organisation.models import StaffMember, Store
from apps.organisation.queries import actor_for_user
from apps.vehicles.actions.movements import follow
from apps.vehicles.actions.stock import STOCK_NUMBER, change_state, reserve_unit
from apps.vehicles.actions.transfers import approve_transfer, dispatch_transfer, request_transfer
from apps.vehicles.models import Brand, Series, StockMovement, StockUnit, Vehicle, VehicleModel
from apps.vehicles.queries import words_of
from apps.vehicles.rules.plates import PROVINCES
from apps.vehicles.rules.states import MovementKind, StockState, TransferReason
from apps.vehicles.rules.vin import make_vin
from forecourt.kernel.access import system_actor
from forecourt.kernel.text import ngrams

SHANGHAI = ZoneInfo("Asia/Shanghai")
Energy = VehicleModel.Energy


@dataclass(frozen=True)
class Line:
    """A series with the part of its VINs that the maker gives it, and the trims it is sold in."""

    brand: str
    name_zh: str
    name_en: str
    wmi: str
    vds: str
    energy: str
    trims: tuple[tuple[str, int], ...]
    """Name and guide price in yuan."""


BRANDS = {
    "BYD": "比亚迪",
    "Volkswagen": "大众",
    "Toyota": "丰田",
    "BMW": "宝马",
    "Geely": "吉利",
    "Changan": "长安",
}
PLUG_IN, BATTERY, PETROL, HYBRID = Energy.PLUG_IN, Energy.BATTERY, Energy.PETROL, Energy.HYBRID
LINES = (
    Line("BYD", "秦PLUS", "Qin PLUS", "LGX", "C7414", PLUG_IN,
         (("DM-i 55KM 领先型", 79800), ("DM-i 120KM 卓越型", 125800))),
    Line("BYD", "宋PLUS", "Song PLUS", "LC0", "CE4CB", PLUG_IN,
         (("DM-i 71KM 旗舰型", 135800), ("DM-i 112KM 尊贵型", 165800))),
    Line("BYD", "汉", "Han", "LGX", "CE6CB", BATTERY,
         (("EV 605KM 尊贵型", 179800), ("EV 701KM 旗舰型", 219800))),
    Line("BYD", "海豚", "Dolphin", "LGX", "CE4CC", BATTERY,
         (("420KM 时尚版", 99800), ("520KM 骑士版", 125800))),
    Line("Volkswagen", "朗逸", "Lavida", "LSV", "NA6BR", PETROL,
         (("1.5L 自动满逸版", 120900), ("300TSI 星空版", 150900))),
    Line("Volkswagen", "帕萨特", "Passat", "LSV", "CE6C4", PETROL,
         (("300TSI 豪华版", 186900), ("380TSI 尊贵版", 239900))),
    Line("Volkswagen", "途观L", "Tiguan L", "LSV", "UC6BP", PETROL,
         (("300TSI 两驱智享版", 193800), ("380TSI 四驱旗舰版", 258800))),
    Line("Toyota", "凯美瑞", "Camry", "LVG", "BF53K", HYBRID,
         (("2.0E 精英版", 171800), ("2.5HG 豪华版", 206800))),
    Line("Toyota", "汉兰达", "Highlander", "LVG", "EH5AB", HYBRID,
         (("2.5L 四驱尊贵版", 285800), ("2.5L 四驱至尊版", 339800))),
    Line("Toyota", "锋兰达", "Frontlander", "LVG", "DE3DD", HYBRID,
         (("2.0L 精英版", 125800), ("1.8H 豪华版", 149800))),
    Line("BMW", "3系", "3 Series", "LBV", "UM310", PETROL,
         (("325Li M运动套装", 349900), ("330Li xDrive", 399900))),
    Line("BMW", "5系", "5 Series", "LBV", "JP110", PETROL,
         (("525Li 豪华套装", 439900), ("530Li 尊享型", 525900))),
    Line("BMW", "X3", "X3", "LBV", "TY310", PETROL,
         (("xDrive25L", 349900), ("xDrive30L M运动套装", 449900))),
    Line("Geely", "星瑞", "Preface", "LB3", "7M2SL", PETROL,
         (("2.0T 超级版", 129700), ("2.0T 尊贵版", 149700))),
    Line("Geely", "银河L7", "Galaxy L7", "L6T", "7D2SE", PLUG_IN,
         (("1.5T 55KM PLUS", 122700), ("1.5T 115KM MAX", 152700))),
    Line("Changan", "CS75PLUS", "CS75 PLUS", "LS4", "ASE2W", PETROL,
         (("1.5T 豪华型", 124900), ("2.0T 旗舰型", 154900))),
    Line("Changan", "UNI-V", "UNI-V", "LS5", "A2DJE", PETROL,
         (("1.5T 卓越型", 108900), ("2.0T 运动版", 141900))),
)  # fmt: skip
COLOURS = ("珍珠白", "曜石黑", "星空灰", "极光蓝", "赤霞红", "流沙金")
SEASON = (1.10, 0.60, 1.00, 0.90, 1.00, 1.05, 0.85, 0.90, 1.15, 1.00, 1.10, 1.35)
"""How busy each month is: weak around the Spring Festival, strong in September and December."""


@dataclass(slots=True)
class Car:
    """A car before it is written: when it came and, if it is gone, when, to whom, for how much."""

    store: Store
    line: Line
    model_id: int
    series_id: int
    cost: Decimal
    list_price: Decimal
    arrived: date
    sold: date | None = None
    price: Decimal | None = None
    customer_id: int | None = None
    customer_name: str = ""
    advisor_id: int | None = None
    unit_id: int | None = None


def load_catalogue(brands: set[str], year: int) -> dict[str, list[tuple[Line, VehicleModel]]]:
    """The brands' series and models; answers the models by brand."""
    offered: dict[str, list[tuple[Line, VehicleModel]]] = {brand: [] for brand in brands}
    for brand in sorted(brands):
        made = Brand.objects.create(name_zh=BRANDS[brand], name_en=brand)
        for line in (line for line in LINES if line.brand == brand):
            series = Series.objects.create(brand=made, name_zh=line.name_zh, name_en=line.name_en)
            for trim, price in line.trims:
                model = VehicleModel.objects.create(
                    series=series,
                    name_zh=trim,
                    model_year=year,
                    energy=line.energy,
                    guide_price=Decimal(price),
                )
                offered[brand].append((line, model))
    return offered


def plan_cars(
    stores: Sequence[tuple[Store, float]],
    offered: dict[str, list[tuple[Line, VehicleModel]]],
    dice: random.Random,
    today: date,
    *,
    months: int,
    sales_a_month: float,
    stock: int,
) -> list[Car]:
    """Cars sold over the months by season, and those that stand in the yards today."""
    cars = []
    for store, weight in stores:
        models = offered[store.brand_names[0]]
        day = today - timedelta(days=months * 30)
        while day <= today:
            daily = sales_a_month * weight * SEASON[day.month - 1] / 30
            for _number in range(int(daily) + (dice.random() < daily % 1)):
                car = _car(store, dice, models, day - timedelta(days=_days_on_hand(dice)))
                car.sold = day
                car.price = _hundreds(car.list_price * Decimal(1 - dice.uniform(0.01, 0.09)))
                cars.append(car)
            day += timedelta(days=1)
        for _number in range(round(stock * weight)):
            age = _days_on_hand(dice) if dice.random() < 0.85 else dice.randint(91, 260)
            cars.append(_car(store, dice, models, today - timedelta(days=age)))
    return cars


def _days_on_hand(dice: random.Random) -> int:
    return max(1, round(dice.gammavariate(2.2, 18)))


def _hundreds(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("1E2")).quantize(Decimal("0.01"))


def _car(
    store: Store, dice: random.Random, models: list[tuple[Line, VehicleModel]], arrived: date
) -> Car:
    line, model = dice.choice(models)
    price = model.guide_price or Decimal(0)
    return Car(
        store=store,
        line=line,
        model_id=model.pk,
        series_id=model.series_id,
        cost=_hundreds(price * Decimal(1 - dice.uniform(0.06, 0.12))),
        list_price=_hundreds(price * Decimal(1 - dice.uniform(0, 0.04))),
        arrived=arrived,
    )


def load_cars(cars: list[Car], dice: random.Random, *, first_serial: int) -> None:
    """Write the cars with their whole movement log; ``car.unit_id`` says which unit each became."""
    models = VehicleModel.objects.select_related("series__brand").in_bulk()
    numbers: dict[str, int] = {}
    vehicles, units = [], []
    for place, car in enumerate(cars):
        period = f"{car.arrived:%Y%m}"
        key = f"{car.store.code}-{period}"
        numbers[key] = numbers.get(key, 0) + 1
        number = f"{car.store.code}-{STOCK_NUMBER}-{period}-{numbers[key]:05d}"
        vehicle = Vehicle(
            vin=make_vin(
                wmi=car.line.wmi,
                vds=car.line.vds,
                year=car.arrived.year,
                plant=dice.choice("ABDEHKNR"),
                serial=first_serial + place,
            ),
            series_id=car.series_id,
            series=models[car.model_id].series,
            model=models[car.model_id],
            model_year=models[car.model_id].model_year,
            exterior_colour=dice.choice(COLOURS),
            production_date=car.arrived - timedelta(days=dice.randint(10, 45)),
            created_at=_at(car.arrived, 9),
        )
        if car.sold:
            vehicle.plate_number = _plate(car, first_serial + place)
        vehicle.grams = sorted(ngrams(*words_of(vehicle, [number])))
        vehicles.append(vehicle)
        units.append(
            StockUnit(
                stock_number=number,
                vehicle=vehicle,
                series_id=car.series_id,
                store=car.store,
                cost=car.cost,
                list_price=car.list_price,
                stocked_in_date=car.arrived,
                sold_date=car.sold,
                sold_price=car.price,
                sold_by_id=car.advisor_id,
                buyer_name=car.customer_name,
                buyer_customer_id=car.customer_id,
                left_date=car.sold,
            )
        )
    Vehicle.objects.bulk_create(vehicles, batch_size=1000)
    StockUnit.objects.bulk_create(units, batch_size=1000)
    _count_stock_numbers(numbers)
    for car, unit in zip(cars, units, strict=True):
        car.unit_id = unit.pk
    _write_movements(cars, units)


def _plate(car: Car, serial: int) -> str:
    """A plate of the store's province, no two alike; cars that are charged have a green one."""
    province = PROVINCES[car.store.division_code[:2] or "31"]
    city = "ABCDEFGHJK"[serial // 100_000 % 10]
    is_green = car.line.energy in (BATTERY, PLUG_IN)
    return f"{province}{city}{'D' if is_green else ''}{serial % 100_000:05d}"


def _count_stock_numbers(numbers: dict[str, int]) -> None:
    """Let the next stock number go on after the ones given here."""
    from forecourt.kernel.models import DocumentCounter  # noqa: PLC0415 - only the demo needs it

    for key, last in numbers.items():
        code, period = key.split("-")
        counter, is_new = DocumentCounter.objects.get_or_create(
            kind=STOCK_NUMBER, store_code=code, period=period, defaults={"last_value": last}
        )
        if not is_new:
            DocumentCounter.objects.filter(pk=counter.pk).update(last_value=F("last_value") + last)


def _write_movements(cars: list[Car], units: list[StockUnit]) -> None:
    movements, last = [], []
    for car, unit in zip(cars, units, strict=True):
        log = [(MovementKind.RECEIVED, StockState.NEW, StockState.IN_STOCK, car.arrived)]
        if car.sold:
            log.append((MovementKind.SOLD, StockState.IN_STOCK, StockState.SOLD, car.sold))
            log.append((MovementKind.DELIVERED, StockState.SOLD, StockState.DELIVERED, car.sold))
        for sequence, (kind, before, after, day) in enumerate(log, 1):
            movements.append(
                StockMovement(
                    unit=unit,
                    sequence=sequence,
                    kind=kind,
                    from_state=before,
                    from_store_id=car.store.pk if sequence > 1 else None,
                    from_cost=car.cost if sequence > 1 else None,
                    state=after,
                    store=car.store,
                    cost=car.cost,
                    amount=car.price if sequence > 1 else None,
                    date=day,
                    at=_at(day, 8 + 3 * sequence),
                    actor_name="演示数据",
                )
            )
        last.append(movements[-1])
    StockMovement.objects.bulk_create(movements, batch_size=2000)
    follow(last, {})


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), SHANGHAI)


def start_transfers(stores: Sequence[Store], dice: random.Random, count: int) -> None:
    """Transfers under way in every state, made as people make them, and some reservations."""
    managers = {
        staff.home_store_id: staff
        for staff in StaffMember.objects.filter(roles__code="store_manager")
    }
    pairs = [
        (sender, receiver)
        for sender in stores
        for receiver in stores
        if sender != receiver and set(sender.brand_names) & set(receiver.brand_names)
    ] or [(stores[0], stores[1])]
    for number in range(count):
        sender, receiver = pairs[number % len(pairs)]
        units = list(
            StockUnit.objects.filter(store=sender, state=StockState.IN_STOCK)
            .exclude(transfer_lines__is_open=True)
            .order_by("stocked_in_date", "id")
            .values_list("pk", flat=True)[: dice.choice((1, 1, 2))]
        )
        if not units:
            continue
        asks = actor_for_user(managers[receiver.pk].user_id)
        gives = actor_for_user(managers[sender.pk].user_id)
        assert asks is not None and gives is not None
        transfer = request_transfer(
            stock_unit_ids=units,
            to_store_id=receiver.pk,
            reason=dice.choice((TransferReason.BALANCING, TransferReason.DISPLAY)),
            actor=asks,
        )
        if number % 3:
            approve_transfer(transfer_id=transfer.pk, actor=gives)
        if number % 3 == 2:
            dispatch_transfer(transfer_id=transfer.pk, actor=gives)


def start_demo_cars(stores: Sequence[Store]) -> None:
    """Two cars of each store become demo cars."""
    for store in stores:
        units = (
            StockUnit.objects.filter(store=store, state=StockState.IN_STOCK)
            .exclude(transfer_lines__is_open=True)
            .order_by("id")
        )
        for unit_id in list(units.values_list("pk", flat=True)[:2]):
            change_state(
                stock_unit_id=unit_id, kind=MovementKind.DEMO_STARTED, actor=system_actor()
            )


def reserve_some(stores: Sequence[Store], dice: random.Random, buyers: Sequence[str]) -> None:
    """A few cars of each store held for customers."""
    advisors = StaffMember.objects.filter(roles__code="sales_advisor").order_by("id")
    for store in stores:
        mine = [staff for staff in advisors if staff.home_store_id == store.pk]
        units = (
            StockUnit.objects.filter(store=store, state=StockState.IN_STOCK)
            .exclude(transfer_lines__is_open=True)
            .order_by("-id")
        )
        for unit_id in list(units.values_list("pk", flat=True)[:2]):
            actor = actor_for_user(dice.choice(mine).user_id)
            assert actor is not None
            reserve_unit(stock_unit_id=unit_id, actor=actor, customer_name=dice.choice(buyers))
