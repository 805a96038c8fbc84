from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from api.endpoints import Endpoint, listing
from api.fields import Representation
from api.filters import Filter
from forecourt.kernel import search
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotPermitted

MOST_OF_A_KIND = 10


@dataclass(frozen=True, slots=True)
class Found:
    kind: str
    title: str
    detail: str
    page: str


class FoundRow(Representation):
    """A record that was found, with the address of its page."""

    kind = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField()
    page = serializers.CharField()


def find(*, actor: Actor, q: str) -> Iterator[Found]:
    if not any(actor.can(source.permission) for source in search.all_sources()):
        raise NotPermitted(_("There is nothing that you may search."))
    return (
        Found(source.name, hit.title, hit.detail, hit.url)
        for source, hits in search.find(q, actor, MOST_OF_A_KIND)
        for hit in hits
    )


class Search(Endpoint):
    tag = "search"
    get = listing(
        find,
        FoundRow,
        name="search",
        summary=gettext_lazy("Search over everything that the caller may see"),
        filters={
            "q": Filter(
                serializers.CharField(max_length=100),
                description=gettext_lazy("Part of a name, phone, VIN or number."),
                is_needed=True,
            )
        },
    )
