from collections.abc import Iterator

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from apps.vehicles.queries import find_stock_units, find_transfers
from apps.vehicles.rules.states import StockState, TransferState
from forecourt.kernel.access import Actor
from forecourt.kernel.search import Hit, SearchSource, register


def _vehicles(query: str, actor: Actor, limit: int) -> Iterator[Hit]:
    for unit in find_stock_units(query=query, actor=actor, limit=limit):
        vehicle = unit.vehicle
        parts = (
            vehicle.plate_number,
            vehicle.identity,
            unit.stock_number,
            unit.store.name,
            StockState(unit.state).label,
        )
        yield Hit(
            title=f"{vehicle.full_name} {vehicle.exterior_colour}".strip(),
            detail=" · ".join(str(part) for part in parts if part),
            url=reverse_lazy("vehicles:stock_unit_detail", args=[unit.pk]),
            keys=(vehicle.plate_number, vehicle.identity, unit.stock_number),
            is_own=unit.store_id == actor.home_store_id,
        )


def _transfers(query: str, actor: Actor, limit: int) -> Iterator[Hit]:
    for transfer in find_transfers(query=query, actor=actor, limit=limit):
        yield Hit(
            title=transfer.number,
            detail=f"{transfer.from_store.name} → {transfer.to_store.name} · "
            f"{TransferState(transfer.state).label}",
            url=reverse_lazy("vehicles:transfer_detail", args=[transfer.pk]),
            is_own=actor.home_store_id in (transfer.from_store_id, transfer.to_store_id),
        )


register(
    SearchSource(
        name="vehicles.stock_unit",
        label=_("Vehicles"),
        icon="car",
        permission="vehicles.view_stock",
        find=_vehicles,
        order=30,
        custom_host="vehicle",
    )
)
register(
    SearchSource(
        name="vehicles.transfer",
        label=_("Transfers"),
        icon="transfer",
        permission="vehicles.view_transfer",
        find=_transfers,
        order=40,
    )
)
