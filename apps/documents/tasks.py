"""What happens to documents by itself."""

from __future__ import annotations

import logging
from datetime import time

from apps.documents.actions.retention import end_time
from apps.documents.group_settings import REMOVED_BY_ITSELF
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.schedule import daily
from forecourt.kernel.tasks import group_task

logger = logging.getLogger(__name__)


def are_removed() -> bool:
    return bool(value_of(REMOVED_BY_ITSELF))


@daily(at=time(2, 20), when=are_removed)
@group_task
def end_time_of_documents() -> None:
    """Announce and remove documents whose time is over; safe to run twice."""
    announced, removed = end_time()
    logger.info("documents whose time is over", extra={"announced": announced, "removed": removed})
