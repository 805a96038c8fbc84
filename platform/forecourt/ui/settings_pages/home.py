"""The page of settings: a described tile for each page of configuration that a person may use."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from forecourt.kernel import group_settings, menu
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotPermitted
from forecourt.kernel.group_settings import SettingState
from forecourt.ui.access import signed_in
from forecourt.ui.responses import render_page
from forecourt.ui.shell import Link, links_for, sections_of

LONGEST_SEARCH = 100
VIEW = "settings.view_setting"


@require_GET
@signed_in
def settings_home(request: HttpRequest) -> HttpResponse:
    """The tiles by section; ``q`` narrows them, and finds single settings by their words too."""
    if not menu.has_settings_pages(request.actor):
        raise NotPermitted(_("You have no settings to change."))
    wanted = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    tiles = [link for link in links_for(request.actor) if link.on_settings_page]
    if wanted:
        tiles = [tile for tile in tiles if _holds(tile, wanted.lower())]
    tiles = [_counted(tile, request.actor) for tile in tiles]
    context = {
        "wanted": wanted,
        "sections": sections_of(tiles),
        "states": _found(request.actor, wanted) if wanted else [],
    }
    return render_page(request, "settings/home.html", "settings/_tiles.html", context)


def _found(actor: Actor, wanted: str) -> list[SettingState]:
    if not actor.can(VIEW) or not group_settings.viewpoints_of(actor):
        return []
    return group_settings.list_settings(actor, group_settings.viewpoint_of(actor), wanted)


def _counted(tile: Link, actor: Actor) -> Link:
    return replace(tile, count=tile.count_of(actor)) if tile.count_of else tile


def _holds(tile: Link, wanted: str) -> bool:
    return wanted in f"{tile.label} {tile.description} {tile.section}".lower()
