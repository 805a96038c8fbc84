"""Who calls: a token, or the signed-in person's own pages."""

from typing import Any

from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from apps.organisation.queries import actor_for_token
from forecourt.accounts.bearer import find_token, note_use

SCHEME = "Bearer"


class TokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer fct_…``, known in this group's schema and nowhere else.

    The actor has the rights that the token's person has at this moment, narrowed to the token's
    scopes.
    """

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        known = actor_for_token(
            text.strip(),
            address=request.META.get("REMOTE_ADDR"),
            device=request.headers.get("User-Agent", ""),
            channel="api",
        )
        if known is None:
            raise exceptions.AuthenticationFailed(_why_not(text.strip()), code="token_not_valid")
        token, actor = known
        note_use(token)
        http = underlying(request)
        http.actor = actor
        if "Accept-Language" not in request.headers:
            translation.activate(actor.language)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


def _why_not(text: str) -> str:
    if find_token(text) is None:
        return _("This token is unknown, expired or revoked.")
    return _("The person of this token does not work here at present.")


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session, for calls of our own pages; guarded against forged requests."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        user = underlying(request).user
        if not user.is_authenticated:
            return None
        self.enforce_csrf(request)
        return user, None


def underlying(request: Request) -> HttpRequest:
    """Django's request, on which the rest of the product looks for the actor."""
    return request._request
