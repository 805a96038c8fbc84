"""Documents: of a record, of everything that somebody sees, by fragments of their texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.utils.translation import gettext as _

from apps.documents import subjects
from apps.documents.models import Document, DocumentKind, DocumentLink, DocumentVersion
from apps.documents.rules.keeping import years_after
from apps.documents.rules.states import DocumentState
from apps.documents.subjects import DocumentSubject, Place
from forecourt.kernel import text
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import today
from forecourt.kernel.errors import NotFound, NotPermitted

SHOWN = ("kind", "current__file", "store", "added_by")
LEFT_IN_THE_TABLE = ("search_text", "grams", "current__file__text")
"""Long, and needed by searches only."""


def list_documents(actor: Actor) -> QuerySet[Document]:
    """All that the actor sees, with what a row shows."""
    return Document.objects.visible_to(actor).select_related(*SHOWN).defer(*LEFT_IN_THE_TABLE)


def get_document(*, document_id: int, actor: Actor) -> Document:
    """Raises NotFound."""
    document = list_documents(actor).filter(pk=document_id).first()
    if document is None:
        raise NotFound(_("No such document."))
    return document


def lock_document(*, document_id: int, permission: str, actor: Actor) -> Document:
    """The document, locked, if the actor may treat it so.

    Raises NotFound outside of her sight, NotPermitted for one that she may only look at.
    """
    actor.require(permission)
    reached = Document.objects.visible_to(actor, permission)
    document = reached.select_for_update(of=("self",)).filter(pk=document_id).first()
    if document is None:
        get_document(document_id=document_id, actor=actor)
        raise NotPermitted(_("You may not do this with this document."))
    return document


def may(actor: Actor, permission: str, document: Document) -> bool:
    """Whether the actor, who sees the document, may treat it so."""
    grant = actor.grant(permission)
    return grant.covers(document.store_id, document.added_by_id)


def documents_of(place: Place, actor: Actor) -> QuerySet[Document]:
    """The documents of a record that the actor sees of it, whatever their state."""
    subject = subjects.subject_of(place.subject)
    subject.get(place.id, actor)
    return list_documents(actor).filter(links__subject=place.subject, links__subject_id=place.id)


def links_at(places: Mapping[str, Iterable[int] | QuerySet]) -> QuerySet[DocumentLink]:
    """What ties documents to any of these records, by kind of record; whoever asks."""
    found = Q()
    for subject, ids in places.items():
        found |= Q(subject=subject, subject_id__in=ids)
    return DocumentLink.objects.filter(found)


def documents_at(
    places: Mapping[str, Iterable[int] | QuerySet], actor: Actor
) -> QuerySet[Document]:
    """The documents of any of these records that the actor sees."""
    return list_documents(actor).filter(pk__in=links_at(places).values("document_id"))


def count_of(place: Place, actor: Actor) -> int:
    """How many documents the actor, who sees the record, sees of it."""
    found = DocumentLink.objects.filter(subject=place.subject, subject_id=place.id)
    return Document.objects.visible_to(actor).filter(pk__in=found.values("document_id")).count()


def versions_of(document: Document) -> QuerySet[DocumentVersion]:
    """The newest first."""
    return document.versions.select_related("file", "added_by").order_by("-number")


def latest_versions(documents: Iterable[Document]) -> dict[int, DocumentVersion]:
    """The latest version of each document that shows none yet, by document, in one query."""
    waiting = [row.pk for row in documents if row.current_id is None]
    if not waiting:
        return {}
    versions = DocumentVersion.objects.filter(document__in=waiting).select_related("file")
    return {version.document_id: version for version in versions.order_by("number")}


def get_version(*, document: Document, number: int | None) -> DocumentVersion:
    """A version, or without a number the one that is shown. Raises NotFound."""
    versions = document.versions.select_related("file")
    wanted = versions.filter(number=number) if number else versions.filter(pk=document.current_id)
    version = wanted.first()
    if version is None:
        raise NotFound(_("There is no such version."))
    return version


# --- Records ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LinkedRecord:
    """A record of a document as somebody sees it; what she does not see has no label."""

    subject: DocumentSubject
    id: int
    label: str


def records_of(document: Document, actor: Actor) -> list[LinkedRecord]:
    """The records that a document belongs to and that the actor sees."""
    return records_by_document([document.pk], actor).get(document.pk, [])


def records_by_document(
    document_ids: Iterable[int], actor: Actor
) -> Mapping[int, list[LinkedRecord]]:
    """The same for several documents, in one query for each kind of record."""
    links = list(DocumentLink.objects.filter(document__in=list(document_ids)).order_by("pk"))
    labels: dict[Place, str] = {}
    for code in {link.subject for link in links}:
        subject = subjects.find(code)
        if subject is not None:
            ids = [link.subject_id for link in links if link.subject == code]
            rows: Iterable[Any] = subject.rows(actor).filter(pk__in=ids)
            labels.update({Place(code, row.pk): subject.describe(row) for row in rows})
    found: dict[int, list[LinkedRecord]] = {}
    for link in links:
        place = Place(link.subject, link.subject_id)
        if place in labels:
            record = LinkedRecord(subjects.subject_of(place.subject), place.id, labels[place])
            found.setdefault(link.document_id, []).append(record)
    return found


def of_records_of(documents: QuerySet[Document], codes: Iterable[str]) -> QuerySet[Document]:
    """Narrowed to those that belong to a record of one of these kinds."""
    links = DocumentLink.objects.filter(subject__in=list(codes))
    return documents.filter(pk__in=links.values("document_id"))


# --- Searching ----------------------------------------------------------------------------------


COMMON = 2000
"""Documents that the index finds; where there are more, those that are looked for stand among the
newest, and are found sooner by going back from there."""


def matching(documents: QuerySet[Document], search: str) -> QuerySet[Document]:
    """Narrowed to those in whose texts each word of the search stands.

    A rare word is sought in the grams' index and rechecked in what that has found. For a word that
    stands in thousands of documents the index would fetch, join and sort them all to show some: it
    is left aside then, and documents are gone through in the order of the page until that is full.
    """
    grams = text.query_grams(search)
    if not grams:
        return documents.none()
    found = documents if _is_common(grams) else documents.filter(grams__contains=grams)
    for number, word in enumerate(text.words_of(search)):
        # Unlike LIKE, of which the planner expects to find next to nothing.
        found = found.alias(**{f"word_{number}": StrIndex("search_text", Value(word))})
        found = found.filter(**{f"word_{number}__gt": 0})
    return found


def _is_common(grams: list[str]) -> bool:
    found = Document.objects.filter(grams__contains=grams).order_by()
    return found[: COMMON + 1].count() > COMMON


def find_documents(actor: Actor, search: str) -> QuerySet[Document]:
    """For the palette: what is ready, the latest first."""
    ready = list_documents(actor).filter(state=DocumentState.READY)
    return matching(ready, search).order_by("-id")


# --- Folders, tags, time ------------------------------------------------------------------------


def folders_of(place: Place, actor: Actor) -> list[tuple[str, int]]:
    """The folders of a record with how many documents lie directly in each, by name."""
    counted = (
        documents_of(place, actor)
        .order_by("folder")
        .values_list("folder")
        .annotate(count=Count("pk"))
    )
    return [(folder, count) for folder, count in counted if folder]


def time_is_over(day: date | None = None) -> Q:
    """Documents whose kind's years are over (on that day) and that no hold keeps."""
    over = Q(pk__in=())
    now = day or today()
    for kind_id, years in DocumentKind.objects.filter(years_kept__isnull=False).values_list(
        "pk", "years_kept"
    ):
        over |= Q(kind_id=kind_id, added_at__date__lte=_years_before(now, years))
    return over & Q(held_at__isnull=True)


def _years_before(day: date, years: int) -> date:
    return years_after(day, -years)
