"""Whether a request may go on: by the group's state and its plan, for pages and the API alike."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from billing.entitlements import require_module
from billing.permissions import MANAGE
from forecourt.kernel import standing
from forecourt.kernel.errors import DomainError
from forecourt.kernel.groups import GroupIdentity
from forecourt.ui.middleware import API_PREFIX, refusal

SAFE = {"GET", "HEAD", "OPTIONS"}
SIGNING_IN = ("allauth.", "forecourt.accounts.")
"""Views of one's own account work in any state: one must be able to sign in to pay."""
PREFIXES = {
    "/approvals/": "approvals",
    "/api/v1/approval": "approvals",
    "/settings/webhooks/": "webhooks",
    "/api/v1/webhooks": "webhooks",
    "/overview/": "headquarters",
    "/api/v1/figures": "headquarters",
}
"""Where the modules begin that not every plan has."""


class StandingMiddleware:
    """Refuses what the group's state does not allow, and what its plan does not hold.

    In a suspended group whoever may pay is led to the page where she can.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, _args: object, _kwargs: object
    ) -> HttpResponse | None:
        group = request.tenant
        if not isinstance(group, GroupIdentity):
            return None
        error = _refusal_of(request, group, getattr(view, "cls", view))
        if error is None:
            return None
        if request.path.startswith(API_PREFIX):
            return _problem(error)
        actor = request.actor
        may_pay = actor is not None and actor.can(MANAGE)
        if isinstance(error, standing.Suspended) and may_pay and request.method in SAFE:
            return redirect("billing:home")
        return refusal(request, error.message, error.status)


def _refusal_of(request: HttpRequest, group: GroupIdentity, view: Any) -> DomainError | None:
    if view.__module__.startswith(SIGNING_IN):
        return None
    if request.actor is None and not request.path.startswith(API_PREFIX):
        return None  # a stranger is asked to sign in
    error = standing.refusal_of(group, writes=request.method not in SAFE, view=view)
    if error is None and (module := _module_at(request.path)) is not None:
        try:
            require_module(group, module)
        except DomainError as not_in_plan:
            return not_in_plan
    return error


def _module_at(path: str) -> str | None:
    for prefix, module in PREFIXES.items():
        if path.startswith(prefix):
            return module
    return None


def _problem(error: DomainError) -> JsonResponse:
    """As the API writes all its refusals."""
    return JsonResponse(
        {
            "type": f"/api/v1/docs/#problem-{error.code}",
            "title": _("Payment needed"),
            "status": error.status,
            "detail": error.message,
            "code": error.code,
        },
        status=error.status,
        content_type="application/problem+json",
    )
