"""Files that are there: handed out for some minutes, read, removed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.files.base import File
from django.utils.translation import gettext as _

from forecourt.kernel import outbox
from forecourt.kernel.errors import NotFound
from forecourt.kernel.files.errors import NotReady
from forecourt.kernel.inspection.kinds import kind_of_type
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import group_storage

State = StoredFile.State
LINK_LIVES = timedelta(minutes=10)
THUMBNAIL_TYPE = "image/webp"
REMOVAL = "files.remove"


def opened(file: StoredFile) -> File:
    """The bytes, to be read from anywhere in them, for workers.

    Raises NotReady, StorageUnavailable, and NotFound when the store has lost them.
    """
    _require_ready(file)
    try:
        return group_storage().open(file.kept_name)
    except FileNotFoundError as error:
        raise NotFound(_("This file is gone.")) from error


def link_to(file: StoredFile, *, inline: bool = False) -> str:
    """An address that hands the file out for some minutes, to whoever has it.

    Ask who may see it each time before. ``inline`` lets the browser show pictures, PDF and films
    in the page; everything else is only ever saved. Raises NotReady.
    """
    _require_ready(file)
    kind = kind_of_type(file.content_type)
    return group_storage().download_link(
        file.kept_name,
        filename=file.name,
        content_type=file.content_type,
        inline=inline and kind is not None and kind.is_shown,
        expires=LINK_LIVES,
    )


def thumbnail_link(file: StoredFile) -> str:
    """An address of the small picture, for some minutes; empty where there is none."""
    if not file.has_thumbnail:
        return ""
    return group_storage().download_link(
        file.thumbnail_name,
        filename="thumbnail.webp",
        content_type=THUMBNAIL_TYPE,
        inline=True,
        expires=LINK_LIVES,
    )


def remove(*, file: StoredFile) -> None:
    """The row goes now, the bytes once the transaction has committed; a held file stays.

    Raises ProtectedError or IntegrityError while another row refers to it.
    """
    forget_bytes(file)
    file.delete()


def forget_bytes(file: StoredFile) -> None:
    """Have all bytes of a file removed after the transaction, however often it takes."""
    payload = {"key": file.key, "upload_id": file.upload_id}
    outbox.emit(REMOVAL, payload, file.key)


@outbox.handles(REMOVAL)
def remove_bytes(payload: dict[str, Any], _key: str) -> None:
    """Remove what the store has of a file; safe to do again."""
    file = StoredFile(key=payload["key"])
    storage = group_storage()
    if payload["upload_id"]:
        storage.abort_parts(file.incoming_name, payload["upload_id"])
    for name in (file.incoming_name, file.kept_name, file.thumbnail_name):
        storage.delete(name)


def _require_ready(file: StoredFile) -> None:
    if file.state == State.REFUSED:
        raise NotReady(file.get_refusal_display())
    if not file.is_ready:
        raise NotReady(_("The file is still being checked."))
