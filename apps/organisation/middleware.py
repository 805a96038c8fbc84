"""Turns the signed-in account into the actor that every action and query asks."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.organisation.queries import actor_for_user
from forecourt.kernel.db.router import PUBLIC_SCHEMA
from forecourt.kernel.groups import GroupIdentity

STORE_FOCUS = "stores"
"""The query parameter of the store switcher: store codes, comma separated."""


class ActorMiddleware:
    """Sets ``request.actor``: the staff member with her present rights, or None.

    Built anew for each request, so a changed role counts from the next one on.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = None
        if isinstance(request.tenant, GroupIdentity) and request.tenant.schema_name != PUBLIC_SCHEMA:
            user = request.user
            if user.is_authenticated:
                request.actor = actor_for_user(
                    user.pk,
                    focus=request.GET.get(STORE_FOCUS, request.session.get(STORE_FOCUS, "")),
                    address=request.META.get("REMOTE_ADDR"),
                    device=request.META.get("HTTP_USER_AGENT", ""),
                )
        return self.get_response(request)
