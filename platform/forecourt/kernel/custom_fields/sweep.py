"""Files that no record holds: their change was taken back, or another file came in their place.

A file is stored before its transaction commits, so one that rolls back leaves it behind.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import cast

from django.core.files.storage import storages
from django.db.models.fields.json import KeyTextTransform, KeyTransform

from forecourt.kernel.clock import now
from forecourt.kernel.custom_fields.definition import Kind
from forecourt.kernel.custom_fields.files import FOLDER
from forecourt.kernel.custom_fields.hosts import get_host
from forecourt.kernel.custom_fields.registry import read
from forecourt.kernel.models import CustomField
from forecourt.kernel.schedule import daily
from forecourt.kernel.storage import LocalGroupStorage, S3GroupStorage
from forecourt.kernel.tasks import group_task

LEFT_ALONE = timedelta(days=1)
"""A file so young may belong to a change that has not committed yet."""


def has_file_fields() -> bool:
    return CustomField.objects.filter(kind=Kind.FILE).exists()


@daily(at=time(3, 50), when=has_file_fields)
@group_task
def remove_orphans() -> None:
    """Delete the files of custom fields that no record holds."""
    remove_unheld(before=now() - LEFT_ALONE)


def remove_unheld(*, before: datetime) -> list[str]:
    """Delete what was stored before a moment and is held by no record; answers the keys."""
    storage = cast(LocalGroupStorage | S3GroupStorage, storages["default"])
    stored = [name for name, at in storage.stored_in(FOLDER) if at < before]
    held = _held() if stored else set()
    unheld = [name for name in stored if name not in held]
    for name in unheld:
        storage.delete(name)
    return unheld


def _held() -> set[str]:
    """The keys in all records, those of retired fields and of rows that were put away included."""
    keys: set[str] = set()
    for fields in read().values():
        for field in fields:
            if field.kind == Kind.FILE:
                key = KeyTextTransform("key", KeyTransform(field.code, "custom"))
                rows = get_host(field.host).model._base_manager.filter(custom__has_key=field.code)
                keys.update(rows.values_list(key, flat=True).iterator())
    return keys
