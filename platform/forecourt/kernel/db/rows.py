"""Rows written by a statement that is made once a model instead of once a call.

Most writes are of few rows, and building Django's statement for them costs more than running it. Of
very many rows the values cost most, so what needs no conversion is not converted.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
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
MOST_VALUES = 50
"""psycopg takes a longer statement apart each time that it is sent."""
NEXT_KEYS = "ARRAY(SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s))"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a statement that is kept is made for: so many rows of a model, written in which way."""

    model: type[Model]
    count: int
    kind: str


_gathered: ContextVar[list[tuple[Shape, list[Any]]] | None] = ContextVar("gathered", default=None)


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
        _flush()
        with connection.cursor() as cursor:
            cursor.execute(_statement(Shape(type(rows[0]), len(rows), "new")), values)
            keys = [key for (key,) in cursor.fetchall()]
        for row, key in zip(rows, keys, strict=True):
            row.pk = key
        _are_kept(rows)
    elif rows:
        _write(Shape(type(rows[0]), len(rows), "known"), _keys(rows, values))
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
        _write(Shape(type(rows[0]), len(rows), kind), values)


@contextmanager
def together() -> Iterator[None]:
    """Write the few rows whose keys nobody waits for at the end of the block, in few statements.

    The tables' rows may refer to each other, for the database looks at references when the whole
    statement is done. Nothing inside may read what was written inside.
    """
    if _gathered.get() is not None:
        yield
        return
    token = _gathered.set([])
    try:
        yield
        _flush()
    finally:
        _gathered.reset(token)


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

    Raises what the database says of a broken constraint, as a Django error; then none of them is
    written.
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
    return len(rows) >= VERY_MANY and len({row.pk is None for row in rows}) == 1


def _copy(rows: Sequence[Row], fields: "Sequence[Field[Any, Any]]") -> None:
    columns, wrapper = [_copied(field) for field in fields], connections[DEFAULT_DB_ALIAS]
    try:
        written = [[value_in(row, wrapper) for value_in in columns] for row in rows]
    except _WorkedOut:
        _bulk_create(rows)
        return
    _flush()
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
        _flush()
        type(rows[0])._base_manager.bulk_create(rows, batch_size=BATCH, **how)


def _write(shape: Shape, values: list[Any]) -> None:
    gathered = _gathered.get()
    if gathered is None:
        with connection.cursor() as cursor:
            cursor.execute(_statement(shape), values)
        return
    if sum(len(others) for _shape, others in gathered) + len(values) > MOST_VALUES:
        _flush()
    gathered.append((shape, values))


def _flush() -> None:
    """Write what was gathered."""
    gathered = _gathered.get()
    if not gathered:
        return
    shapes = tuple(shape for shape, _values in gathered)
    values = [value for _shape, values in gathered for value in values]
    gathered.clear()
    with connection.cursor() as cursor:
        cursor.execute(_statement_of_all(shapes), values)


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
def _statement_of_all(shapes: tuple[Shape, ...]) -> str:
    *others, last = map(_statement, shapes)
    if not others:
        return last
    parts = ", ".join(f"part{number} AS ({part})" for number, part in enumerate(others))
    return f"WITH {parts} {last}"


@cache
def _statement(shape: Shape) -> str:
    model, kind = shape.model, shape.kind
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
    rows = ", ".join([f"({places})"] * shape.count)
    return f"INSERT INTO {table} ({columns}) VALUES {rows}{after}"  # noqa: S608


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(name or "")
