"""Which dealer group the running code works for.

A request enters its group in the middleware, a task through :mod:`forecourt.kernel.tasks`, a
command through :func:`inside`. Everything else asks here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, connections

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
