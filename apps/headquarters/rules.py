"""Which days a figure is compared with. No database here."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Period:
    first: date
    last: date


def month_to_date(today: date) -> Period:
    return Period(today.replace(day=1), today)


def same_days_last_month(today: date) -> Period:
    """The first of last month to the same day in it, or to its last day where it is shorter."""
    last_of_month = today.replace(day=1) - timedelta(days=1)
    day = min(today.day, monthrange(last_of_month.year, last_of_month.month)[1])
    return Period(last_of_month.replace(day=1), last_of_month.replace(day=day))


def change(now: Decimal | int, before: Decimal | int) -> Decimal | None:
    """The change as a ratio (0.25 is a quarter more); None where nothing was before."""
    if not before:
        return None
    return (Decimal(now) - Decimal(before)) / abs(Decimal(before))
