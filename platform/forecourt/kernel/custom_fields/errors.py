"""Refusals of whoever defines fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from forecourt.kernel.errors import Conflict

SHOWN_ROWS = 50


@dataclass(frozen=True, slots=True)
class BlockingRow:
    """A row whose value stands in the way: which one, and the value in words."""

    row_id: int
    value: str


class FieldInUse(Conflict):
    """Rows have a value of this field, so it is retired instead of deleted."""

    code = "field_in_use"


class ValuesDoNotConvert(Conflict):
    """Some values make no sense in the new kind; ``rows`` are the first of them."""

    code = "values_do_not_convert"

    def __init__(self, message: object, *, rows: Sequence[BlockingRow], count: int) -> None:
        super().__init__(message, field="kind")
        self.rows, self.count = rows, count


class ValuesClash(Conflict):
    """Several rows have the same value, so the field cannot be made unique."""

    code = "values_clash"

    def __init__(self, message: object, *, rows: Sequence[BlockingRow], count: int) -> None:
        super().__init__(message, field="is_unique")
        self.rows, self.count = rows, count
