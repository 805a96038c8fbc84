"""Texts that a group writes in both languages, and the report of what is missing.

    register(BilingualSource(
        name="organisation.region", label=_("Regions"), permission="organisation.manage_store",
        rows=lambda actor: Region.objects.visible_to(actor),
        url=lambda row: reverse("organisation:structure"),
    ))

Pages go on with the one text that there is; the report says which rows lack the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Model, Q, QuerySet

from forecourt.kernel.access import Actor

if TYPE_CHECKING:
    from django.utils.functional import Promise

SHOWN_AT_MOST = 200


@dataclass(frozen=True)
class BilingualSource:
    """One kind of row with a Chinese and an English text.

    ``rows`` answers those that the actor sees, ``url`` where she mends one (empty: nowhere yet),
    ``permission`` who may mend them; ``group_of`` says what a row belongs to, for a second line.
    """

    name: str
    label: str | Promise
    permission: str
    rows: Callable[[Actor], QuerySet[Any]]
    url: Callable[[Any], str]
    zh: str = "name_zh"
    en: str = "name_en"
    group_of: Callable[[Any], str] | None = None
    order: int = 100

    def lacking(self, actor: Actor) -> QuerySet[Any]:
        """The rows with one text and without the other."""
        lacks_zh = Q(**{self.zh: ""}) & ~Q(**{self.en: ""})
        lacks_en = Q(**{self.en: ""}) & ~Q(**{self.zh: ""})
        return self.rows(actor).filter(lacks_zh | lacks_en)


@dataclass(frozen=True, slots=True)
class Lack:
    """A row that has its text in one language only."""

    zh: str
    en: str
    belongs_to: str
    url: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one source lacks: how much, and the first rows."""

    source: BilingualSource
    count: int
    rows: list[Lack]


_sources: dict[str, BilingualSource] = {}


def register(*sources: BilingualSource) -> None:
    for source in sources:
        if source.name in _sources:
            raise ValueError(f"The bilingual source {source.name} is declared twice.")
        _sources[source.name] = source


def sources_for(actor: Actor) -> list[BilingualSource]:
    """Those whose rows the actor may mend."""
    declared = sorted(_sources.values(), key=lambda source: (source.order, source.name))
    return [source for source in declared if actor.can(source.permission)]


def count_missing(actor: Actor) -> int:
    """How many rows lack a text, in one query."""
    parts = [_keys(source.lacking(actor)) for source in sources_for(actor)]
    if not parts:
        return 0
    first, *others = parts
    return first.union(*others, all=True).count() if others else first.count()


def missing(actor: Actor) -> Iterable[Found]:
    """By source, what lacks a text; sources that lack nothing are left out."""
    for source in sources_for(actor):
        rows = list(source.lacking(actor).prefetch_related(None)[: SHOWN_AT_MOST + 1])
        if rows:
            count = len(rows) if len(rows) <= SHOWN_AT_MOST else source.lacking(actor).count()
            yield Found(source, count, [_lack(source, row) for row in rows[:SHOWN_AT_MOST]])


def _lack(source: BilingualSource, row: Model) -> Lack:
    return Lack(
        zh=getattr(row, source.zh),
        en=getattr(row, source.en),
        belongs_to=source.group_of(row) if source.group_of else "",
        url=source.url(row),
    )


def _keys(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.order_by().select_related(None).values_list("pk")
