"""What happens by itself: reservations whose last day has passed are called to mind."""

from datetime import time

from apps.vehicles.actions.reminders import remind_of_expired_reservations
from forecourt.kernel.clock import today
from forecourt.kernel.schedule import daily
from forecourt.kernel.tasks import group_task


@daily(at=time(8, 30))
@group_task
def remind_of_reservations() -> None:
    """Each morning: tell people of their reservations that ran out, once for each."""
    remind_of_expired_reservations(day=today())
