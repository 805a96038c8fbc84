"""What a group changes seldom and every page asks for: read once, kept until it is said to change.

    SOURCES = Remembered("crm.sources", read_sources)
    SOURCES.get()      # from the request's memory, else the process's, the cache's, the tables
    SOURCES.forget()   # in the transaction of the action that changes it

All of a group's values stand under one stamp in the shared cache, which every change renews when
it commits: a request asks for the stamp once and has its values without a query, every process
reads anew on the request after a change, and nothing that was read under an old stamp is ever
found again, so a reader who was slow puts back nothing that has changed meanwhile. Within a
request or a task one state of a value is seen; the transaction that changes it sees its own.

:class:`RememberedEach` is the same for what differs from person to person and changes often: every
part has a stamp of its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from django.core.cache import cache
from django.db import connection, transaction

from forecourt.kernel.groups import current_schema

Value = TypeVar("Value")
STAMP = "remembered"
KEPT_SECONDS = 300
"""A process that died between its commit and its new stamp is made good for after so long."""
STAMPED_FOR = 7 * 24 * 3600
KEPT_VALUES = 512
"""What one process keeps, of however many groups."""


@dataclass(slots=True)
class _Memory:
    """What one request or task has looked up, by group; a task may run inside of a request."""

    outer: _Memory | None = None
    stamps: dict[str, str] = field(default_factory=dict)
    values: dict[tuple[str, str], Any] = field(default_factory=dict)


_memory: ContextVar[_Memory | None] = ContextVar("remembered", default=None)
_of_process: dict[tuple[str, str], tuple[str, Any]] = {}


@contextmanager
def remembering() -> Iterator[None]:
    """See one state of everything inside; around each request and each task."""
    token = _memory.set(_Memory(outer=_memory.get()))
    try:
        yield
    finally:
        _memory.reset(token)


class Remembered(Generic[Value]):
    """A value of the group that is entered; what ``read`` answers must be possible to pickle.

    What is got is everybody's in the process: it is read, and never changed in place.
    """

    def __init__(self, name: str, read: Callable[[], Value]) -> None:
        self.name, self.read = name, read

    def get(self) -> Value:
        """The value as it is now; no query while nothing changes."""
        if self._is_changing():
            return self.read()
        memory = _memory.get()
        if memory is None:
            return self._kept(_current_stamp())
        schema = current_schema()
        key = (schema, self.name)
        if key not in memory.values:
            if schema not in memory.stamps:
                memory.stamps[schema] = _current_stamp()
            memory.values[key] = self._kept(memory.stamps[schema])
        return cast(Value, memory.values[key])

    def forget(self) -> None:
        """Call with every change, inside its transaction."""
        transaction.on_commit(_Renewal(self.name))

    def _is_changing(self) -> bool:
        """Whether this transaction has changed it: it sees its own, and nobody else may yet."""
        return any(
            isinstance(entry[1], _Renewal) and entry[1].name == self.name
            for entry in connection.run_on_commit
        )

    def _kept(self, stamp: str) -> Value:
        place = (current_schema(), self.name)
        found = _of_process.get(place)
        if found is None or found[0] != stamp:
            found = (stamp, self._shared(stamp))
            if len(_of_process) >= KEPT_VALUES:
                _of_process.clear()
            _of_process[place] = found
        return cast(Value, found[1])

    def _shared(self, stamp: str) -> Value:
        key = f"{STAMP}:{self.name}:{stamp}"
        kept = cache.get(key)
        if kept is None:
            kept = (self.read(),)
            cache.set(key, kept, KEPT_SECONDS)
        return cast(Value, kept[0])


class RememberedEach(Generic[Value]):
    """``read(part)`` kept by part (a person's id); ``seconds`` is the longest that one is kept."""

    def __init__(self, name: str, read: Callable[[Any], Value], *, seconds: int = 300) -> None:
        self.name, self.read, self.seconds = name, read, seconds

    def get(self, part: Hashable) -> Value:
        """The value, read from the database when none is kept."""
        stamp, value = self.peek(part)
        if value is None:
            value = self.read(part)
            cache.set(self._value_key(part), (stamp, value), self.seconds)
        return value

    def peek(self, part: Hashable) -> tuple[str, Value | None]:
        """The stamp, which changes with the value, and the value if it is kept; no query."""
        stamp_key, value_key = self._stamp_key(part), self._value_key(part)
        found = cache.get_many([stamp_key, value_key])
        stamp = found.get(stamp_key)
        if stamp is None:
            cache.add(stamp_key, _new_stamp(), STAMPED_FOR)
            return cast(str, cache.get(stamp_key, "")), None
        kept = found.get(value_key)
        return stamp, kept[1] if kept is not None and kept[0] == stamp else None

    def forget(self, *parts: Hashable) -> None:
        """Say that the value of these parts changes with the present transaction."""
        keys = [self._stamp_key(part) for part in parts]
        transaction.on_commit(
            lambda: cache.set_many({key: _new_stamp() for key in keys}, STAMPED_FOR)
        )

    def _stamp_key(self, part: Hashable) -> str:
        return f"stamp:{self.name}:{part}"

    def _value_key(self, part: Hashable) -> str:
        return f"kept:{self.name}:{part}"


@dataclass(frozen=True, slots=True)
class _Renewal:
    """Done when a change commits: from here on everybody reads anew."""

    name: str

    def __call__(self) -> None:
        cache.set(STAMP, _new_stamp(), KEPT_SECONDS)
        memory = _memory.get()
        while memory is not None:
            memory.stamps.clear()
            memory.values.clear()
            memory = memory.outer


def _current_stamp() -> str:
    return str(cache.get(STAMP) or cache.get_or_set(STAMP, _new_stamp, KEPT_SECONDS))


def _new_stamp() -> str:
    return secrets.token_hex(8)
