"""Moving vehicles between stores: request, approval, dispatch, receipt, and every way out.

Locks are taken in one order everywhere: the transfer, then its stock units by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.approvals import actions as approvals
from apps.approvals.subjects import Outcome
from apps.organisation.queries import stores_by_id
from apps.vehicles.actions import telling
from apps.vehicles.actions.movements import Step, move
from apps.vehicles.actions.transfer_approval import ask_for_approval
from apps.vehicles.errors import VehicleTaken
from apps.vehicles.events import (
    TransferApproved,
    TransferClosed,
    TransferDispatched,
    TransferReceived,
    TransferRequested,
)
from apps.vehicles.models import StockUnit, TransferLine, VehicleTransfer
from apps.vehicles.models.transfer import ONE_OPEN_TRANSFER
from apps.vehicles.queries import (
    holder_of,
    lock_open_lines,
    lock_transfer,
    lock_units_for_transfer,
    open_line_of,
)
from apps.vehicles.rules.figures import TRANSFERS_OPEN, ZERO, Change
from apps.vehicles.rules.holding import require_movable, require_two_stores
from apps.vehicles.rules.states import (
    MovementKind,
    TransferReason,
    TransferState,
    require_transfer_step,
)
from forecourt.kernel import audit, clock, events, summaries
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.db.rows import append, draw_keys, insert, together
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.numbering import next_number

TRANSFER_NUMBER = "TR"
MOST_UNITS = 200
LineOutcome = TransferLine.Outcome


def request_transfer(
    *,
    stock_unit_ids: Sequence[int],
    to_store_id: int,
    reason: str,
    actor: Actor,
    order_reference: str = "",
    note: str = "",
) -> VehicleTransfer:
    """Ask for vehicles of one store to go to another one: by either store or by headquarters.

    The vehicles stay available until the request is approved, but no second transfer can take
    them. Raises NotFound, NotPermitted, Invalid, MoveNotAllowed, or VehicleTaken that names who
    has the vehicle; the loser of a race gets the same.
    """
    try:
        with transaction.atomic():
            return _request(
                stock_unit_ids, to_store_id, reason, order_reference.strip(), note.strip(), actor
            )
    except IntegrityError as error:
        if ONE_OPEN_TRANSFER in str(error):
            _require_no_open_line(stock_unit_ids)
            raise Conflict(_("Somebody else took the vehicle at the same moment.")) from error
        raise


def _request(
    stock_unit_ids: Sequence[int],
    to_store_id: int,
    reason: str,
    order_reference: str,
    note: str,
    actor: Actor,
) -> VehicleTransfer:
    if reason not in TransferReason.values:
        raise Invalid(_("Choose a reason."), field="reason")
    units = _units(stock_unit_ids, actor)
    from_store_id = units[0].store_id
    require_two_stores(from_store_id=from_store_id, to_store_id=to_store_id)
    _require_one_of(actor, "vehicles.request_transfer", from_store_id, to_store_id)
    stores = stores_by_id({from_store_id, to_store_id})
    receiver = stores.get(to_store_id)
    if receiver is None or not receiver.is_working:
        raise Invalid(_("Choose the store that the vehicles go to."), field="to_store")
    for unit in units:
        require_movable(holder_of(unit), reason=reason, order_reference=order_reference)
    _require_no_open_line(unit.pk for unit in units)
    sender = stores[from_store_id]
    today = clock.today(receiver.time_zone)
    transfer = VehicleTransfer(
        number=next_number(TRANSFER_NUMBER, sender.code, today),
        from_store=sender,
        to_store=receiver,
        from_legal_entity_id=sender.legal_entity_id,
        to_legal_entity_id=receiver.legal_entity_id,
        reason=reason,
        order_reference=order_reference,
        unit_count=len(units),
        note=note,
        requested_date=today,
        requested_at=clock.now(),
        requested_by_id=actor.staff_id,
    )
    draw_keys([transfer])
    with together():
        insert([transfer])
        append([TransferLine(transfer=transfer, unit=unit) for unit in units])
        audit.record(actor, "requested", transfer, store_id=from_store_id)
        summaries.add_many([(TRANSFERS_OPEN, to_store_id, today, 1, ZERO)])
    events.publish(TransferRequested(transfer.pk, from_store_id, to_store_id))
    transfer = ask_for_approval(transfer, units, actor)
    if transfer.approval_id is None:
        telling.tell_requested(transfer, actor)
    return transfer


def _units(stock_unit_ids: Sequence[int], actor: Actor) -> list[StockUnit]:
    if not stock_unit_ids:
        raise Invalid(_("Choose at least one vehicle."), field="stock_unit_ids")
    if len(stock_unit_ids) > MOST_UNITS:
        raise Invalid(
            _("One transfer takes up to %(count)s vehicles.") % {"count": MOST_UNITS},
            field="stock_unit_ids",
        )
    units = lock_units_for_transfer(stock_unit_ids=stock_unit_ids, actor=actor)
    if len({unit.store_id for unit in units}) > 1:
        raise Invalid(
            _("These vehicles stand in several stores: request one transfer for each store."),
            field="stock_unit_ids",
        )
    return units


def _require_no_open_line(stock_unit_ids: Iterable[int]) -> None:
    line = open_line_of(stock_unit_ids)
    if line is None:
        return
    transfer = line.transfer
    raise VehicleTaken(
        _("%(unit)s is on transfer %(number)s to %(store)s already, requested by %(name)s.")
        % {
            "unit": line.unit.stock_number,
            "number": transfer.number,
            "store": transfer.to_store.name,
            "name": transfer.requested_by.name if transfer.requested_by else _("the system"),
        }
    )


def _require_one_of(actor: Actor, permission: str, *store_ids: int) -> None:
    """Raises NotPermitted unless the permission is held for one of the stores."""
    if not any(actor.can(permission, store_id=store_id) for store_id in store_ids):
        actor.require(permission, store_id=store_ids[0])


@transaction.atomic
def approve_transfer(*, transfer_id: int, actor: Actor, note: str = "") -> VehicleTransfer:
    """Agree, for the sending store: its vehicles leave what it has available.

    Nobody approves her own request, except with the right for the whole group. Where a flow was
    published when the transfer was requested, this decides the flow's present step, and the
    vehicles leave with the last one. Raises NotFound, NotPermitted, StepNotAllowed, MoveNotAllowed,
    VehicleTaken, or what :func:`apps.approvals.actions.approve` raises.
    """
    transfer = lock_transfer(transfer_id=transfer_id, actor=actor)
    if transfer.approval_id is not None and transfer.state == TransferState.REQUESTED:
        approvals.approve(approval_id=transfer.approval_id, actor=actor, note_text=note)
        return lock_transfer(transfer_id=transfer_id, actor=actor)
    actor.require("vehicles.approve_transfer", store_id=transfer.from_store_id)
    require_transfer_step(current=transfer.state, target=TransferState.APPROVED)
    _require_other_person(transfer, actor)
    _approve(transfer, actor, note)
    return transfer


def approve_by_flow(outcome: Outcome) -> None:
    """The last step of the group's flow is passed. Raises StepNotAllowed and what follows."""
    transfer = lock_transfer(transfer_id=outcome.subject_id, actor=system_actor())
    require_transfer_step(current=transfer.state, target=TransferState.APPROVED)
    _approve(transfer, outcome.actor, "")


def _approve(transfer: VehicleTransfer, actor: Actor, note: str) -> None:
    lines = lock_open_lines(transfer)
    for line in lines:
        _require_still_there(transfer, line.unit)
        require_movable(
            holder_of(line.unit), reason=transfer.reason, order_reference=transfer.order_reference
        )
    moment = clock.now()
    changes = move(
        _steps(lines, MovementKind.TRANSFER_APPROVED, _today(transfer.from_store), note=note),
        actor=actor,
        at=moment,
        transfer_id=transfer.pk,
        to_store_id=transfer.to_store_id,
        destination_store_id=transfer.to_store_id,
    )
    _set(
        transfer,
        state=TransferState.APPROVED,
        approved_at=moment,
        approved_by_id=actor.staff_id,
    )
    with together():
        audit.record(actor, "approved", transfer, store_id=transfer.from_store_id)
        summaries.add_many(changes)
        telling.tell_approved(transfer, actor)
    events.publish(TransferApproved(transfer.pk, transfer.from_store_id, transfer.to_store_id))


def _require_other_person(transfer: VehicleTransfer, actor: Actor) -> None:
    is_own = transfer.requested_by_id is not None and transfer.requested_by_id == actor.staff_id
    if is_own and not actor.grant("vehicles.approve_transfer").everything:
        raise NotPermitted(_("You requested this transfer yourself: somebody else approves it."))


def _require_still_there(transfer: VehicleTransfer, unit: StockUnit) -> None:
    if unit.store_id != transfer.from_store_id:
        raise Conflict(_("%(number)s is in another store now.") % {"number": unit.stock_number})


@transaction.atomic
def reject_transfer(*, transfer_id: int, actor: Actor, reason: str) -> VehicleTransfer:
    """Say no to a request, with a reason.

    Raises NotFound, NotPermitted, Invalid, StepNotAllowed, or under a flow what
    :func:`apps.approvals.actions.reject` raises.
    """
    transfer = lock_transfer(transfer_id=transfer_id, actor=actor)
    if transfer.approval_id is not None and transfer.state == TransferState.REQUESTED:
        approvals.reject(approval_id=transfer.approval_id, actor=actor, reason=reason)
        return lock_transfer(transfer_id=transfer_id, actor=actor)
    actor.require("vehicles.approve_transfer", store_id=transfer.from_store_id)
    require_transfer_step(current=transfer.state, target=TransferState.REJECTED)
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    _close(transfer, TransferState.REJECTED, actor, reason.strip())
    telling.tell_rejected(transfer, actor)
    return transfer


def reject_by_flow(outcome: Outcome) -> None:
    """An approver of the group's flow said no."""
    transfer = lock_transfer(transfer_id=outcome.subject_id, actor=system_actor())
    require_transfer_step(current=transfer.state, target=TransferState.REJECTED)
    _close(transfer, TransferState.REJECTED, outcome.actor, outcome.reason[:300])
    telling.tell_rejected(transfer, outcome.actor)


def cancel_by_flow(outcome: Outcome) -> None:
    """The requester took the request for approval back, and with it the transfer."""
    transfer = lock_transfer(transfer_id=outcome.subject_id, actor=system_actor())
    require_transfer_step(current=transfer.state, target=TransferState.CANCELLED)
    _close(transfer, TransferState.CANCELLED, outcome.actor, outcome.reason[:300])


@transaction.atomic
def cancel_transfer(*, transfer_id: int, actor: Actor, reason: str = "") -> VehicleTransfer:
    """Take a transfer back before dispatch; approved vehicles are available again.

    The requester may, and whoever may request for one of the two stores. Raises NotFound,
    NotPermitted or StepNotAllowed.
    """
    transfer = lock_transfer(transfer_id=transfer_id, actor=actor)
    _require_one_of(
        actor, "vehicles.request_transfer", transfer.from_store_id, transfer.to_store_id
    )
    require_transfer_step(current=transfer.state, target=TransferState.CANCELLED)
    changes: list[Change] = []
    if transfer.state == TransferState.REQUESTED and transfer.approval_id is not None:
        approvals.close_with_subject(
            approval_id=transfer.approval_id, actor=actor, reason=reason.strip()
        )
    if transfer.state == TransferState.APPROVED:
        changes = move(
            _steps(
                lock_open_lines(transfer),
                MovementKind.TRANSFER_CANCELLED,
                _today(transfer.from_store),
                note=reason.strip(),
            ),
            actor=actor,
            at=clock.now(),
            transfer_id=transfer.pk,
            to_store_id=transfer.to_store_id,
            destination_store_id=None,
        )
    _close(transfer, TransferState.CANCELLED, actor, reason.strip(), changes)
    telling.tell_cancelled(transfer, actor)
    return transfer


@transaction.atomic
def dispatch_transfer(
    *,
    transfer_id: int,
    actor: Actor,
    carrier: str = "",
    mileage: Mapping[int, int] | None = None,
    note: str = "",
) -> VehicleTransfer:
    """Send the vehicles off. ``mileage`` is in km by stock unit id.

    Raises NotFound, NotPermitted, StepNotAllowed or Invalid.
    """
    transfer = lock_transfer(transfer_id=transfer_id, actor=actor)
    actor.require("vehicles.dispatch_transfer", store_id=transfer.from_store_id)
    require_transfer_step(current=transfer.state, target=TransferState.IN_TRANSIT)
    lines = lock_open_lines(transfer)
    moment = clock.now()
    changes = move(
        _steps(lines, MovementKind.TRANSFER_DISPATCHED, _today(transfer.from_store), note=note),
        actor=actor,
        at=moment,
        transfer_id=transfer.pk,
        to_store_id=transfer.to_store_id,
    )
    _note_mileage(lines, "dispatch_mileage", mileage)
    _set(
        transfer,
        state=TransferState.IN_TRANSIT,
        carrier=carrier.strip(),
        dispatch_note=note.strip(),
        dispatched_at=moment,
        dispatched_by_id=actor.staff_id,
    )
    with together():
        audit.record(actor, "dispatched", transfer, store_id=transfer.from_store_id)
        summaries.add_many(changes)
        telling.tell_dispatched(transfer, actor)
    events.publish(TransferDispatched(transfer.pk, transfer.from_store_id, transfer.to_store_id))
    return transfer


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the receiving store says of one vehicle."""

    is_refused: bool = False
    mileage: int | None = None
    damage_note: str = ""


def receive_transfer(
    *,
    transfer_id: int,
    actor: Actor,
    receipts: Mapping[int, Receipt] | None = None,
    note: str = "",
) -> VehicleTransfer:
    """Take vehicles into the receiving store's stock; refused ones go back to the sender.

    ``receipts`` names by stock unit id those that are there; without it all are, as they should
    be. The transfer ends with its last vehicle. Days in stock go on counting. Raises NotFound,
    NotPermitted, StepNotAllowed or Invalid.
    """
    return _settle(transfer_id, actor, receipts, note.strip())


def refuse_transfer(
    *, transfer_id: int, actor: Actor, reason: str, stock_unit_ids: Iterable[int] | None = None
) -> VehicleTransfer:
    """Refuse vehicles at receipt, all that are left or only some: they go back to the sender.

    Raises NotFound, NotPermitted, StepNotAllowed or Invalid.
    """
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    with transaction.atomic():
        if stock_unit_ids is None:
            transfer = lock_transfer(transfer_id=transfer_id, actor=actor)
            stock_unit_ids = transfer.lines.filter(is_open=True).values_list("unit_id", flat=True)
        refusal = Receipt(is_refused=True, damage_note=reason.strip())
        return _settle(
            transfer_id, actor, dict.fromkeys(stock_unit_ids, refusal), "", reason.strip()
        )


@transaction.atomic
def _settle(
    transfer_id: int,
    actor: Actor,
    receipts: Mapping[int, Receipt] | None,
    note: str,
    closing_reason: str = "",
) -> VehicleTransfer:
    transfer = lock_transfer(transfer_id=transfer_id, actor=actor)
    actor.require("vehicles.receive_transfer", store_id=transfer.to_store_id)
    require_transfer_step(current=transfer.state, target=TransferState.RECEIVED)
    lines = lock_open_lines(transfer)
    if receipts is None:
        receipts = {line.unit_id: Receipt() for line in lines}
    settled = [line for line in lines if line.unit_id in receipts]
    if not receipts or len(settled) != len(receipts):
        raise NotFound(_("No such vehicle on this transfer."))
    accepted = [line for line in settled if not receipts[line.unit_id].is_refused]
    refused = [line for line in settled if receipts[line.unit_id].is_refused]
    moment, today = clock.now(), _today(transfer.to_store)
    changes: list[Change] = []
    for kind, part, store_id in (
        (MovementKind.TRANSFER_RECEIVED, accepted, transfer.to_store_id),
        (MovementKind.TRANSFER_REFUSED, refused, transfer.from_store_id),
    ):
        if part:
            changes += move(
                _steps(part, kind, today, store_id=store_id, receipts=receipts, note=note),
                actor=actor,
                at=moment,
                transfer_id=transfer.pk,
                to_store_id=transfer.to_store_id,
                destination_store_id=None,
            )
    _settle_lines(settled, receipts)
    is_last = len(settled) == len(lines)
    if is_last:
        _finish_receipt(transfer, actor, moment, today, bool(accepted), note, closing_reason)
        changes.append((TRANSFERS_OPEN, transfer.to_store_id, today, -1, ZERO))
    with together():
        audit.record(
            actor,
            "received" if accepted else "refused",
            transfer,
            {"received": [None, len(accepted)], "refused": [None, len(refused)]},
            store_id=transfer.to_store_id,
        )
        summaries.add_many(changes)
        telling.tell_settled(transfer, accepted, refused, actor)
    _publish_receipt(transfer, accepted, is_last)
    return transfer


def _finish_receipt(
    transfer: VehicleTransfer,
    actor: Actor,
    moment: datetime,
    today: date,
    accepted_now: bool,
    note: str,
    closing_reason: str,
) -> None:
    earlier = transfer.lines.filter(outcome=LineOutcome.RECEIVED)
    was_received = accepted_now or earlier.exists()
    _set(
        transfer,
        state=TransferState.RECEIVED if was_received else TransferState.REFUSED,
        received_at=moment,
        received_by_id=actor.staff_id,
        receipt_note=note,
        closing_reason=closing_reason,
        closed_at=moment,
        closed_date=today,
        closed_by_id=actor.staff_id,
    )


def _publish_receipt(
    transfer: VehicleTransfer, accepted: list[TransferLine], is_last: bool
) -> None:
    stores = (transfer.from_store_id, transfer.to_store_id)
    if accepted:
        unit_ids = tuple(line.unit_id for line in accepted)
        events.publish(TransferReceived(transfer.pk, *stores, unit_ids))
    if is_last:
        events.publish(TransferClosed(transfer.pk, *stores, transfer.state))


def _settle_lines(lines: list[TransferLine], receipts: Mapping[int, Receipt]) -> None:
    for line in lines:
        receipt = receipts[line.unit_id]
        if receipt.mileage is not None and receipt.mileage < (line.dispatch_mileage or 0):
            raise Invalid(
                _("The mileage at receipt is below the mileage when it was sent."),
                field=f"mileage_{line.unit_id}",
            )
        line.is_open = False
        line.outcome = LineOutcome.REFUSED if receipt.is_refused else LineOutcome.RECEIVED
        line.receipt_mileage = receipt.mileage
        line.damage_note = receipt.damage_note.strip()
    columns = ["is_open", "outcome", "receipt_mileage", "damage_note"]
    if len(lines) == 1:
        lines[0].save(update_fields=columns)
    else:
        TransferLine.objects.bulk_update(lines, columns)


def _note_mileage(
    lines: list[TransferLine], column: str, mileage: Mapping[int, int] | None
) -> None:
    noted = [line for line in lines if mileage and mileage.get(line.unit_id) is not None]
    for line in noted:
        setattr(line, column, mileage[line.unit_id])
    if noted:
        TransferLine.objects.bulk_update(noted, [column])


def _close(
    transfer: VehicleTransfer,
    state: TransferState,
    actor: Actor,
    reason: str,
    changes: Sequence[Change] = (),
) -> None:
    """End a transfer whose vehicles never left."""
    today = _today(transfer.to_store)
    transfer.lines.filter(is_open=True).update(is_open=False, outcome=LineOutcome.DROPPED)
    _set(
        transfer,
        state=state,
        closing_reason=reason,
        closed_at=clock.now(),
        closed_date=today,
        closed_by_id=actor.staff_id,
    )
    audit.record(actor, state.lower(), transfer, store_id=transfer.from_store_id)
    summaries.add_many([*changes, (TRANSFERS_OPEN, transfer.to_store_id, today, -1, ZERO)])
    events.publish(TransferClosed(transfer.pk, transfer.from_store_id, transfer.to_store_id, state))


def _steps(
    lines: list[TransferLine],
    kind: str,
    day: date,
    *,
    store_id: int | None = None,
    note: str = "",
    receipts: Mapping[int, Receipt] | None = None,
) -> list[Step]:
    return [
        Step(
            line.unit,
            kind,
            day,
            store_id=store_id,
            note=(receipts[line.unit_id].damage_note.strip() if receipts else "") or note,
        )
        for line in lines
    ]


def _set(transfer: VehicleTransfer, **values: Any) -> None:
    for name, value in values.items():
        setattr(transfer, name, value)
    transfer.save(update_fields=list(values))


def _today(store: Any) -> date:
    return clock.today(store.time_zone)
