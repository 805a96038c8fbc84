"""Looking at a document: asked anew each time, and logged where its kind is sensitive."""

from __future__ import annotations

from datetime import timedelta

from django.core.cache import cache
from django.db import transaction

from apps.documents.models import Document, DocumentVersion
from apps.documents.queries.documents import get_document, get_version
from forecourt.kernel import audit, files
from forecourt.kernel.access import Actor

TEXT_SHOWN = 3000
ONE_LOOK = timedelta(minutes=10)
"""For so long the pages that one person is shown of a paper count as one look."""


@transaction.atomic
def open_document(
    *, document_id: int, actor: Actor, number: int | None = None, inline: bool = False
) -> str:
    """An address that hands the file out for some minutes; ``inline`` to show it in the page.

    Without a number it is the version that is shown. Raises NotPermitted, NotFound or NotReady.
    """
    actor.require("documents.view_document")
    document = get_document(document_id=document_id, actor=actor)
    version = get_version(document=document, number=number)
    link = files.link_to(version.file, inline=inline)
    note_look(document, version, actor, inline=inline)
    return link


@transaction.atomic
def read_text(*, document_id: int, actor: Actor) -> str:
    """The beginning of the text of a file that browsers do not show: a look like any other.

    Raises NotPermitted or NotFound.
    """
    actor.require("documents.view_document")
    document = get_document(document_id=document_id, actor=actor)
    version = get_version(document=document, number=None)
    note_look(document, version, actor, inline=True)
    return version.file.text.strip()[:TEXT_SHOWN]


@transaction.atomic
def note_page(*, document: Document, actor: Actor) -> None:
    """A page of the document is shown as a picture; all its pages together are one look."""
    if document.current is None or not document.kind.is_sensitive:
        return
    look = f"documents.look:{document.current_id}:{actor.user_id}"
    if cache.add(look, True, ONE_LOOK.total_seconds()):
        note_look(document, document.current, actor, inline=True)


def note_look(document: Document, version: DocumentVersion, actor: Actor, *, inline: bool) -> None:
    """Log that somebody looked at, or took away, a paper of a sensitive kind."""
    if document.kind.is_sensitive:
        verb = "looked at" if inline else "downloaded"
        audit.record(actor, verb, document, {"version": version.number})


def thumbnail_of(*, document_id: int, actor: Actor) -> str:
    """An address of the small picture; none for sensitive kinds, for it would show the paper.

    Raises NotPermitted or NotFound; empty where there is none.
    """
    actor.require("documents.view_document")
    document = get_document(document_id=document_id, actor=actor)
    if document.kind.is_sensitive or document.current is None:
        return ""
    return files.thumbnail_link(document.current.file)
