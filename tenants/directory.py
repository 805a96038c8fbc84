"""Which group answers at a host name, and which works in a schema: asked by every request and task.

Answers are cached for a minute and dropped when a group changes. They are kept under the public
schema's keys, whichever group is entered.
"""

from collections.abc import Callable, Iterable
from dataclasses import fields

from django.core.cache import cache
from django_tenants.utils import schema_context

from forecourt.kernel.db.router import PUBLIC_SCHEMA
from forecourt.kernel.groups import GroupIdentity
from tenants.hosts import is_well_formed
from tenants.models import DealerGroup, Domain

CACHE_SECONDS = 60
# Another release may know a group by other fields: it then reads none of this one's entries.
CACHE_VERSION = "-".join(field.name for field in fields(GroupIdentity))


def group_at(host: str) -> GroupIdentity | None:
    """The group whose pages answer at a host name; None also for what is no host name at all."""
    if not is_well_formed(host):
        return None
    return _cached(_host_key(host), lambda: _group_of_domain(host))


def group_in(schema_name: str) -> GroupIdentity | None:
    """The group that works in a schema, whether its pages answer or not."""
    if schema_name == PUBLIC_SCHEMA:
        return None
    return _cached(_schema_key(schema_name), lambda: _group_of_schema(schema_name))


def forget(group: DealerGroup, further_hosts: Iterable[str] = ()) -> None:
    """Drop what is cached of a group, after its name, state or address has changed.

    ``further_hosts`` are those that led to it before. A process that reads the old state at this
    very moment may keep it for another minute.
    """
    hosts = {*group.domains.values_list("domain", flat=True), *further_hosts}
    with schema_context(PUBLIC_SCHEMA):
        cache.delete_many([_schema_key(group.schema_name), *map(_host_key, hosts)])


def _cached(key: str, read: Callable[[], GroupIdentity | None]) -> GroupIdentity | None:
    with schema_context(PUBLIC_SCHEMA):
        known = cache.get(key)
        if known is None:
            known = read() or False
            cache.set(key, known, CACHE_SECONDS)
    return known or None


def _group_of_domain(host: str) -> GroupIdentity | None:
    domain = Domain.objects.select_related("tenant").filter(domain=host).first()
    if domain is None or domain.tenant.state not in DealerGroup.READABLE_STATES:
        return None
    return domain.tenant.identity


def _group_of_schema(schema_name: str) -> GroupIdentity | None:
    group = DealerGroup.objects.filter(schema_name=schema_name).first()
    return group.identity if group else None


def _host_key(host: str) -> str:
    return f"host:{host}:{CACHE_VERSION}"


def _schema_key(schema_name: str) -> str:
    return f"schema:{schema_name}:{CACHE_VERSION}"
