"""The language of a page: the person's own choice, else the group's, else the browser's."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from forecourt.kernel.groups import GroupIdentity

LANGUAGE_COOKIE = settings.LANGUAGE_COOKIE_NAME


class LanguageMiddleware:
    """Also sets the group's time zone for everything that is shown or entered.

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
        if chosen in known:
            return chosen
        if request.path.startswith("/api/") or group is None:
            return translation.get_language_from_request(request)
        return group.language
