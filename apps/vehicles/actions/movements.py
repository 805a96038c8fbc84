"""The one way in which a stock unit changes its state, its store or its cost.

A movement is appended first; then the unit takes state, store and cost *from its movement*, in one
statement for however many units, so the two cannot differ. The kept figures follow from the same
movements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from apps.vehicles.models import StockMovement, StockUnit
from apps.vehicles.rules.figures import Change, figure_changes
from apps.vehicles.rules.states import next_state
from forecourt.kernel.access import Actor
from forecourt.kernel.db.rows import insert

FOLLOW = """
    UPDATE vehicles_stockunit AS unit
    SET last_movement_id = movement.id, movement_count = movement.sequence,
        store_id = movement.store_id, state = movement.state, cost = movement.cost{more}
    FROM vehicles_stockmovement AS movement
    WHERE movement.id = ANY(%s) AND unit.id = movement.unit_id
"""

NO_RESERVATION: dict[str, Any] = {
    "reserved_at": None,
    "reserved_by_id": None,
    "reserved_for": "",
    "reserved_customer_id": None,
    "reserved_order": "",
    "reserved_until": None,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One move of one locked unit, before it is made. None leaves store or cost as they are."""

    unit: StockUnit
    kind: str
    date: date
    store_id: int | None = None
    cost: Decimal | None = None
    amount: Decimal | None = None
    note: str = ""


def move(
    steps: Sequence[Step],
    *,
    actor: Actor,
    at: datetime,
    transfer_id: int | None = None,
    to_store_id: int | None = None,
    **columns: Any,
) -> list[Change]:
    """Make one move for each of several units, and answer what it adds to the figures.

    ``columns`` are set on every unit in the same statement. Three statements at most, whatever the
    number of units. Raises MoveNotAllowed, and then nothing is written.
    """
    movements = [_movement(step, actor, at, transfer_id) for step in steps]
    insert(movements)
    follow(movements, columns)
    changes: list[Change] = []
    for step, movement in zip(steps, movements, strict=True):
        apply(step.unit, movement, columns)
        changes += figure_changes(
            movement, stocked_in_date=step.unit.stocked_in_date, to_store_id=to_store_id
        )
    return changes


def _movement(step: Step, actor: Actor, at: datetime, transfer_id: int | None) -> StockMovement:
    unit = step.unit
    is_first = unit.movement_count == 0
    return StockMovement(
        unit_id=unit.pk,
        sequence=unit.movement_count + 1,
        kind=step.kind,
        from_state=unit.state,
        from_store_id=None if is_first else unit.store_id,
        from_cost=None if is_first else unit.cost,
        state=next_state(step.kind, unit.state, is_reserved=unit.is_reserved),
        store_id=step.store_id or unit.store_id,
        cost=unit.cost if step.cost is None else step.cost,
        amount=step.amount,
        transfer_id=transfer_id,
        date=step.date,
        at=at,
        actor_id=actor.staff_id,
        actor_name=actor.name,
        note=step.note,
    )


def follow(movements: Iterable[StockMovement], columns: dict[str, Any]) -> None:
    """Let the units take state, store and cost from these movements, the last of each unit."""
    fields = {name: StockUnit._meta.get_field(name) for name in columns}
    more = "".join(f", {field.column} = %s" for field in fields.values())
    values = [field.get_db_prep_save(columns[name], connection) for name, field in fields.items()]
    ids = [movement.pk for movement in movements]
    with connection.cursor() as cursor:
        cursor.execute(FOLLOW.format(more=more), [*values, ids])
        if cursor.rowcount != len(ids):
            raise AssertionError("a movement has no stock unit")


def apply(unit: StockUnit, movement: StockMovement, columns: dict[str, Any]) -> None:
    """The same on the row in memory."""
    unit.last_movement_id = movement.pk
    unit.movement_count = movement.sequence
    unit.state = movement.state
    unit.cost = movement.cost
    if unit.store_id != movement.store_id:
        unit.store_id = movement.store_id
    for name, value in columns.items():
        setattr(unit, name, value)
