"""Files that are kept at once: what the product itself makes, and what it kept in older ways."""

from __future__ import annotations

import hashlib
import secrets
from tempfile import TemporaryFile
from typing import Any

from django.core.files.base import ContentFile, File

from forecourt.kernel import outbox
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.files.checking import describe_file
from forecourt.kernel.files.names import clean_name
from forecourt.kernel.files.purposes import purpose_of
from forecourt.kernel.inspection.kinds import PAPERS, kind_of_type
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import group_storage
from forecourt.kernel.tasks import enqueue

ADOPTED = "files.adopted"


def keep_bytes(
    *, purpose: str, name: str, content: bytes, content_type: str, actor: Actor | None = None
) -> StoredFile:
    """Keep what the product itself has made; it is READY at once. Raises StorageUnavailable.

    Its pages, its text for searching and its small picture follow in the background.
    """
    file = StoredFile(
        key=secrets.token_hex(16),
        purpose=purpose_of(purpose).code,
        name=clean_name(name),
        content_type=content_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        state=StoredFile.State.READY,
        uploaded_by_id=actor.staff_id if actor else None,
        created_at=now(),
    )
    group_storage().put(file.kept_name, ContentFile(content))
    file.save()
    kind = kind_of_type(content_type)
    if kind is not None and kind.code in PAPERS:
        enqueue(describe_file, file_id=file.pk)
    return file


def adopt(*, purpose: str, name: str, stored_name: str, content_type: str, key: str) -> StoredFile:
    """Keep bytes that lie elsewhere in the group's store as a file like all others.

    For what was accepted before files came straight to the store; nothing is refused again. The
    old bytes are removed once the transaction has committed. Raises FileNotFoundError when the
    bytes are gone, StorageUnavailable.
    """
    file = StoredFile(
        key=key,
        purpose=purpose_of(purpose).code,
        name=clean_name(name),
        content_type=content_type,
        state=StoredFile.State.READY,
        created_at=now(),
    )
    digest = hashlib.sha256()
    with TemporaryFile() as copy:
        for piece in group_storage().pieces(stored_name):
            digest.update(piece)
            copy.write(piece)
        file.size, file.sha256 = copy.tell(), digest.hexdigest()
        copy.seek(0)
        group_storage().put(file.kept_name, File(copy))
    file.save()
    outbox.emit(ADOPTED, {"name": stored_name}, key)
    return file


@outbox.handles(ADOPTED)
def remove_old_bytes(payload: dict[str, Any], _key: str) -> None:
    """Remove bytes that were taken over under another name; safe to do again."""
    group_storage().delete(payload["name"])
