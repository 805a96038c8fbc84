"""What a movement adds to the kept figures: one arithmetic for single moves and for imports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Protocol

from apps.vehicles.rules.states import HELD, MovementKind, StockState

STOCK_UNITS = "stock_units"
STOCK_VALUE = "stock_value"
STOCK_BY_ARRIVAL = "stock_by_arrival"
IN_TRANSIT = "units_in_transit"
ARRIVING = "units_arriving"
RECEIVED = "units_received"
SOLD = "units_sold"
DELIVERED = "units_delivered"
TRANSFERS_OPEN = "transfers_open"

ZERO = Decimal("0.00")

Change = tuple[str, int, date, int, Decimal]
"""Measure, store id, day, quantity, amount."""


class Moved(Protocol):
    """The part of a stock movement that figures are made of."""

    kind: str
    from_state: str
    from_store_id: int | None
    from_cost: Decimal | None
    state: str
    store_id: int
    cost: Decimal | None
    amount: Decimal | None
    date: date


def figure_changes(
    moved: Moved, *, stocked_in_date: date | None, to_store_id: int | None = None
) -> Iterator[Change]:
    """``stocked_in_date`` is the unit's after the move, ``to_store_id`` its transfer's receiver."""
    before = (moved.from_state, moved.from_store_id, moved.from_cost or ZERO, -1)
    after = (moved.state, moved.store_id, moved.cost or ZERO, 1)
    for state, store_id, cost, sign in (before, after):
        if store_id is None:
            continue
        if state in HELD:
            yield STOCK_UNITS, store_id, moved.date, sign, ZERO
            yield STOCK_VALUE, store_id, moved.date, sign, sign * cost
            if stocked_in_date is not None:
                yield STOCK_BY_ARRIVAL, store_id, stocked_in_date, sign, sign * cost
        elif state == StockState.ON_TRANSFER:
            yield IN_TRANSIT, store_id, moved.date, sign, sign * cost
            if to_store_id is not None:
                yield ARRIVING, to_store_id, moved.date, sign, ZERO
    yield from _flows(moved)


def _flows(moved: Moved) -> Iterator[Change]:
    amount = moved.amount or ZERO
    if moved.kind == MovementKind.RECEIVED:
        yield RECEIVED, moved.store_id, moved.date, 1, moved.cost or ZERO
    if moved.kind in (MovementKind.SOLD, MovementKind.HISTORY):
        yield SOLD, moved.store_id, moved.date, 1, amount
    if moved.kind == MovementKind.SALE_CANCELLED:
        yield SOLD, moved.store_id, moved.date, -1, -amount
    if moved.kind in (MovementKind.DELIVERED, MovementKind.HISTORY):
        yield DELIVERED, moved.store_id, moved.date, 1, amount
