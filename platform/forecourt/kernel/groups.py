"""Which dealer group the running code works for.

A request enters its group in the middleware, a task through :mod:`forecourt.kernel.tasks`, a
command through :func:`inside`. Everything else asks here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import cast

from django.conf import settings
from django.db import connection, connections
from django.utils.module_loading import import_string

from forecourt.kernel.db.router import PUBLIC_SCHEMA


@dataclass(frozen=True, slots=True)
class GroupIdentity:
    """What a request must know of its group, small enough to keep in the cache."""

    schema_name: str
    slug: str
    name: str
    language: str
    time_zone: str
    currency: str
    state: str
    plan: str = ""
    state_until: datetime | None = None
    is_held: bool = False
    """Whether it is suspended by an operator, and not because it has not been paid for."""
    host: str = ""
    """The host name of its own that links lead to; empty for the one below our domain."""

    domain_url: str | None = None

    def get_tenant_type(self) -> None:
        """Asked by django-tenants of whatever it is given as a tenant."""


@dataclass(frozen=True, slots=True)
class _Schema:
    schema_name: str

    def get_tenant_type(self) -> None: ...


def current_schema() -> str:
    return connection.schema_name


def in_group() -> bool:
    return connection.schema_name != PUBLIC_SCHEMA


def current_group() -> GroupIdentity | None:
    tenant = connection.tenant
    return tenant if isinstance(tenant, GroupIdentity) else None


def site_url(path: str = "/") -> str:
    """The full address of a path on the site of the group that is entered, for mails and the like.

    Raises LookupError where only a schema was entered and no group.
    """
    group = _entered()
    return _url_at(group.host or _host_below_ours(group), path)


def account_url(path: str) -> str:
    """As :func:`site_url`, always below our own domain: for links that open an account.

    A name of the group's own may lapse and be somebody else's by the time the link is sent.
    """
    return _url_at(_host_below_ours(_entered()), path)


def _entered() -> GroupIdentity:
    group = current_group()
    if group is None:
        raise LookupError("No group is entered.")
    return group


def _host_below_ours(group: GroupIdentity) -> str:
    return f"{group.slug}.{settings.BASE_DOMAIN}"


def _url_at(host: str, path: str) -> str:
    if settings.ACCOUNT_DEFAULT_HTTP_PROTOCOL == "https":
        return f"https://{host}{path}"
    return f"http://{host}:{settings.PORT}{path}"


def identity_of(schema_name: str) -> GroupIdentity | None:
    """The group that works in a schema, or None; the setting ``GROUP_SOURCE`` names who knows."""
    return _directory()(schema_name)


@cache
def _directory() -> Callable[[str], GroupIdentity | None]:
    return cast(Callable[[str], GroupIdentity | None], import_string(settings.GROUP_SOURCE))


@contextmanager
def inside_alias(alias: str, schema_name: str) -> Iterator[None]:
    """Work inside a schema over another connection (``owner``): provisioning and migrations."""
    chosen = connections[alias]
    previous = chosen.tenant
    chosen.set_tenant(_Schema(schema_name))
    try:
        yield
    finally:
        chosen.set_tenant(previous)


@contextmanager
def inside(schema_name: str | GroupIdentity) -> Iterator[None]:
    """Work inside a group's schema; the transaction, if one is wanted, is opened within."""
    previous = connection.tenant
    tenant = _Schema(schema_name) if isinstance(schema_name, str) else schema_name
    connection.set_tenant(tenant)
    try:
        yield
    finally:
        connection.set_tenant(previous)
