"""Stock lists from a file: vehicles that stand in the stores, their costs and prices."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.organisation.queries import stores_in_scope
from apps.vehicles.actions import (
    CarName,
    CatalogueMatcher,
    Fate,
    ListChange,
    UnitRecord,
    record_units,
    refresh_listed_units,
    take_custom_values,
)
from apps.vehicles.models import Vehicle, VehicleModel
from apps.vehicles.queries import live_units_by_vin
from apps.vehicles.rules import VinCheck, check_vin, normalise_plate
from forecourt.kernel import clock
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import DomainError
from forecourt.kernel.imports import (
    Choice,
    Context,
    Field,
    FieldKind,
    Importer,
    ImportRow,
    register,
)
from forecourt.kernel.imports.custom import custom_columns, custom_values

MATCHER = "catalogue"


def _stores(context: Context) -> Iterable[Choice]:
    for store in stores_in_scope(context.actor, "vehicles.import_vehicles"):
        names = tuple(name for name in (store.name_zh, store.name_en) if name)
        yield Choice(store.pk, store.name, (store.code, *names))


def _conditions(_context: Context) -> Iterable[Choice]:
    return (
        Choice(Vehicle.Condition.NEW, _("New car"), ("new", "新车", "全新")),
        Choice(Vehicle.Condition.USED, _("Used car"), ("used", "pre-owned", "二手车", "二手")),
    )


def _energies(_context: Context) -> Iterable[Choice]:
    energy = VehicleModel.Energy
    return (
        Choice(energy.PETROL, energy.PETROL.label, ("petrol", "gasoline", "汽油", "燃油")),
        Choice(energy.DIESEL, energy.DIESEL.label, ("diesel", "柴油")),
        Choice(energy.HYBRID, energy.HYBRID.label, ("hybrid", "hev", "油电混合", "混动")),
        Choice(energy.PLUG_IN, energy.PLUG_IN.label, ("phev", "plug-in", "插电混动", "插混")),
        Choice(energy.BATTERY, energy.BATTERY.label, ("bev", "ev", "electric", "纯电", "纯电动")),
        Choice(energy.RANGE_EXTENDED, energy.RANGE_EXTENDED.label, ("erev", "增程", "增程式")),
    )


@register
class StockUnitImporter(Importer):
    """One row per vehicle in stock; the VIN says which vehicle it is."""

    kind = "vehicles.stock_unit"
    permission = "vehicles.import_vehicles"
    label = _("Vehicles in stock")
    help = _(
        "One row for each vehicle that stands in a store. Brands, series and models that are new "
        "are added. Importing the same list again changes prices and places and adds nothing twice."
    )
    fields = (
        Field(
            "vin",
            _("VIN"),
            required=True,
            max_length=30,
            looks_like=re.compile(r"[A-HJ-NPR-Z0-9]{17}", re.IGNORECASE),
            synonyms=(
                "车架号",
                "车辆识别代号",
                "车辆识别代码",
                "底盘号",
                "vin码",
                "chassis number",
            ),
        ),
        Field(
            "store",
            _("Store"),
            kind=FieldKind.CHOICE,
            choices=_stores,
            required=True,
            synonyms=("门店", "4S店", "店名", "经销商", "所属门店", "dealer", "branch", "location"),
        ),
        Field(
            "brand",
            _("Brand"),
            required=True,
            max_length=80,
            synonyms=("品牌", "厂牌", "make", "company", "manufacturer"),
        ),
        Field(
            "series",
            _("Series"),
            required=True,
            max_length=80,
            synonyms=("车系", "系列", "model line", "model"),
        ),
        Field(
            "model",
            _("Model and trim"),
            max_length=80,
            synonyms=("车型", "配置", "款型", "版本", "trim", "variant", "version"),
        ),
        Field(
            "model_year",
            _("Model year"),
            kind=FieldKind.INTEGER,
            synonyms=("年款", "年型", "车型年份", "model year", "year"),
        ),
        Field(
            "energy",
            _("Energy"),
            kind=FieldKind.CHOICE,
            choices=_energies,
            synonyms=("能源类型", "燃料", "动力类型", "fuel", "fuel type"),
        ),
        Field(
            "stocked_in_date",
            _("In stock since"),
            kind=FieldKind.DATE,
            synonyms=("入库日期", "入库时间", "到店日期", "到货日期", "received", "arrival date"),
        ),
        Field(
            "cost",
            _("Cost"),
            kind=FieldKind.MONEY,
            mask="vehicles.see_cost",
            synonyms=("成本", "进价", "采购价", "进货价", "purchase price", "invoice price"),
        ),
        Field(
            "list_price",
            _("List price"),
            kind=FieldKind.MONEY,
            synonyms=("售价", "标价", "销售价", "挂牌价", "price", "asking price", "retail price"),
        ),
        Field(
            "exterior_colour",
            _("Exterior colour"),
            max_length=40,
            synonyms=("颜色", "外观颜色", "车身颜色", "外色", "color", "colour"),
        ),
        Field(
            "interior_colour",
            _("Interior colour"),
            max_length=40,
            synonyms=("内饰颜色", "内饰", "内色", "interior color"),
        ),
        Field(
            "engine_number",
            _("Engine or motor number"),
            max_length=40,
            synonyms=("发动机号", "电机号", "engine no", "engine number"),
        ),
        Field(
            "production_date",
            _("Production date"),
            kind=FieldKind.DATE,
            synonyms=("生产日期", "出厂日期", "制造日期", "built", "manufactured"),
        ),
        Field(
            "plate_number",
            _("Number plate"),
            parse=lambda text, _context: normalise_plate(text),
            looks_like=re.compile(r"[\u4e00-\u9fff][A-Z]·?[A-Z0-9]{5,6}", re.IGNORECASE),
            synonyms=("车牌", "车牌号", "车牌号码", "牌照号", "plate", "licence plate"),
        ),
        Field(
            "condition",
            _("Condition"),
            kind=FieldKind.CHOICE,
            choices=_conditions,
            synonyms=("新旧", "车况", "车辆类型", "new/used"),
        ),
        Field(
            "mileage",
            _("Mileage (km)"),
            kind=FieldKind.INTEGER,
            synonyms=("里程", "公里数", "表显里程", "odometer", "mileage"),
        ),
        Field(
            "location",
            _("Yard slot"),
            max_length=40,
            synonyms=("库位", "车位", "停放位置", "bay", "slot", "yard"),
        ),
    )

    def extra_fields(self, actor: Actor) -> tuple[Field, ...]:
        return custom_columns("vehicle", actor)

    def key(self, values: Mapping[str, Any]) -> str | None:
        return str(values.get("vin") or "").upper().replace(" ", "") or None

    def check(self, rows: Sequence[ImportRow], context: Context) -> None:
        today = clock.today(context.time_zone)
        checks = {row.number: check_vin(row["vin"], today=today) for row in rows}
        live = live_units_by_vin([check.vin for check in checks.values()])
        for row in rows:
            checked = checks[row.number]
            _check_vin(row, checked)
            _check_amounts(row, today)
            unit = live.get(checked.vin)
            if unit is not None and unit.store_id != row["store"]:
                row.refuse(
                    gettext("This vehicle stands in %(store)s as %(number)s: a transfer moves it.")
                    % {"store": unit.store.name, "number": unit.stock_number},
                    field="store",
                    code="in_another_store",
                )

    def write(self, rows: Sequence[ImportRow], context: Context) -> None:
        matcher = context.memory.get(MATCHER)
        if matcher is None:
            matcher = context.memory[MATCHER] = CatalogueMatcher()
        today = clock.today(context.time_zone)
        pairs = []
        for row in rows:
            try:
                pairs.append((row, _record(row, matcher, today)))
            except DomainError as refusal:
                row.refuse(refusal.message, field=refusal.field)
        record_units(records=[record for _row, record in pairs], actor=context.actor)
        written = take_custom_values(
            values={record.unit_id: custom_values(row) for row, record in pairs if record.unit_id},
            actor=context.actor,
        )
        known = {}
        for row, record in pairs:
            if record.fate == Fate.CREATED:
                row.created(record.unit_id)
            else:
                known[record.unit_id] = row
        _refresh(known, context, written)


def _check_vin(row: ImportRow, checked: VinCheck) -> None:
    for error in checked.errors:
        row.refuse(error.message, field="vin", code=error.code)
    for warning in checked.warnings:
        row.warn(warning.message, field="vin", code=warning.code)


def _check_amounts(row: ImportRow, today: date) -> None:
    for name in ("cost", "list_price", "mileage"):
        if row[name] is not None and row[name] < 0:
            row.refuse(gettext("This cannot be below zero."), field=name, code="below_zero")
    if row["stocked_in_date"] and row["stocked_in_date"] > today:
        row.refuse(
            gettext("This day is still to come."), field="stocked_in_date", code="future_day"
        )
    year = row["model_year"]
    if year is not None and not 1950 <= year <= today.year + 2:
        row.refuse(gettext("This is no model year."), field="model_year", code="model_year")


def _record(row: ImportRow, matcher: CatalogueMatcher, today: date) -> UnitRecord:
    checked = check_vin(row["vin"], today=today)
    year = row["model_year"] or None
    kind = matcher.match(
        CarName(
            brand=row["brand"],
            series=row["series"],
            model=row["model"] or "",
            model_year=year,
            energy=row["energy"],
        )
    )
    return UnitRecord(
        store_id=row["store"],
        kind=kind,
        vin=checked.vin,
        vin_confirmed=bool(checked.warnings),
        model_year=year or checked.model_year,
        exterior_colour=row["exterior_colour"] or "",
        interior_colour=row["interior_colour"] or "",
        engine_number=row["engine_number"] or "",
        production_date=row["production_date"],
        condition=row["condition"] or Vehicle.Condition.NEW,
        mileage=row["mileage"],
        plate_number=row["plate_number"] or "",
        location=row["location"] or "",
        cost=row["cost"],
        list_price=row["list_price"],
        stocked_in_date=row["stocked_in_date"] or today,
    )


def _refresh(rows: Mapping[int, ImportRow], context: Context, written: Collection[int]) -> None:
    """A vehicle that stands in the store already: the list's price and place count.

    ``written`` are units whose custom fields the file has changed.
    """
    wanted = {
        unit_id: ListChange(
            list_price=row["list_price"],
            location=row["location"] or "",
            plate_number=row["plate_number"] or "",
        )
        for unit_id, row in rows.items()
    }
    changed: set[int] = refresh_listed_units(changes=wanted, actor=context.actor)
    for unit_id, row in rows.items():
        if unit_id in changed or unit_id in written:
            row.updated(unit_id)
        else:
            row.unchanged(unit_id)
