"""Adding documents and versions: begun here, sent by the browser itself, settled when checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.documents import subjects
from apps.documents.actions.searching import write_search
from apps.documents.events import DocumentReady
from apps.documents.file_purposes import DOCUMENT
from apps.documents.models import Document, DocumentKind, DocumentLink, DocumentVersion
from apps.documents.queries.documents import get_document, get_version, lock_document
from apps.documents.queries.kinds import get_kind_to_choose, kind_named
from apps.documents.queries.papers import is_signed, require_unsigned
from apps.documents.rules.naming import clean_folder, clean_tags, clean_title, title_of
from apps.documents.rules.states import DocumentState
from apps.documents.rules.types import file_codes
from apps.documents.subjects import Place
from forecourt.kernel import audit, events, files
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import DirectRequest

NOTE_MOST = 200


@dataclass(frozen=True, slots=True)
class Begun:
    """A version that waits for its bytes, and how they are to be sent."""

    document: Document
    version: DocumentVersion
    upload: files.Upload


@transaction.atomic
def add_document(
    *,
    subject: str,
    subject_id: int,
    kind_id: int,
    name: str,
    size: int,
    actor: Actor,
    content_type: str = "",
    sha256: str = "",
    title: str = "",
    folder: str = "",
    tags: Iterable[str] = (),
) -> Begun:
    """Begin a document of a record; it counts once its file has arrived and been looked through.

    ``size`` in bytes. Raises NotPermitted, NotFound (record, kind), Invalid (names, type, size) or
    what the quota says.
    """
    actor.require("documents.add_document")
    record = subjects.subject_of(subject).get(subject_id, actor)
    kind = get_kind_to_choose(kind_id=kind_id, actor=actor)
    upload = _begin(kind, name, size, content_type, sha256, actor)
    document = _write(
        kind=kind,
        title=clean_title(title) if title.strip() else title_of(name),
        folder=clean_folder(folder),
        tags=clean_tags(tags),
        place=Place(subject, subject_id),
        record=record,
        actor=actor,
    )
    return Begun(document, _write_version(document, upload.file, actor), upload)


@transaction.atomic
def add_version(
    *,
    document_id: int,
    name: str,
    size: int,
    actor: Actor,
    content_type: str = "",
    sha256: str = "",
    note: str = "",
) -> Begun:
    """Begin the next version; the present one is shown until it has been looked through.

    Raises NotPermitted, NotFound or Invalid.
    """
    actor.require("documents.add_document")
    document = _lock_seen(document_id, actor)
    require_unsigned(document)
    upload = _begin(document.kind, name, size, content_type, sha256, actor)
    return Begun(document, _write_version(document, upload.file, actor, _clean_note(note)), upload)


@transaction.atomic
def request_parts(
    *, document_id: int, number: int, numbers: Sequence[int], actor: Actor
) -> dict[int, DirectRequest]:
    """How some parts of a large file are to be sent, by their numbers from 1.

    Raises NotPermitted, NotFound, Invalid (no such part) or Conflict (the file is complete).
    """
    version = _own_upload(document_id, number, actor)
    return files.request_parts(file=version.file, numbers=numbers)


def arrived_parts(*, document_id: int, number: int, actor: Actor) -> list[int]:
    """The parts that need not be sent again: where to go on after a lost connection.

    Raises NotPermitted or NotFound.
    """
    return files.arrived_parts(file=_own_upload(document_id, number, actor).file)


@transaction.atomic
def resume_version(*, document_id: int, number: int, actor: Actor) -> Begun:
    """A fresh request for a file that has not arrived yet. Raises as :func:`request_parts`."""
    version = _own_upload(document_id, number, actor)
    return Begun(version.document, version, files.resume_upload(file=version.file))


@transaction.atomic
def complete_version(*, document_id: int, number: int, actor: Actor) -> Document:
    """Say that all bytes have been sent; looking them through begins.

    Raises NotPermitted, NotFound, Conflict or Invalid (what arrived is not what was announced).
    """
    version = _own_upload(document_id, number, actor)
    files.complete_upload(file=version.file)
    return get_document(document_id=document_id, actor=actor)


@transaction.atomic
def abandon_version(*, document_id: int, number: int, actor: Actor) -> None:
    """Give up an upload, or clear away what was not accepted. Raises NotPermitted or NotFound."""
    version = _own_upload(document_id, number, actor)
    if version.file.state == StoredFile.State.READY:
        raise Conflict(_("This version has been accepted."))
    document = version.document
    audit.record(actor, "upload abandoned", document, {"version": [version.number, None]})
    drop_version(version)
    if not document.versions.exists():
        document.delete()


def drop_version(version: DocumentVersion) -> None:
    """Take a version and its bytes away; nothing is asked and nothing logged."""
    file = version.file
    version.delete()
    files.remove(file=file)


@transaction.atomic
def file_paper(
    *,
    subject: str,
    subject_id: int,
    kind: str,
    file: StoredFile,
    title: str,
    actor: Actor,
    folder: str = "",
    tags: Iterable[str] = (),
) -> Document:
    """Put a paper that the product itself made among a record's documents; it is ready at once.

    ``kind`` is a kind's code; ``file`` comes from :func:`forecourt.kernel.files.keep_bytes`.
    """
    record = subjects.subject_of(subject).get(subject_id, actor)
    document = _write(
        kind=kind_named(kind),
        title=clean_title(title),
        folder=clean_folder(folder),
        tags=clean_tags(tags),
        place=Place(subject, subject_id),
        record=record,
        actor=actor,
    )
    show_version(_write_version(document, file, actor))
    return document


@transaction.atomic
def file_next_paper(
    *, document_id: int, file: StoredFile, actor: Actor, note: str = ""
) -> Document:
    """The same as the next version of a document: the signed one of a contract, for instance."""
    document = _lock_seen(document_id, actor)
    show_version(_write_version(document, file, actor, _clean_note(note)))
    return document


@transaction.atomic
def forget_version(*, file_id: int) -> None:
    """Drop a version whose file never arrived, and a document that has no other."""
    version = DocumentVersion.objects.filter(file=file_id).first()
    if version is None:
        return
    document = Document.objects.select_for_update().get(pk=version.document_id)
    version.delete()
    if not document.versions.exists():
        document.delete()


@transaction.atomic
def settle_version(*, file_id: int) -> None:
    """Take in what the check of a file has found: show the version, or say that it is refused."""
    version = (
        DocumentVersion.objects.select_related("document", "file").filter(file=file_id).first()
    )
    if version is None:
        return
    version.document = Document.objects.select_for_update().get(pk=version.document_id)
    checker = system_actor()
    if version.file.is_ready:
        if not is_signed(version.document_id):
            show_version(version)
        audit.record(checker, "ready", version.document, {"version": version.number})
        return
    if version.document.current_id is None:
        version.document.state = DocumentState.REFUSED
        version.document.save(update_fields=["state"])
    why = {"version": version.number, "why": version.file.refusal}
    audit.record(checker, "refused", version.document, why)


def show_version(version: DocumentVersion) -> None:
    """Let the document show this version, unless it shows a later one already."""
    document = version.document
    shown = document.current
    if shown is not None and shown.number > version.number:
        return
    document.current = version
    document.state = DocumentState.READY
    document.save(update_fields=["current", "state"])
    write_search(document)
    events.publish(DocumentReady(document.pk, version.number))


def _begin(
    kind: DocumentKind, name: str, size: int, content_type: str, sha256: str, actor: Actor
) -> files.Upload:
    limits = files.Limits(file_codes(kind.types), kind.largest_megabytes * 2**20)
    return files.begin_upload(
        actor=actor,
        purpose=DOCUMENT,
        name=name,
        size=size,
        content_type=content_type,
        sha256=sha256,
        limits=limits,
    )


def _write(
    *,
    kind: DocumentKind,
    title: str,
    folder: str,
    tags: list[str],
    place: Place,
    record: Any,
    actor: Actor,
) -> Document:
    document = Document.objects.create(
        kind=kind,
        title=title,
        folder=folder,
        tags=tags,
        store_id=subjects.subject_of(place.subject).store_of(record),
        added_by_id=actor.staff_id,
        added_at=now(),
    )
    DocumentLink.objects.create(document=document, subject=place.subject, subject_id=place.id)
    write_search(document)
    audit.record(
        actor, "added", document, {"kind": [None, kind.code], "record": [None, str(record)]}
    )
    return document


def _write_version(
    document: Document, file: StoredFile, actor: Actor, note: str = ""
) -> DocumentVersion:
    last = document.versions.aggregate(last=Max("number"))["last"] or 0
    version = DocumentVersion.objects.create(
        document=document,
        number=last + 1,
        file=file,
        note=note,
        added_by_id=actor.staff_id,
        added_at=now(),
    )
    if last:
        audit.record(actor, "version added", document, {"version": [last, version.number]})
    return version


def _lock_seen(document_id: int, actor: Actor) -> Document:
    """A document that the actor sees, locked. Raises NotFound."""
    get_document(document_id=document_id, actor=actor)
    return Document.objects.select_for_update(of=("self",)).get(pk=document_id)


def _own_upload(document_id: int, number: int, actor: Actor) -> DocumentVersion:
    """A version that the actor herself sends. Raises NotFound or NotPermitted."""
    document = _lock_seen(document_id, actor)
    version = get_version(document=document, number=number)
    if not actor.is_system and version.added_by_id != actor.staff_id:
        lock_document(document_id=document_id, permission="documents.change_document", actor=actor)
    version.document = document
    return version


def _clean_note(note: str) -> str:
    note = " ".join(note.split())
    if len(note) > NOTE_MOST:
        raise Invalid(_("At most %(count)s characters.") % {"count": NOTE_MOST}, field="note")
    return note
