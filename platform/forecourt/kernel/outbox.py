"""What must happen outside the database: written with the change, delivered after it.

``emit`` appends a message in the caller's transaction; a worker delivers it at least once and
remembers that it did. A handler must therefore be safe to run twice with the same key: the far side
is given the key, or looks first.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from forecourt.kernel.clock import now
from forecourt.kernel.models import OutboxMessage
from forecourt.kernel.tasks import enqueue, group_task

logger = logging.getLogger(__name__)


class Later(Exception):
    """Raised by a handler that is to be asked again: after ``wait``, else with growing waits.

    It is no failure: nothing is logged.
    """

    def __init__(self, message: str = "", *, wait: timedelta | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Message:
    """Something to deliver once the transaction has committed, not before ``not_before``."""

    topic: str
    key: str
    payload: dict[str, Any]
    not_before: datetime | None = None


Handler = Callable[[dict[str, Any], str], None]
_handlers: dict[str, Handler] = {}

CLAIM = timedelta(minutes=5)
"""How long a worker has for one message before another may take it."""
BACK_OFF = [timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200, 21600, 86400)]


def handles(topic: str) -> Callable[[Handler], Handler]:
    """Decorator: deliver messages of the topic with the function ``(payload, key)``."""

    def register(handler: Handler) -> Handler:
        if topic in _handlers:
            raise ValueError(f"The topic {topic} has two handlers.")
        _handlers[topic] = handler
        return handler

    return register


def emit(topic: str, payload: dict[str, Any], key: str) -> None:
    """Have ``payload`` delivered once the transaction has committed; the same key only once."""
    emit_many([Message(topic, key, payload)])


def emit_many(messages: Iterable[Message]) -> None:
    """Have several messages delivered, written in one statement; the same key only once each."""
    moment = now()
    rows = [
        OutboxMessage(
            topic=message.topic,
            key=message.key,
            payload=message.payload,
            created_at=moment,
            available_at=max(moment, message.not_before or moment),
        )
        for message in messages
    ]
    if not rows:
        return
    OutboxMessage.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    if any(row.available_at <= moment for row in rows):
        enqueue(deliver_due)


@group_task(always=True)
def deliver_due(limit: int = 100) -> None:
    """Deliver what is due, one message after another, until nothing is."""
    for _number in range(limit):
        message = _claim()
        if message is None:
            return
        _deliver(message)


def _claim() -> OutboxMessage | None:
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .filter(delivered_at__isnull=True, available_at__lte=now())
            .order_by("available_at", "id")
            .first()
        )
        if message is None:
            return None
        message.attempts += 1
        message.available_at = now() + CLAIM
        message.save(update_fields=["attempts", "available_at"])
        return message


def _deliver(message: OutboxMessage) -> None:
    try:
        _handlers[message.topic](message.payload, message.key)
    except Later as reason:
        wait = reason.wait or BACK_OFF[min(message.attempts, len(BACK_OFF)) - 1]
        message.available_at = now() + wait
        message.last_error = str(reason)[:500]
        message.save(update_fields=["available_at", "last_error"])
    except Exception as error:  # whatever the far side does, the message stays and is tried again
        logger.exception("outbox delivery failed", extra={"topic": message.topic})
        wait = BACK_OFF[min(message.attempts, len(BACK_OFF)) - 1]
        message.available_at = now() + wait
        message.last_error = f"{type(error).__name__}: {error}"[:500]
        message.save(update_fields=["available_at", "last_error"])
    else:
        message.delivered_at = now()
        message.last_error = ""
        message.save(update_fields=["delivered_at", "last_error"])
