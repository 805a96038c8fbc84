"""From the host name to the group."""

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import set_urlconf
from django_tenants.middleware.main import TenantMainMiddleware

from forecourt.kernel.db.router import PUBLIC_SCHEMA
from forecourt.kernel.groups import GroupIdentity
from tenants.models import DealerGroup, Domain

CACHE_SECONDS = 60


def cache_key(host: str) -> str:
    return f"host:{host}"


def group_at(host: str) -> GroupIdentity | None:
    """The group at a host name; cached for a minute, dropped when the group changes."""
    key = cache_key(host)
    known = cache.get(key)
    if known is None:
        domain = Domain.objects.select_related("tenant").filter(domain=host).first()
        known = domain.tenant.identity if domain else False
        cache.set(key, known, CACHE_SECONDS)
    return known or None


def forget(group: DealerGroup) -> None:
    """Drop what is cached of a group, after its name, state or address has changed."""
    from django_tenants.utils import schema_context  # noqa: PLC0415

    hosts = list(group.domains.values_list("domain", flat=True))
    with schema_context(PUBLIC_SCHEMA):
        cache.delete_many([cache_key(host) for host in hosts])


class GroupMiddleware(TenantMainMiddleware):
    """Selects the group's schema and addresses, or the platform's on the bare domain.

    An unknown host gets the public site's 404 without a hint whether a group ever had that name.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        connection.set_schema_to_public()
        set_urlconf(settings.PUBLIC_SCHEMA_URLCONF)
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        request.tenant = connection.tenant
        host = request.get_host().split(":")[0].lower().rstrip(".")
        if host == settings.BASE_DOMAIN:
            return None
        group = group_at(host)
        if group is None or group.state not in DealerGroup.READABLE_STATES:
            raise Http404
        request.tenant = group
        connection.set_tenant(group)
        request.urlconf = settings.ROOT_URLCONF
        set_urlconf(settings.ROOT_URLCONF)
        return None
