"""Files that the product itself makes: trusted, and kept at once."""

from __future__ import annotations

import hashlib
import secrets

from django.core.files.base import ContentFile

from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.files.checking import describe_file
from forecourt.kernel.files.names import clean_name
from forecourt.kernel.files.purposes import purpose_of
from forecourt.kernel.inspection.kinds import PAPERS, kind_of_type
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import group_storage
from forecourt.kernel.tasks import enqueue


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
