"""Old notifications and deliveries go, so that the tables do not grow for ever."""

from __future__ import annotations

from datetime import timedelta

from apps.notifications.models import Delivery, Notification
from forecourt.kernel.clock import now

READ_FOR = timedelta(days=90)
UNREAD_FOR = timedelta(days=365)
DELIVERED_FOR = timedelta(days=180)


def clear_old() -> int:
    """Remove what was read three months ago, unread for a year, delivered for half a year.

    Answers how many rows went.
    """
    moment = now()
    gone = Notification.objects.filter(read_at__lt=moment - READ_FOR).delete()[0]
    gone += Notification.objects.filter(created_at__lt=moment - UNREAD_FOR).delete()[0]
    ended = Delivery.objects.filter(ended_at__lt=moment - DELIVERED_FOR)
    return gone + ended.delete()[0]
