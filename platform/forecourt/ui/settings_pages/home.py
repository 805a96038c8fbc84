"""The page of settings: a described tile for each page of configuration that a person may use."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from forecourt.kernel import menu
from forecourt.kernel.errors import NotPermitted
from forecourt.ui.access import signed_in
from forecourt.ui.responses import render_page
from forecourt.ui.shell import Link, links_for, sections_of

LONGEST_SEARCH = 100


@require_GET
@signed_in
def settings_home(request: HttpRequest) -> HttpResponse:
    """The tiles by section; ``q`` narrows them to those whose words hold it."""
    if not menu.has_settings_pages(request.actor):
        raise NotPermitted(_("You have no settings to change."))
    wanted = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    tiles = [link for link in links_for(request.actor) if link.on_settings_page]
    if wanted:
        tiles = [tile for tile in tiles if _holds(tile, wanted.lower())]
    context = {"wanted": wanted, "sections": sections_of(tiles)}
    return render_page(request, "settings/home.html", "settings/_tiles.html", context)


def _holds(tile: Link, wanted: str) -> bool:
    return wanted in f"{tile.label} {tile.description} {tile.section}".lower()
