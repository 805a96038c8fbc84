"""Stretches of days, and which days their figures are compared with. No database here."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Period:
    """Days from the first to the last, both included."""

    first: date
    last: date


def month_to_date(today: date) -> Period:
    return Period(today.replace(day=1), today)


def same_days_last_month(today: date) -> Period:
    """The first of last month to the same day in it, or to its last day where it is shorter."""
    return Period(last_month(today).first, _in_month(last_month(today).first, today.day))


def last_month(today: date) -> Period:
    last = today.replace(day=1) - timedelta(days=1)
    return Period(last.replace(day=1), last)


def year_to_date(today: date) -> Period:
    return Period(date(today.year, 1, 1), today)


def same_days_last_year(today: date) -> Period:
    first = date(today.year - 1, 1, 1)
    return Period(first, _in_month(date(today.year - 1, today.month, 1), today.day))


def days_until(today: date, count: int) -> Period:
    """The last ``count`` days, today among them."""
    return Period(today - timedelta(days=count - 1), today)


def as_long_before(period: Period) -> Period:
    """So many days as the period has, right before it."""
    before = period.first - timedelta(days=1)
    return Period(before - (period.last - period.first), before)


def change(now: Decimal | int, before: Decimal | int) -> Decimal | None:
    """The change as a ratio (0.25 is a quarter more); None where nothing was before."""
    if not before:
        return None
    return (Decimal(now) - Decimal(before)) / abs(Decimal(before))


def _in_month(first: date, day: int) -> date:
    return first.replace(day=min(day, monthrange(first.year, first.month)[1]))
