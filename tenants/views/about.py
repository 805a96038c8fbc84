"""What the public site says of the product beside what it does: terms, and whether it runs."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from forecourt.kernel.clock import now
from forecourt.kernel.middleware import readiness

LANGUAGES = tuple(
    (code, "zh-CN" if code == "zh-hans" else code) for code, _name in settings.LANGUAGES
)
"""Django's code of each language, and what browsers and search engines call it."""
LOOKED_AT_EVERY = 30
PARTS = (
    (_("Pages and API"), ("database", "cache")),
    (_("Work in the background, mail, messages"), ("broker",)),
    (_("Updates"), ("migrations",)),
)
View = Callable[..., HttpResponse]


def read_by_all(view: View) -> View:
    """A page that says the same to everybody who reads its language."""

    @require_GET
    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        response = view(request)
        response.headers["Cache-Control"] = "private, max-age=60"
        patch_vary_headers(response, ["Cookie", "Accept-Language"])
        return response

    return answered


@read_by_all
def terms(request: HttpRequest) -> HttpResponse:
    return render(request, "tenants/terms.html", {"languages": LANGUAGES})


@require_GET
def status(request: HttpRequest) -> HttpResponse:
    """Asked at most twice a minute, however many look."""
    known = cache.get("status-page")
    if known is None:
        found = readiness()
        parts = [all(found.get(name) == "ok" for name in names) for _label, names in PARTS]
        known = (parts, now())
        cache.set("status-page", known, LOOKED_AT_EVERY)
    states, looked_at = known
    parts = [(label, state) for (label, _names), state in zip(PARTS, states, strict=True)]
    context = {
        "parts": parts,
        "is_well": all(states),
        "looked_at": looked_at,
        "languages": LANGUAGES,
    }
    response = render(request, "tenants/status.html", context)
    response.headers["Cache-Control"] = "no-cache"
    return response
