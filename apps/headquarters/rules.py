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


def fiscal_year_of(day: date, first_month: int) -> int:
    """The fiscal year that holds a day, named after the calendar year in which it begins."""
    return day.year if day.month >= first_month else day.year - 1


def fiscal_months(year: int, first_month: int) -> list[date]:
    """The first days of the twelve months of a fiscal year."""
    places = range(first_month - 1, first_month + 11)
    return [date(year + place // 12, place % 12 + 1, 1) for place in places]


def fiscal_year(year: int, first_month: int) -> Period:
    last = fiscal_months(year, first_month)[-1]
    days = monthrange(last.year, last.month)[1]
    return Period(date(year, first_month, 1), last.replace(day=days))


def fiscal_name(year: int, first_month: int) -> str:
    """``2026``, or ``2026/27`` where it is not the calendar's."""
    return str(year) if first_month == 1 else f"{year}/{(year + 1) % 100:02}"


def change(now: Decimal | int, before: Decimal | int) -> Decimal | None:
    """The change as a ratio (0.25 is a quarter more); None where nothing was before."""
    if not before:
        return None
    return (Decimal(now) - Decimal(before)) / abs(Decimal(before))
