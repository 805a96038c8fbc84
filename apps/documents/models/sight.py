"""Which documents somebody sees: those of the records that she sees, as far as kinds allow it.

One condition in SQL for lists, searches, counts and single documents. Records that the actor sees
without bound cost one look at the links of each document that is shown; records that she sees some
of are sought from her side, so that whoever sees little waits little, however much there is.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.documents import subjects
from apps.documents.models.kinds import RESTRICTED
from forecourt.kernel.access import NOTHING, Actor, ScopedQuerySet

NOBODY = Q(pk__in=())


class DocumentQuerySet(ScopedQuerySet):
    def visible_to(self, actor: Actor, permission: str | None = None) -> DocumentQuerySet:
        """Those that ``actor`` sees or, with another permission, may treat so: hers, a store's."""
        if actor.is_system:
            return self
        access = self.model.access
        if NOTHING in (actor.grant(access.view), actor.grant(permission or access.view)):
            return self.none()
        links = self.model._meta.get_field("links").related_model.objects.all()
        rows = self.filter(_of_records_seen(actor, links), _of_kinds_seen(actor))
        if permission is not None and permission != access.view:
            rows = rows.filter(access.reached_by(actor.grant(permission)))
        return rows


def hidden_kinds(actor: Actor) -> list[int]:
    """The ids of the kinds that are not for this actor."""
    if actor.is_system:
        return []
    return [kind_id for kind_id, roles in RESTRICTED.get().items() if not roles & actor.role_codes]


def _of_kinds_seen(actor: Actor) -> Q:
    hidden = hidden_kinds(actor)
    return ~Q(kind_id__in=hidden) if hidden else Q()


def _of_records_seen(actor: Actor, links: QuerySet[Any]) -> Q:
    whole: list[str] = []
    bounded: list[QuerySet[Any]] = []
    for subject in subjects.declared():
        if subject.all_are_seen_by(actor):
            whole.append(subject.code)
            continue
        rows = subject.rows(actor)
        if rows.query.is_empty():
            continue
        found = links.filter(subject=subject.code, subject_id__in=rows.order_by().values("pk"))
        bounded.append(found.values("document_id"))
    if len(whole) == len(subjects.declared()):
        # Every document belongs to a record, and no record is hidden.
        return Q()
    reach = NOBODY
    if whole:
        reach |= Q(Exists(links.filter(document=OuterRef("pk"), subject__in=whole)))
    if bounded:
        first, *others = bounded
        reach |= Q(pk__in=first.union(*others, all=True) if others else first)
    return reach
