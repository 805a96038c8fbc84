"""The definitions of a group, read once and kept in the shared cache.

A change must be seen by the next request on every worker. Dropping the entry is not enough: a
worker that has read the old rows may write them back a moment later. So an entry carries the
revision that stood in the cache *before* its rows were read, and counts only while that revision
stands; a change writes a new revision after its commit. Between the change and its commit the
revision is ``changing``, under which nothing is kept: everybody reads the table.
"""

from __future__ import annotations

import uuid

from django.core.cache import cache
from django.db import transaction

from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.definition import Definition, definition_of
from forecourt.kernel.models import CustomField

_REVISION = "custom_fields.revision"
_ENTRY = "custom_fields.definitions.1"
_CHANGING = "changing"
_SECONDS = 3600
_CHANGING_SECONDS = 30
"""How long a change that never ended, because its process died, keeps the cache out."""

Definitions = dict[str, list[Definition]]


def definitions(host: str) -> list[Definition]:
    """All fields of a host in their order on the form, retired ones included."""
    return _all().get(host, [])


def active(host: str) -> list[Definition]:
    return [field for field in definitions(host) if field.is_active]


def visible(host: str, actor: Actor) -> list[Definition]:
    """The fields in use that the actor may see."""
    return [field for field in active(host) if field.is_visible_to(actor)]


def revision() -> str:
    """Changes with every change of any definition; part of the keys of what is made of them."""
    _all()
    return str(cache.get(_REVISION, ""))


def read(host: str | None = None) -> Definitions:
    """The definitions as the table has them now."""
    rows = CustomField.objects.order_by("host", "sequence", "id")
    found: Definitions = {}
    for row in rows.filter(host=host) if host else rows:
        found.setdefault(row.host, []).append(definition_of(row))
    return found


def changed() -> None:
    """Call inside the transaction of every change of a definition."""
    cache.set(_REVISION, _CHANGING, _CHANGING_SECONDS)
    transaction.on_commit(_set_revision)


def _set_revision() -> None:
    cache.set(_REVISION, uuid.uuid4().hex, _SECONDS)


def _all() -> Definitions:
    known = cache.get_many([_REVISION, _ENTRY])
    current, entry = known.get(_REVISION), known.get(_ENTRY)
    if entry is not None and entry[0] == current:
        return entry[1]
    if current is None:
        cache.add(_REVISION, uuid.uuid4().hex, _SECONDS)
        current = cache.get(_REVISION)
    found = read()
    if current and current != _CHANGING:
        cache.set(_ENTRY, (current, found), _SECONDS)
    return found
