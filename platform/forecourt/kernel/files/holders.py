"""Which rows hold files, so that what nobody holds any more can be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from django.db.models import Model, QuerySet

from forecourt.kernel.models import StoredFile

Held = Callable[[], Iterable[int | None]]
_holders: dict[str, list[Held]] = defaultdict(list)


def declare_holder(model: type[Model], field: str, *purposes: str) -> None:
    """Rows of ``model`` hold files of these purposes in ``field`` (a foreign key, or an id)."""
    declare_holding(lambda: model._default_manager.values_list(field, flat=True), *purposes)


def declare_holding(held: Held, *purposes: str) -> None:
    """The function answers the ids of all files of these purposes that are held somewhere."""
    for purpose in purposes:
        _holders[purpose].append(held)


def unheld(candidates: QuerySet[StoredFile]) -> Iterator[StoredFile]:
    """Those of the files that nobody holds; a purpose whose holders are unknown is left alone."""
    for purpose in sorted(_holders):
        found = {file.pk: file for file in candidates.filter(purpose=purpose)}
        if found:
            held = {pk for holder in _holders[purpose] for pk in holder()}
            yield from (file for pk, file in found.items() if pk not in held)
