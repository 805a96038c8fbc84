from datetime import time

from apps.loaners import actions
from apps.loaners.queries import has_overdue_loans
from forecourt.kernel.schedule import daily
from forecourt.kernel.tasks import group_task


@daily(at=time(9), when=has_overdue_loans)
@group_task
def remind_of_overdue_loans() -> None:
    """Each morning: courtesy cars that should be back."""
    actions.remind_of_overdue_loans()
