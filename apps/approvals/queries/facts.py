"""What conditions know of a subject, and what of it a person may read on a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.approvals.models import ApprovalRequest
from apps.approvals.queries.kinds import kind_of
from apps.approvals.rules.fields import SubjectField, kept, restored
from apps.approvals.subjects import Subject
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor


def facts_of(subject: Subject, submitter_id: int | None) -> dict[str, Any]:
    """The subject's facts and those that every kind has, as they are kept."""
    stores = organisation.stores_by_id([subject.store_id]) if subject.store_id else {}
    code = stores[subject.store_id].code if subject.store_id in stores else ""
    return kept(
        {
            **subject.facts,
            "store": code,
            "brand": subject.brand,
            "submitter": "" if submitter_id is None else submitter_id,
        }
    )


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of a request; ``value`` is None where it is hidden from the reader."""

    field: SubjectField
    value: Any
    is_hidden: bool

    @property
    def text(self) -> str | None:
        """The value for programs: numbers with all their digits, yes or no, codes."""
        if self.value is None or self.value == "":
            return None
        return ("yes" if self.value else "no") if isinstance(self.value, bool) else str(self.value)


def facts_for(request: ApprovalRequest, actor: Actor) -> list[Fact]:
    """The facts of a request that the person sees, hidden where she lacks the right for them."""
    kind = kind_of(request.kind)
    if kind.is_own:
        return []
    facts = restored(kind.every_field, request.facts)
    found = []
    for field in kind.fields:
        is_hidden = bool(field.mask) and not actor.grant(field.mask).covers(
            request.store_id, request.submitter_id
        )
        found.append(Fact(field, None if is_hidden else facts.get(field.name), is_hidden))
    return found
