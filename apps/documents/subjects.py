"""Which records have documents: modules declare their records, this module does the rest.

A module declares in its ``document_subjects.py``, which is imported when it starts::

    register(
        DocumentSubject(
            code="crm.customer",
            label=_("Customer"),
            model="crm.Customer",
            rows=Customer.objects.visible_to,
            rights=("crm.view_customer",),
            page="crm:customer_detail",
            store_of=lambda customer: customer.home_store_id,
            find=lambda actor, text, limit: find_customers(actor, text)[:limit],
        )
    )

and the record's page has a tab of documents, the record can be chosen when a document is linked,
and whoever sees the record sees its documents, as far as their kinds allow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext as _t

from forecourt.kernel.errors import NotFound

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.utils.functional import Promise

    from forecourt.kernel.access import Actor


class Place(NamedTuple):
    """One record: what it is, and which."""

    subject: str
    id: int


def no_papers_elsewhere(_id: int) -> Iterable[Place]:
    """For a person whose papers all belong to her own record."""
    return ()


@dataclass(frozen=True)
class DocumentSubject:
    """Records of one model, named as in ``crm.Customer``.

    ``rows`` are those whose documents an actor may see, without any other condition, for it becomes
    part of every query of documents; whoever has all ``rights`` for the whole group sees every one,
    and the query is spared. ``store_of`` a record is its column ``store_id``, where nothing else is
    said. ``permission`` is what she needs for their documents at all. ``find`` answers so many that
    are called so, ``describe`` how one is shown. ``is_person`` says that somebody may ask for her
    papers to be erased; ``papers_elsewhere`` are her other records.
    """

    code: str
    label: str | Promise
    model: str
    rows: Callable[[Actor], QuerySet[Any]]
    rights: tuple[str, ...]
    page: str
    store_of: Callable[[Any], int | None] = attrgetter("store_id")
    find: Callable[[Actor, str, int], Iterable[Any]] | None = None
    describe: Callable[[Any], str] = str
    icon: str = "file"
    permission: str = "documents.view_document"
    is_person: bool = False
    papers_elsewhere: Callable[[int], Iterable[Place]] = no_papers_elsewhere

    def all_are_seen_by(self, actor: Actor) -> bool:
        return all(actor.grant(right).everything for right in self.rights)

    def get(self, record_id: int, actor: Actor) -> Any:
        """The record within the actor's sight. Raises NotFound."""
        row = self.rows(actor).filter(pk=record_id).first()
        if row is None:
            raise NotFound(_t("No such record."))
        return row


_subjects: dict[str, DocumentSubject] = {}


def register(*subjects: DocumentSubject) -> None:
    for subject in subjects:
        if subject.code in _subjects:
            raise ValueError(f"The subject {subject.code} is declared twice.")
        _subjects[subject.code] = subject


def declared() -> list[DocumentSubject]:
    return list(_subjects.values())


def find(code: str) -> DocumentSubject | None:
    return _subjects.get(code)


def subject_of(code: str) -> DocumentSubject:
    """Raises NotFound for records that nobody declares."""
    found = _subjects.get(code)
    if found is None:
        raise NotFound(_t("There are no such records."))
    return found


def subject_for(model: type[Model]) -> DocumentSubject | None:
    """What is declared for a model's rows."""
    return next((each for each in _subjects.values() if each.model == model._meta.label), None)


def choices() -> Iterator[tuple[str, str | Promise]]:
    for subject in _subjects.values():
        yield subject.code, subject.label
