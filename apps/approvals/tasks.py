"""What happens by itself: reminders, escalation, and people who are no longer at work."""

from __future__ import annotations

from datetime import time

from apps.approvals.actions.attaching import carry_over
from apps.approvals.actions.clock import is_something_due, watch_the_clock
from apps.approvals.queries.attachments import kept_in_the_old_way
from forecourt.kernel.schedule import daily, every
from forecourt.kernel.tasks import group_task


@every(minutes=2, when=is_something_due)
@group_task
def watch_approvals() -> None:
    """Do what the time limits of approvals have made due; safe to run twice, late, or at once."""
    watch_the_clock()


def has_old_files() -> bool:
    return kept_in_the_old_way().exists()


@daily(at=time(3, 45), when=has_old_files)
@group_task
def adopt_old_files() -> None:
    """Take files that were kept in the old way into the file store."""
    carry_over()
