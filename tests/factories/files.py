"""Files as people bring them: announced, sent to the store, looked through."""

from __future__ import annotations

from django.core.files.base import ContentFile

from forecourt.kernel import files
from forecourt.kernel.access import Actor
from forecourt.kernel.files.own import begin_own_upload
from forecourt.kernel.groups import current_schema
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import group_storage


def bring(
    purpose: str, *, actor: Actor, name: str = "a.txt", content: bytes = b"hello"
) -> StoredFile:
    """An upload of one's own that the worker has looked at; it may have been refused."""
    file = begin_own_upload(actor=actor, purpose=purpose, name=name, size=len(content)).file
    group_storage().put(file.incoming_name, ContentFile(content))
    files.complete_upload(file=file)
    files.check_file(schema_name=current_schema(), file_id=file.pk)
    file.refresh_from_db()
    return file
