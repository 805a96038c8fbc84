"""Rows written by a statement that is made once a model instead of once a call.

Most writes are of one row, and building Django's statement for it costs more than running it.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Field, Model

Row = TypeVar("Row", bound=Model)
BATCH = 1000


def insert(rows: Sequence[Row]) -> None:
    """Insert rows of one of a group's models that have no key yet, and give them their keys.

    One row goes by the model's kept statement, several by ``bulk_create``; what the database says
    of a broken constraint is the same.
    """
    if len(rows) == 1 and (values := _values(rows[0])) is not None:
        _insert_one(rows[0], values)
    elif rows:
        type(rows[0])._base_manager.bulk_create(rows, batch_size=BATCH)


def insert_many(rows: Sequence[Row]) -> None:
    """Insert very many rows of one model by COPY, which spares building a statement for each.

    They get their keys beforehand, from the table's own sequence. Raises what the database says
    of a broken constraint, as a Django error; then none of them is written.
    """
    if not rows:
        return
    model = type(rows[0])
    values = [_values(row) for row in rows]
    complete = [row for row in values if row is not None]
    if len(complete) < len(rows):
        insert(rows)
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [_quoted(model._meta.db_table), model._meta.pk.column, len(rows)],
        )
        keys = [key for (key,) in cursor.fetchall()]
        with connection.wrap_database_errors, cursor.copy(_copy_statement(model)) as copy:
            for key, written in zip(keys, complete, strict=True):
                copy.write_row([key, *written])
    for row, key in zip(rows, keys, strict=True):
        row.pk = key
        row._state.adding = False
        row._state.db = connection.alias


@cache
def _copy_statement(model: type[Model]) -> str:
    columns = [model._meta.pk.column, *(field.column for field in _fields(model))]
    table = _quoted(model._meta.db_table)
    return f"COPY {table} ({', '.join(map(_quoted, columns))}) FROM STDIN"


def _insert_one(row: Model, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_statement(type(row)), values)
        row.pk = cursor.fetchone()[0]
    row._state.adding = False
    row._state.db = connection.alias


def _values(row: Model) -> list[Any] | None:
    """What goes into the columns; None where the database itself is to work a value out."""
    values = [
        field.get_db_prep_save(field.pre_save(row, True), connection)
        for field in _fields(type(row))
    ]
    return None if any(hasattr(value, "resolve_expression") for value in values) else values


@cache
def _fields(model: type[Model]) -> tuple["Field[Any, Any]", ...]:
    return tuple(field for field in model._meta.local_concrete_fields if not field.primary_key)


@cache
def _statement(model: type[Model]) -> str:
    fields = _fields(model)
    columns = ", ".join(_quoted(field.column) for field in fields)
    places = ", ".join(
        f"%s::{field.db_type(connection)}" if isinstance(field, ArrayField) else "%s"
        for field in fields
    )
    table, key = _quoted(model._meta.db_table), _quoted(model._meta.pk.column)
    return f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING {key}"  # noqa: S608


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(name or "")
