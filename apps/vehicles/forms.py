"""Forms of vehicles: they parse what is typed and offer choices; the actions decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms as django_forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from apps.organisation.queries import list_stores, stores_in_scope
from apps.vehicles.actions import Receipt, UnitDetails, VehicleDetails
from apps.vehicles.models import StockUnit, TransferLine, Vehicle, VehicleModel
from apps.vehicles.option_lists import EXTERIOR_COLOURS, INTERIOR_COLOURS
from apps.vehicles.queries import get_available_unit, list_brands, list_models, list_series
from apps.vehicles.rules import check_vin
from apps.vehicles.rules.states import BY_HAND, MovementKind, TransferReason, can_move
from forecourt.kernel import clock
from forecourt.kernel.access import Actor
from forecourt.ui import forms
from forecourt.ui.custom.forms import CustomForm

NOT_CHOSEN = ("", "–")


def series_choices(*, with_hidden: bool = False) -> list[tuple[str, list[tuple[int, str]]]]:
    """Series under their brands, as a grouped select shows them."""
    groups: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for series in list_series():
        if with_hidden or not (series.is_hidden or series.brand.is_hidden):
            groups[series.brand.name].append((series.pk, series.name))
    return list(groups.items())


def model_choices(series_id: int | None) -> list[tuple[Any, str]]:
    """The models of a series; empty until one is chosen."""
    if series_id is None:
        return [NOT_CHOSEN]
    models = list_models().filter(series_id=series_id, is_hidden=False)
    return [NOT_CHOSEN, *((model.pk, model.full_name) for model in models)]


def _number(value: object) -> int | None:
    text = str(value or "")
    return int(text) if text.isdigit() and len(text) < 19 else None


class ReceiveUnitForm(CustomForm):
    custom_host = "vehicle"

    vin = forms.VinField()
    vin_confirmed = django_forms.BooleanField(
        label=_("I compared this VIN with the vehicle: it is right"), required=False
    )
    series = django_forms.TypedChoiceField(label=_("Series"), coerce=int)
    model = django_forms.TypedChoiceField(
        label=_("Model and trim"), coerce=int, required=False, empty_value=None
    )
    exterior_colour = django_forms.CharField(
        label=_("Exterior colour"),
        max_length=40,
        required=False,
        widget=forms.SuggestionInput(EXTERIOR_COLOURS),
    )
    interior_colour = django_forms.CharField(
        label=_("Interior colour"),
        max_length=40,
        required=False,
        widget=forms.SuggestionInput(INTERIOR_COLOURS),
    )
    engine_number = django_forms.CharField(
        label=_("Engine or motor number"), max_length=40, required=False
    )
    production_date = forms.DateField(label=_("Production date"), required=False)
    condition = django_forms.ChoiceField(label=_("Condition"), choices=Vehicle.Condition.choices)
    origin = django_forms.ChoiceField(label=_("Origin"), choices=Vehicle.Origin.choices)
    mileage = django_forms.IntegerField(
        label=_("Mileage (km)"), required=False, min_value=0, max_value=9_999_999
    )
    plate_number = django_forms.CharField(
        label=_("Number plate"),
        max_length=20,
        required=False,
        help_text=_("If it has one, such as 沪A12345 or 沪AD12345."),
    )
    store = django_forms.TypedChoiceField(label=_("Store"), coerce=int)
    state = django_forms.ChoiceField(
        label=_("It is"),
        choices=[
            ("IN_STOCK", _("here: take it into stock")),
            ("IN_TRANSIT", _("on its way from the maker")),
            ("ORDERED", _("ordered")),
        ],
    )
    stocked_in_date = forms.DateField(
        label=_("In stock since"),
        required=False,
        help_text=_("Days in stock count from here. Empty: today."),
    )
    location = django_forms.CharField(label=_("Yard slot"), max_length=40, required=False)
    cost = forms.MoneyField(label=_("Cost"), required=False)
    list_price = forms.MoneyField(label=_("List price"), required=False)
    note = django_forms.CharField(label=_("Note"), max_length=300, required=False)

    layout = (
        (_("Which vehicle"), ["vin", "vin_confirmed", "series", "model"]),
        (
            _("What it is like"),
            [
                "exterior_colour",
                "interior_colour",
                "condition",
                "origin",
                "mileage",
                "plate_number",
                "engine_number",
                "production_date",
            ],
        ),
        (_("Where and since when"), ["store", "state", "stocked_in_date", "location"]),
        (_("Money"), ["cost", "list_price", "note"]),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        vin = self["vin"].data or ""
        self.check = check_vin(vin, today=clock.today()) if vin else None
        if not (self.check and self.check.valid and self.check.warnings):
            del self.fields["vin_confirmed"]
        self.warnings = {"vin": [w.message for w in self.check.warnings] if self.check else []}
        self.fields["vin"].widget.attrs |= {
            "hx-get": reverse_lazy("vehicles:vin_decoded"),
            "hx-trigger": "input changed delay:250ms, load",
            "hx-target": "#vin-decoded",
            "hx-swap": "innerHTML",
            "hx-sync": "this:replace",
            "data-quiet": "",
        }
        self.fields["series"].choices = [NOT_CHOSEN, *series_choices()]
        self.fields["series"].widget.attrs |= {
            "hx-get": reverse_lazy("vehicles:model_options"),
            "hx-trigger": "change",
            "hx-target": "#id_model",
            "hx-swap": "innerHTML",
            "data-quiet": "",
        }
        self.fields["model"].choices = model_choices(_number(self["series"].data))
        stores = stores_in_scope(actor, "vehicles.receive_unit")
        self.fields["store"].choices = [(store.pk, store.name) for store in stores]
        if actor.home_store_id:
            self.fields["store"].initial = actor.home_store_id
        if not actor.can("vehicles.see_cost"):
            del self.fields["cost"]

    def details(self) -> VehicleDetails:
        data = self.cleaned_data
        return VehicleDetails(
            vin=data["vin"],
            series_id=data["series"],
            model_id=data["model"],
            vin_confirmed=data.get("vin_confirmed", False),
            exterior_colour=data["exterior_colour"],
            interior_colour=data["interior_colour"],
            engine_number=data["engine_number"],
            production_date=data["production_date"],
            origin=data["origin"],
            condition=data["condition"],
            mileage=data["mileage"],
            plate_number=data["plate_number"],
        )

    def arrival(self) -> dict[str, Any]:
        """What `receive_unit` wants besides the vehicle."""
        data = self.cleaned_data
        names = ("state", "stocked_in_date", "location", "list_price", "note")
        values = {name: data[name] for name in names}
        return values | {
            "store_id": data["store"],
            "cost": data.get("cost"),
            "custom": data["custom"],
        }


class EditUnitForm(CustomForm):
    custom_host = "vehicle"

    list_price = forms.MoneyField(label=_("List price"), required=False)
    location = django_forms.CharField(label=_("Yard slot"), max_length=40, required=False)
    exterior_colour = django_forms.CharField(
        label=_("Exterior colour"),
        max_length=40,
        required=False,
        widget=forms.SuggestionInput(EXTERIOR_COLOURS),
    )
    interior_colour = django_forms.CharField(
        label=_("Interior colour"),
        max_length=40,
        required=False,
        widget=forms.SuggestionInput(INTERIOR_COLOURS),
    )
    engine_number = django_forms.CharField(
        label=_("Engine or motor number"), max_length=40, required=False
    )
    production_date = forms.DateField(label=_("Production date"), required=False)
    mileage = django_forms.IntegerField(
        label=_("Mileage (km)"), required=False, min_value=0, max_value=9_999_999
    )
    plate_number = django_forms.CharField(
        label=_("Number plate"),
        max_length=20,
        required=False,
        help_text=_("If it has one, such as 沪A12345 or 沪AD12345."),
    )

    @classmethod
    def of(cls, unit: StockUnit, data: Any, actor: Actor) -> EditUnitForm:
        names = list(cls.base_fields)
        initial = {
            name: getattr(unit if hasattr(unit, name) else unit.vehicle, name) for name in names
        }
        return cls(data, actor=actor, initial={**initial, "custom": unit.custom})

    def details(self) -> UnitDetails:
        return UnitDetails(**{name: self.cleaned_data[name] for name in self.base_fields})


class ReserveForm(forms.Form):
    customer_name = django_forms.CharField(label=_("For whom"), max_length=100, required=False)
    order_reference = django_forms.CharField(
        label=_("Order number"),
        max_length=40,
        required=False,
        help_text=_("The vehicle can then move to another store for this order only."),
    )
    until = forms.DateField(
        label=_("Until"),
        required=False,
        help_text=_("Left empty, it holds as long as your reservations do by the settings."),
    )
    note = django_forms.CharField(label=_("Note"), max_length=300, required=False)


class NoteForm(forms.Form):
    note = django_forms.CharField(label=_("Note"), max_length=300, required=False)


class ReasonForm(forms.Form):
    reason = django_forms.CharField(
        label=_("Why?"), max_length=300, widget=django_forms.Textarea(attrs={"rows": 2})
    )


class CancelForm(forms.Form):
    reason = django_forms.CharField(label=_("Why?"), max_length=300, required=False)


class SellForm(forms.Form):
    price = forms.MoneyField(label=_("Price"))
    customer_name = django_forms.CharField(label=_("Buyer"), max_length=100)
    order_reference = django_forms.CharField(label=_("Order number"), max_length=40, required=False)
    sold_date = forms.DateField(label=_("Sold on"), required=False, help_text=_("Empty: today."))
    note = django_forms.CharField(label=_("Note"), max_length=300, required=False)


class CancelSaleForm(forms.Form):
    note = django_forms.CharField(label=_("Why?"), max_length=300)


class DeliverForm(forms.Form):
    delivered_date = forms.DateField(
        label=_("Delivered on"), required=False, help_text=_("Empty: today.")
    )
    note = django_forms.CharField(label=_("Note"), max_length=300, required=False)


class ArriveForm(forms.Form):
    stocked_in_date = forms.DateField(
        label=_("In stock since"), required=False, help_text=_("Empty: today.")
    )
    location = django_forms.CharField(label=_("Yard slot"), max_length=40, required=False)
    note = django_forms.CharField(label=_("Note"), max_length=300, required=False)


class CostForm(forms.Form):
    cost = forms.MoneyField(label=_("Cost"))
    note = django_forms.CharField(label=_("Why?"), max_length=300)


class ChangeStateForm(forms.Form):
    kind = django_forms.ChoiceField(label=_("What happens"))
    note = django_forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args: Any, unit: StockUnit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = state_changes(unit)


def state_changes(unit: StockUnit) -> list[tuple[str, Any]]:
    """The moves by hand that the unit's state allows."""
    return [
        (kind.value, kind.label)
        for kind in MovementKind
        if kind in BY_HAND and can_move(kind, unit.state)
    ]


# --- Transfers ------------------------------------------------------------------------------------


class RequestTransferForm(forms.Form):
    to_store = django_forms.TypedChoiceField(label=_("To"), coerce=int)
    reason = django_forms.ChoiceField(
        label=_("Reason"), choices=TransferReason.choices, initial=TransferReason.BALANCING
    )
    order_reference = django_forms.CharField(
        label=_("Order number"),
        max_length=40,
        required=False,
        help_text=_("Needed for a vehicle that is reserved for an order."),
    )
    note = django_forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(
        self, *args: Any, actor: Actor, from_store_ids: Iterable[int] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        grant = actor.grant("vehicles.request_transfer")
        senders = set(from_store_ids)
        sends = grant.everything or bool(senders & grant.store_ids)
        offered = [
            store
            for store in list_stores(actor).order_by("code")
            if store.is_working
            and store.pk not in senders
            and (sends or store.pk in grant.store_ids)
        ]
        self.fields["to_store"].choices = [NOT_CHOSEN] * (len(offered) > 1) + [
            (store.pk, store.name) for store in offered
        ]
        if actor.home_store_id in {store.pk for store in offered}:
            self.fields["to_store"].initial = actor.home_store_id


class AddUnitForm(forms.Form):
    """Searches a vehicle to put on a transfer."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["add"] = forms.SearchSelectField(
            url=reverse_lazy("vehicles:unit_options"),
            get=lambda pk: get_available_unit(stock_unit_id=pk, actor=actor),
            label=_("Add a vehicle"),
            help_text=_("VIN or its end, stock number, brand, series or colour."),
            required=False,
        )


class DispatchForm(forms.Form):
    carrier = django_forms.CharField(label=_("Carrier or driver"), max_length=100, required=False)
    note = django_forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args: Any, lines: Sequence[TransferLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            self.fields[f"mileage_{line.unit_id}"] = _mileage_field(
                _("Mileage of %(number)s (km)") % {"number": line.unit.stock_number}
            )

    def mileage(self) -> dict[int, int]:
        given = {line.unit_id: self.cleaned_data[f"mileage_{line.unit_id}"] for line in self.lines}
        return {unit_id: value for unit_id, value in given.items() if value is not None}


class ReceiveTransferForm(forms.Form):
    """For each vehicle: is it here, what does the clock say, what is damaged."""

    HERE, REFUSED, LATER = "here", "refused", "later"
    OUTCOMES = (
        (HERE, _("It is here")),
        (REFUSED, _("Refused: goes back")),
        (LATER, _("Not here yet")),
    )

    def __init__(self, *args: Any, lines: Sequence[TransferLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        layout = []
        for line in lines:
            outcome, mileage, damage = (
                f"{name}_{line.unit_id}" for name in ("outcome", "mileage", "damage")
            )
            self.fields[outcome] = django_forms.ChoiceField(
                label=_("Receipt"),
                choices=self.OUTCOMES if len(lines) > 1 else self.OUTCOMES[:2],
                widget=django_forms.RadioSelect,
                initial=self.HERE,
            )
            self.fields[mileage] = _mileage_field(_("Mileage at receipt (km)"))
            self.fields[damage] = django_forms.CharField(
                label=_("Damage or difference"), max_length=300, required=False
            )
            vehicle = line.unit.vehicle
            title = f"{vehicle.series.brand.name} {vehicle.series.name} · {vehicle.identity}"
            layout.append((title, [outcome, mileage, damage]))
        self.fields["note"] = django_forms.CharField(
            label=_("Note"), max_length=300, required=False
        )
        self.layout = (*layout, (_("Whole transfer"), ["note"]))
        for name, field in self.fields.items():
            forms.dress(field)
            field.is_wide = name.startswith("outcome")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for line in self.lines:
            refused = data.get(f"outcome_{line.unit_id}") == self.REFUSED
            if refused and not data.get(f"damage_{line.unit_id}"):
                self.add_error(f"damage_{line.unit_id}", _("Say why it is refused."))
        if data and all(data.get(f"outcome_{line.unit_id}") == self.LATER for line in self.lines):
            self.add_error(None, _("Say of at least one vehicle that it is here or refused."))
        return data

    def receipts(self) -> dict[int, Receipt]:
        data = self.cleaned_data
        return {
            line.unit_id: Receipt(
                is_refused=data[f"outcome_{line.unit_id}"] == self.REFUSED,
                mileage=data[f"mileage_{line.unit_id}"],
                damage_note=data[f"damage_{line.unit_id}"],
            )
            for line in self.lines
            if data[f"outcome_{line.unit_id}"] != self.LATER
        }


def _mileage_field(label: Any) -> django_forms.IntegerField:
    return django_forms.IntegerField(label=label, required=False, min_value=0, max_value=9_999_999)


# --- Catalogue ------------------------------------------------------------------------------------


class BrandForm(forms.Form):
    name_zh = django_forms.CharField(label=_("Chinese name"), max_length=80, required=False)
    name_en = django_forms.CharField(label=_("English name"), max_length=80, required=False)
    is_hidden = django_forms.BooleanField(
        label=_("Hidden"), required=False, help_text=_("No longer offered; stays on what exists.")
    )


class SeriesForm(BrandForm):
    brand = django_forms.TypedChoiceField(label=_("Brand"), coerce=int)
    field_order = ("brand",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["brand"].choices = [(brand.pk, brand.name) for brand in list_brands()]


class ModelForm(BrandForm):
    series = django_forms.TypedChoiceField(label=_("Series"), coerce=int)
    model_year = django_forms.IntegerField(
        label=_("Model year"), required=False, min_value=1950, max_value=2100
    )
    energy = django_forms.ChoiceField(label=_("Energy"), choices=VehicleModel.Energy.choices)
    guide_price = forms.MoneyField(label=_("Guide price"), required=False)
    field_order = ("series", "name_zh", "name_en", "model_year", "energy", "guide_price")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["series"].choices = series_choices(with_hidden=True)
