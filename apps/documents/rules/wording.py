"""How days, moments and amounts are written on papers, in the language that is active."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils import timezone

from forecourt.kernel.language import is_chinese
from forecourt.kernel.money import Money

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def written_day(value: dt.date | dt.datetime | None) -> str:
    """``2026年5月4日`` or ``4 May 2026``; empty for nothing, which is printed as a line."""
    if value is None:
        return ""
    day = timezone.localtime(value).date() if isinstance(value, dt.datetime) else value
    if is_chinese():
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def written_moment(value: dt.datetime | None) -> str:
    """The day and the time of the store."""
    if value is None:
        return ""
    return f"{written_day(value)} {timezone.localtime(value):%H:%M}"


def written_amount(value: Money | Decimal | None) -> str:
    """``189,800.00``, without a sign of the currency."""
    if value is None:
        return ""
    amount = value.amount if isinstance(value, Money) else value
    return f"{amount:,.2f}"


def written_number(value: int | None, unit: str = "") -> str:
    return "" if value is None else f"{value:,}{unit}"
