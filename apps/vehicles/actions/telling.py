"""Who is told of what happens to transfers and reservations, in the change's own transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from apps.approvals.actions import waiting_changed
from apps.notifications.actions import Notice, notify, notify_all
from apps.notifications.registry import Event
from apps.organisation.queries import people_in_charge
from apps.vehicles import notifications as told
from apps.vehicles.models import StockUnit, TransferLine, VehicleTransfer
from apps.vehicles.rules.states import TransferReason
from forecourt.kernel.access import Actor

APPROVE, DISPATCH = "vehicles.approve_transfer", "vehicles.dispatch_transfer"
RECEIVE = "vehicles.receive_transfer"


def tell_requested(transfer: VehicleTransfer, actor: Actor) -> None:
    people = people_in_charge(APPROVE, transfer.from_store_id)
    waiting_changed(people)
    _tell(
        told.TRANSFER_REQUESTED,
        transfer,
        actor,
        people,
        reason=TransferReason(transfer.reason).label,
    )


def tell_approved(transfer: VehicleTransfer, actor: Actor) -> None:
    waiting_changed([actor.staff_id])
    people = people_in_charge(DISPATCH, transfer.from_store_id) | {transfer.requested_by_id}
    _tell(told.TRANSFER_APPROVED, transfer, actor, people)


def tell_rejected(transfer: VehicleTransfer, actor: Actor) -> None:
    waiting_changed([actor.staff_id])
    people = {transfer.requested_by_id}
    _tell(told.TRANSFER_REJECTED, transfer, actor, people, reason=transfer.closing_reason)


def tell_cancelled(transfer: VehicleTransfer, actor: Actor) -> None:
    people = people_in_charge(APPROVE, transfer.from_store_id) | {transfer.requested_by_id}
    waiting_changed(people)
    _tell(told.TRANSFER_CANCELLED, transfer, actor, people, reason=transfer.closing_reason)


def tell_dispatched(transfer: VehicleTransfer, actor: Actor) -> None:
    people = people_in_charge(RECEIVE, transfer.to_store_id) | {transfer.requested_by_id}
    _tell(told.TRANSFER_DISPATCHED, transfer, actor, people)


def tell_settled(
    transfer: VehicleTransfer,
    accepted: Sequence[TransferLine],
    refused: Sequence[TransferLine],
    actor: Actor,
) -> None:
    """Of what arrived and of what goes back, which may be parts of one receipt."""
    if accepted:
        people = people_in_charge(DISPATCH, transfer.from_store_id) | {transfer.requested_by_id}
        _tell(told.TRANSFER_RECEIVED, transfer, actor, people, lines=accepted)
    if refused:
        people = people_in_charge(APPROVE, transfer.from_store_id) | {transfer.requested_by_id}
        reasons = "; ".join(sorted({line.damage_note for line in refused} - {""}))
        _tell(told.TRANSFER_REFUSED, transfer, actor, people, lines=refused, reason=reasons)


def tell_expired(units: Iterable[StockUnit], actor: Actor) -> int:
    """Tell those who reserved vehicles that the last day has passed; once for each reservation."""
    notices = [
        Notice(
            recipients=[unit.reserved_by_id],
            key=f"{unit.pk}:{unit.reserved_until:%Y%m%d}",
            subject=unit,
            values={
                "vehicle": unit.stock_number,
                "customer": unit.reserved_for or unit.reserved_order,
                "until": unit.reserved_until,
            },
            store_id=unit.store_id,
        )
        for unit in units
    ]
    return notify_all(told.RESERVATION_EXPIRED, notices=notices, actor=actor)


def _tell(
    event: Event,
    transfer: VehicleTransfer,
    actor: Actor,
    people: Iterable[int | None],
    *,
    lines: Sequence[TransferLine] = (),
    **values: Any,
) -> None:
    part = f":{min(line.unit_id for line in lines)}" if lines else ""
    notify(
        event,
        recipients=people,
        subject=transfer,
        values={
            "transfer": transfer.number,
            "from_store": transfer.from_store,
            "to_store": transfer.to_store,
            "units": len(lines) or transfer.unit_count,
            **values,
        },
        key=f"{transfer.pk}{part}",
        store_id=transfer.from_store_id,
        actor=actor,
    )
