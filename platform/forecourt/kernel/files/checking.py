"""The worker's part: whatever was brought is looked at before anybody may have it."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from forecourt.kernel import events
from forecourt.kernel.clock import now
from forecourt.kernel.files.events import FileChecked, FileDescribed, FileGivenUp
from forecourt.kernel.files.findings import DESCRIBED, Finding, describe, examine
from forecourt.kernel.files.keeping import forget_bytes
from forecourt.kernel.inspection.clamav import ScannerUnavailable
from forecourt.kernel.models import StoredFile
from forecourt.kernel.schedule import every
from forecourt.kernel.storage import StorageUnavailable, group_storage
from forecourt.kernel.tasks import enqueue, group_task

logger = logging.getLogger(__name__)
State = StoredFile.State

CLAIM = timedelta(minutes=30)
"""How long a worker has for one file before another may take it."""
BACK_OFF = [timedelta(seconds=s) for s in (10, 60, 300, 900, 3600)]
PER_SWEEP = 100


@group_task
def check_file(file_id: int) -> None:
    """Look at a file that has arrived; it ends READY or REFUSED, or waits to be looked at again."""
    file = _claim(file_id)
    if file is None:
        return
    try:
        finding = examine(file)
    except StorageUnavailable as unavailable:
        _put_off(file, unavailable.reason)
    except ScannerUnavailable as unavailable:
        _put_off(file, str(unavailable))
    except FileNotFoundError:
        # Only the sweep of the store, or somebody with its keys, can have taken it away.
        _settle(file, Finding(refusal=StoredFile.Refusal.BROKEN))
    else:
        _settle(file, finding)


@group_task
def describe_file(file_id: int) -> None:
    """Read pages, text and a small picture off a file that the product made itself."""
    file = StoredFile.objects.filter(pk=file_id, state=State.READY).first()
    if file is not None:
        describe(file).describe(file)
        with transaction.atomic():
            file.save(update_fields=["has_thumbnail", *DESCRIBED])
            events.publish(FileDescribed(file.pk))


def _claim(file_id: int) -> StoredFile | None:
    """The file, if it waits and no other worker has it."""
    with transaction.atomic():
        file = _due().select_for_update(skip_locked=True).filter(pk=file_id).first()
        if file is None:
            return None
        file.attempts += 1
        file.due_at = now() + CLAIM
        file.save(update_fields=["attempts", "due_at"])
        return file


def _due() -> QuerySet[StoredFile]:
    return StoredFile.objects.filter(state=State.CHECKING, due_at__lte=now())


def _put_off(file: StoredFile, reason: str) -> None:
    wait = BACK_OFF[min(file.attempts, len(BACK_OFF)) - 1]
    StoredFile.objects.filter(pk=file.pk, state=State.CHECKING).update(due_at=now() + wait)
    logger.warning("a file waits to be checked", extra={"file_id": file.pk, "reason": reason})


def _settle(file: StoredFile, finding: Finding) -> None:
    """Write what was found, and tell whoever listens."""
    with transaction.atomic():
        locked = StoredFile.objects.select_for_update(no_key=True).filter(pk=file.pk).first()
        if locked is None or locked.state != State.CHECKING:
            # Given up meanwhile: its bytes were to be removed before these were stored.
            forget_bytes(file)
            return
        finding.write_to(locked)
        locked.due_at = None
        locked.save()
        if locked.state == State.REFUSED:
            forget_bytes(locked)
        events.publish(FileChecked(locked.pk, locked.state))
    if locked.state == State.READY:
        _tidy(locked)


def _tidy(file: StoredFile) -> None:
    """Remove the bytes as they arrived; what is forgotten here the daily sweep finds."""
    try:
        group_storage().delete(file.incoming_name)
    except StorageUnavailable:
        logger.warning("left to the sweep", extra={"file_id": file.pk})


def has_due() -> bool:
    """Whether an upload is to be given up or a file waits for its check."""
    return StoredFile.objects.filter(due_at__lte=now()).exists()


@every(minutes=1, when=has_due)
@group_task
def take_up() -> None:
    """Send what waits to be checked, and give up what never arrived."""
    for pk in _due().order_by("due_at").values_list("pk", flat=True)[:PER_SWEEP]:
        enqueue(check_file, file_id=pk)
    for file in StoredFile.objects.filter(state=State.UPLOADING, due_at__lte=now())[:PER_SWEEP]:
        with transaction.atomic():
            late = StoredFile.objects.select_for_update(skip_locked=True).filter(
                pk=file.pk, state=State.UPLOADING
            )
            if found := late.first():
                events.publish(FileGivenUp(found.pk))
                forget_bytes(found)
                found.delete()
