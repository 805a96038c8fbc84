"""Custom fields as columns that a file can have.

def extra_fields(self, actor):
    return custom_columns("customer", actor)

def write(self, rows, context):
    … custom_values(row) … save_many([(customer, values)], actor=context.actor)
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.definition import PREFIX, Definition, Kind
from forecourt.kernel.custom_fields.hosts import people
from forecourt.kernel.custom_fields.kinds import cleaned, read_text
from forecourt.kernel.custom_fields.registry import visible
from forecourt.kernel.imports.declaration import Choice, Context, Field, FieldKind, ImportRow

_KINDS: dict[Kind, FieldKind] = {
    Kind.TEXT: FieldKind.TEXT,
    Kind.LONG_TEXT: FieldKind.TEXT,
    Kind.INTEGER: FieldKind.INTEGER,
    Kind.DECIMAL: FieldKind.NUMBER,
    Kind.MONEY: FieldKind.MONEY,
    Kind.DATE: FieldKind.DATE,
    Kind.MOMENT: FieldKind.DATETIME,
    Kind.BOOLEAN: FieldKind.BOOLEAN,
    Kind.CHOICE: FieldKind.CHOICE,
    Kind.CHOICES: FieldKind.TEXT,
    Kind.STAFF: FieldKind.CHOICE,
}


def custom_columns(host: str, actor: Actor) -> tuple[Field, ...]:
    """The host's fields that the actor may write; files do not come in a table."""
    return tuple(
        _column(field)
        for field in visible(host, actor)
        if field.kind != Kind.FILE and field.is_editable_by(actor)
    )


def custom_values(row: ImportRow) -> dict[str, Any]:
    """What the row says of custom fields, by code; blank cells say nothing."""
    return {
        name.removeprefix(PREFIX): value
        for name, value in row.values.items()
        if name.startswith(PREFIX) and value is not None
    }


def _column(field: Definition) -> Field:
    several = field.kind == Kind.CHOICES
    return Field(
        field.name,
        field.label,
        kind=_KINDS[Kind(field.kind)],
        synonyms=tuple(name for name in (field.label_zh, field.label_en, field.code) if name),
        help=field.help,
        choices=partial(_choices, field) if field.kind in (Kind.CHOICE, Kind.STAFF) else None,
        parse=(lambda words, _context: read_text(field, words)) if several else None,
        finish=None if several else partial(cleaned, field),
    )


def _choices(field: Definition, _context: Context) -> Iterable[Choice]:
    if field.kind == Kind.STAFF:
        return [Choice(pk, name) for pk, name in people().names_of(None).items()]
    return [
        Choice(choice.value, choice.label, tuple({choice.label_zh, choice.label_en} - {""}))
        for choice in field.choices
        if choice.is_active
    ]
