"""Paging by position instead of by number: page 1000 costs what page 1 costs.

A cursor is the place of a row in the ordering. The rows behind it are read as few *segments*, each
one range of an index on the ordering's columns (`(a, id) > (x, y)`, then `a IS NULL`), so nothing
before the cursor is ever visited. NULLs stand where PostgreSQL's plain indexes have them: last when
ascending, first when descending. A column of a joined table that the rows are annotated with (the
key of a custom field) has its NULLs last in both directions and is read apart from them from the
first page on: so the other table's index gives the order.

A cursor carries the ordering's values of one row; who may not see a column may not sort by it.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Generic, Literal, TypeVar

from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.core.signing import BadSignature, Signer
from django.db.models import BooleanField, F, Func, Model, OrderBy, Q, QuerySet, Value
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import Col
from django.utils.duration import duration_iso_string

Direction = Literal["after", "before"]
Row = TypeVar("Row", bound=Model)


class BadCursor(Exception):
    """The text is no cursor of this ordering: altered, of another sort, or of another time."""


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows. `next` goes with direction "after", `previous` with "before"."""

    rows: list[Row]
    next: str | None
    previous: str | None


@dataclass(frozen=True)
class _Column:
    """One column of the ordering, seen from the direction in which the rows are read."""

    path: str
    descending: bool
    nullable: bool
    blanks_first: bool = False
    is_apart: bool = False

    @property
    def ordering(self) -> str:
        return f"-{self.path}" if self.descending else self.path

    @property
    def in_full(self) -> OrderBy:
        """With the place of blanks, for where they are not read apart."""
        return OrderBy(
            F(self.path),
            descending=self.descending,
            nulls_first=True if self.nullable and self.blanks_first else None,
            nulls_last=True if self.nullable and not self.blanks_first else None,
        )

    def reversed(self) -> _Column:
        return replace(self, descending=not self.descending, blanks_first=not self.blanks_first)


class _RowBeyond(Func):
    """`(a, b) > (x, y)`: one comparison of rows, which a composite index answers by itself."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, columns: Sequence[_Column], values: Sequence[Any]) -> None:
        self._count = len(columns)
        super().__init__(
            *[F(column.path) for column in columns], *[Value(value) for value in values]
        )
        self._operator = "<" if columns[0].descending else ">"

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        sides, parameters = [], []
        expressions = self.get_source_expressions()
        for side in (expressions[: self._count], expressions[self._count :]):
            compiled = [compiler.compile(expression) for expression in side]
            sides.append(", ".join(sql for sql, _ in compiled))
            parameters += [parameter for _, part in compiled for parameter in part]
        return f"({sides[0]}) {self._operator} ({sides[1]})", parameters


_Segment = tuple[Q | _RowBeyond, bool]
"""A condition, and whether the ordering's first column is blank in all of its rows."""


def paginate(
    queryset: QuerySet[Row],
    ordering: Sequence[str],
    cursor: str | None = None,
    size: int = 50,
    direction: Direction = "after",
) -> Page[Row]:
    """Return the page of `size` rows behind (or, "before", in front of) the cursor.

    `ordering` is as for `order_by` (field paths, `-` for descending); the primary key is appended
    where it is missing, so that rows with equal values keep one order. Without a cursor it is the
    first page, and so it is when going back reaches the beginning. Raises BadCursor.
    """
    columns = _columns(queryset, ordering)
    if cursor is None:
        return _first_page(queryset, columns, size)
    values = _decode(queryset, columns, cursor)
    if direction == "before":
        backwards = [column.reversed() for column in columns]
        rows = _read(queryset, backwards, _segments(backwards, values), size + 1)
        if len(rows) <= size:
            return _first_page(queryset, columns, size)
        rows = rows[size - 1 :: -1]
        return Page(rows, _encode(columns, rows[-1]), _encode(columns, rows[0]))
    rows = _read(queryset, columns, _segments(columns, values), size + 1)
    if not rows:
        return _first_page(queryset, columns, size)
    page, more = rows[:size], len(rows) > size
    return Page(page, _encode(columns, page[-1]) if more else None, _encode(columns, page[0]))


def ordered(queryset: QuerySet[Row], ordering: Sequence[str]) -> QuerySet[Row]:
    """All rows in the order of the pages, to be read in one go."""
    return queryset.order_by(*[column.in_full for column in _columns(queryset, ordering)])


def bounded_count(queryset: QuerySet, cap: int) -> tuple[int, bool]:
    """Count at most `cap` rows; the second value says that there are more than that."""
    count = queryset.order_by()[: cap + 1].count()
    return min(count, cap), count > cap


def _first_page(queryset: QuerySet[Row], columns: Sequence[_Column], size: int) -> Page[Row]:
    rows = _read(queryset, columns, _from_the_start(columns[0]), size + 1)
    page = rows[:size]
    return Page(page, _encode(columns, page[-1]) if len(rows) > size else None, None)


def _read(
    queryset: QuerySet[Row], columns: Sequence[_Column], segments: Iterable[_Segment], limit: int
) -> list[Row]:
    terms = [column.ordering for column in columns]
    rows: list[Row] = []
    for condition, is_blank in segments:
        # Where the first column is blank it has nothing to say, and the next one's index may serve.
        rows += queryset.filter(condition).order_by(*terms[is_blank:])[: limit - len(rows)]
        if len(rows) == limit:
            break
    return rows


def _from_the_start(head: _Column) -> list[_Segment]:
    """The conditions that divide all rows, in reading order."""
    if not head.is_apart:
        return [(Q(), False)]
    blank, filled = (_blank(head), True), (Q(**{f"{head.path}__isnull": False}), False)
    return [blank, filled] if head.blanks_first else [filled, blank]


def _blank(column: _Column) -> Q:
    return Q(**{f"{column.path}__isnull": True})


def _segments(columns: Sequence[_Column], values: Sequence[Any]) -> Iterator[_Segment]:
    """Yield, in reading order, the conditions whose rows together are all that lies beyond."""
    head, rest = columns[0], columns[1:]
    value = values[0]
    blanks_follow = head.nullable and not head.blanks_first
    if _is_one_range(columns, value):
        yield _RowBeyond(columns, values), False
        if blanks_follow:
            yield _blank(head), True
        return
    if rest:
        same = _blank(head) if value is None else Q(**{head.path: value})
        for deeper, _ in _segments(rest, values[1:]):
            yield same & Q(deeper), value is None
    if value is None:
        if head.blanks_first:
            yield Q(**{f"{head.path}__isnull": False}), False
        return
    yield Q(**{f"{head.path}__{'lt' if head.descending else 'gt'}": value}), False
    if blanks_follow:
        yield _blank(head), True


def _is_one_range(columns: Sequence[_Column], value: Any) -> bool:
    head, rest = columns[0], columns[1:]
    return value is not None and all(
        column.descending == head.descending and not column.nullable for column in rest
    )


def _columns(queryset: QuerySet, ordering: Sequence[str]) -> list[_Column]:
    key = queryset.model._meta.pk.name
    columns = [_column(queryset, term) for term in ordering]
    if not any(column.path in (key, "pk") for column in columns):
        descending = columns[0].descending if columns else False
        columns.append(_Column(key, descending, nullable=False))
    return columns


def _column(queryset: QuerySet, term: str) -> _Column:
    path, descending = term.removeprefix("-"), term.startswith("-")
    annotation = queryset.query.annotations.get(path)
    if isinstance(annotation, Col):
        return _Column(path, descending, nullable=True, is_apart=True)
    if annotation is not None:
        return _Column(path, descending, nullable=True, blanks_first=descending)
    nullable = any(field.null for field in _fields(queryset, path))
    return _Column(path, descending, nullable, blanks_first=descending)


def _fields(queryset: QuerySet, path: str) -> list[Any]:
    model, fields = queryset.model, []
    for part in path.split(LOOKUP_SEP):
        if model is None:
            raise FieldError(f"{path} is no column of {queryset.model.__name__}.")
        try:
            field = model._meta.pk if part == "pk" else model._meta.get_field(part)
        except FieldDoesNotExist as missing:
            raise FieldError(f"{path} is no column of {queryset.model.__name__}.") from missing
        fields.append(field)
        model = field.related_model
    return fields


def _parser(queryset: QuerySet, path: str) -> Any:
    annotation = queryset.query.annotations.get(path)
    field = annotation.output_field if annotation is not None else _fields(queryset, path)[-1]
    while field.is_relation:
        field = field.target_field  # type: ignore[union-attr]
    return field


def _signer(columns: Sequence[_Column]) -> Signer:
    # The salt names the ordering: a cursor of another sort does not fit and counts as altered.
    return Signer(salt="keyset:" + ",".join(column.ordering for column in columns))


def _encode(columns: Sequence[_Column], row: Any) -> str:
    values = [_plain(_value(row, column.path)) for column in columns]
    return _signer(columns).sign_object(values, compress=True)


def _decode(queryset: QuerySet, columns: Sequence[_Column], cursor: str) -> list[Any]:
    try:
        values = _signer(columns).unsign_object(cursor)
        return [
            None if value is None else _parser(queryset, column.path).to_python(value)
            for column, value in zip(columns, values, strict=True)
        ]
    except (BadSignature, ValueError, TypeError, ValidationError, json.JSONDecodeError) as cause:
        raise BadCursor(cursor) from cause


def _value(row: Any, path: str) -> Any:
    if isinstance(row, dict):
        return row[path]
    for part in path.split(LOOKUP_SEP):
        if row is None:
            return None
        row = getattr(row, part)
    return row.pk if isinstance(row, Model) else row


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return duration_iso_string(value)
    if isinstance(value, Decimal | uuid.UUID):
        return str(value)
    return value
