"""The side table: written with the row, asked by filters, sorting and search."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from time import sleep
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import DecimalField, F, FilteredRelation, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected, LockNotAvailable

from forecourt.kernel.custom_fields.definition import NUMBERED, Definition
from forecourt.kernel.custom_fields.kinds import keys_of, text_key
from forecourt.kernel.errors import Conflict
from forecourt.kernel.groups import current_schema
from forecourt.kernel.models import CustomKey

_LOCK_SPACE = 0x43464C44
_DEFINER_WAITS = "2s"
_WRITER_TRIES, _WRITER_PAUSE = 60, 0.05
"""Longer than a definer waits: one that only waits makes no writer fail."""
_SORT = "custom_sort"
_JOINED = "custom_sort_key"


class ValueTaken(Conflict):
    """Another record has this value, and the field's values are unique."""

    code = "value_taken"


# -- writers and definers ---------------------------------------------------------------------


def as_writer(host: str) -> None:
    """Keep definers of the host's fields out until commit; call before reading the definitions.

    So whoever marks a field as indexed, and then fills in the keys of the rows that are there,
    knows that no row is still being written by the old definition. Asked again and again instead
    of waited for: the caller holds a row's lock that the definer may want. Raises Conflict when a
    definer takes longer than a few seconds.
    """
    patience = _WRITER_TRIES
    while not _lock("pg_try_advisory_xact_lock_shared", host):
        patience -= 1
        if not patience:
            raise Conflict(_("These fields are just being changed. Try again in a moment."))
        sleep(_WRITER_PAUSE)


def as_definer(host: str) -> None:
    """Wait for those who write values of the host; keep others out until commit.

    Raises Conflict when a writer, an import for instance, takes longer than a moment.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_DEFINER_WAITS}'")
    with giving_way():
        _lock("pg_advisory_xact_lock", host)


@contextmanager
def giving_way() -> Iterator[None]:
    """For what a definer waits for: of her and a writer who wait for each other, she gives up.

    Raises Conflict.
    """
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
            raise
        raise Conflict(
            _("Records with these fields are just being written. Try again in a moment.")
        ) from error


def _lock(function: str, host: str) -> bool:
    digest = hashlib.blake2b(f"{current_schema()}.{host}".encode(), digest_size=4).digest()
    key = int.from_bytes(digest, "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [_LOCK_SPACE, key])
        return cursor.fetchone()[0] is not False


# -- writing ----------------------------------------------------------------------------------


def key_rows(field: Definition, row_id: int, value: Any) -> list[CustomKey]:
    return [
        CustomKey(
            field_id=field.id,
            row_id=row_id,
            position=position,
            text_key=key.text,
            number_key=key.number,
            is_unique=field.is_unique,
        )
        for position, key in enumerate(keys_of(field, value))
    ]


def rewrite(values: Mapping[int, Mapping[str, Any]], fields: Sequence[Definition]) -> None:
    """Make the keys of these fields fit ``{row id: {code: value}}``.

    Raises ValueTaken, naming the field, for a value that another row has.
    """
    fields = [field for field in fields if field.is_indexed]
    if not fields or not values:
        return
    CustomKey.objects.filter(
        field_id__in=[field.id for field in fields], row_id__in=list(values)
    ).delete()
    for field in fields:
        rows = [
            key
            for row_id, custom in values.items()
            for key in key_rows(field, row_id, custom.get(field.code))
        ]
        try:
            with transaction.atomic():
                CustomKey.objects.bulk_create(rows, batch_size=1000)
        except IntegrityError as error:
            if "custom_key_value_uq" not in str(error):
                raise
            raise ValueTaken(
                _("Another record has this value already."), field=field.name
            ) from error


# -- asking -----------------------------------------------------------------------------------
# An indexed field is asked by its keys, another one by reading every row's values.


def equal_to(rows: QuerySet, field: Definition, values: Iterable[Any]) -> QuerySet:
    """Rows whose value is (or, of several, has among them) one of ``values``, given as kept."""
    values = list(values)
    if field.is_ready:
        wanted = [key.text for value in values for key in keys_of(field, value)]
        return rows.filter(pk__in=_row_ids(field, text_key__in=wanted))
    reach = Q(pk__in=())
    for value in values:
        reach |= Q(custom__contains={field.code: value})
    return rows.filter(reach)


def beginning_with(rows: QuerySet, field: Definition, words: str) -> QuerySet:
    """Rows whose text begins with the words; of a field without keys, contains them."""
    if field.is_ready:
        return rows.filter(pk__in=_row_ids(field, text_key__startswith=text_key(words)))
    return _with_text(rows, field).filter(custom_text__icontains=words)


def between(rows: QuerySet, field: Definition, low: Any, high: Any) -> QuerySet:
    """Rows whose day or moment lies between, both included and given as kept; None is open."""
    bounds = {"gte": low, "lte": high}
    bounds = {lookup: bound for lookup, bound in bounds.items() if bound is not None}
    if not bounds:
        return rows
    if field.is_ready:
        numbers = {lookup: keys_of(field, bound)[0].number for lookup, bound in bounds.items()}
        return _numbered(rows, field, numbers)
    # Written with the largest unit first, days and moments in UTC sort as texts do.
    narrowed = {f"custom_text__{lookup}": bound for lookup, bound in bounds.items()}
    return _with_text(rows, field).filter(**narrowed)


def between_numbers(
    rows: QuerySet, field: Definition, low: Decimal | None, high: Decimal | None
) -> QuerySet:
    """Rows whose number lies between, both included."""
    bounds = {"gte": low, "lte": high}
    bounds = {lookup: bound for lookup, bound in bounds.items() if bound is not None}
    if not bounds:
        return rows
    if field.is_ready:
        return _numbered(rows, field, bounds)
    number = Cast(F("custom_text"), DecimalField(max_digits=24, decimal_places=6))
    narrowed = {f"custom_number__{lookup}": bound for lookup, bound in bounds.items()}
    return _with_text(rows, field).annotate(custom_number=number).filter(**narrowed)


def _numbered(rows: QuerySet, field: Definition, bounds: Mapping[str, Any]) -> QuerySet:
    lookups = {f"number_key__{lookup}": bound for lookup, bound in bounds.items()}
    return rows.filter(pk__in=_row_ids(field, **lookups))


def found_by(rows: QuerySet, found: QuerySet, fields: Sequence[Definition], words: str) -> QuerySet:
    """``rows`` that are among ``found``, or have a searchable text that begins with the words."""
    ids = [field.id for field in fields if field.is_searchable and field.is_ready]
    wanted = text_key(words)
    if not ids or len(wanted) < 2:
        return found
    keyed = CustomKey.objects.filter(field_id__in=ids, text_key__startswith=wanted)
    either = found.order_by().values("pk").union(keyed.values("row_id"))
    return rows.filter(pk__in=either)


def sorted_by(rows: QuerySet, field: Definition) -> tuple[QuerySet, str]:
    """The rows joined with their keys of an indexed field, and the path to order them by.

    The page of rows that have a value asks for one, so PostgreSQL turns the join round and walks
    the index of the keys.
    """
    rows = rows.annotate(
        **{
            _JOINED: FilteredRelation(
                "custom_keys",
                condition=Q(custom_keys__field_id=field.id, custom_keys__position=0),
            )
        }
    )
    column = "number_key" if field.kind in NUMBERED else "text_key"
    return rows.annotate(**{_SORT: F(f"{_JOINED}__{column}")}), _SORT


def _row_ids(field: Definition, **lookups: Any) -> QuerySet:
    return CustomKey.objects.filter(field_id=field.id, **lookups).values("row_id")


def _with_text(rows: QuerySet, field: Definition) -> QuerySet:
    # By name and not by path: a field may be called as a lookup is.
    return rows.annotate(custom_text=KeyTextTransform(field.code, "custom"))
