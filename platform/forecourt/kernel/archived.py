"""What of a group's rows leaves with its archive, and what only a re-import may read.

Every table leaves whole unless something is said here; a module says it in its
``archived_parts.py``. The archive has two parts (docs/archive.md): one that people read, in clear,
and a sealed one that holds what the first must not show.

* :func:`withhold` names columns that nobody may read: password hashes, digests of tokens, keys.
* :func:`leave_out` names rows that mean nothing elsewhere: sessions.
* :func:`leave_out_files` names folders of stored files that are copies of something: archives.

An encrypted column leaves in clear where ``masked_fields`` says who may see it, for the group's
owner is among those; any other is withheld by itself, as is JSON that holds secrets.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps

from forecourt.kernel.crypto.fields import EncryptedTextField
from forecourt.kernel.crypto.rotation import json_columns


@dataclass(frozen=True, slots=True)
class StaysBehind:
    """Rows of a table that stay: all of them, or those whose ``name`` (a field) holds ``value``."""

    name: str = ""
    value: str = ""


_withheld: set[tuple[str, str]] = set()
_left_out: dict[str, StaysBehind] = {}
_folders: set[str] = set()


def withhold(model: str, *fields: str) -> None:
    """Keep fields of a model (``accounts.User``, ``password``) out of what people read."""
    _withheld.update((model, name) for name in fields)


def leave_out(model: str, *, field: str = "", value: str = "") -> None:
    """Leave a model's rows behind; with ``field`` only those that hold ``value`` there."""
    _left_out[model] = StaysBehind(field, value)


def leave_out_files(folder: str) -> None:
    """Leave a folder of the group's stored files behind."""
    _folders.add(folder)


def folders_left_out() -> frozenset[str]:
    return frozenset(_folders)


@cache
def withheld_columns() -> dict[str, frozenset[str]]:
    """By table, the columns that only the sealed part holds."""
    return _by_table({*_withheld, *json_columns(), *_encrypted(readable=False)})


@cache
def decrypted_columns() -> dict[str, frozenset[str]]:
    """By table, the encrypted columns that people read in clear."""
    return _by_table(_encrypted(readable=True))


@cache
def rows_left_out() -> dict[str, StaysBehind]:
    """By table, which of its rows stay behind; ``name`` is then a column."""
    found = {}
    for label, stays in _left_out.items():
        meta = apps.get_model(label)._meta
        column = _column(label, stays.name) if stays.name else ""
        found[meta.db_table] = StaysBehind(column, stays.value)
    return found


def _by_table(fields: set[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for label, name in fields:
        table = apps.get_model(label)._meta.db_table
        found.setdefault(table, set()).add(_column(label, name))
    return {table: frozenset(columns) for table, columns in found.items()}


def _column(label: str, name: str) -> str:
    field: Any = apps.get_model(label)._meta.get_field(name)
    return str(field.column)


def _encrypted(*, readable: bool) -> set[tuple[str, str]]:
    return {
        (model._meta.label, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField)
        and (field.name in getattr(model, "masked_fields", {})) is readable
    }
