"""Messages that are to leave: written with the change, together with what wakes their sender."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from apps.notifications.models import Delivery
from forecourt.kernel import outbox

TOPIC = "notifications.delivery"
BY_NATURE = ("event", "key", "channel", "recipient_kind", "recipient_id")
"""What tells messages apart: their unique constraint."""


def queue(
    deliveries: Iterable[Delivery], *, not_before: Mapping[str, datetime] | None = None
) -> None:
    """Write deliveries and what wakes their sender, in two statements; each message only once."""
    rows = list(deliveries)
    if not rows:
        return
    Delivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    waits = not_before or {}
    outbox.emit_many(wake_up(row, waits.get(row.identity)) for row in rows)


def wake_up(row: Delivery, not_before: datetime | None = None, again: int = 0) -> outbox.Message:
    """The outbox message of a delivery; ``again`` tells one more try by a person apart."""
    key = hashlib.sha256(row.identity.encode()).hexdigest()[:40]
    payload = {name: getattr(row, name) for name in BY_NATURE}
    return outbox.Message(TOPIC, f"{key}:{again}" if again else key, payload, not_before)
