"""What must always be true of documents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from django.apps import apps
from django.db.models import Exists, F, OuterRef

from apps.documents import subjects
from apps.documents.models import Document, DocumentLink, DocumentVersion, Paper
from apps.documents.queries.papers import content_of
from apps.documents.queries.seals import check_seal
from apps.documents.rules.states import DocumentState
from forecourt.kernel.errors import DomainError
from forecourt.kernel.models import StoredFile
from forecourt.kernel.papers import SealBroken
from forecourt.kernel.verify import Problem, check

SEALS_LOOKED_AT = 50
"""Each is read whole and verified; the newest are looked at."""


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


@check("papers are as they were made, signed and sealed")
def _papers() -> Iterator[Problem]:
    """The hash of every paper is that of its file; the newest seals are verified as well."""
    rows = Paper.objects.select_related("document__current__file").order_by("-pk")
    for paper in rows.iterator(chunk_size=500):
        current = paper.document.current
        is_fixed = paper.signed_at is not None or paper.signatures.exists()
        if is_fixed and (current is None or current.file.sha256 != paper.sha256):
            yield Problem(f"paper {paper.pk}", "is signed, and shows another file")
        if paper.signed_at and paper.signatures.count() != len(paper.fields):
            yield Problem(f"paper {paper.pk}", "is complete without every signature")
    for paper in rows.filter(seal__isnull=False)[:SEALS_LOOKED_AT]:
        yield from _faults_of_seal(paper)


def _faults_of_seal(paper: Paper) -> Iterator[Problem]:
    try:
        content = content_of(paper)
        check_seal(content)
    except (DomainError, SealBroken) as fault:
        yield Problem(f"paper {paper.pk}", f"has a seal that does not hold: {fault}")
        return
    for row in paper.signatures.all():
        shown = hashlib.sha256(content[: row.shown_size]).hexdigest()
        if shown != row.shown_sha256:
            yield Problem(f"paper {paper.pk}", f"does not begin with what {row.name} was shown")
