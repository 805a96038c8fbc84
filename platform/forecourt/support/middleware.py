"""An operator in a group: who she is there, what she gets, and that each page is told."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from forecourt.accounts.adapters import client_address
from forecourt.kernel.access import Actor, Grant, all_permissions
from forecourt.kernel.groups import GroupIdentity
from forecourt.support import entering, granting
from forecourt.support.models import SupportVisit
from forecourt.support.rules import is_refused_page, permissions_of
from forecourt.ui.middleware import API_PREFIX, refusal

SESSION_KEY = "support_visit"
SAFE = {"GET", "HEAD", "OPTIONS"}
OPEN_TO_ALL = {"support:enter", "support:leave", "support:over", "set_language", "set_theme"}
"""What writes nothing of the group's, or belongs to coming and going."""


class SupportMiddleware:
    """Sets ``request.support`` to the visit that a session belongs to, and the actor that it makes.

    Asked anew with each request: the second the grant ends, so does the session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.support = None
        if isinstance(request.tenant, GroupIdentity) and SESSION_KEY in request.session:
            visit = entering.visit_that_goes_on(
                visit_id=request.session[SESSION_KEY], schema_name=request.tenant.schema_name
            )
            if visit is None:
                request.session.flush()
                return _is_over(request)
            request.support = visit
            request.actor = actor_of(visit, request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, _kwargs: object
    ) -> HttpResponse | None:
        visit = request.support
        if visit is None:
            return None
        match = request.resolver_match
        if match.view_name in OPEN_TO_ALL:
            return None
        granting.note_page(visit, request.actor, method=request.method, path=request.path)
        if is_refused_page(request.path, match.view_name, list(request.GET)):
            return refusal(request, _("Support does not get this, whatever was granted."), 403)
        if request.method not in SAFE and not visit.grant.may_change:
            return refusal(request, _("Support may look here, and change nothing."), 403)
        return None


def actor_of(visit: SupportVisit, request: HttpRequest) -> Actor:
    """Sees what the group's rows are, by the rights to see; no field that is hidden from some."""
    rights = permissions_of(list(all_permissions()), may_change=visit.grant.may_change)
    everything = Grant(everything=True)
    return Actor(
        user_id=None,
        staff_id=None,
        name=_("%(name)s (Forecourt support)") % {"name": visit.operator_name},
        language=request.LANGUAGE_CODE,
        grants=dict.fromkeys(rights, everything),
        address=client_address(request),
        device=request.META.get("HTTP_USER_AGENT", ""),
        channel="support",
    )


def _is_over(request: HttpRequest) -> Any:
    if request.path.startswith(API_PREFIX):
        return HttpResponse(status=401)
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": "/support/over/"})
    return redirect("support:over")
