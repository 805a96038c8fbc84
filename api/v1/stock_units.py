from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.custom import CustomValues, custom_change
from api.endpoints import Endpoint, command, page, record
from api.fields import Body, IdField, MoneyField, Representation
from api.filters import Filter
from api.v1.staff import person
from api.v1.stores import store
from apps.vehicles.actions import VehicleDetails, receive_unit, release_unit, reserve_unit
from apps.vehicles.queries import get_stock_unit, list_stock_units, search_stock_units
from apps.vehicles.rules.states import StockState
from forecourt.kernel.access import Actor

VIEW = "vehicles.view_stock"
RESERVE = "vehicles.reserve_unit"
ORIGINS = ["MANUFACTURER", "DEALER", "TRADE_IN", "AUCTION", "UNKNOWN"]
SHOWN = ("vehicle__series__brand", "vehicle__model")


def _rows(actor: Actor) -> QuerySet:
    """Only what a row shows: stores and people are ids here, and read when expanded."""
    units = list_stock_units(actor).select_related(None).select_related(*SHOWN)
    return units.defer("vehicle__grams")


def _receive(*, actor: Actor, vehicle: dict[str, Any], store_id: int, **values: Any) -> Any:
    if values.get("cost") is not None:
        actor.require("vehicles.see_cost", store_id=store_id)
    unit = receive_unit(vehicle=VehicleDetails(**vehicle), store_id=store_id, actor=actor, **values)
    return get_stock_unit(stock_unit_id=unit.pk, actor=actor)


class BrandRow(Representation):
    id = IdField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField()


class SeriesRow(BrandRow):
    brand = BrandRow()


class ModelRow(BrandRow):
    model_year = serializers.IntegerField(allow_null=True)


class VehicleRow(Representation):
    """A physical car."""

    id = IdField()
    vin = serializers.CharField(allow_null=True, help_text=_("Null for cars known from history."))
    reference = serializers.CharField(
        allow_null=True, help_text=_("Stand-in number of a car without a VIN.")
    )
    series = SeriesRow()
    model = ModelRow(allow_null=True)
    model_year = serializers.IntegerField(allow_null=True)
    exterior_colour = serializers.CharField()
    interior_colour = serializers.CharField()
    production_date = serializers.DateField(allow_null=True)
    origin = serializers.CharField()
    condition = serializers.CharField()
    mileage = serializers.IntegerField(allow_null=True, help_text=_("Kilometres."))
    plate_number = serializers.CharField()


class StockUnitRow(Representation):
    """A vehicle while the group holds it."""

    expansions = {
        "store": store(),
        "destination_store": store("destination_store_id"),
        "reserved_by": person("reserved_by_id"),
    }

    id = IdField()
    stock_number = serializers.CharField()
    vehicle = VehicleRow()
    state = serializers.ChoiceField(StockState.choices)
    store_id = IdField()
    destination_store_id = IdField(
        allow_null=True, help_text=_("The store that it is on its way to.")
    )
    location = serializers.CharField()
    stocked_in_date = serializers.DateField(allow_null=True)
    left_date = serializers.DateField(allow_null=True)
    cost = MoneyField(help_text=_("Null without the right to see costs."))
    list_price = MoneyField()
    reserved_at = serializers.DateTimeField(allow_null=True)
    reserved_by_id = IdField(allow_null=True)
    reserved_for = serializers.CharField()
    reserved_customer_id = IdField(allow_null=True)
    reserved_order = serializers.CharField()
    reserved_until = serializers.DateField(allow_null=True)
    sold_date = serializers.DateField(allow_null=True)
    custom = CustomValues("vehicle")


class VehicleBody(Body):
    """The car. One that the group had before is known by its VIN."""

    vin = serializers.CharField(max_length=30)
    series_id = IdField()
    model_id = IdField(required=False, allow_null=True)
    vin_confirmed = serializers.BooleanField(
        default=False, help_text=_("True to take a VIN whose check digit is doubtful.")
    )
    exterior_colour = serializers.CharField(max_length=40, required=False, allow_blank=True)
    interior_colour = serializers.CharField(max_length=40, required=False, allow_blank=True)
    engine_number = serializers.CharField(max_length=40, required=False, allow_blank=True)
    production_date = serializers.DateField(required=False, allow_null=True)
    origin = serializers.ChoiceField(ORIGINS, required=False)
    condition = serializers.ChoiceField(["NEW", "USED"], required=False)
    mileage = serializers.IntegerField(
        min_value=0, max_value=9_999_999, required=False, allow_null=True
    )
    plate_number = serializers.CharField(max_length=20, required=False, allow_blank=True)


class ReceiveUnitBody(Body):
    """A vehicle that arrives or, as ORDERED or IN_TRANSIT, is announced."""

    store_id = IdField()
    vehicle = VehicleBody()
    state = serializers.ChoiceField(
        [StockState.IN_STOCK.value, StockState.IN_TRANSIT.value, StockState.ORDERED.value],
        default=StockState.IN_STOCK.value,
    )
    cost = serializers.DecimalField(14, 2, min_value=0, required=False, allow_null=True)
    list_price = serializers.DecimalField(14, 2, min_value=0, required=False, allow_null=True)
    stocked_in_date = serializers.DateField(required=False, allow_null=True)
    location = serializers.CharField(max_length=40, required=False, allow_blank=True)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class ReserveBody(Body):
    """For whom: a customer's name or an order's number is needed."""

    customer_name = serializers.CharField(max_length=100, required=False, allow_blank=True)
    customer_id = IdField(required=False, allow_null=True)
    order_reference = serializers.CharField(max_length=40, required=False, allow_blank=True)
    until = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class ReleaseBody(Body):
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class StockUnits(Endpoint):
    tag = "stock-units"
    get = page(
        _rows,
        StockUnitRow,
        name="list_stock_units",
        summary=_("Vehicles in stock, and those that were"),
        permission=VIEW,
        filters={
            "state": Filter(serializers.ChoiceField(StockState.choices), "state__in", many=True),
            "store_id": Filter(IdField(), "store_id__in", many=True),
            "vin": Filter(serializers.CharField(), "vehicle__vin__iexact"),
            "stock_number": Filter(serializers.CharField(), "stock_number"),
            "brand_id": Filter(IdField(), "vehicle__series__brand_id"),
            "series_id": Filter(IdField(), "series_id"),
            "condition": Filter(serializers.CharField(), "vehicle__condition"),
            "stocked_in_from": Filter(serializers.DateField(), "stocked_in_date__gte"),
            "stocked_in_to": Filter(serializers.DateField(), "stocked_in_date__lte"),
            "q": Filter(
                serializers.CharField(max_length=100),
                search_stock_units,
                _("VIN or its end, plate, stock number, make, model or colour."),
            ),
        },
        orderings={"id": "id", "stocked_in_date": "stocked_in_date", "list_price": "list_price"},
        default_ordering="-id",
        custom_host="vehicle",
    )
    post = command(
        _receive,
        ReceiveUnitBody,
        StockUnitRow,
        name="create_stock_unit",
        summary=_("Take a vehicle into stock, or announce one"),
        permission="vehicles.receive_unit",
        status=201,
        description=_("A cost is taken only from callers who may see costs."),
    )


class StockUnit(Endpoint):
    tag = "stock-units"
    get = record(
        get_stock_unit,
        StockUnitRow,
        name="get_stock_unit",
        summary=_("A stock unit"),
        permission=VIEW,
    )
    patch = custom_change(
        "vehicle",
        "stock_unit_id",
        StockUnitRow,
        get_stock_unit,
        name="change_stock_unit",
        summary=_("Change a vehicle's custom fields"),
        permission="vehicles.manage_stock",
    )


class Reserve(Endpoint):
    tag = "stock-units"
    post = command(
        reserve_unit,
        ReserveBody,
        StockUnitRow,
        name="reserve_stock_unit",
        summary=_("Reserve a vehicle"),
        permission=RESERVE,
        description=_("Of several who reserve at once, one gets it; the others read who has it."),
    )


class Release(Endpoint):
    tag = "stock-units"
    post = command(
        release_unit,
        ReleaseBody,
        StockUnitRow,
        name="release_stock_unit",
        summary=_("Give a reserved vehicle free"),
        permission=RESERVE,
    )
