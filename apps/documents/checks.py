"""What must always be true of documents."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db.models import Exists, F, OuterRef

from apps.documents import subjects
from apps.documents.models import Document, DocumentLink, DocumentVersion
from apps.documents.rules.states import DocumentState
from forecourt.kernel.models import StoredFile
from forecourt.kernel.verify import Problem, check


@check("documents belong to records")
def _linked() -> Iterator[Problem]:
    """Whoever sees nothing of a record would see nothing of a document that has none."""
    links = DocumentLink.objects.filter(document=OuterRef("pk"))
    for pk in Document.objects.exclude(Exists(links)).values_list("pk", flat=True):
        yield Problem(f"document {pk}", "belongs to no record")
    for subject in subjects.declared():
        rows = apps.get_model(subject.model)._base_manager.filter(pk=OuterRef("subject_id"))
        astray = DocumentLink.objects.filter(subject=subject.code).exclude(Exists(rows))
        for document_id, record_id in astray.values_list("document_id", "subject_id"):
            yield Problem(
                f"document {document_id}", f"belongs to {subject.code} {record_id}, which is gone"
            )


@check("documents show a version of theirs that was accepted")
def _shown() -> Iterator[Problem]:
    shown = Document.objects.filter(state=DocumentState.READY)
    for pk in shown.exclude(current__document=F("pk")).values_list("pk", flat=True):
        yield Problem(f"document {pk}", "shows a version of another document")
    unready = shown.exclude(current__file__state=StoredFile.State.READY)
    for pk in unready.values_list("pk", flat=True):
        yield Problem(f"document {pk}", "shows a file that was not accepted")


@check("documents have versions")
def _versions() -> Iterator[Problem]:
    versions = DocumentVersion.objects.filter(document=OuterRef("pk"))
    for pk in Document.objects.exclude(Exists(versions)).values_list("pk", flat=True):
        yield Problem(f"document {pk}", "has no version")
