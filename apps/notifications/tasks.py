"""What happens by itself: old notifications go."""

from datetime import time

from apps.notifications.actions import clear_old
from forecourt.kernel.schedule import daily
from forecourt.kernel.tasks import group_task


@daily(at=time(3, 40))
@group_task
def clear_notifications() -> None:
    """Remove what has served its time."""
    clear_old()
