"""One search over everything that a person may see: modules register their sources."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecourt.kernel.access import Actor

if TYPE_CHECKING:
    from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Hit:
    """One found record: its title, a second line, and the address that it opens."""

    title: str
    detail: str
    url: str


@dataclass(frozen=True)
class SearchSource:
    """``find(query, actor, limit)`` answers hits within the actor's scope."""

    name: str
    label: "str | Promise"
    icon: str
    permission: str
    find: Callable[[str, Actor, int], Iterable[Hit]]
    order: int = 100


_sources: dict[str, SearchSource] = {}


def register(source: SearchSource) -> None:
    if source.name in _sources:
        raise ValueError(f"The search source {source.name} is declared twice.")
    _sources[source.name] = source


def all_sources() -> Iterable[SearchSource]:
    return sorted(_sources.values(), key=lambda source: source.order)


def find(query: str, actor: Actor, limit: int = 6) -> list[tuple[SearchSource, list[Hit]]]:
    """Hits by source, only sources that found something; queries of one character find nothing."""
    query = query.strip()
    if len(query) < 2:
        return []
    found = []
    for source in all_sources():
        if actor.can(source.permission):
            hits = list(source.find(query, actor, limit))
            if hits:
                found.append((source, hits))
    return found
