"""What approvals are told of a transfer, so that a group's flow can decide about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from apps.approvals import actions as approvals
from apps.approvals.actions.submission import fingerprint_of
from apps.approvals.subjects import Subject, WaitingSubject
from apps.organisation.brands import only_brand
from apps.vehicles.models import StockUnit, VehicleTransfer
from apps.vehicles.queries import (
    get_transfer,
    list_lines,
    list_transfers,
    lock_transfer,
    transfers_since,
    units_on,
)
from forecourt.kernel.access import Actor, system_actor

KIND = "vehicles.transfer"
OFFERED_TO_TRY = 20
READ_AT_ONCE = 200


def ask_for_approval(
    transfer: VehicleTransfer, units: Sequence[StockUnit], actor: Actor
) -> VehicleTransfer:
    """Begin the flow that applies to a new transfer.

    Where none is published nothing is written: whoever may approve transfers of the sending store
    then does, as :func:`apps.vehicles.actions.approve_transfer` says.
    """
    request = approvals.start(kind=KIND, subject=_subject(transfer, units), actor=actor)
    if request is None:
        return transfer
    VehicleTransfer.objects.filter(pk=transfer.pk).update(approval_id=request.pk)
    return lock_transfer(transfer_id=transfer.pk, actor=system_actor())


def lock_transfer_subject(transfer_id: int) -> Subject:
    """The transfer as it is now, its row locked. Raises NotFound."""
    transfer = lock_transfer(transfer_id=transfer_id, actor=system_actor())
    return _subject(transfer, units_on(transfer))


def get_transfer_subject(transfer_id: int, actor: Actor) -> Subject:
    """Raises NotFound."""
    transfer = get_transfer(transfer_id=transfer_id, actor=actor)
    return _subject(transfer, [line.unit for line in list_lines(transfer)])


def recent_transfers(actor: Actor) -> Iterable[tuple[int, str]]:
    rows = list_transfers(actor).order_by("-pk")[:OFFERED_TO_TRY]
    return [(row.pk, f"{row.number} · {row.from_store.name} → {row.to_store.name}") for row in rows]


def past_transfers(since: datetime) -> Iterator[tuple[Subject, int | None]]:
    """What was requested since then, with the vehicles that were on it."""
    rows = transfers_since(since)
    for transfer in rows.iterator(READ_AT_ONCE):
        units = [line.unit for line in transfer.lines.all()]
        yield _subject(transfer, units), transfer.requested_by_id


def describe_waiting(transfer: VehicleTransfer) -> WaitingSubject:
    """A transfer without a flow, as the inbox shows it to who may approve it."""
    return WaitingSubject(
        id=transfer.pk,
        title=f"{transfer.number} · {transfer.from_store.name} → {transfer.to_store.name}",
        submitter=transfer.requested_by.name if transfer.requested_by else "",
        store=transfer.from_store.name,
        since=transfer.requested_at,
    )


def _subject(transfer: VehicleTransfer, units: Sequence[StockUnit]) -> Subject:
    sender, receiver = transfer.from_store, transfer.to_store
    value = sum((unit.list_price or Decimal(0) for unit in units), Decimal(0))
    cost = sum((unit.cost or Decimal(0) for unit in units), Decimal(0))
    return Subject(
        id=transfer.pk,
        label=f"{transfer.number} · {sender.name} → {receiver.name}",
        store_id=transfer.from_store_id,
        region_id=sender.region_id,
        brand=only_brand(sender.brand_names),
        facts={
            "unit_count": transfer.unit_count,
            "reason": transfer.reason,
            "to_store": receiver.code,
            "between_companies": transfer.is_between_companies,
            "value": value,
            "cost": cost,
        },
        fingerprint=fingerprint_of(
            transfer.state,
            transfer.from_store_id,
            transfer.to_store_id,
            transfer.reason,
            transfer.order_reference,
            *sorted(unit.pk for unit in units),
        ),
        summary=", ".join(unit.stock_number for unit in units[:5]),
        amount=value,
    )
