"""Days in stock and their bands: how long money has stood in the yard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

DEFAULT_LIMITS = (60, 90, 180)
AGED_FROM = 90
TONES = ("success", "info", "warning", "danger")


@dataclass(frozen=True, slots=True)
class AgeBand:
    """Days ``first`` to ``last`` in stock, both included; ``last`` None: and longer."""

    code: str
    first: int
    last: int | None
    tone: str

    def dates(self, today: date) -> tuple[date | None, date]:
        """The goods-in dates, oldest and newest, that lie in the band today."""
        oldest = None if self.last is None else today - timedelta(days=self.last)
        return oldest, today - timedelta(days=self.first)


def age_bands(limits: tuple[int, ...]) -> tuple[AgeBand, ...]:
    """Bands between the limits: below 60 days, 60 to 89, 90 to 179, 180 and more."""
    starts = (0, *limits)
    ends: tuple[int | None, ...] = (*(limit - 1 for limit in limits), None)
    return tuple(
        AgeBand(f"{first}-{'' if last is None else last}", first, last, TONES[place])
        for place, (first, last) in enumerate(zip(starts, ends, strict=True))
    )


def days_in_stock(
    *, stocked_in_date: date | None, left_date: date | None, today: date
) -> int | None:
    """Whole days from goods-in until the vehicle left or today; None before goods-in."""
    if stocked_in_date is None:
        return None
    return max(0, ((left_date or today) - stocked_in_date).days)


def band_of(days: int, bands: tuple[AgeBand, ...]) -> AgeBand:
    """The one of these bands that so many days in stock lie in."""
    for band in bands:
        if band.last is None or days <= band.last:
            return band
    raise AssertionError("the last band has no end")
