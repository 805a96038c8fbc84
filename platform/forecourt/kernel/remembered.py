"""What a group changes seldom and every page asks for: read once, kept in the shared cache.

    SOURCES = Remembered("crm.sources", read_sources)
    SOURCES.get()      # from the request's memory, else the cache, else the tables
    SOURCES.forget()   # in the action that changes it; every worker reads anew after the commit

The cache holds a value under a token that each change renews, so a reader who was slow cannot put
back what somebody has changed meanwhile. Within a request or a task a value is looked up once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.core.cache import cache
from django.db import transaction

from forecourt.kernel.groups import current_schema

Value = TypeVar("Value")
KEPT_SECONDS = 24 * 3600


@dataclass(slots=True)
class _Memory:
    """What one request or task has looked up, and which of it it has changed itself."""

    values: dict[tuple[str, str], Any] = field(default_factory=dict)
    changed: set[tuple[str, str]] = field(default_factory=set)


_memory: ContextVar[_Memory | None] = ContextVar("remembered", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Look everything up at most once inside; around each request and each task."""
    outer = _memory.get()
    inner = _Memory()
    token = _memory.set(inner)
    try:
        yield
    finally:
        _memory.reset(token)
        if outer is not None:
            for key in inner.changed:
                outer.values.pop(key, None)


class Remembered(Generic[Value]):
    """A value of the group that is entered; what ``read`` answers must be possible to pickle."""

    def __init__(self, name: str, read: Callable[[], Value]) -> None:
        self.name = name
        self._read = read

    def get(self) -> Value:
        memory = _memory.get()
        if memory is None:
            return self._shared()
        key = (current_schema(), self.name)
        if key not in memory.values:
            # What this transaction has changed is nobody else's to see yet.
            memory.values[key] = self._read() if key in memory.changed else self._shared()
        value: Value = memory.values[key]
        return value

    def forget(self) -> None:
        """Call after a change, inside its transaction."""
        memory = _memory.get()
        if memory is not None:
            key = (current_schema(), self.name)
            memory.values.pop(key, None)
            memory.changed.add(key)
        self._renew()
        transaction.on_commit(self._renew)

    def _shared(self) -> Value:
        token = cache.get(self._token_key)
        if token is None:
            token = cache.get_or_set(self._token_key, secrets.token_hex(8), KEPT_SECONDS)
        key = f"remembered:{self.name}:{token}"
        kept = cache.get(key)
        if kept is None:
            kept = (self._read(),)
            cache.set(key, kept, KEPT_SECONDS)
        value: Value = kept[0]
        return value

    def _renew(self) -> None:
        cache.set(self._token_key, secrets.token_hex(8), KEPT_SECONDS)

    @property
    def _token_key(self) -> str:
        return f"remembered:{self.name}"
