"""Legal holds, and removing documents: nothing that must be kept can go."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.documents.errors import Kept
from apps.documents.events import DocumentRemoved
from apps.documents.models import Document
from apps.documents.queries.documents import get_version, lock_document
from apps.documents.queries.papers import is_signed, require_unsigned
from apps.documents.rules.keeping import why_not_removed
from apps.documents.rules.states import DocumentState
from forecourt.kernel import audit, events, files
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Conflict, Invalid

HOLD = "documents.hold_document"
REMOVE = "documents.remove_document"
REASON_MOST = 300


@transaction.atomic
def set_hold(*, document_id: int, reason: str, actor: Actor) -> Document:
    """Have the document kept whatever its time and whoever asks, until the hold is released.

    Raises NotPermitted, NotFound, Invalid (no reason) or Conflict (held already).
    """
    document = lock_document(document_id=document_id, permission=HOLD, actor=actor)
    reason = clean_reason(reason)
    if document.is_held:
        raise Conflict(_("A legal hold is on it already."))
    document.hold_reason, document.held_at = reason, now()
    document.save(update_fields=["hold_reason", "held_at"])
    audit.record(actor, "hold set", document, {"reason": [None, reason]})
    return document


@transaction.atomic
def release_hold(*, document_id: int, reason: str, actor: Actor) -> Document:
    """Raises NotPermitted, NotFound, Invalid (no reason) or Conflict (no hold on it)."""
    document = lock_document(document_id=document_id, permission=HOLD, actor=actor)
    reason = clean_reason(reason)
    if not document.is_held:
        raise Conflict(_("There is no legal hold on it."))
    before = document.hold_reason
    document.hold_reason, document.held_at = "", None
    document.save(update_fields=["hold_reason", "held_at"])
    audit.record(actor, "hold released", document, {"reason": [before, reason]})
    return document


@transaction.atomic
def remove_document(*, document_id: int, reason: str, actor: Actor) -> None:
    """Remove the document with all versions and files; the log keeps what it was, and why.

    Raises NotPermitted, NotFound, Invalid (no reason) or Kept.
    """
    document = lock_document(document_id=document_id, permission=REMOVE, actor=actor)
    reason = clean_reason(reason)
    why = why_not_removed(document.keeping, moment=now(), today=today())
    if not why and is_signed(document.pk) and not document.keeping.is_over(today()):
        why = _("It has been signed and stays as it is.")
    if why:
        raise Kept(why)
    told = {"reason": [None, reason], **what_it_was(document)}
    audit.record(actor, "removed", document, told)
    take_away(document, by_request=False)


@transaction.atomic
def remove_version(*, document_id: int, number: int, reason: str, actor: Actor) -> Document:
    """Remove a version that is not the one shown.

    Raises as :func:`remove_document`, and Conflict for the version that is shown.
    """
    document = lock_document(document_id=document_id, permission=REMOVE, actor=actor)
    reason = clean_reason(reason)
    require_unsigned(document)
    version = get_version(document=document, number=number)
    if version.pk == document.current_id:
        raise Conflict(_("This version is the one shown. Restore another one first."))
    why = why_not_removed(document.keeping, moment=now(), today=today())
    if why:
        raise Kept(why)
    changes = {"version": [number, None], "reason": [None, reason], "sha256": version.file.sha256}
    audit.record(actor, "version removed", document, changes)
    file = version.file
    version.delete()
    files.remove(file=file)
    return document


def what_it_was(document: Document) -> dict[str, Any]:
    """Kind and checksums, for the log: enough to prove later which papers they were."""
    hashes = list(document.versions.order_by("number").values_list("file__sha256", flat=True))
    return {"kind": [document.kind.code, None], "sha256": [each for each in hashes if each]}


def take_away(document: Document, *, by_request: bool) -> None:
    """The rows go now, the bytes once the transaction has committed."""
    kept = [version.file for version in document.versions.select_related("file")]
    document_id = document.pk
    Document.objects.filter(pk=document_id).update(current=None, state=DocumentState.REFUSED)
    document.versions.all().delete()
    for file in kept:
        files.remove(file=file)
    document.links.all().delete()
    Document.objects.filter(pk=document_id).delete()
    events.publish(DocumentRemoved(document_id, by_request))


def clean_reason(text: str) -> str:
    """Raises Invalid where no reason is given, or one that is too long."""
    reason = " ".join(text.split())
    if not reason:
        raise Invalid(_("Say why."), field="reason")
    if len(reason) > REASON_MOST:
        raise Invalid(_("At most %(count)s characters.") % {"count": REASON_MOST}, field="reason")
    return reason
