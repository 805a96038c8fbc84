from apps.notifications.actions.inbox import mark_all_read, mark_read
from apps.notifications.actions.telling import Notice, notify, notify_all

__all__ = [
    "Notice",
    "mark_all_read",
    "mark_read",
    "notify",
    "notify_all",
]
