"""Records of any kind that has documents, found and named in one text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from apps.documents import subjects
from apps.documents.subjects import DocumentSubject, Place
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound

OF_EACH = 6


def place_of(text: str) -> Place:
    """The record that ``crm.customer:17`` names. Raises NotFound."""
    code, _colon, number = text.partition(":")
    if subjects.find(code) is None or not number.isdecimal() or len(number) > 18:
        raise NotFound(_("No such record."))
    return Place(code, int(number))


def record_at(place: Place, actor: Actor) -> Any:
    """The record within the actor's sight. Raises NotFound."""
    return subjects.subject_of(place.subject).get(place.id, actor)


def find_records(search: str, actor: Actor) -> Iterator[tuple[DocumentSubject, Any]]:
    """Some records of each kind that are called so and that the actor sees."""
    search = search.strip()
    if len(search) < 2:
        return
    for subject in subjects.declared():
        if subject.find is not None and not subject.rows(actor).query.is_empty():
            for row in subject.find(actor, search, OF_EACH):
                yield subject, row
