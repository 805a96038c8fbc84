"""From the host name to the group."""

from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotFound
from django.urls import set_urlconf
from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext as _
from django_tenants.middleware.main import TenantMainMiddleware

from tenants.directory import group_at
from tenants.hosts import is_ours

HSTS = "Strict-Transport-Security"


class HostMiddleware:
    """What holds at a host name before anything answers there: static files and redirects too.

    A name that leads to no group is not sent on to https, for nobody is to be led from here to
    whatever name she brought. Of a name that is not below ours, https is promised for itself
    alone: what else its domain has is not ours.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host = _host(request)
        if is_ours(host):
            return self.get_response(request)
        is_served = group_at(host) is not None
        if not is_served and settings.SECURE_SSL_REDIRECT and not request.is_secure():
            return _nobody_here(request)
        response = self.get_response(request)
        if HSTS in response and is_served:
            response.headers[HSTS] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        elif HSTS in response:
            del response.headers[HSTS]
        return response


def _nobody_here(request: HttpRequest) -> HttpResponse:
    """As text, for no style sheet answers there either."""
    with override(get_language_from_request(request)):
        text = _("No group has this address.")
    return HttpResponseNotFound(text, content_type="text/plain; charset=utf-8")


class GroupMiddleware(TenantMainMiddleware):
    """Selects the group's schema and addresses, or the platform's on the bare domain.

    An unknown host gets the public site's 404 without a hint whether a group ever had that name.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        connection.set_schema_to_public()
        set_urlconf(settings.PUBLIC_SCHEMA_URLCONF)
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        request.tenant = connection.tenant
        host = _host(request)
        if host == settings.BASE_DOMAIN:
            return None
        group = group_at(host)
        if group is None:
            raise Http404
        request.tenant = group
        connection.set_tenant(group)
        request.urlconf = settings.ROOT_URLCONF
        set_urlconf(settings.ROOT_URLCONF)
        return None


def _host(request: HttpRequest) -> str:
    return request.get_host().split(":")[0].lower().rstrip(".")
