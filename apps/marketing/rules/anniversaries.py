"""Days that come round each year, those of 29 February too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

YEAR = 366


def mark(day: date) -> int:
    """Month and day as one number: 305 is the fifth of March."""
    return day.month * 100 + day.day


def marks_on(day: date) -> list[int]:
    """Whose day comes round on this one; that of 29 February on the 28th in short years."""
    found = [mark(day)]
    next_day = day + timedelta(days=1)
    if mark(day) == 228 and next_day.month == 3:
        found.append(229)
    return found


def marks_within(first: date, days: int) -> list[int]:
    """Whose day comes round from ``first`` on within so many days, ``first`` included."""
    found: set[int] = set()
    for each in _days(first, min(days, YEAR)):
        found.update(marks_on(each))
    return sorted(found)


def _days(first: date, days: int) -> Iterator[date]:
    for offset in range(days + 1):
        yield first + timedelta(days=offset)
