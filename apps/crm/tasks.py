"""What happens by itself: late first answers are called to mind."""

from __future__ import annotations

from apps.crm.actions.reminders import remind_of_late_answers
from apps.crm.queries import has_late_answers
from forecourt.kernel.schedule import every
from forecourt.kernel.tasks import group_task


@every(minutes=5, when=has_late_answers)
@group_task
def remind_advisors() -> None:
    """Tell advisors of leads whose first answer is overdue, once for each lead."""
    remind_of_late_answers()
