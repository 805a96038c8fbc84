"""What a person opened last, offered where she searches before she has typed anything.

Kept in the cache, so opening a record costs no query; what is lost there is nothing. What is
offered is asked for again: a record that she may no longer see is left out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.apps import apps
from django.core.cache import cache
from django.db.models import Model

from forecourt.kernel.access import Actor, ScopedModel

KEPT = 12
_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Recent:
    """A record that was opened: what it is called, what it is, and its address."""

    title: str
    kind: str
    url: str


def remember(actor: Actor, subject: Model, url: str) -> None:
    """The person has opened the record's page."""
    if actor.staff_id is None or not isinstance(subject, ScopedModel):
        return
    entry = [subject._meta.label, subject.pk, str(subject)[:100], url]
    others = [kept for kept in _kept(actor) if kept[:2] != entry[:2]]
    cache.set(_key(actor), [entry, *others][:KEPT], _SECONDS)


def recent_for(actor: Actor, limit: int = 8) -> list[Recent]:
    """What she opened last and still may see, the latest first. One query for each kind."""
    kept = _kept(actor)
    ids: dict[str, list[int]] = defaultdict(list)
    for label, pk, _title, _url in kept:
        ids[label].append(pk)
    seen = {
        (label, pk)
        for label, pks in ids.items()
        for pk in apps.get_model(label)
        .objects.visible_to(actor)
        .filter(pk__in=pks)
        .values_list("pk", flat=True)
    }
    return [
        Recent(title, str(apps.get_model(label)._meta.verbose_name), url)
        for label, pk, title, url in kept
        if (label, pk) in seen
    ][:limit]


def _kept(actor: Actor) -> list[list]:
    return cache.get(_key(actor)) or []


def _key(actor: Actor) -> str:
    return f"recent:{actor.staff_id}"
