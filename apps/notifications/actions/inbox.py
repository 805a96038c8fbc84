"""What a person does with her own notifications."""

from __future__ import annotations

from django.db import transaction

from apps.notifications import queries
from apps.notifications.models import Notification
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now


@transaction.atomic
def mark_read(*, notification_id: int, actor: Actor) -> Notification:
    """Note that the person has read one of her own; again is no fault. Raises NotFound."""
    row = queries.get_notification(notification_id=notification_id, actor=actor)
    if row.read_at is None:
        row.read_at = now()
        row.save(update_fields=["read_at"])
        queries.unread_count.forget(row.recipient_id)
    return row


@transaction.atomic
def mark_all_read(*, actor: Actor) -> int:
    """Note that the person has read all of her own; answers how many were new."""
    count = queries.list_notifications(actor).filter(read_at__isnull=True).update(read_at=now())
    if count:
        queries.unread_count.forget(actor.staff_id)
    return count
