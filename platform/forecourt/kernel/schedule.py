"""Work that recurs in every group: declared beside the task, started by the platform's sweep.

Only what has something to do is started: ``when`` is asked first, inside the group, and should be
one cheap query. A sweep may be late or come twice, so the work looks for itself at what is due.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from celery import Task
from django.core.cache import cache

from forecourt.kernel.groups import GroupIdentity

Condition = Callable[[], bool]

LATEST = timedelta(hours=4)
"""How long after its time a daily task is still started, when no sweep came earlier."""


@dataclass(frozen=True, slots=True)
class Recurring:
    """``task`` every so many minutes or, with ``at``, once a day at that time of the group."""

    task: Task
    minutes: int = 0
    at: time | None = None
    when: Condition | None = None


_recurring: list[Recurring] = []


def every(*, minutes: int, when: Condition | None = None) -> Callable[[Task], Task]:
    """Decorator of a group task: start it every ``minutes``, in each group at another moment."""
    if minutes < 1:
        raise ValueError("A sweep comes once a minute.")

    def register(task: Task) -> Task:
        _recurring.append(Recurring(task, minutes=minutes, when=when))
        return task

    return register


def daily(*, at: time, when: Condition | None = None) -> Callable[[Task], Task]:
    """Decorator of a group task: start it once a day, at a time by the group's own clock."""

    def register(task: Task) -> Task:
        _recurring.append(Recurring(task, at=at, when=when))
        return task

    return register


def due(moment: datetime, group: GroupIdentity) -> Iterator[Recurring]:
    """What is to be started now in the group that is entered."""
    minute = int(moment.timestamp()) // 60 + zlib.crc32(group.schema_name.encode())
    for item in _recurring:
        if item.at is not None:
            is_time = _is_time_of_day(item, item.at, moment, group)
        else:
            is_time = minute % item.minutes == 0
        if is_time and (item.when is None or item.when()):
            yield item


def _is_time_of_day(item: Recurring, at: time, moment: datetime, group: GroupIdentity) -> bool:
    """Whether its time has come and no sweep of this day has started it."""
    local = moment.astimezone(ZoneInfo(group.time_zone))
    begin = datetime.combine(local.date(), at, local.tzinfo)
    if not begin <= local < begin + LATEST:
        return False
    key = f"daily:{item.task.name}:{local.date()}"
    return bool(cache.add(key, True, LATEST.total_seconds() + 3600))
