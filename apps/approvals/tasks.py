"""What happens by itself: reminders, escalation, and people who are no longer at work."""

from __future__ import annotations

from apps.approvals.actions.clock import is_something_due, watch_the_clock
from forecourt.kernel.schedule import every
from forecourt.kernel.tasks import group_task


@every(minutes=2, when=is_something_due)
@group_task
def watch_approvals() -> None:
    """Do what the time limits of approvals have made due; safe to run twice, late, or at once."""
    watch_the_clock()
