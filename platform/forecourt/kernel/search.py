"""One search over everything that a person may see: modules register their sources."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.search import found_rows
from forecourt.kernel.text import words_of

if TYPE_CHECKING:
    from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Hit:
    """One found record: its title, a second line, and the address that it opens.

    More are found than shown, so the address had better be lazy (``reverse_lazy``). ``keys`` are
    the numbers that it goes by (VIN, plate, document number), as the person may see them;
    ``is_own`` says that it is hers. Both decide only which hits stand first.
    """

    title: str
    detail: str
    url: "str | Promise"
    keys: tuple[str, ...] = ()
    is_own: bool = False


@dataclass(frozen=True)
class SearchSource:
    """``find(query, actor, limit)`` answers hits within the actor's scope.

    With ``custom_host`` the host's searchable custom fields are looked in too.
    """

    name: str
    label: "str | Promise"
    icon: str
    permission: str
    find: Callable[[str, Actor, int], Iterable[Hit]]
    order: int = 100
    custom_host: str = ""


_sources: dict[str, SearchSource] = {}


def register(source: SearchSource) -> None:
    if source.name in _sources:
        raise ValueError(f"The search source {source.name} is declared twice.")
    _sources[source.name] = source


def all_sources() -> Iterable[SearchSource]:
    return sorted(_sources.values(), key=lambda source: source.order)


def find(query: str, actor: Actor, limit: int = 6) -> list[tuple[SearchSource, list[Hit]]]:
    """Hits by source, only sources that found something; queries of one character find nothing.

    Within a source what is called exactly so stands first, then what begins or ends so, and among
    equals what is the person's own. A source with such a hit stands before those with none.
    """
    query = query.strip()
    if len(query) < 2:
        return []
    wanted = "".join(words_of(query))
    found = []
    for source in all_sources():
        if actor.can(source.permission):
            hits = list(source.find(query, actor, limit * CANDIDATES))
            if source.custom_host:
                hits += _others(hits, _custom_hits(source.custom_host, query, actor, limit))
            if hits:
                hits.sort(key=lambda hit: (distance(wanted, hit), not hit.is_own))
                found.append((source, hits[:limit]))
    found.sort(key=lambda pair: distance(wanted, pair[1][0]) > EXACT)
    return found


def _others(hits: list[Hit], more: Iterable[Hit]) -> list[Hit]:
    """Those that are not among the hits."""
    found = list(more)
    known = {str(hit.url) for hit in hits} if found else set()
    return [hit for hit in found if hit.url not in known]


def _custom_hits(host: str, query: str, actor: Actor, limit: int) -> Iterator[Hit]:
    for declared, row, field in found_rows(host, query, actor, limit):
        url = reverse(declared.url_name, args=[row.pk])
        yield Hit(str(row), f"{field.label}: {row.custom[field.code]}", url)


CANDIDATES = 4
"""So many times the shown hits are looked at, for the best of them to be shown."""
EXACT, AT_AN_END, WITHIN = range(3)


def distance(wanted: str, hit: Hit) -> int:
    """How far what was typed, as one word, is from what the hit is called."""
    names = ["".join(words_of(name)) for name in (hit.title, *hit.keys) if name]
    if wanted in names:
        return EXACT
    if any(name.startswith(wanted) or name.endswith(wanted) for name in names):
        return AT_AN_END
    return WITHIN
