"""What every request of a person goes through: her language, her devices, her second factor."""

import hashlib
from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from forecourt.accounts.policy import requires_second_factor
from forecourt.kernel.groups import GroupIdentity

LANGUAGE_COOKIE = settings.LANGUAGE_COOKIE_NAME
LANGUAGE_IN_ADDRESS = "lang"
"""On the public site, so that each language of a page has an address that can be linked."""
HAS_SECOND_FACTOR = "has_second_factor"
"""The session's note that its person has a second factor."""
SEEN_EVERY = 300
"""Seconds between two notes of where an account was last seen."""
OPEN_WITHOUT_SECOND_FACTOR = {
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "set_language",
    "set_theme",
    "ui:manifest",
    "ui:service_worker",
}


class LanguageMiddleware:
    """The language of a page: the person's own choice, else the group's, else the browser's.

    Also sets the group's time zone for everything that is shown or entered.

    The cookie carries a person's choice (set when she signs in or switches), so that pages before
    and after signing in agree and no query is needed to know it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        group = request.tenant if isinstance(request.tenant, GroupIdentity) else None
        language = self.language_of(request, group)
        translation.activate(language)
        request.LANGUAGE_CODE = language
        timezone.activate(group.time_zone if group else settings.TIME_ZONE)
        try:
            response = self.get_response(request)
        finally:
            timezone.deactivate()
        response.headers.setdefault("Content-Language", language)
        return response

    @staticmethod
    def language_of(request: HttpRequest, group: GroupIdentity | None) -> str:
        chosen = request.COOKIES.get(LANGUAGE_COOKIE)
        known = dict(settings.LANGUAGES)
        if group is None and request.GET.get(LANGUAGE_IN_ADDRESS) in known:
            return str(request.GET[LANGUAGE_IN_ADDRESS])
        if chosen in known:
            return chosen
        if request.path.startswith("/api/") or group is None:
            return translation.get_language_from_request(request)
        return group.language


class DeviceMiddleware:
    """Keeps the list of devices fresh: where an account was last seen, to five minutes.

    allauth's own would write the row on every request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.session_key and request.user.is_authenticated:
            seen = hashlib.sha256(request.session.session_key.encode()).hexdigest()
            if cache.add(f"seen:{seen}", 1, SEEN_EVERY):
                UserSession.objects.create_from_request(request)
        return self.get_response(request)


class SecondFactorMiddleware:
    """Where the group demands a second factor, whoever has none is led to add one first.

    It asks as each request comes, so the demand counts at once for everybody who is signed in. The
    session remembers who has one: the common case costs no query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, _kwargs: object
    ) -> HttpResponse | None:
        if not request.user.is_authenticated or not requires_second_factor():
            return None
        name = request.resolver_match.view_name
        if name in OPEN_WITHOUT_SECOND_FACTOR or name.startswith("mfa_") or has_factor(request):
            return None
        address = reverse("mfa_index")
        if request.path.startswith("/api/"):
            return JsonResponse(
                {
                    "code": "second_factor_required",
                    "detail": _("Your group asks everybody for a second factor; add one first."),
                },
                status=403,
            )
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": address})
        return redirect(address)


def has_factor(request: HttpRequest) -> bool:
    if request.session.get(HAS_SECOND_FACTOR):
        return True
    found = Authenticator.objects.filter(
        user_id=request.user.pk, type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    ).exists()
    if found:
        request.session[HAS_SECOND_FACTOR] = True
    return found
