"""Which documents somebody sees: those of the records that she sees, as far as kinds allow it.

One condition in SQL for lists, searches, counts and single documents. Of whoever sees most kinds of
records without bound, the links of each document that is shown are looked at; for all others the
documents are sought from their records' side, so that whoever sees little waits little, however
much there is.
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
    bounded: dict[str, QuerySet[Any]] = {}
    for subject in subjects.declared():
        if subject.all_are_seen_by(actor):
            whole.append(subject.code)
        elif not (rows := subject.rows(actor)).query.is_empty():
            bounded[subject.code] = rows.order_by().values("pk")
    if len(whole) == len(subjects.declared()):
        # Every document belongs to a record, and no record is hidden.
        return Q()
    if len(whole) > len(bounded):
        return _looked_up_for_each(links, whole, bounded)
    found = [
        links.filter(subject=code, subject_id__in=rows).values("document_id")
        for code, rows in bounded.items()
    ]
    if whole:
        found.append(links.filter(subject__in=whole).values("document_id"))
    if not found:
        return NOBODY
    first, *others = found
    # By itself, within no OR: only so the planner joins it, from whichever side has less. In an OR
    # it would be a set to look into, which is searched from its beginning once it is too large.
    return Q(pk__in=first.union(*others, all=True) if others else first)


def _looked_up_for_each(
    links: QuerySet[Any], whole: list[str], bounded: dict[str, QuerySet[Any]]
) -> Q:
    of_document = links.filter(document=OuterRef("pk"))
    reach = Q(Exists(of_document.filter(subject__in=whole)))
    for code, rows in bounded.items():
        reach |= Q(Exists(of_document.filter(subject=code, subject_id__in=rows)))
    return reach
