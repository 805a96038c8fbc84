"""Segments are made, changed and removed."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from apps.marketing import queries
from apps.marketing.errors import InUse
from apps.marketing.models import Segment
from apps.marketing.rules.conditions import parse
from forecourt.kernel import audit
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid, NotPermitted

MANAGE = "marketing.manage_segment"
KEPT = ("name", "note", "conditions", "is_shared")


@transaction.atomic
def save_segment(
    *,
    actor: Actor,
    name: str,
    conditions: Any,
    note: str = "",
    is_shared: bool = True,
    segment_id: int | None = None,
) -> Segment:
    """Make a segment, or change one that is one's own or shared.

    Whoever changes one may keep conditions that she may not ask for herself. Raises
    ConditionInvalid, Invalid, NotFound, NotPermitted.
    """
    actor.require(MANAGE)
    name = " ".join(name.split())
    if not name:
        raise Invalid(_("Give the segment a name."), field="name")
    if segment_id is None:
        segment = Segment(owner_id=actor.staff_id, created_at=now())
    else:
        segment = queries.lock_segment(segment_id=segment_id, actor=actor)
    before = _told(segment, actor)
    wanted = _checked(conditions, segment, actor)
    if not is_shared and segment.owner_id != actor.staff_id:
        raise NotPermitted(_("Only its owner makes a segment private."))
    segment.name, segment.note = name[:80], note.strip()[:300]
    segment.conditions, segment.is_shared = wanted, is_shared
    segment.changed_at = now()
    segment.save()
    changes = audit.changes_between(before, _told(segment, actor))
    audit.record(actor, "made" if segment_id is None else "changed", segment, changes)
    return segment


def _told(segment: Segment, actor: Actor) -> dict[str, Any]:
    """The segment as its history tells it: what it asks for in words."""
    told = {key: getattr(segment, key) for key in KEPT}
    return {**told, "conditions": queries.in_words(segment.conditions, actor)}


def _checked(conditions: Any, segment: Segment, actor: Actor) -> dict[str, Any]:
    known = queries.known_facts(actor)
    if segment.pk:
        everything = queries.known_facts(system_actor())
        kept = {fact for fact in _facts_in(segment.conditions) if fact in everything}
        known |= {fact: everything[fact] for fact in kept}
    return parse(conditions, known).as_json()


def _facts_in(conditions: dict[str, Any]) -> set[str]:
    return {
        condition["fact"]
        for block in conditions.get("blocks", ())
        for condition in block["conditions"]
    }


@transaction.atomic
def remove_segment(*, segment_id: int, actor: Actor) -> None:
    """Remove a segment that nothing uses. Raises InUse, NotFound, NotPermitted."""
    actor.require(MANAGE)
    segment = queries.lock_segment(segment_id=segment_id, actor=actor)
    audit.record(actor, "removed", segment, {"name": [segment.name, None]})
    try:
        with transaction.atomic():
            segment.delete()
    except ProtectedError as error:
        raise InUse(
            _("A rule, an automation or a campaign uses this segment: it cannot be removed.")
        ) from error
