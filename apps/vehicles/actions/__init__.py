"""Everything that changes vehicles, stock and transfers."""

from apps.vehicles.actions.stock import (
    UnitDetails,
    VehicleDetails,
    arrive_unit,
    cancel_sale,
    change_cost,
    change_state,
    deliver_unit,
    edit_unit,
    receive_unit,
    release_unit,
    reserve_unit,
    sell_unit,
)
from apps.vehicles.actions.transfers import (
    Receipt,
    approve_transfer,
    cancel_transfer,
    dispatch_transfer,
    receive_transfer,
    refuse_transfer,
    reject_transfer,
    request_transfer,
)

__all__ = [
    "Receipt",
    "UnitDetails",
    "VehicleDetails",
    "approve_transfer",
    "arrive_unit",
    "cancel_sale",
    "cancel_transfer",
    "change_cost",
    "change_state",
    "deliver_unit",
    "dispatch_transfer",
    "edit_unit",
    "receive_transfer",
    "receive_unit",
    "refuse_transfer",
    "reject_transfer",
    "release_unit",
    "request_transfer",
    "reserve_unit",
    "sell_unit",
]
