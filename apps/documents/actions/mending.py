"""Documents whose bytes are gone or changed: found, and no longer offered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from apps.documents.actions.searching import write_search
from apps.documents.file_purposes import DOCUMENT
from apps.documents.models import Document, DocumentVersion
from apps.documents.rules.states import DocumentState
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.files.orphans import lost_files
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import group_storage

Refusal = StoredFile.Refusal


@dataclass(frozen=True, slots=True)
class Fault:
    """A version whose file is not what it was when it was accepted."""

    version: DocumentVersion
    refusal: str

    @property
    def message(self) -> str:
        """For whoever runs the command."""
        if self.refusal == Refusal.BROKEN:
            return "has no bytes in the store"
        return "has other bytes than when it was accepted"


def faults(*, deep: bool = False) -> Iterator[Fault]:
    """Versions without bytes and, ``deep``, those whose checksum differs: every byte is read.

    Raises StorageUnavailable.
    """
    lost = {file.pk for file in lost_files() if file.purpose == DOCUMENT}
    versions = DocumentVersion.objects.filter(file__state=StoredFile.State.READY)
    for version in versions.select_related("file", "document").order_by("pk").iterator():
        if version.file_id in lost:
            yield Fault(version, Refusal.BROKEN)
        elif deep and _sha256_of(version.file) != version.file.sha256:
            yield Fault(version, Refusal.CHECKSUM)


@transaction.atomic
def withdraw_version(fault: Fault, *, actor: Actor) -> Document:
    """No longer offer a broken version; the document shows the latest sound one, if there is any.

    What is left of the bytes stays, for somebody to look at.
    """
    document = Document.objects.select_for_update().get(pk=fault.version.document_id)
    file = fault.version.file
    file.state, file.refusal = StoredFile.State.REFUSED, fault.refusal
    file.save(update_fields=["state", "refusal"])
    sound = document.versions.filter(file__state=StoredFile.State.READY).order_by("-number")
    if document.current_id == fault.version.pk:
        document.current = sound.select_related("file").first()
        document.state = DocumentState.READY if document.current else DocumentState.REFUSED
        document.save(update_fields=["current", "state"])
        write_search(document)
    told = {"version": fault.version.number, "why": fault.refusal}
    audit.record(actor, "refused", document, told)
    return document


def _sha256_of(file: StoredFile) -> str:
    digest = hashlib.sha256()
    for piece in group_storage().pieces(file.kept_name):
        digest.update(piece)
    return digest.hexdigest()
