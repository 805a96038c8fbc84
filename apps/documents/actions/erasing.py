"""A person's papers erased on her request, with proof of what went and of what stays, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext as _

from apps.documents import subjects
from apps.documents.actions.keeping import clean_reason, take_away, what_it_was
from apps.documents.models import Document, DocumentLink
from apps.documents.rules.keeping import why_not_erased
from apps.documents.rules.verbs import ERASED
from apps.documents.subjects import DocumentSubject, Place
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import today
from forecourt.kernel.errors import Invalid
from forecourt.kernel.models import AuditEntry

ERASE = "documents.erase_papers"


@dataclass(frozen=True, slots=True)
class Papers:
    """What would happen to each paper of a person; ``staying`` says why of each."""

    going: list[Document]
    staying: list[tuple[Document, str]]


def papers_of(*, subject: str, subject_id: int, actor: Actor) -> Papers:
    """What an erasure would take and leave. Raises NotPermitted, NotFound or Invalid.

    All of the person's papers, also of kinds that the actor herself does not see: the right to
    erase is over the person, and what is in her papers is not shown.
    """
    _person(subject, subject_id, actor)
    return _sorted_out(_documents(Place(subject, subject_id)))


@transaction.atomic
def erase_papers(*, subject: str, subject_id: int, reason: str, actor: Actor) -> AuditEntry:
    """Erase all papers of a person that nothing keeps; answers the sealed entry that proves it.

    Papers that belong to other records too go as well: they are hers wherever they are filed.
    Raises NotPermitted, NotFound or Invalid (no reason, or no person's record).
    """
    person, record = _person(subject, subject_id, actor)
    reason = clean_reason(reason)
    place = Place(subject, subject_id)
    papers = _sorted_out(_documents(place).select_for_update(of=("self",)))
    proof = {
        "reason": [None, reason],
        "erased": len(papers.going),
        "kept": len(papers.staying),
        "_erased": [_proof(document) for document in papers.going],
        "_kept": [{**_proof(document), "why": why} for document, why in papers.staying],
    }
    for document in papers.going:
        audit.record(actor, "erased", document, what_it_was(document), label=document.kind.name)
        take_away(document, by_request=True)
    audit.record(actor, ERASED, record, proof, store_id=person.store_of(record))
    return cast(AuditEntry, audit.history(record).filter(action=ERASED).first())


def _person(subject: str, subject_id: int, actor: Actor) -> tuple[DocumentSubject, Any]:
    actor.require(ERASE)
    person = subjects.subject_of(subject)
    if not person.is_person:
        raise Invalid(_("Only a person can ask for this."))
    return person, person.get(subject_id, actor)


def _documents(place: Place) -> Any:
    """Every document of the person's own record and of her others, whoever may see it."""
    elsewhere: Iterable[Place] = subjects.subject_of(place.subject).papers_elsewhere(place.id)
    by_subject: dict[str, list[int]] = {}
    for each in (place, *elsewhere):
        by_subject.setdefault(each.subject, []).append(each.id)
    ids: set[int] = set()
    for code, record_ids in by_subject.items():
        links = DocumentLink.objects.filter(subject=code, subject_id__in=record_ids)
        ids.update(links.values_list("document_id", flat=True))
    return Document.objects.filter(pk__in=ids).select_related("kind").order_by("pk")


def _sorted_out(documents: Iterable[Document]) -> Papers:
    papers = Papers([], [])
    for document in documents:
        why = why_not_erased(document.keeping, today=today())
        if why:
            papers.staying.append((document, why))
        else:
            papers.going.append(document)
    return papers


def _proof(document: Document) -> dict[str, Any]:
    """What proves which paper it was without saying what stood in it."""
    return {
        "document": str(document.pk),
        "added": f"{document.keeping.added_on:%Y-%m-%d}",
        "kind": document.kind.code,
        "sha256": what_it_was(document)["sha256"],
    }
