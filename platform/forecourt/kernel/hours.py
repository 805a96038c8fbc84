"""Time that counts while a place is open: limits told in business hours or business days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When a place works: every day but those on which it is ``closed``."""

    opens_at: time
    closes_at: time
    zone: ZoneInfo
    closed: frozenset[date] = frozenset()

    @property
    def day(self) -> timedelta:
        """How long it is open on one day."""
        start = timedelta(hours=self.opens_at.hour, minutes=self.opens_at.minute)
        return timedelta(hours=self.closes_at.hour, minutes=self.closes_at.minute) - start


def after_open_time(*, since: datetime, length: timedelta, hours: OpeningHours) -> datetime:
    """The moment when the place has been open for ``length`` since ``since``.

    What comes in at night counts from the next opening, what is left at closing time is carried
    over to the next morning, and days on which it is closed count for nothing.
    """
    left = length
    local = since.astimezone(hours.zone)
    while True:
        opening = _at(local, hours.opens_at)
        if local.date() not in hours.closed:
            closing = _at(local, hours.closes_at)
            start = max(local, opening)
            if start + left <= closing:
                return start + left
            left -= max(closing - start, timedelta())
        local = opening + timedelta(days=1)


def _at(day: datetime, moment: time) -> datetime:
    return day.replace(hour=moment.hour, minute=moment.minute, second=0, microsecond=0)
