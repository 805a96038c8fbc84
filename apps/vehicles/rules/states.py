"""The states of a stock unit and of a transfer, and the only moves between them."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from apps.vehicles.errors import MoveNotAllowed, StepNotAllowed


class StockState(TextChoices):
    NEW = "NEW", _("New record")
    ORDERED = "ORDERED", pgettext_lazy("stock", "Ordered")
    IN_TRANSIT = "IN_TRANSIT", _("On its way from the maker")
    IN_STOCK = "IN_STOCK", _("In stock")
    RESERVED = "RESERVED", _("Reserved")
    SOLD = "SOLD", _("Sold")
    DELIVERED = "DELIVERED", pgettext_lazy("stock", "Delivered")
    ON_TRANSFER = "ON_TRANSFER", _("On transfer")
    DEMO = "DEMO", _("Demo car")
    ON_LOAN = "ON_LOAN", _("On loan")
    RETURNED = "RETURNED", _("Returned to supplier")
    WRITTEN_OFF = "WRITTEN_OFF", _("Written off")


S = StockState

HELD = frozenset({S.IN_STOCK, S.RESERVED, S.SOLD, S.DEMO, S.ON_LOAN})
"""A store has the vehicle and its money is tied up there; sold ones until they are delivered."""
CLOSED = frozenset({S.DELIVERED, S.RETURNED, S.WRITTEN_OFF})
"""The group holds the vehicle no longer; the row is history."""
LIVE = frozenset(S) - CLOSED - {S.NEW}
"""The group holds or awaits the vehicle; one such unit per vehicle."""


class MovementKind(TextChoices):
    ORDERED = "ORDERED", pgettext_lazy("stock", "Ordered")
    SHIPPED = "SHIPPED", _("Shipped by the maker")
    RECEIVED = "RECEIVED", _("Taken into stock")
    RESERVED = "RESERVED", _("Reserved")
    RELEASED = "RELEASED", _("Released")
    SOLD = "SOLD", _("Sold")
    SALE_CANCELLED = "SALE_CANCELLED", _("Sale cancelled")
    DELIVERED = "DELIVERED", _("Delivered to the customer")
    TRANSFER_APPROVED = "TRANSFER_APPROVED", _("Set aside for a transfer")
    TRANSFER_DISPATCHED = "TRANSFER_DISPATCHED", _("Sent to another store")
    TRANSFER_RECEIVED = "TRANSFER_RECEIVED", _("Received from another store")
    TRANSFER_REFUSED = "TRANSFER_REFUSED", _("Refused at receipt, back in stock")
    TRANSFER_CANCELLED = "TRANSFER_CANCELLED", _("Transfer cancelled, back in stock")
    DEMO_STARTED = "DEMO_STARTED", _("Made a demo car")
    LOANED = "LOANED", _("Lent")
    BACK_IN_STOCK = "BACK_IN_STOCK", _("Back in stock")
    RETURNED = "RETURNED", _("Returned to supplier")
    WRITTEN_OFF = "WRITTEN_OFF", _("Written off")
    RECOSTED = "RECOSTED", _("Cost changed")
    HISTORY = "HISTORY", _("Delivered (from earlier records)")


K = MovementKind


class Move(NamedTuple):
    """From which states a movement may start and where it ends; None: where it was."""

    starts: frozenset[StockState]
    ends: StockState | None


def _move(ends: StockState | None, *starts: StockState) -> Move:
    return Move(frozenset(starts), ends)


MOVES: dict[MovementKind, Move] = {
    K.ORDERED: _move(S.ORDERED, S.NEW),
    K.SHIPPED: _move(S.IN_TRANSIT, S.NEW, S.ORDERED),
    K.RECEIVED: _move(S.IN_STOCK, S.NEW, S.ORDERED, S.IN_TRANSIT),
    K.RESERVED: _move(S.RESERVED, S.IN_STOCK),
    K.RELEASED: _move(S.IN_STOCK, S.RESERVED),
    K.SOLD: _move(S.SOLD, S.IN_STOCK, S.RESERVED),
    K.SALE_CANCELLED: _move(S.IN_STOCK, S.SOLD),
    K.DELIVERED: _move(S.DELIVERED, S.SOLD),
    K.TRANSFER_APPROVED: _move(S.ON_TRANSFER, S.IN_STOCK, S.RESERVED),
    K.TRANSFER_DISPATCHED: _move(S.ON_TRANSFER, S.ON_TRANSFER),
    K.TRANSFER_RECEIVED: _move(S.IN_STOCK, S.ON_TRANSFER),
    K.TRANSFER_REFUSED: _move(S.IN_STOCK, S.ON_TRANSFER),
    K.TRANSFER_CANCELLED: _move(S.IN_STOCK, S.ON_TRANSFER),
    K.DEMO_STARTED: _move(S.DEMO, S.IN_STOCK),
    K.LOANED: _move(S.ON_LOAN, S.IN_STOCK, S.DEMO),
    K.BACK_IN_STOCK: _move(S.IN_STOCK, S.DEMO, S.ON_LOAN),
    K.RETURNED: _move(S.RETURNED, S.ORDERED, S.IN_TRANSIT, S.IN_STOCK),
    K.WRITTEN_OFF: _move(S.WRITTEN_OFF, S.IN_STOCK, S.DEMO, S.ON_LOAN),
    K.RECOSTED: _move(None, *(LIVE - {S.SOLD})),
    K.HISTORY: _move(S.DELIVERED, S.NEW),
}

BACK_FROM_TRANSFER = frozenset({K.TRANSFER_RECEIVED, K.TRANSFER_REFUSED, K.TRANSFER_CANCELLED})
BY_HAND = frozenset(
    {K.SHIPPED, K.DEMO_STARTED, K.LOANED, K.BACK_IN_STOCK, K.RETURNED, K.WRITTEN_OFF}
)
"""Moves that a person makes on the unit's page and that need nothing but a note."""


def can_move(kind: str, current: str) -> bool:
    return StockState(current) in MOVES[MovementKind(kind)].starts


def next_state(kind: str, current: str, *, is_reserved: bool = False) -> StockState:
    """Where the movement leads. A reserved vehicle comes back from a transfer still reserved.

    Raises MoveNotAllowed.
    """
    if not can_move(kind, current):
        raise MoveNotAllowed(
            gettext("This vehicle is in the state “%(state)s”; “%(move)s” is not possible now.")
            % {"state": StockState(current).label, "move": MovementKind(kind).label}
        )
    if is_reserved and kind in BACK_FROM_TRANSFER:
        return StockState.RESERVED
    return MOVES[MovementKind(kind)].ends or StockState(current)


class TransferState(TextChoices):
    REQUESTED = "REQUESTED", _("Requested")
    APPROVED = "APPROVED", _("Approved")
    IN_TRANSIT = "IN_TRANSIT", _("On the way")
    RECEIVED = "RECEIVED", pgettext_lazy("transfer", "Received")
    REFUSED = "REFUSED", _("Refused at receipt")
    CANCELLED = "CANCELLED", _("Cancelled")
    REJECTED = "REJECTED", _("Rejected")


class TransferReason(TextChoices):
    CUSTOMER_ORDER = "CUSTOMER_ORDER", _("Customer order")
    BALANCING = "BALANCING", _("Balancing stock")
    DISPLAY = "DISPLAY", _("Showroom display")
    OTHER = "OTHER", _("Other")


T = TransferState

OPEN_TRANSFERS = (T.REQUESTED, T.APPROVED, T.IN_TRANSIT)

TRANSFER_STEPS: dict[TransferState, frozenset[TransferState]] = {
    T.REQUESTED: frozenset({T.APPROVED, T.REJECTED, T.CANCELLED}),
    T.APPROVED: frozenset({T.IN_TRANSIT, T.CANCELLED}),
    T.IN_TRANSIT: frozenset({T.RECEIVED, T.REFUSED}),
    T.RECEIVED: frozenset(),
    T.REFUSED: frozenset(),
    T.CANCELLED: frozenset(),
    T.REJECTED: frozenset(),
}


def require_transfer_step(*, current: str, target: str) -> None:
    """Raises StepNotAllowed."""
    if TransferState(target) not in TRANSFER_STEPS[TransferState(current)]:
        raise StepNotAllowed(
            gettext("This transfer is in the state “%(current)s”; it cannot become “%(target)s”.")
            % {"current": TransferState(current).label, "target": TransferState(target).label}
        )
