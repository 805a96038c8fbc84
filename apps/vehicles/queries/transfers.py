"""Transfers between stores, and their lines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.vehicles.models import StockUnit, TransferLine, VehicleTransfer
from apps.vehicles.rules.states import OPEN_TRANSFERS, TransferState
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound

TRANSFER_ROW = ("from_store", "to_store", "requested_by")


def list_transfers(actor: Actor) -> QuerySet[VehicleTransfer]:
    """Transfers from or to the person's stores."""
    return VehicleTransfer.objects.visible_to(actor).select_related(*TRANSFER_ROW)


def transfers_to_approve(actor: Actor) -> QuerySet[VehicleTransfer]:
    """What waits for the person without a flow: requests to stores whose transfers she approves.

    Her own are not among them, unless she approves for the whole group.
    """
    grant = actor.grant("vehicles.approve_transfer")
    rows = list_transfers(actor).filter(state=TransferState.REQUESTED, approval__isnull=True)
    if grant.everything:
        return rows
    return rows.filter(from_store__in=sorted(grant.store_ids)).exclude(requested_by=actor.staff_id)


def transfers_since(moment: datetime) -> QuerySet[VehicleTransfer]:
    """All transfers requested since then, with stores and vehicles, for work over all of them."""
    return (
        VehicleTransfer.objects.filter(requested_at__gte=moment)
        .select_related("from_store", "to_store")
        .prefetch_related("lines__unit")
        .order_by("pk")
    )


def list_open_transfers(actor: Actor) -> QuerySet[VehicleTransfer]:
    return list_transfers(actor).filter(state__in=OPEN_TRANSFERS)


def list_recently_closed_transfers(actor: Actor, *, limit: int) -> list[VehicleTransfer]:
    """The transfers received last, for the end of the board."""
    received = list_transfers(actor).in_focus(actor).filter(state=TransferState.RECEIVED)
    return list(received.order_by("-id")[:limit])


def open_transfer_of(*, stock_unit_id: int, actor: Actor) -> VehicleTransfer | None:
    """The transfer that the unit is on, if the person may see it."""
    return (
        list_open_transfers(actor).filter(lines__unit_id=stock_unit_id, lines__is_open=True).first()
    )


def find_transfers(*, query: str, actor: Actor, limit: int) -> list[VehicleTransfer]:
    """Transfers by a part of their number, the latest first."""
    if not any(map(str.isdigit, query)):
        return []
    stores = ("from_store", "to_store")
    names = (f"{store}__{name}" for store in stores for name in ("name_zh", "name_en"))
    found = VehicleTransfer.objects.visible_to(actor).filter(number__icontains=query)
    rows = found.select_related(*stores).only("number", "state", *names)
    return list(rows.order_by("-id")[:limit])


def get_transfer(*, transfer_id: int, actor: Actor) -> VehicleTransfer:
    """Raises NotFound."""
    transfer = (
        list_transfers(actor)
        .select_related(
            "from_legal_entity",
            "to_legal_entity",
            "approved_by",
            "dispatched_by",
            "received_by",
            "closed_by",
        )
        .filter(pk=transfer_id)
        .first()
    )
    if transfer is None:
        raise NotFound(_("No such transfer."))
    return transfer


def lock_transfer(*, transfer_id: int, actor: Actor) -> VehicleTransfer:
    """The transfer, locked until the transaction ends. Raises NotFound."""
    transfer = (
        VehicleTransfer.objects.visible_to(actor)
        .select_related("from_store", "to_store")
        .select_for_update(of=("self",))
        .filter(pk=transfer_id)
        .first()
    )
    if transfer is None:
        raise NotFound(_("No such transfer."))
    return transfer


def list_lines(transfer: VehicleTransfer) -> list[TransferLine]:
    """The transfer's vehicles, with all that a row shows."""
    return list(
        transfer.lines.select_related(
            "unit__vehicle__series__brand", "unit__vehicle__model", "unit__reserved_by"
        ).order_by("unit_id")
    )


def units_on(transfer: VehicleTransfer) -> list[StockUnit]:
    """The vehicles of a transfer, by id."""
    return list(StockUnit.objects.filter(transfer_lines__transfer=transfer).order_by("pk"))


def lock_open_lines(transfer: VehicleTransfer) -> list[TransferLine]:
    """The transfer's open lines with their stock units, the units locked in order of id."""
    return list(
        TransferLine.objects.filter(transfer=transfer, is_open=True)
        .select_related("unit")
        .select_for_update(of=("self", "unit"))
        .order_by("unit_id")
    )


def open_line_of(stock_unit_ids: Iterable[int]) -> TransferLine | None:
    """An open transfer line of one of the units, if there is any."""
    return TransferLine.objects.filter(unit_id__in=list(stock_unit_ids), is_open=True).first()


def transfers_of_unit(*, stock_unit_id: int, actor: Actor) -> list[VehicleTransfer]:
    return list(list_transfers(actor).filter(lines__unit_id=stock_unit_id).order_by("-id"))


def open_transfers_from(store_id: int) -> QuerySet[VehicleTransfer]:
    return VehicleTransfer.objects.filter(from_store_id=store_id, state__in=OPEN_TRANSFERS)


def open_transfers_to(store_id: int) -> QuerySet[VehicleTransfer]:
    return VehicleTransfer.objects.filter(to_store_id=store_id, state__in=OPEN_TRANSFERS)
