"""What the frame does by itself: old files go. Also makes the work on exports known to workers."""

from __future__ import annotations

from datetime import time

from forecourt.kernel.imports.actions import has_expired_runs, remove_expired_files
from forecourt.kernel.schedule import daily
from forecourt.kernel.tasks import group_task
from forecourt.ui.lists.exports import has_expired_exports, remove_expired_exports


@daily(at=time(3, 20), when=has_expired_exports)
@group_task(always=True)
def remove_old_exports() -> None:
    """Delete the files of exports that nobody may fetch any more."""
    remove_expired_exports()


@daily(at=time(3, 40), when=has_expired_runs)
@group_task(always=True)
def remove_old_uploads() -> None:
    """Delete the files of imports that are long over, and the rejected rows in them."""
    remove_expired_files()
