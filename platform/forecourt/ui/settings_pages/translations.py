"""The report of missing translations: what the group wrote in one language only."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from forecourt.kernel import bilingual
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotPermitted
from forecourt.ui.access import signed_in


def has_sources(actor: Actor) -> bool:
    """Whether there is anything that this person may translate."""
    return bool(bilingual.sources_for(actor))


@require_GET
@signed_in
def missing_translations(request: HttpRequest) -> HttpResponse:
    """By kind of row, with a link to where each is mended."""
    if not has_sources(request.actor):
        raise NotPermitted(_("You have no settings to change."))
    found = list(bilingual.missing(request.actor))
    context = {"found": found, "total": sum(one.count for one in found)}
    return render(request, "settings/translations.html", context)
