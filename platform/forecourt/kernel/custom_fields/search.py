"""Searchable texts in the one search over everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields import keys
from forecourt.kernel.custom_fields.definition import Definition
from forecourt.kernel.custom_fields.hosts import Host, get_host
from forecourt.kernel.custom_fields.kinds import text_key
from forecourt.kernel.custom_fields.registry import visible


def found_rows(
    host_name: str, words: str, actor: Actor, limit: int
) -> Iterator[tuple[Host, Any, Definition]]:
    """Rows that the actor sees with a searchable text that begins with the words, and which field.

    No query where the host has no searchable field.
    """
    fields = [
        field for field in visible(host_name, actor) if field.is_searchable and field.is_ready
    ]
    if not fields or not text_key(words):
        return
    host = get_host(host_name)
    seen = host.model.objects.visible_to(actor)
    for row in keys.found_by(seen, seen.none(), fields, words).order_by("-pk")[:limit]:
        field = _field_of(row, fields, words)
        if field is not None:
            yield host, row, field


def _field_of(row: Any, fields: list[Definition], words: str) -> Definition | None:
    wanted = text_key(words)
    for field in fields:
        value = row.custom.get(field.code)
        if isinstance(value, str) and text_key(value).startswith(wanted):
            return field
    return None
