"""Documents as they come into being: announced, sent to the store, looked through."""

from __future__ import annotations

import io
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image

from apps.documents import actions
from apps.documents.actions.adding import Begun
from apps.documents.models import Document, DocumentKind, DocumentVersion
from apps.documents.subjects import Place
from forecourt.kernel import files
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.groups import current_schema
from forecourt.kernel.storage import group_storage


def png(colour: str = "navy") -> bytes:
    """A small real picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, "PNG")
    return buffer.getvalue()


def kind_of(code: str = "other", **changes: Any) -> DocumentKind:
    """One of the kinds that every group begins with, changed as a test wants it."""
    kind = DocumentKind.objects.get(code=code)
    if changes:
        actions.change_kind(kind_id=kind.pk, actor=system_actor(), **changes)
        kind.refresh_from_db()
    return kind


def begin(place: Place, *, actor: Actor, name: str = "a.txt", size: int = 5, **facts: Any) -> Begun:
    kind = facts.pop("kind", None) or kind_of()
    return actions.add_document(
        subject=place.subject,
        subject_id=place.id,
        kind_id=kind.pk,
        name=name,
        size=size,
        actor=actor,
        **facts,
    )


def arrive(version: DocumentVersion, content: bytes) -> None:
    """What the browser, the store and the worker do with the bytes."""
    group_storage().put(version.file.incoming_name, ContentFile(content))
    files.complete_upload(file=version.file)
    files.check_file(schema_name=current_schema(), file_id=version.file_id)


def make_document(
    place: Place,
    *,
    actor: Actor | None = None,
    content: bytes = b"hello",
    name: str = "a.txt",
    **facts: Any,
) -> Document:
    """A document of a record that has been accepted (or refused, as its bytes are)."""
    actor = actor or system_actor()
    begun = begin(place, actor=actor, name=name, size=len(content), **facts)
    arrive(begun.version, content)
    return Document.objects.get(pk=begun.document.pk)


def make_version(
    document: Document,
    *,
    actor: Actor | None = None,
    content: bytes = b"second",
    name: str = "b.txt",
) -> DocumentVersion:
    """The next version, accepted."""
    begun = actions.add_version(
        document_id=document.pk, name=name, size=len(content), actor=actor or system_actor()
    )
    arrive(begun.version, content)
    return DocumentVersion.objects.get(pk=begun.version.pk)
