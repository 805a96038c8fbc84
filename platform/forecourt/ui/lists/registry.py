"""The lists of the product by name, for whatever names one: a job, the API.

They are read from the site's addresses, so a list is here as soon as it has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import URLResolver, get_resolver
from django.utils.translation import gettext as _

from forecourt.kernel.errors import NotFound

if TYPE_CHECKING:
    from forecourt.kernel.access import Actor
    from forecourt.ui.lists.filters import Filter
    from forecourt.ui.lists.page import ListPage


@dataclass(frozen=True)
class Listed:
    """A list, and whether its address holds nothing but its name."""

    page: type[ListPage]
    stands_alone: bool


def list_named(name: str) -> type[ListPage]:
    """Raises NotFound."""
    listed = _lists(settings.ROOT_URLCONF).get(name)
    if listed is None:
        raise NotFound(_("There is no list of that name."), field="list")
    return listed.page


def declared_filters(name: str) -> tuple[Filter, ...]:
    """The filters of a list, whoever asks; none for a name that no list has any more."""
    listed = _lists(settings.ROOT_URLCONF).get(name)
    filters = listed.page.filters if listed else ()
    return () if isinstance(filters, property) else tuple(filters)


def lists_for(actor: Actor) -> list[type[ListPage]]:
    """The lists that the actor may export and that need nothing besides their name."""
    return [
        listed.page
        for _name, listed in sorted(_lists(settings.ROOT_URLCONF).items())
        if listed.stands_alone and listed.page.may_export(actor)
    ]


@cache
def _lists(urlconf: str) -> dict[str, Listed]:
    return {listed.page.name: listed for listed in _walk(get_resolver(urlconf), alone=True)}


def _walk(resolver: URLResolver, *, alone: bool) -> Iterator[Listed]:
    for pattern in resolver.url_patterns:
        still_alone = alone and not pattern.pattern.regex.groups
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, alone=still_alone)
        elif hasattr(pattern.callback, "list_page"):
            yield Listed(pattern.callback.list_page, still_alone)
