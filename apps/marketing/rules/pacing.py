"""When messages may leave: within the hours in which customers are not left alone, and spread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from apps.notifications.rules.quiet import end_of_quiet

SHORTEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time in which messages may leave."""

    start: datetime
    length: timedelta

    @property
    def seconds(self) -> int:
        return int(self.length.total_seconds())


def next_window(local: datetime, *, quiet_from: time, quiet_to: time) -> Window:
    """The rest of the present hours, or the next day's where it is quiet now or nearly.

    ``local`` is in the customers' own time zone.
    """
    if quiet_from == quiet_to:
        return Window(local, timedelta(days=1))
    start = end_of_quiet(local, begins=quiet_from, ends=quiet_to) or local
    end = _next(start, quiet_from)
    if end - start < SHORTEST:
        start = _next(end, quiet_to)
        end = _next(start, quiet_from)
    return Window(start, end - start)


def is_quiet(local: datetime, *, quiet_from: time, quiet_to: time) -> bool:
    return end_of_quiet(local, begins=quiet_from, ends=quiet_to) is not None


def _next(after: datetime, moment: time) -> datetime:
    found = datetime.combine(after.date(), moment, after.tzinfo)
    return found if found > after else found + timedelta(days=1)
