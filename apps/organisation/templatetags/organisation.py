"""The store switcher of the frame."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.organisation import queries
from apps.organisation.middleware import STORE_FOCUS
from apps.organisation.models import Region, Store

register = template.Library()


@dataclass(frozen=True)
class RegionChoice:
    """A region in the switcher with those of its stores that may be chosen."""

    region: Region | None
    word: str
    stores: list[Store]
    is_chosen: bool


@register.inclusion_tag("organisation/_store_choices.html", takes_context=True)
def store_switcher(context: template.Context) -> dict[str, Any]:
    """The stores that the person may choose among, and what she has chosen."""
    request = context["request"]
    stores = queries.list_focus_stores(request.actor)
    words = {word for word in request.store_focus.split(",") if word}
    regions: dict[int | None, RegionChoice] = {}
    for store in stores:
        word = f"region:{store.region_id}" if store.region_id else ""
        choice = regions.setdefault(
            store.region_id, RegionChoice(store.region, word, [], word in words)
        )
        choice.stores.append(store)
    return {
        "request": request,
        "parameter": STORE_FOCUS,
        "shown": len(stores) > 1,
        "regions": list(regions.values()),
        "has_regions": any(choice.region for choice in regions.values()),
        "words": words,
        "focus": request.store_focus,
        "label": _label(words, stores, list(regions.values())),
        "kept": [
            (name, value)
            for name in request.GET
            if name not in (STORE_FOCUS, "after", "before", "store", "export")
            for value in request.GET.getlist(name)
        ],
    }


def _label(words: set[str], stores: list[Store], regions: list[RegionChoice]) -> str:
    chosen_regions = [
        choice.region.name for choice in regions if choice.is_chosen and choice.region
    ]
    chosen_stores = [store.name for store in stores if store.code in words]
    names = chosen_regions + chosen_stores
    if not names:
        return _("All stores")
    if len(names) == 1:
        return names[0]
    if chosen_regions:
        return _("%(count)s chosen") % {"count": len(names)}
    return ngettext("%(count)s store", "%(count)s stores", len(names)) % {"count": len(names)}
