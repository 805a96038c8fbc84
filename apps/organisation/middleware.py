"""Turns the signed-in account into the actor that every action and query asks."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.organisation.queries import actor_for_user
from forecourt.accounts.adapters import client_address
from forecourt.kernel.db.router import PUBLIC_SCHEMA
from forecourt.kernel.groups import GroupIdentity

STORE_FOCUS = "stores"
"""The query parameter of the store switcher: store codes or ``region:3``, parted by commas."""
LONGEST_FOCUS = 500


class ActorMiddleware:
    """Sets ``request.actor``: the staff member with her present rights, or None.

    Built anew for each request, so a changed role counts from the next one on. The stores chosen in
    the switcher come from the address, and from the session where the address names none; an empty
    choice in the address is a choice too, of all stores.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = None
        request.store_focus = ""
        tenant = request.tenant
        if isinstance(tenant, GroupIdentity) and tenant.schema_name != PUBLIC_SCHEMA:
            user = request.user
            if user.is_authenticated:
                request.store_focus = focus_of(request)
                request.actor = actor_for_user(
                    user.pk,
                    focus=request.store_focus,
                    address=client_address(request),
                    device=request.META.get("HTTP_USER_AGENT", ""),
                )
        return self.get_response(request)


def focus_of(request: HttpRequest) -> str:
    """The chosen stores; a choice in a page's address is remembered for the pages after it."""
    remembered = request.session.get(STORE_FOCUS, "")
    if STORE_FOCUS not in request.GET or request.path.startswith("/api/"):
        return remembered
    words = ",".join(request.GET.getlist(STORE_FOCUS)).split(",")
    chosen = ",".join(dict.fromkeys(word for word in words if word))[:LONGEST_FOCUS]
    if chosen != remembered:
        request.session[STORE_FOCUS] = chosen
    return chosen
