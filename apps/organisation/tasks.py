"""What the organisation does by itself: old archives go."""

from datetime import time

from apps.organisation.actions.archive import has_expired_archives, remove_expired_archives
from forecourt.kernel.schedule import daily
from forecourt.kernel.tasks import group_task


@daily(at=time(3, 30), when=has_expired_archives)
@group_task(always=True)
def remove_old_archives() -> None:
    """Delete archives that nobody may fetch any more."""
    remove_expired_archives()
