"""Who has a stock unit, and for whom it may be moved or sold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.vehicles.errors import VehicleTaken
from apps.vehicles.rules.states import MovementKind, StockState, TransferReason, next_state
from forecourt.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a stock unit, as far as it is taken, in words for the loser of a race."""

    stock_number: str
    state: str
    by: str = ""
    whom: str = ""
    until: date | None = None
    since: date | None = None
    store: str = ""
    order_reference: str = ""

    @property
    def message(self) -> str:
        names = {"number": self.stock_number, "by": self.by or "–", "whom": self.whom or "–"}
        if self.state == StockState.RESERVED:
            if self.until is None:
                return _("%(number)s is reserved by %(by)s for %(whom)s.") % names
            names["until"] = date_format(self.until, "SHORT_DATE_FORMAT")
            return _("%(number)s is reserved by %(by)s for %(whom)s until %(until)s.") % names
        if self.state in (StockState.SOLD, StockState.DELIVERED):
            return _("%(number)s has been sold by %(by)s to %(whom)s.") % names
        if self.state == StockState.ON_TRANSFER:
            return _("%(number)s is on its way to %(store)s.") % {**names, "store": self.store}
        return ""


def require_two_stores(*, from_store_id: int, to_store_id: int) -> None:
    if from_store_id == to_store_id:
        raise Invalid(
            _("The vehicles are in that store already: choose another one."), field="to_store"
        )


def require_movable(holder: Holder, *, reason: str, order_reference: str) -> None:
    """A vehicle in stock moves; a reserved one only for the order that it is reserved for.

    Raises VehicleTaken or MoveNotAllowed.
    """
    if holder.state == StockState.RESERVED:
        same_order = bool(order_reference) and order_reference == holder.order_reference
        if reason == TransferReason.CUSTOMER_ORDER and same_order:
            return
        raise VehicleTaken(
            holder.message + " " + _("It moves only for that order, by its order number.")
        )
    if holder.message:
        raise VehicleTaken(holder.message)
    next_state(MovementKind.TRANSFER_APPROVED, holder.state)


def require_sellable(
    holder: Holder,
    *,
    reserved_customer_id: int | None,
    customer_id: int | None,
    customer_name: str,
    order_reference: str,
) -> None:
    """A vehicle in stock is sold to anybody, a reserved one only to whom it is reserved for.

    Raises VehicleTaken or MoveNotAllowed.
    """
    if holder.state == StockState.RESERVED:
        same_customer = customer_id is not None and customer_id == reserved_customer_id
        same_order = bool(order_reference) and order_reference == holder.order_reference
        unnumbered = customer_id is None or reserved_customer_id is None
        same_name = unnumbered and bool(holder.whom) and customer_name == holder.whom
        if same_customer or same_order or same_name:
            return
    if holder.message:
        raise VehicleTaken(holder.message)
    next_state(MovementKind.SOLD, holder.state)


def require_free(holder: Holder) -> None:
    """Raises VehicleTaken when somebody has it, MoveNotAllowed when it is not in stock."""
    if holder.message:
        raise VehicleTaken(holder.message)
    next_state(MovementKind.RESERVED, holder.state)
