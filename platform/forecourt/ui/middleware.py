"""Turns refusals into pages and banners, in one place for every view."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.messages import get_messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from forecourt.kernel.errors import DomainError
from forecourt.ui.responses import wants_partial

API_PREFIX = "/api/"


class DomainErrorMiddleware:
    """Answers a DomainError by its status: a banner for htmx, a page otherwise.

    It also keeps two promises to htmx: a sign-in page never lands inside a page (an ended session
    is 401, and the script asks to sign in again), and messages arrive with a partial as toasts.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not getattr(request, "htmx", None) or request.path.startswith(API_PREFIX):
            return response
        if self._leads_to_sign_in(response):
            return HttpResponse(status=401, headers={"HX-Reswap": "none"})
        return self._with_toasts(request, response)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if request.path.startswith(API_PREFIX):
            return None
        if isinstance(error, DomainError):
            return refusal(request, error.message, error.status)
        if wants_partial(request) and isinstance(error, Http404):
            return refusal(request, _("This record does not exist, or is not yours to see."), 404)
        if wants_partial(request) and isinstance(error, PermissionDenied):
            return refusal(request, _("You do not have the right to do this."), 403)
        return None

    @staticmethod
    def _leads_to_sign_in(response: HttpResponse) -> bool:
        location = response.headers.get("Location", "")
        return response.status_code == 302 and location.startswith(resolve_url(settings.LOGIN_URL))

    @staticmethod
    def _with_toasts(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Append what is to be told, unless another page will follow and tell it."""
        follows = any(
            name in response.headers for name in ("HX-Redirect", "HX-Refresh", "HX-Location")
        )
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if follows or response.streaming or not is_page or response.status_code >= 300:
            return response
        if response.status_code == 204 or b"<body" in response.content:
            return response
        told = list(get_messages(request)) if hasattr(request, "_messages") else []
        if told:
            toasts = render_to_string("ui/_toasts.html", {"toasts": told}, request)
            response.content += toasts.encode()
        return response


def refusal(request: HttpRequest, message: str, status: int) -> HttpResponse:
    """A refused request, for a person: above the content for htmx, as a page otherwise."""
    if wants_partial(request):
        response = render(request, "ui/_refusal.html", {"message": message}, status=status)
        response["HX-Retarget"] = "#messages"
        response["HX-Reswap"] = "innerHTML show:#messages:top"
        return response
    return render(
        request, "ui/errors/refusal.html", {"message": message, "status": status}, status=status
    )
