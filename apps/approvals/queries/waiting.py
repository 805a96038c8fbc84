"""What waits for a person: requests of flows, and what the kinds' default rules put before her."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse

from apps.approvals import subjects
from apps.approvals.queries.requests import list_waiting
from apps.approvals.subjects import SubjectKind
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor
from forecourt.kernel.remembered import RememberedEach

VIEW = "approvals.view_request"
SHOWN = 20
COUNT_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class ByRule:
    """Something that a kind's default rule puts before a person; decided on its own page."""

    kind: str
    kind_label: Any
    subject_id: int
    title: str
    submitter: str
    store: str
    since: datetime
    amount: Decimal | None
    url: str


def _desks() -> Iterable[SubjectKind]:
    return (kind for kind in subjects.declared() if kind.waiting is not None)


def waiting_by_rule(actor: Actor, *, most: int = SHOWN) -> list[ByRule]:
    """What waits for the person without a flow, the oldest of each kind first."""
    found = []
    for kind in _desks():
        for row in kind.waiting.rows(actor).order_by("pk")[:most]:
            item = kind.waiting.describe(row)
            found.append(
                ByRule(
                    kind=kind.code,
                    kind_label=kind.label,
                    subject_id=item.id,
                    title=item.title,
                    submitter=item.submitter,
                    store=item.store,
                    since=item.since,
                    amount=item.amount,
                    url=reverse(kind.page, args=[item.id]) if kind.page else "",
                )
            )
    return found


def count_by_rule(actor: Actor) -> int:
    return sum(kind.waiting.rows(actor).values("pk")[:COUNT_AT_MOST].count() for kind in _desks())


def _count_for(staff_id: int) -> int:
    actor = organisation.actor_for_staff(staff_id)
    if actor is None or not actor.can(VIEW):
        return 0
    requests = list_waiting(actor).order_by().values("pk")[:COUNT_AT_MOST].count()
    return min(requests + count_by_rule(actor), COUNT_AT_MOST)


waiting_count = RememberedEach("approvals.waiting", _count_for, seconds=60)
"""How much waits for a person's decision, up to COUNT_AT_MOST; by staff id.

Whoever is asked, or has decided, sees the new number at once; who stands in for somebody, or holds
a right for many stores, within the minute that it is kept.
"""
