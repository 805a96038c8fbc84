"""News that travels upward: a module publishes a fact, modules above it listen.

Listeners run at once and in the publisher's transaction, so what they write stands or falls with
the fact. What may happen later goes through :mod:`forecourt.kernel.outbox`.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

Event = TypeVar("Event")
_listeners: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(event_class: type[Event]) -> Callable[[Callable[[Event], None]], Callable]:
    """Decorator: call the function with every event of the class."""

    def register(listener: Callable[[Event], None]) -> Callable[[Event], None]:
        _listeners[event_class].append(listener)
        return listener

    return register


def publish(event: object) -> None:
    for listener in _listeners[type(event)]:
        listener(event)
