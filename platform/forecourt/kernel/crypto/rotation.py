"""Changing data keys while people work: a new key, everything encrypted anew, old keys destroyed.

Each step may be cut off and repeated. A row is replaced only if it still holds what was read, so
nothing that is written meanwhile is lost.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import OperationalError, connection, transaction

from forecourt.kernel import audit
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.crypto.fields import EncryptedTextField
from forecourt.kernel.crypto.rings import new_key, retire_keys
from forecourt.kernel.crypto.texts import TOKEN, Undecipherable, decrypt, encrypt
from forecourt.kernel.models import DataKey
from forecourt.kernel.tasks import group_task

ACTOR = system_actor("keys")
BATCH = 500
GRACE = timedelta(minutes=10)
"""How long after a newer key an older one stays at least: far longer than a process keeps keys."""
LOCK_TIMEOUT = "3s"

Progress = Callable[[int], None]
_json_columns: list[tuple[str, str]] = []


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a run has done in a group. ``broken`` names values that no key of the group opens."""

    newest: int
    reencrypted: int
    retired: list[int]
    broken: list[str]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that holds secrets: one encrypted text, or texts within JSON."""

    table: str
    key: str
    name: str
    is_json: bool

    @property
    def stale(self) -> str:
        """The condition that a row holds something of another key than the newest."""
        if self.is_json:
            return f"{self.name}::text ~ %s"
        return f"{self.name} <> '' AND {self.name} !~ %s"

    def pattern(self, newest: int) -> str:
        return rf'"(k(?!{newest}\.)\d+\.)?gAAAA' if self.is_json else rf"^k{newest}\."


def declare_json(model: str, field: str) -> None:
    """Say that a JSON field (``mfa.Authenticator``, ``data``) holds what ``encrypt`` answered."""
    _json_columns.append((model, field))


def json_columns() -> list[tuple[str, str]]:
    """What :func:`declare_json` was told: model and field."""
    return list(_json_columns)


def rotate(progress: Progress | None = None) -> Rotation:
    """Give the group a new key, and encrypt with it what older ones have encrypted."""
    number = new_key()
    audit.record(ACTOR, "key_made", DataKey.objects.get(number=number))
    return go_on_rotating(progress)


def go_on_rotating(progress: Progress | None = None) -> Rotation:
    """Encrypt anew what is left, and destroy old keys that nothing needs any more."""
    count, broken = reencrypt(progress)
    retired: list[int] = []
    if not broken:
        with suppress(OperationalError):  # a table is busy: the daily task tries again
            retired = _retire()
    return Rotation(_newest(), count, retired, broken)


def reencrypt(progress: Progress | None = None) -> tuple[int, list[str]]:
    """Everything with the newest key; answers how many rows, and what could not be opened."""
    newest = _newest()
    count, broken = 0, []
    for column in _columns():
        for key, value in _stale_rows(column, newest):
            try:
                fresh = _fresh(column, value)
            except Undecipherable:
                broken.append(f"{column.table}.{column.name} {key}")
                continue
            count += _replace(column, key, value, fresh)
            if progress:
                progress(count)
    return count, broken


@group_task(always=True)
def finish_rotation() -> None:
    """Daily: what a rotation left, above all old keys that could not be destroyed at once."""
    go_on_rotating()


def rotation_is_open() -> bool:
    """Whether there is a key between the first, which stays, and the newest."""
    return DataKey.objects.count() > 2


def _newest() -> int:
    return DataKey.objects.order_by("-number").values_list("number", flat=True).first() or 0


def _columns() -> Iterator[_Column]:
    group_apps = set(settings.TENANT_APPS)
    for model in apps.get_models():
        if model._meta.app_config.name in group_apps and not model._meta.proxy:
            for field in model._meta.concrete_fields:
                if isinstance(field, EncryptedTextField):
                    yield _column(model, field.name, is_json=False)
    for label, name in _json_columns:
        yield _column(apps.get_model(label), name, is_json=True)


def _column(model: Any, name: str, *, is_json: bool) -> _Column:
    meta = model._meta
    return _Column(meta.db_table, meta.pk.column, meta.get_field(name).column, is_json)


def _stale_rows(column: _Column, newest: int) -> Iterator[tuple[Any, str]]:
    """In the order of keys, a batch at a time; none twice, also where one cannot be opened."""
    select = f"SELECT {column.key}, {column.name}::text FROM {column.table} WHERE {column.stale}"  # noqa: S608
    last: list[Any] = []
    while True:
        after = f" AND {column.key} > %s" if last else ""
        with connection.cursor() as cursor:
            cursor.execute(
                f"{select}{after} ORDER BY {column.key} LIMIT {BATCH}",
                [column.pattern(newest), *last],
            )
            rows = cursor.fetchall()
        yield from rows
        if len(rows) < BATCH:
            return
        last = [rows[-1][0]]


def _fresh(column: _Column, value: str) -> str:
    if not column.is_json:
        return encrypt(decrypt(value))
    return json.dumps(_fresh_json(json.loads(value)), ensure_ascii=False)


def _fresh_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _fresh_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_fresh_json(item) for item in value]
    if isinstance(value, str) and TOKEN.fullmatch(value):
        return encrypt(decrypt(value))
    return value


def _replace(column: _Column, key: Any, value: str, fresh: str) -> int:
    """One row, unless somebody has written it since; one lock at a time, so nobody is stuck."""
    cast = "::jsonb" if column.is_json else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {column.table} SET {column.name} = %s{cast}"  # noqa: S608
            f" WHERE {column.key} = %s AND {column.name} = %s{cast}",
            [fresh, key, value],
        )
        return int(cursor.rowcount)


def _retire() -> list[int]:
    """Destroy keys that are older than the newest, once it is certain that nothing uses them.

    The tables take no writes while they are looked at (milliseconds), so no transaction can hold
    back a row of an old key; and the newest key is old enough to be known to every process.
    """
    newest = DataKey.objects.order_by("-number").first()
    if newest is None or newest.created_at > now() - GRACE:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        for column in _columns():
            cursor.execute(f"LOCK TABLE {column.table} IN SHARE MODE")
            cursor.execute(
                f"SELECT EXISTS (SELECT 1 FROM {column.table} WHERE {column.stale})",  # noqa: S608
                [column.pattern(newest.number)],
            )
            if cursor.fetchone()[0]:
                return []
        older = DataKey.objects.filter(number__lt=newest.number).values_list("number", flat=True)
        gone = retire_keys(older)
        if gone:
            audit.record(ACTOR, "keys_destroyed", newest, {"numbers": gone})
        return gone
