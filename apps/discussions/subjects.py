"""Which records are discussed where they are: modules declare them, this module does the rest.

A module declares in its ``discussion_subjects.py``, which is imported when it starts::

    register(
        DiscussionSubject(
            code="crm.lead",
            label=_("Lead"),
            model="crm.Lead",
            rows=Lead.objects.visible_to,
            page="crm:lead_detail",
            store_of=lambda lead: lead.store_id,
        )
    )

and the record's page has a tab with its discussion. Whoever sees the record sees it and takes part,
whoever no longer sees the record no longer does; a mention gives nobody a right.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _t

from forecourt.kernel.errors import NotFound

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.utils.functional import Promise

    from forecourt.kernel.access import Actor


def itself(record_id: int) -> Collection[int]:
    """A record that no other was ever merged into."""
    return (record_id,)


def nothing(_record_id: int) -> int | None:
    """A record that is never merged into another one."""
    return None


@dataclass(frozen=True)
class DiscussionSubject:
    """Records of one model, named as in ``crm.Lead``.

    ``rows`` are those whose discussion an actor may see; ``family`` the ids under which a record
    was discussed before others were merged into it, ``successor`` the one that it was merged into.
    """

    code: str
    label: str | Promise
    model: str
    rows: Callable[[Actor], QuerySet[Any]]
    page: str
    store_of: Callable[[Any], int | None]
    describe: Callable[[Any], str] = str
    family: Callable[[int], Collection[int]] = itself
    successor: Callable[[int], int | None] = nothing

    def get(self, record_id: int, actor: Actor) -> Any:
        """The record within the actor's sight. Raises NotFound."""
        row = self.rows(actor).filter(pk=record_id).first()
        if row is None:
            raise NotFound(_t("No such record."))
        return row

    def kept(self, record_id: int) -> int:
        """The record itself, or the one that it was merged into."""
        return self.successor(record_id) or record_id

    def is_seen_by(self, actor: Actor, record_id: int) -> bool:
        return self.rows(actor).filter(pk=record_id).exists()


_subjects: dict[str, DiscussionSubject] = {}


def register(*subjects: DiscussionSubject) -> None:
    for subject in subjects:
        if subject.code in _subjects:
            raise ValueError(f"The subject {subject.code} is declared twice.")
        _subjects[subject.code] = subject


def declared() -> list[DiscussionSubject]:
    return list(_subjects.values())


def subject_of(code: str) -> DiscussionSubject:
    """Raises NotFound for records that nobody declares."""
    found = _subjects.get(code)
    if found is None:
        raise NotFound(_t("There are no such records."))
    return found


def subject_for(model: type[Model]) -> DiscussionSubject:
    """What is declared for a model's rows. Raises LookupError for other models."""
    for subject in _subjects.values():
        if subject.model == model._meta.label:
            return subject
    raise LookupError(f"{model._meta.label} is not discussed.")
