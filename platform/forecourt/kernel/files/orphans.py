"""Bytes without a row, rows without bytes, files that nobody holds: told apart, and tidied away.

Bytes are stored before the transaction that knows of them commits, and removed after the one that
forgets them; whatever fails in between lands here. What is young is left alone: its change may be
under way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import transaction

from forecourt.kernel.clock import now
from forecourt.kernel.files.holders import unheld
from forecourt.kernel.files.keeping import remove
from forecourt.kernel.models import StoredFile
from forecourt.kernel.models.files import INCOMING, KEPT, THUMBNAILS
from forecourt.kernel.schedule import daily
from forecourt.kernel.storage import group_storage
from forecourt.kernel.tasks import group_task

State = StoredFile.State
LEFT_ALONE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Removed:
    """How many were tidied away: objects, unfinished uploads in parts, files that nobody held."""

    strays: int
    unfinished: int
    unheld: int


def stray_names(*, before: datetime) -> Iterator[str]:
    """What lies in the store since before a moment and belongs to no row."""
    keys = _expected()
    for folder, expected in keys.items():
        for name, at in group_storage().stored_in(folder):
            if at < before and name.removeprefix(f"{folder}/") not in expected:
                yield name


def lost_files() -> Iterator[StoredFile]:
    """Files that are ready and have no bytes: somebody, or something, took them from the store."""
    present = {name for name, _at in group_storage().stored_in(KEPT)}
    for file in StoredFile.objects.filter(state=State.READY).order_by("id").iterator():
        if file.kept_name not in present:
            yield file


def unheld_files(*, before: datetime) -> Iterator[StoredFile]:
    """Files that came before a moment and that nobody holds (any more)."""
    yield from unheld(StoredFile.objects.filter(created_at__lt=before).order_by("id"))


def tidy(*, before: datetime) -> Removed:
    """Remove what belongs to nothing. Raises StorageUnavailable; what is done by then stays so."""
    removed = 0
    for file in list(unheld_files(before=before)):
        with transaction.atomic():
            remove(file=file)
            removed += 1
    strays = list(stray_names(before=before))
    for name in strays:
        group_storage().delete(name)
    return Removed(len(strays), _abort_unknown(before), removed)


def _abort_unknown(before: datetime) -> int:
    """Uploads in parts whose row was never written, or is gone."""
    known = set(StoredFile.objects.exclude(upload_id="").values_list("upload_id", flat=True))
    unknown = [
        (name, upload_id)
        for name, upload_id, begun_at in group_storage().unfinished_in(INCOMING)
        if begun_at < before and upload_id not in known
    ]
    for name, upload_id in unknown:
        group_storage().abort_parts(name, upload_id)
    return len(unknown)


def _expected() -> dict[str, set[str]]:
    """The keys that each folder may hold."""
    expected: dict[str, set[str]] = {INCOMING: set(), KEPT: set(), THUMBNAILS: set()}
    rows = StoredFile.objects.exclude(state=State.REFUSED)
    for key, state, has_thumbnail in rows.values_list("key", "state", "has_thumbnail").iterator():
        # A check stores what it keeps before its transaction says so.
        folders = [KEPT] if state == State.READY else [INCOMING, KEPT, THUMBNAILS]
        for folder in [*folders, *([THUMBNAILS] if has_thumbnail else [])]:
            expected[folder].add(key)
    return expected


def has_files() -> bool:
    return StoredFile.objects.exists()


@daily(at=time(3, 40), when=has_files)
@group_task
def tidy_store() -> None:
    """Remove what two days have shown to belong to nothing."""
    tidy(before=now() - LEFT_ALONE)
