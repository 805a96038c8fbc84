"""What is asked on every page and changes seldom: kept in the shared cache until it is said to
have changed.

A kept value carries the stamp that was current before it was read. Dropping sets a new stamp once
the change has committed, so a reader that was overtaken by a change keeps nothing outdated.
"""

import uuid
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar, cast

from django.core.cache import cache
from django.db import transaction

Value = TypeVar("Value")
STAMPED_FOR = 7 * 24 * 3600


class Kept(Generic[Value]):
    """``read(part)`` kept by name and part (a person's id); ``seconds`` is the longest it is."""

    def __init__(self, name: str, read: Callable[..., Value], *, seconds: int = 300) -> None:
        self.name, self.read, self.seconds = name, read, seconds

    def get(self, part: Hashable = "") -> Value:
        """The value, read from the database when none is kept."""
        stamp, value = self.peek(part)
        if value is None:
            value = self.read(part) if part != "" else self.read()
            cache.set(self._value_key(part), (stamp, value), self.seconds)
        return value

    def peek(self, part: Hashable = "") -> tuple[str, Value | None]:
        """The stamp, which changes with the value, and the value if it is kept; no query."""
        stamp_key, value_key = self._stamp_key(part), self._value_key(part)
        found = cache.get_many([stamp_key, value_key])
        stamp = found.get(stamp_key)
        if stamp is None:
            cache.add(stamp_key, _new_stamp(), STAMPED_FOR)
            return cast(str, cache.get(stamp_key, "")), None
        kept = found.get(value_key)
        return stamp, kept[1] if kept is not None and kept[0] == stamp else None

    def drop(self, *parts: Hashable) -> None:
        """Say that the value of these parts changes with the present transaction."""
        keys = [self._stamp_key(part) for part in parts or ("",)]
        transaction.on_commit(
            lambda: cache.set_many({key: _new_stamp() for key in keys}, STAMPED_FOR)
        )

    def _stamp_key(self, part: Hashable) -> str:
        return f"stamp:{self.name}:{part}"

    def _value_key(self, part: Hashable) -> str:
        return f"kept:{self.name}:{part}"


def _new_stamp() -> str:
    return uuid.uuid4().hex[:12]
