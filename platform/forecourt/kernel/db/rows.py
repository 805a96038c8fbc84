"""Rows written by a statement that is made once a model instead of once a call.

Most writes are of few rows, and building Django's statement for them costs more than running it. Of
very many rows the values cost most, so what needs no conversion is not converted.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BooleanField,
    CharField,
    Field,
    ForeignKey,
    IntegerField,
    Model,
    TextField,
    UUIDField,
)

from forecourt.kernel.db.backend.base import is_in_one_trip

Row = TypeVar("Row", bound=Model)
Value = Callable[[Model, BaseDatabaseWrapper], Any]
BATCH = 1000
FEW = 8
"""So many rows go by a statement that is kept for their number."""
VERY_MANY = 100
"""From so many rows on COPY is the faster way."""
AS_THEY_ARE: dict[type, tuple[type, ...]] = {
    str: (CharField, TextField),
    int: (IntegerField, ForeignKey),
    bool: (BooleanField,),
    UUID: (UUIDField,),
}
"""Values that fields of Django's own hand on to the driver unchanged."""
NEXT_KEYS = "ARRAY(SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s))"


def insert(rows: Sequence[Row]) -> None:
    """Insert rows of one of a group's models and give them their keys, where they have none yet.

    Few rows go by the model's kept statement, many by ``bulk_create``, very many by COPY; what the
    database says of a broken constraint is the same.
    """
    if _are_to_be_copied(rows):
        insert_many(rows)
        return
    values = _values_of(rows)
    if values is None:
        _bulk_create(rows)
    elif rows and rows[0].pk is None:
        with connection.cursor() as cursor:
            cursor.execute(_statement(type(rows[0]), len(rows), "new"), values)
            keys = [key for (key,) in cursor.fetchall()]
        for row, key in zip(rows, keys, strict=True):
            row.pk = key
        _are_kept(rows)
    elif rows:
        _execute(_statement(type(rows[0]), len(rows), "known"), [*_keys(rows, values)])
        _are_kept(rows)


def append(rows: Sequence[Row], *, unless_there: bool = False) -> None:
    """Insert rows whose keys nobody asks for, and which are not read back.

    ``unless_there`` leaves out those that a unique constraint refuses.
    """
    if not unless_there and _are_to_be_copied(rows):
        _copy(rows, _fields(type(rows[0])))
        return
    values = _values_of(rows)
    if values is None:
        _bulk_create(rows, ignore_conflicts=unless_there)
    elif rows:
        kind = "unless there" if unless_there else "silent"
        _execute(_statement(type(rows[0]), len(rows), kind), values)


def draw_keys(*several: Sequence[Model]) -> None:
    """Give rows of one or more models their keys beforehand, in one statement.

    What refers to them can then be written without waiting for the database to say them.
    """
    wanted = [rows for rows in several if rows]
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join([NEXT_KEYS] * len(wanted))}",
            [
                value
                for rows in wanted
                for meta in [rows[0]._meta]
                for value in (_quoted(meta.db_table), meta.pk.column, len(rows))
            ],
        )
        found = cursor.fetchone()
    for rows, keys in zip(wanted, found, strict=True):
        for row, key in zip(rows, keys, strict=True):
            row.pk = key


def insert_many(rows: Sequence[Row]) -> None:
    """Insert very many rows of one model by COPY, which spares building a statement for each.

    Not within :func:`~forecourt.kernel.db.trips.one_trip`, which has no COPY. Raises what the
    database says of a broken constraint, as a Django error; then none of them is written.
    """
    if not rows:
        return
    if rows[0].pk is None:
        draw_keys(rows)
    _copy(rows, (rows[0]._meta.pk, *_fields(type(rows[0]))))
    _are_kept(rows)


# -- by COPY ----------------------------------------------------------------------------------


class _WorkedOut(Exception):
    """The database itself is to work a value out: a default of the column, an expression."""


def _are_to_be_copied(rows: Sequence[Row]) -> bool:
    return (
        len(rows) >= VERY_MANY
        and len({row.pk is None for row in rows}) == 1
        and not is_in_one_trip(connection.connection)
    )


def _copy(rows: Sequence[Row], fields: "Sequence[Field[Any, Any]]") -> None:
    columns, wrapper = [_copied(field) for field in fields], connections[DEFAULT_DB_ALIAS]
    try:
        written = [[value_in(row, wrapper) for value_in in columns] for row in rows]
    except _WorkedOut:
        _bulk_create(rows)
        return
    names = ", ".join(_quoted(field.column) for field in fields)
    statement = f"COPY {_quoted(type(rows[0])._meta.db_table)} ({names}) FROM STDIN"
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as copy,
    ):
        for values in written:
            copy.write_row(values)


def _copied(field: "Field[Any, Any]") -> Value:
    """How COPY gets the column's value of a row; raises _WorkedOut."""
    name, unchanged = field.attname, _unchanged(field)
    is_texts = isinstance(field, ArrayField) and str in _unchanged(field.base_field)

    def value_in(row: Model, wrapper: BaseDatabaseWrapper) -> Any:
        value = getattr(row, name)
        if type(value) in unchanged:
            return value
        if is_texts and type(value) is list and {*map(type, value)} == {str}:
            return _array(value)
        prepared = field.get_db_prep_save(field.pre_save(row, True), wrapper)
        if hasattr(prepared, "resolve_expression"):
            raise _WorkedOut
        return prepared

    return value_in


def _unchanged(field: "Field[Any, Any]") -> frozenset[type]:
    """Types of values that the field hands on to the driver as they are."""
    is_djangos_own = type(field).get_prep_value.__module__.startswith("django.db.models")
    if not is_djangos_own or type(field).pre_save is not Field.pre_save:
        return frozenset()
    types = {kind for kind, fields in AS_THEY_ARE.items() if isinstance(field, fields)}
    return frozenset(types | {type(None)}) if types else frozenset()


def _array(texts: list[str]) -> str:
    """An array of texts as COPY reads it."""
    everything = "".join(texts)
    if '"' in everything or "\\" in everything:
        texts = [text.replace("\\", "\\\\").replace('"', '\\"') for text in texts]
    return '{"' + '","'.join(texts) + '"}'


# -- by statements ----------------------------------------------------------------------------


def _bulk_create(rows: Sequence[Row], **how: Any) -> None:
    if rows:
        type(rows[0])._base_manager.bulk_create(rows, batch_size=BATCH, **how)


def _execute(statement: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _are_kept(rows: Sequence[Row]) -> None:
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias


def _keys(rows: Sequence[Row], values: list[Any]) -> list[Any]:
    """The values with each row's key in front of its own."""
    width = len(values) // len(rows)
    return [
        value
        for number, row in enumerate(rows)
        for value in (row.pk, *values[number * width : (number + 1) * width])
    ]


def _values_of(rows: Sequence[Row]) -> list[Any] | None:
    """What goes into the columns of few rows, one after the other; None where Django must."""
    if len(rows) > FEW or len({row.pk is None for row in rows}) > 1:
        return None
    found: list[Any] = []
    for row in rows:
        values = _values(row)
        if values is None:
            return None
        found += values
    return found


def _values(row: Model) -> list[Any] | None:
    """What goes into the columns; None where the database itself is to work a value out."""
    wrapper = connections[DEFAULT_DB_ALIAS]
    values = [
        field.get_db_prep_save(field.pre_save(row, True), wrapper) for field in _fields(type(row))
    ]
    return None if any(hasattr(value, "resolve_expression") for value in values) else values


@cache
def _fields(model: type[Model]) -> tuple["Field[Any, Any]", ...]:
    return tuple(field for field in model._meta.local_concrete_fields if not field.primary_key)


@cache
def _statement(model: type[Model], count: int, kind: str) -> str:
    fields = _fields(model)
    if kind == "known":
        fields = (model._meta.pk, *fields)
    columns = ", ".join(_quoted(field.column) for field in fields)
    places = ", ".join(
        f"%s::{field.db_type(connection)}" if isinstance(field, ArrayField) else "%s"
        for field in fields
    )
    table, key = _quoted(model._meta.db_table), _quoted(model._meta.pk.column)
    after = {"new": f" RETURNING {key}", "unless there": " ON CONFLICT DO NOTHING"}.get(kind, "")
    rows = ", ".join([f"({places})"] * count)
    return f"INSERT INTO {table} ({columns}) VALUES {rows}{after}"  # noqa: S608


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(name or "")
