"""The page of a vehicle in stock, and the dialogs of what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.vehicles import actions, forms
from apps.vehicles.actions.stock import last_day_of_reservation
from apps.vehicles.models import StockMovement, StockUnit
from apps.vehicles.queries import (
    find_available_units,
    get_stock_unit,
    life_of_vehicle,
    open_transfer_of,
    units_in_life_of,
)
from apps.vehicles.rules import check_vin
from apps.vehicles.rules.states import MovementKind, can_move
from apps.vehicles.views.dialogs import ask_in_dialog, posted
from apps.vehicles.views.lists import days_band
from forecourt.kernel import clock
from forecourt.kernel.access import Actor, may_see
from forecourt.ui.access import requires, signed_in
from forecourt.ui.details import HISTORY, Change, Tab, TimelineEntry, detail_page
from forecourt.ui.forms import Form, check_field, combobox_options
from forecourt.ui.responses import go_to, render_page
from forecourt.ui.values import money

K = MovementKind
ICONS = {
    K.ORDERED: ("clipboard-list", "neutral"),
    K.SHIPPED: ("truck", "info"),
    K.RECEIVED: ("checks", "success"),
    K.RESERVED: ("lock", "warning"),
    K.RELEASED: ("lock-open", "info"),
    K.SOLD: ("key", "accent"),
    K.SALE_CANCELLED: ("arrow-back-up", "danger"),
    K.DELIVERED: ("steering-wheel", "success"),
    K.TRANSFER_APPROVED: ("transfer", "info"),
    K.TRANSFER_DISPATCHED: ("truck-delivery", "info"),
    K.TRANSFER_RECEIVED: ("building-store", "success"),
    K.TRANSFER_REFUSED: ("circle-x", "danger"),
    K.TRANSFER_CANCELLED: ("x", "danger"),
    K.DEMO_STARTED: ("steering-wheel", "brand"),
    K.LOANED: ("key", "brand"),
    K.BACK_IN_STOCK: ("arrow-back-up", "success"),
    K.RETURNED: ("arrow-back-up", "danger"),
    K.WRITTEN_OFF: ("trash", "danger"),
    K.RECOSTED: ("wallet", "info"),
    K.HISTORY: ("history", "neutral"),
}
TABS = (Tab("overview", _("Life and facts"), "vehicles/_stock_unit_overview.html"), HISTORY)


@signed_in
def stock_unit_detail(request: HttpRequest, stock_unit_id: int) -> HttpResponse:
    unit = get_stock_unit(stock_unit_id=stock_unit_id, actor=request.actor)
    days = unit.days_in_stock(timezone.localdate())
    sees_cost = may_see(request.actor, unit, "cost")
    context = {
        "unit": unit,
        "vehicle": unit.vehicle,
        "days": days,
        "band": days_band(days) if unit.is_live and days is not None else None,
        "sees_cost": sees_cost,
        "reservation_is_over": unit.is_reservation_over(timezone.localdate()),
        "open_transfer": open_transfer_of(stock_unit_id=unit.pk, actor=request.actor),
        "other_units": [other for other in units_in_life_of(unit) if other.pk != unit.pk],
        "life": [
            _entry(movement, unit, sees_cost)
            for movement in life_of_vehicle(vehicle_id=unit.vehicle_id)
        ],
        "can": _possible(unit, request.actor),
    }
    return detail_page(request, unit, "vehicles/stock_unit_detail.html", TABS, context)


def _possible(unit: StockUnit, actor: Actor) -> dict[str, bool]:
    """What this person can do with this vehicle now; the actions decide again."""

    def may(permission: str, kind: MovementKind) -> bool:
        allowed = actor.can(f"vehicles.{permission}", store_id=unit.store_id)
        return allowed and can_move(kind, unit.state)

    manages = actor.can("vehicles.manage_stock", store_id=unit.store_id) and unit.is_live
    is_own = unit.reserved_by_id is not None and unit.reserved_by_id == actor.staff_id
    sells = actor.can("vehicles.sell_unit", store_id=unit.store_id)
    return {
        "reserve": may("reserve_unit", K.RESERVED),
        "release": may("reserve_unit", K.RELEASED) and (is_own or sells),
        "transfer": actor.can("vehicles.request_transfer")
        and can_move(K.TRANSFER_APPROVED, unit.state),
        "arrive": may("receive_unit", K.RECEIVED),
        "sell": may("sell_unit", K.SOLD),
        "deliver": may("sell_unit", K.DELIVERED),
        "cancel_sale": may("sell_unit", K.SALE_CANCELLED),
        "edit": manages,
        "change_state": manages and bool(forms.state_changes(unit)),
        "change_cost": manages
        and can_move(K.RECOSTED, unit.state)
        and actor.can("vehicles.see_cost", store_id=unit.store_id),
    }


def _entry(movement: StockMovement, unit: StockUnit, sees_cost: bool) -> TimelineEntry:
    icon, tone = ICONS[MovementKind(movement.kind)]
    changes = []
    if movement.kind == K.RECOSTED and sees_cost:
        changes.append(Change(_("Cost"), money(movement.from_cost), money(movement.cost)))
    if movement.from_store_id and movement.from_store_id != movement.store_id:
        changes.append(Change(_("Store"), movement.from_store.name, movement.store.name))
    text = [movement.store.name] if not changes or movement.kind == K.RECOSTED else []
    if movement.transfer is not None:
        text.append(movement.transfer.number)
    if movement.date != timezone.localtime(movement.at).date():
        text.append(gettext("on %(date)s") % {"date": movement.date.isoformat()})
    if movement.unit_id != unit.pk:
        text.append(gettext("as %(number)s") % {"number": movement.unit.stock_number})
    if movement.note:
        text.append(movement.note)
    return TimelineEntry(
        when=movement.at,
        title=movement.get_kind_display(),
        who=movement.actor_name,
        text=" · ".join(text),
        icon=icon,
        tone=tone,
        changes=changes,
    )


# --- Goods-in -----------------------------------------------------------------------------------


@requires("vehicles.receive_unit")
def stock_unit_create(request: HttpRequest) -> HttpResponse:
    form = forms.ReceiveUnitForm(posted(request), actor=request.actor)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        unit = form.attempt(
            actions.receive_unit, vehicle=form.details(), actor=request.actor, **form.arrival()
        )
        if unit is not None:
            return go_to(
                request,
                "vehicles:stock_unit_detail",
                unit.pk,
                message=_("%(number)s has been added.") % {"number": unit.stock_number},
            )
    context = {"form": form, "cancel_url": reverse("vehicles:stock_unit_list")}
    return render_page(
        request, "vehicles/stock_unit_form.html", "vehicles/_stock_unit_form.html", context
    )


@requires("vehicles.receive_unit")
def vin_decoded(request: HttpRequest) -> HttpResponse:
    """What the VIN says, while it is typed."""
    typed = request.GET.get("vin", "")[:40]
    check = check_vin(typed, today=timezone.localdate()) if typed.strip() else None
    return render(request, "vehicles/_vin_decoded.html", {"check": check})


@requires("vehicles.receive_unit")
def model_options(request: HttpRequest) -> HttpResponse:
    """The models of the series that was chosen, as options of a select."""
    series = request.GET.get("series", "")
    series_id = int(series) if series.isdigit() and len(series) < 19 else None
    context = {"options": forms.model_choices(series_id)}
    return render(request, "vehicles/_model_options.html", context)


@requires("vehicles.request_transfer")
def unit_options(request: HttpRequest) -> HttpResponse:
    """Vehicles of the group to put on a transfer, for a search field."""
    query = request.GET.get("q", "").replace("\x00", "")[:60]
    if not request.actor.can("vehicles.view_availability"):
        return combobox_options(request, [])
    units = find_available_units(query=query, actor=request.actor, limit=12)
    return combobox_options(
        request,
        [
            (
                unit.pk,
                f"{unit.vehicle.full_name} {unit.vehicle.exterior_colour}".strip(),
                f"{unit.store.name} · {unit.vehicle.identity} · {unit.get_state_display()}",
            )
            for unit in units
        ],
    )


# --- Dialogs ------------------------------------------------------------------------------------


def _unit_dialog(
    form_class: type[Form],
    action: Callable[..., Any],
    title: object,
    submit: object,
    message: object,
    *,
    name: str,
    danger: bool = False,
    initial: Callable[[StockUnit], dict[str, Any]] | None = None,
) -> Callable[[HttpRequest, int], HttpResponse]:
    """A view that asks for the values of one action on one stock unit."""

    @signed_in
    def view(request: HttpRequest, stock_unit_id: int) -> HttpResponse:
        unit = get_stock_unit(stock_unit_id=stock_unit_id, actor=request.actor)
        form = form_class(
            posted(request), actor=request.actor, initial=initial(unit) if initial else None
        )

        def act(bound: Form, values: dict[str, Any]) -> Any:
            return bound.attempt(action, stock_unit_id=stock_unit_id, actor=request.actor, **values)

        return ask_in_dialog(request, form, title, submit, act, message, danger=danger)

    view.__name__ = name
    return view


def _usual_reservation(unit: StockUnit) -> dict[str, Any]:
    today = clock.today(unit.store.time_zone)
    return {"until": last_day_of_reservation(today, store_id=unit.store_id)}


stock_unit_reserve = _unit_dialog(
    forms.ReserveForm,
    actions.reserve_unit,
    _("Reserve the vehicle"),
    _("Reserve"),
    _("The vehicle is reserved."),
    name="stock_unit_reserve",
    initial=_usual_reservation,
)
stock_unit_release = _unit_dialog(
    forms.NoteForm,
    actions.release_unit,
    _("Release the vehicle"),
    _("Release"),
    _("The vehicle is available again."),
    name="stock_unit_release",
)
stock_unit_arrive = _unit_dialog(
    forms.ArriveForm,
    actions.arrive_unit,
    _("Take into stock"),
    _("Take into stock"),
    _("The vehicle is in stock."),
    name="stock_unit_arrive",
)
stock_unit_sell = _unit_dialog(
    forms.SellForm,
    actions.sell_unit,
    _("Sell the vehicle"),
    _("Sell"),
    _("The vehicle is sold."),
    name="stock_unit_sell",
)
stock_unit_cancel_sale = _unit_dialog(
    forms.CancelSaleForm,
    actions.cancel_sale,
    _("Cancel the sale"),
    _("Cancel the sale"),
    _("The sale is cancelled; the vehicle is in stock again."),
    name="stock_unit_cancel_sale",
    danger=True,
)
stock_unit_deliver = _unit_dialog(
    forms.DeliverForm,
    actions.deliver_unit,
    _("Deliver the vehicle"),
    _("Deliver"),
    _("The vehicle is delivered."),
    name="stock_unit_deliver",
)
stock_unit_change_cost = _unit_dialog(
    forms.CostForm,
    actions.change_cost,
    _("Change the cost"),
    _("Save"),
    _("The cost is changed."),
    name="stock_unit_change_cost",
)


@signed_in
def stock_unit_edit(request: HttpRequest, stock_unit_id: int) -> HttpResponse:
    unit = get_stock_unit(stock_unit_id=stock_unit_id, actor=request.actor)
    form = forms.EditUnitForm.of(unit, posted(request), request.actor)

    def act(bound: Form, _values: dict[str, Any]) -> Any:
        return bound.attempt(
            actions.edit_unit,
            stock_unit_id=stock_unit_id,
            details=form.details(),
            custom=form.cleaned_data["custom"],
            actor=request.actor,
        )

    return ask_in_dialog(request, form, _("Edit the vehicle"), _("Save"), act, _("Saved."))


@signed_in
def stock_unit_change_state(request: HttpRequest, stock_unit_id: int) -> HttpResponse:
    unit = get_stock_unit(stock_unit_id=stock_unit_id, actor=request.actor)
    form = forms.ChangeStateForm(posted(request), actor=request.actor, unit=unit)

    def act(bound: Form, values: dict[str, Any]) -> Any:
        return bound.attempt(
            actions.change_state, stock_unit_id=stock_unit_id, actor=request.actor, **values
        )

    return ask_in_dialog(
        request, form, _("Change what it is used for"), _("Save"), act, _("The state is changed.")
    )
