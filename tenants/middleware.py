"""From the host name to the group."""

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import set_urlconf
from django_tenants.middleware.main import TenantMainMiddleware

from tenants.directory import group_at


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

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """A group's own host name promises https for itself: what else its domain has is hers."""
        seconds = settings.SECURE_HSTS_SECONDS
        if seconds and request.is_secure() and not _is_ours(request):
            response.headers["Strict-Transport-Security"] = f"max-age={seconds}"
        return response


def _is_ours(request: HttpRequest) -> bool:
    host = _host(request)
    return host == settings.BASE_DOMAIN or host.endswith(f".{settings.BASE_DOMAIN}")


def _host(request: HttpRequest) -> str:
    return request.get_host().split(":")[0].lower().rstrip(".")
