"""The board, the page and the steps of transfers between stores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import qrcode
import qrcode.image.svg
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.approvals.queries.requests import may_decide, names_waited_for
from apps.vehicles import actions, forms
from apps.vehicles.models import TransferLine, VehicleTransfer
from apps.vehicles.queries import (
    get_transfer,
    list_lines,
    list_open_transfers,
    list_recently_closed_transfers,
    units_to_ask_for,
)
from apps.vehicles.rules.states import TransferState
from apps.vehicles.views.dialogs import ask_in_dialog, posted
from apps.vehicles.views.lists import days_badge, transfer_days
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Conflict
from forecourt.ui.access import requires, signed_in
from forecourt.ui.boards import Board, Card, Lane
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.forms import Form, check_field
from forecourt.ui.responses import go_to, render_page

T = TransferState
TABS = (Tab("vehicles", _("Vehicles"), "vehicles/_transfer_vehicles.html"), HISTORY)
STEPS = (T.REQUESTED.label, T.APPROVED.label, T.IN_TRANSIT.label, T.RECEIVED.label)
SLOW_DAYS = 3
"""A transfer that is open for longer is marked on the board."""


# --- Board --------------------------------------------------------------------------------------


@requires("vehicles.view_transfer")
def transfer_board(request: HttpRequest) -> HttpResponse:
    """Everything under way: from where, to where, how far, since when."""
    context = {"board": _board(request.actor), "tab": "board"}
    context["may_request"] = request.actor.can("vehicles.request_transfer")
    return render(request, "vehicles/transfer_board.html", context)


@require_POST
@requires("vehicles.view_transfer")
def transfer_move(request: HttpRequest) -> HttpResponse:
    """A card was moved: the step that leads into that lane."""
    card, lane = request.POST.get("card", ""), request.POST.get("lane", "")
    steps: dict[str, Callable[..., Any]] = {
        T.APPROVED: actions.approve_transfer,
        T.IN_TRANSIT: actions.dispatch_transfer,
        T.RECEIVED: actions.receive_transfer,
    }
    if lane not in steps or not card.isdigit() or len(card) > 18:
        raise Conflict(_("A transfer cannot be moved there."))
    steps[lane](transfer_id=int(card), actor=request.actor)
    return render(request, "vehicles/_transfer_board.html", {"board": _board(request.actor)})


def _board(actor: Actor) -> Board:
    transfers = [
        *list_open_transfers(actor).in_focus(actor).order_by("id"),
        *list_recently_closed_transfers(actor, limit=10),
    ]
    lanes = (T.REQUESTED, T.APPROVED, T.IN_TRANSIT, T.RECEIVED)
    return Board(
        "transfer-board",
        _("Transfers under way"),
        reverse("vehicles:transfer_move"),
        [
            Lane(
                state.value,
                state.label,
                [_card(transfer, actor) for transfer in transfers if transfer.state == state],
            )
            for state in lanes
        ],
    )


def _card(transfer: VehicleTransfer, actor: Actor) -> Card:
    days = transfer_days(transfer)
    badges = [(_vehicles(transfer.unit_count), "neutral")]
    if transfer.is_open:
        tone = "warning" if days > SLOW_DAYS else "neutral"
        badges.append((ngettext("%(count)s day", "%(count)s days", days) % {"count": days}, tone))
    can = _possible(transfer, actor)
    steps = (("approve", T.APPROVED), ("dispatch", T.IN_TRANSIT), ("receive", T.RECEIVED))
    return Card(
        transfer.pk,
        f"{transfer.from_store.name} → {transfer.to_store.name}",
        url=reverse("vehicles:transfer_detail", args=[transfer.pk]),
        text=f"{transfer.number} · {transfer.get_reason_display()}",
        badges=badges,
        moves=[state.value for step, state in steps if can[step]],
    )


def _vehicles(count: int) -> str:
    return ngettext("%(count)s vehicle", "%(count)s vehicles", count) % {"count": count}


# --- Request ------------------------------------------------------------------------------------


@requires("vehicles.request_transfer")
def transfer_create(request: HttpRequest) -> HttpResponse:
    """Request a transfer of the vehicles that the address names; more can be added by searching."""
    chosen = [int(pk) for pk in request.GET.getlist("unit") if pk.isdigit() and len(pk) < 19]
    added = request.GET.get("add", "")
    if added.isdigit() and len(added) < 19:
        chosen.append(int(added))
    units = units_to_ask_for(request.actor, dict.fromkeys(chosen))
    senders = {unit.store_id: unit.store for unit in units}
    form = forms.RequestTransferForm(posted(request), actor=request.actor, from_store_ids=senders)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        data = form.cleaned_data
        transfer = form.attempt(
            actions.request_transfer,
            stock_unit_ids=[unit.pk for unit in units],
            to_store_id=data["to_store"],
            reason=data["reason"],
            order_reference=data["order_reference"],
            note=data["note"],
            actor=request.actor,
        )
        if transfer is not None:
            return go_to(
                request,
                "vehicles:transfer_detail",
                transfer.pk,
                message=gettext("Transfer %(number)s is requested.") % {"number": transfer.number},
            )
    context = {
        "form": form,
        "units": units,
        "senders": list(senders.values()),
        "add_form": forms.AddUnitForm(actor=request.actor),
        "post_url": request.path + "?" + "&".join(f"unit={unit.pk}" for unit in units),
        "cancel_url": reverse("vehicles:transfer_list"),
    }
    return render_page(
        request, "vehicles/transfer_form.html", "vehicles/_transfer_form.html", context
    )


# --- Page ---------------------------------------------------------------------------------------


@signed_in
def transfer_detail(request: HttpRequest, transfer_id: int) -> HttpResponse:
    transfer = get_transfer(transfer_id=transfer_id, actor=request.actor)
    lines = list_lines(transfer)
    context = {
        "transfer": transfer,
        "lines": lines,
        "days": days_badge(transfer_days(transfer)) if transfer.is_open else "",
        "steps": STEPS,
        "step": _step_of(transfer),
        "signatures": _signatures(transfer),
        "can": _possible(transfer, request.actor) | _by_flow(transfer, request.actor),
        "is_own_request": _is_own(transfer, request.actor),
        "waits_for": _waits_for(transfer),
        "taken": _no_longer_available(transfer, lines),
        "seen_stores": _seen_stores(transfer, request.actor),
    }
    return detail_page(
        request,
        transfer,
        "vehicles/transfer_detail.html",
        TABS,
        context,
        counts={"vehicles": len(lines)},
    )


def _step_of(transfer: VehicleTransfer) -> int:
    """The place of the present step among the four; 4 when all are done."""
    return {T.REQUESTED: 1, T.APPROVED: 2, T.IN_TRANSIT: 3, T.RECEIVED: 4}.get(T(transfer.state), 0)


def _signatures(transfer: VehicleTransfer) -> list[tuple[object, Any, Any]]:
    """Who took which step, and when."""
    ended = transfer.state in (T.REFUSED, T.CANCELLED, T.REJECTED)
    return [
        (label, person, moment)
        for label, person, moment in (
            (_("Requested"), transfer.requested_by, transfer.requested_at),
            (_("Approved"), transfer.approved_by, transfer.approved_at),
            (_("Sent off"), transfer.dispatched_by, transfer.dispatched_at),
            (
                transfer.get_state_display() if ended else pgettext_lazy("transfer", "Received"),
                transfer.closed_by,
                transfer.closed_at,
            ),
        )
        if moment
    ]


def _is_own(transfer: VehicleTransfer, actor: Actor) -> bool:
    return transfer.requested_by_id is not None and transfer.requested_by_id == actor.staff_id


def _possible(transfer: VehicleTransfer, actor: Actor) -> dict[str, bool]:
    """Which steps this person can take now; the actions decide again."""
    sender, receiver, state = transfer.from_store_id, transfer.to_store_id, transfer.state
    approves = actor.can("vehicles.approve_transfer", store_id=sender)
    own = _is_own(transfer, actor) and not actor.grant("vehicles.approve_transfer").everything
    requests = any(
        actor.can("vehicles.request_transfer", store_id=store_id) for store_id in (sender, receiver)
    )
    receives = actor.can("vehicles.receive_transfer", store_id=receiver)
    return {
        "approve": state == T.REQUESTED and approves and not own,
        "reject": state == T.REQUESTED and approves,
        "dispatch": state == T.APPROVED
        and actor.can("vehicles.dispatch_transfer", store_id=sender),
        "receive": state == T.IN_TRANSIT and receives,
        "refuse": state == T.IN_TRANSIT and receives,
        "cancel": state in (T.REQUESTED, T.APPROVED) and requests,
    }


def _by_flow(transfer: VehicleTransfer, actor: Actor) -> dict[str, bool]:
    """Under a flow of the group, whoever it asks approves and rejects."""
    if transfer.approval_id is None or transfer.state != T.REQUESTED:
        return {}
    asked = may_decide(approval_id=transfer.approval_id, actor=actor)
    return {"approve": asked, "reject": asked}


def _waits_for(transfer: VehicleTransfer) -> str:
    """Whose turn it is, for those who can only wait."""
    if transfer.approval_id is not None and transfer.state == T.REQUESTED:
        names = names_waited_for(approval_id=transfer.approval_id)
        return gettext("Waits for: %(names)s.") % {"names": ", ".join(names) or "–"}
    sender, receiver = transfer.from_store.name, transfer.to_store.name
    texts = {
        T.REQUESTED: gettext("%(store)s or headquarters approves it.") % {"store": sender},
        T.APPROVED: gettext("%(store)s sends the vehicles off.") % {"store": sender},
        T.IN_TRANSIT: gettext("%(store)s receives the vehicles.") % {"store": receiver},
    }
    return texts.get(T(transfer.state), "")


def _no_longer_available(
    transfer: VehicleTransfer, lines: Sequence[TransferLine]
) -> list[TransferLine]:
    """Vehicles that somebody took between request and approval."""
    if transfer.state != T.REQUESTED:
        return []
    return [
        line
        for line in lines
        if not line.unit.is_available
        and not (line.unit.is_reserved and line.unit.reserved_order == transfer.order_reference)
    ]


def _seen_stores(transfer: VehicleTransfer, actor: Actor) -> set[int]:
    """The stores of the two whose vehicles' pages this person may open."""
    both = {transfer.from_store_id, transfer.to_store_id}
    return {pk for pk in both if actor.can("vehicles.view_stock", store_id=pk)}


@signed_in
def transfer_slip(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """The paper that travels with the vehicles; its code opens the transfer on a phone."""
    transfer = get_transfer(transfer_id=transfer_id, actor=request.actor)
    url = request.build_absolute_uri(reverse("vehicles:transfer_detail", args=[transfer.pk]))
    context = {
        "transfer": transfer,
        "lines": list_lines(transfer),
        "signatures": _signatures(transfer),
        "code": _qr_code(url),
        "url": url,
    }
    return render(request, "vehicles/transfer_slip.html", context)


def _qr_code(text: str) -> SafeString:
    image = qrcode.make(text, image_factory=qrcode.image.svg.SvgPathImage, border=0)
    return mark_safe(image.to_string(encoding="unicode"))  # noqa: S308 - made of squares alone


# --- Steps --------------------------------------------------------------------------------------


@require_POST
@signed_in
def transfer_approve(request: HttpRequest, transfer_id: int) -> HttpResponse:
    actions.approve_transfer(transfer_id=transfer_id, actor=request.actor)
    return go_to(
        request, "vehicles:transfer_detail", transfer_id, message=_("The transfer is approved.")
    )


def _transfer_dialog(
    form_class: type[Form],
    action: Callable[..., Any],
    title: object,
    submit: object,
    message: object,
    *,
    name: str,
) -> Callable[[HttpRequest, int], HttpResponse]:
    """A view that asks for the reason of one way out of a transfer."""

    @signed_in
    def view(request: HttpRequest, transfer_id: int) -> HttpResponse:
        get_transfer(transfer_id=transfer_id, actor=request.actor)
        form = form_class(posted(request), actor=request.actor)

        def act(bound: Form, values: dict[str, Any]) -> Any:
            return bound.attempt(action, transfer_id=transfer_id, actor=request.actor, **values)

        return ask_in_dialog(request, form, title, submit, act, message, danger=True)

    view.__name__ = name
    return view


transfer_reject = _transfer_dialog(
    forms.ReasonForm,
    actions.reject_transfer,
    _("Reject the request"),
    _("Reject"),
    _("The request is rejected."),
    name="transfer_reject",
)
transfer_refuse = _transfer_dialog(
    forms.ReasonForm,
    actions.refuse_transfer,
    _("Refuse all vehicles"),
    _("Refuse"),
    _("The vehicles go back to the sender."),
    name="transfer_refuse",
)
transfer_cancel = _transfer_dialog(
    forms.CancelForm,
    actions.cancel_transfer,
    _("Cancel the transfer"),
    _("Cancel the transfer"),
    _("The transfer is cancelled."),
    name="transfer_cancel",
)


@signed_in
def transfer_dispatch(request: HttpRequest, transfer_id: int) -> HttpResponse:
    transfer = get_transfer(transfer_id=transfer_id, actor=request.actor)
    lines = [line for line in list_lines(transfer) if line.is_open]
    form = forms.DispatchForm(posted(request), actor=request.actor, lines=lines)

    def act(bound: Form, values: dict[str, Any]) -> Any:
        return bound.attempt(
            actions.dispatch_transfer,
            transfer_id=transfer_id,
            carrier=values["carrier"],
            note=values["note"],
            mileage=form.mileage(),
            actor=request.actor,
        )

    return ask_in_dialog(
        request,
        form,
        _("Send the vehicles off"),
        _("Send off"),
        act,
        _("The vehicles are on the way."),
    )


@signed_in
def transfer_receive(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """Check-in at the receiving store, vehicle by vehicle."""
    transfer = get_transfer(transfer_id=transfer_id, actor=request.actor)
    lines = [line for line in list_lines(transfer) if line.is_open]
    form = forms.ReceiveTransferForm(posted(request), actor=request.actor, lines=lines)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        received = form.attempt(
            actions.receive_transfer,
            transfer_id=transfer_id,
            receipts=form.receipts(),
            note=form.cleaned_data["note"],
            actor=request.actor,
        )
        if received is not None:
            return go_to(
                request,
                "vehicles:transfer_detail",
                transfer_id,
                message=_("The receipt is recorded."),
            )
    context = {
        "form": form,
        "transfer": transfer,
        "cancel_url": reverse("vehicles:transfer_detail", args=[transfer_id]),
    }
    return render_page(
        request, "vehicles/transfer_receive.html", "vehicles/_transfer_receive.html", context
    )
