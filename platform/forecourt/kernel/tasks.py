"""Background work that belongs to a group.

``@group_task`` makes a Celery task that takes the group's schema by name, refuses to run for a
group that is gone, and works inside it, in its language and time zone. ``enqueue`` sends it after
the transaction has committed, with the schema of the caller, so a task can neither start early nor
in another group.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from celery import Task, shared_task
from django.db import transaction
from django.utils import timezone, translation

from forecourt.kernel.groups import current_schema, identity_of, inside
from forecourt.kernel.remembered import remembering
from forecourt.kernel.standing import may_write

logger = logging.getLogger(__name__)


class UnknownGroup(Exception):
    """No group works in the task's schema (any more); running it elsewhere would be worse."""


def group_task(function: Callable[..., None] | None = None, *, always: bool = False) -> Any:
    """Decorator: a Celery task of one group; called with keyword arguments only.

    In a group that is read-only or suspended it does nothing, unless it runs ``always``: what it
    would have done waits in the group's tables.
    """

    def make(work: Callable[..., None]) -> Task:
        return _task_of(work, always=always)

    return make if function is None else make(function)


def _task_of(function: Callable[..., None], *, always: bool) -> Task:
    @shared_task(name=f"{function.__module__}.{function.__name__}", acks_late=True)
    @wraps(function)
    def run(*, schema_name: str, **arguments: Any) -> None:
        group = identity_of(schema_name)
        if group is None:
            raise UnknownGroup(schema_name)
        if not (always or may_write(group)):
            logger.info("left, for the group is read-only", extra={"group": schema_name})
            return
        with (
            inside(group),
            translation.override(group.language),
            timezone.override(group.time_zone),
            remembering(),
        ):
            function(**arguments)

    return run


def enqueue(task: Task, *, wait_seconds: float = 0, **arguments: Any) -> None:
    """Send the task once the current transaction has committed (at once outside of one).

    With ``wait_seconds`` it starts that much later.

    A queue that is down delays the work and loses none of it: the row that the task would look at
    is committed, and the minute's sweep finds it.
    """
    schema_name = current_schema()

    def send() -> None:
        try:
            task.apply_async(
                kwargs={"schema_name": schema_name, **arguments},
                countdown=wait_seconds or None,
                retry=False,
            )
        except task.OperationalError:
            logger.warning("queue unreachable, left to the sweep", extra={"task": task.name})

    transaction.on_commit(send)
