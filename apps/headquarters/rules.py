"""The group's fiscal year. No database here."""

from calendar import monthrange
from datetime import date

from forecourt.kernel.periods import Period


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
