"""Changing what is known of a document: names, folder, tags, kind, version, records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.documents import subjects
from apps.documents.actions.searching import write_search
from apps.documents.models import Document, DocumentKind, DocumentLink
from apps.documents.queries.documents import get_version, lock_document
from apps.documents.queries.kinds import get_kind_to_choose
from apps.documents.queries.papers import require_unsigned
from apps.documents.rules.keeping import MISTAKE
from apps.documents.rules.naming import clean_folder, clean_tags, clean_title
from apps.documents.rules.types import file_codes
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.inspection.kinds import kind_of_type
from forecourt.kernel.models import StoredFile

CHANGE = "documents.change_document"


@transaction.atomic
def change_document(
    *,
    document_id: int,
    actor: Actor,
    title: str | None = None,
    folder: str | None = None,
    tags: Iterable[str] | None = None,
    kind_id: int | None = None,
) -> Document:
    """Rename a document, move, tag or class it otherwise; what is not given stays.

    Raises NotPermitted, NotFound, Invalid or Conflict (a kind that the law keeps longer).
    """
    document = lock_document(document_id=document_id, permission=CHANGE, actor=actor)
    before = _told(document)
    if title is not None:
        document.title = clean_title(title)
    if folder is not None:
        document.folder = clean_folder(folder)
    if tags is not None:
        document.tags = clean_tags(tags)
    if kind_id is not None and kind_id != document.kind_id:
        kind = get_kind_to_choose(kind_id=kind_id, actor=actor)
        _require_kind_fits(document, kind)
        document.kind = kind
    changes = audit.changes_between(before, _told(document))
    if changes:
        document.save(update_fields=["title", "folder", "tags", "kind"])
        write_search(document)
        audit.record(actor, "changed", document, changes)
    return document


def _told(document: Document) -> dict[str, Any]:
    return {
        "title": document.title,
        "folder": document.folder,
        "tags": list(document.tags),
        "kind": str(document.kind),
    }


def _require_kind_fits(document: Document, kind: DocumentKind) -> None:
    """A kind's rules are not gone round by naming the paper otherwise. Raises Invalid, Conflict."""
    version = document.current
    if version is not None:
        file = version.file
        stored = kind_of_type(file.content_type)
        if stored is None or stored.code not in file_codes(kind.types):
            raise Invalid(
                _("“%(kind)s” takes no such files.") % {"kind": kind.name}, field="kind_id"
            )
        if file.size > kind.largest_megabytes * 2**20:
            raise Invalid(
                _("“%(kind)s” takes files of at most %(size)s MB.")
                % {"kind": kind.name, "size": kind.largest_megabytes},
                field="kind_id",
            )
    if now() - document.added_at <= MISTAKE:
        return
    if document.is_held:
        raise Conflict(_("A legal hold is on it: its kind stays."), field="kind_id")
    keeping = document.keeping
    is_shorter = not kind.kept_by_law or (kind.years_kept or 0) < (keeping.years_kept or 0)
    if keeping.kept_by_law and keeping.is_in_time(today()) and is_shorter:
        raise Conflict(
            _("The law has it kept until %(day)s: its kind stays.") % {"day": keeping.kept_until},
            field="kind_id",
        )


@transaction.atomic
def restore_version(*, document_id: int, number: int, actor: Actor) -> Document:
    """Show another version that was accepted.

    Raises NotPermitted, NotFound or Conflict (not accepted).
    """
    document = lock_document(document_id=document_id, permission=CHANGE, actor=actor)
    require_unsigned(document)
    version = get_version(document=document, number=number)
    if version.file.state != StoredFile.State.READY:
        raise Conflict(_("This version has not been accepted."))
    shown = document.current.number if document.current else None
    if shown != number:
        document.current = version
        document.save(update_fields=["current"])
        write_search(document)
        audit.record(actor, "version restored", document, {"version": [shown, number]})
    return document


@transaction.atomic
def link_document(*, document_id: int, subject: str, subject_id: int, actor: Actor) -> Document:
    """Let the document belong to a further record that the actor sees.

    Raises NotPermitted or NotFound. A link that is there already stays as it is.
    """
    document = lock_document(document_id=document_id, permission=CHANGE, actor=actor)
    record = subjects.subject_of(subject).get(subject_id, actor)
    _link, is_new = DocumentLink.objects.get_or_create(
        document=document, subject=subject, subject_id=subject_id
    )
    if is_new:
        audit.record(actor, "linked", document, {"record": [None, str(record)]})
    return document


@transaction.atomic
def unlink_document(*, document_id: int, subject: str, subject_id: int, actor: Actor) -> Document:
    """Take the document from a record that the actor sees; its last record stays.

    Raises NotPermitted, NotFound or Conflict.
    """
    document = lock_document(document_id=document_id, permission=CHANGE, actor=actor)
    record = subjects.subject_of(subject).get(subject_id, actor)
    link = document.links.filter(subject=subject, subject_id=subject_id).first()
    if link is None:
        return document
    if document.links.count() == 1:
        raise Conflict(_("A document belongs to at least one record. Remove it instead."))
    link.delete()
    audit.record(actor, "unlinked", document, {"record": [str(record), None]})
    return document
