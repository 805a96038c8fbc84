"""The frame's own pages: search, jobs, language and look, the installable app, refusals."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import redirect, render, resolve_url
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from forecourt.kernel import jobs
from forecourt.kernel import search as kernel_search
from forecourt.kernel.models import Job
from forecourt.kernel.standing import works_when_suspended
from forecourt.ui.access import signed_in
from forecourt.ui.lists import exports
from forecourt.ui.middleware import refusal
from forecourt.ui.recent import recent_for
from forecourt.ui.responses import go_to, render_page
from forecourt.ui.shell import THEME_COOKIE, THEMES, Shell, links_for

YEAR = 365 * 24 * 3600
PALETTE_LINKS = 8


# --- Search ---------------------------------------------------------------------------------


@require_GET
@signed_in
def search(request: HttpRequest) -> HttpResponse:
    """The palette's results: actions and pages by name, then records of every source."""
    wanted = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    lowered = wanted.lower()
    links = [link for link in links_for(request.actor) if lowered in str(link.label).lower()]
    links.sort(key=lambda link: not link.is_action)
    context = {
        "wanted": wanted,
        "links": links[:PALETTE_LINKS],
        "found": kernel_search.find(wanted, request.actor) if wanted else [],
        "recent": [] if wanted else recent_for(request.actor),
    }
    return render_page(request, "ui/search.html", "ui/_search_results.html", context)


# --- Jobs -----------------------------------------------------------------------------------


def _job_of(request: HttpRequest, job_id: int) -> Job:
    return jobs.get_job(job_id=job_id, actor=request.actor)


@works_when_suspended
@require_GET
@never_cache
@signed_in
def job_detail(request: HttpRequest, job_id: int) -> HttpResponse:
    """A job's progress; the partial asks again until the job has ended."""
    context = {"job": _job_of(request, job_id)}
    return render_page(request, "ui/job_detail.html", "ui/_job.html", context)


@works_when_suspended
@require_POST
@signed_in
def job_cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    job = jobs.cancel(_job_of(request, job_id).pk, request.actor)
    if request.htmx:
        return render(request, "ui/_job.html", {"job": job})
    return go_to(request, "ui:job_detail", job.pk)


@works_when_suspended
@require_GET
@never_cache
@signed_in
def export_file(request: HttpRequest, job_id: int) -> HttpResponse:
    """Go to where the file of an export is handed out, which was written in the background."""
    return redirect(exports.link_to_export(export_id=job_id, actor=request.actor))


# --- Language and look ----------------------------------------------------------------------


def _back(request: HttpRequest) -> HttpResponse:
    url = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(url if safe else "/")


def _remember(response: HttpResponse, name: str, value: str, request: HttpRequest) -> None:
    response.set_cookie(
        name, value, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
    )


@works_when_suspended
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    response = _back(request)
    theme = request.POST.get("theme")
    if theme in THEMES:
        _remember(response, THEME_COOKIE, theme, request)
    return response


@works_when_suspended
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language in a cookie and, of who is signed in, with her account."""
    response = _back(request)
    language = request.POST.get("language")
    if language not in dict(settings.LANGUAGES):
        return response
    _remember(response, settings.LANGUAGE_COOKIE_NAME, language, request)
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated and user.language != language:
        user.language = language
        user.save(update_fields=["language"])
    return response


# --- The installable app --------------------------------------------------------------------


@works_when_suspended
@require_safe
@cache_control(max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    shell = Shell(request)
    group = shell.title
    return JsonResponse(
        {
            "id": "/",
            "name": f"{group} · Forecourt",
            "short_name": group[:12],
            "lang": get_language(),
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#e6ebec",
            "theme_color": f"#{shell.colour}" if shell.colour else "#0b6270",
            "icons": [
                {"src": static("ui/img/mark.svg"), "sizes": "any", "type": "image/svg+xml"},
                *[
                    {
                        "src": static(f"ui/img/app-{size}.png"),
                        "sizes": f"{size}x{size}",
                        "type": "image/png",
                        "purpose": "any maskable",
                    }
                    for size in (192, 512)
                ],
            ],
        },
        content_type="application/manifest+json",
    )


@works_when_suspended
@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """Served from the root, which is the reach a worker needs; see the template for its rules."""
    files = [static(name) for name in ("vendor/tabler.css", "ui/forecourt.css", "ui/img/mark.svg")]
    body = render_to_string(
        "ui/service_worker.js",
        {
            "files": json.dumps(files),
            "offline": reverse("ui:offline"),
            "prefix": settings.STATIC_URL,
        },
    )
    return HttpResponse(body, content_type="text/javascript; charset=utf-8")


@works_when_suspended
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Shown by the service worker without a connection; says nothing of group or person."""
    nobody = Shell(request)
    nobody.actor = nobody.group = None
    return render(request, "ui/errors/offline.html", {"shell": nobody})


# --- Refusals -------------------------------------------------------------------------------


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _plain_refusal(request, 404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _plain_refusal(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page was open for so long, or its cookies were lost, that its form is not trusted."""
    if getattr(request, "htmx", None):
        return refusal(request, _("The page is out of date. Load it again and repeat."), 403)
    return render(request, "ui/errors/csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Needs nothing that may be broken: no database, session, or context processor."""
    html = render_to_string(
        "ui/errors/500.html", {"request_id": request.META.get("REQUEST_ID", "")}
    )
    return HttpResponse(html, status=500)


def _plain_refusal(request: HttpRequest, status: int) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(
            {"code": {403: "not_permitted", 404: "not_found"}[status]}, status=status
        )
    context: dict[str, Any] = {"status": status, "home": resolve_url("/")}
    return render(request, "ui/errors/refusal.html", context, status=status)
