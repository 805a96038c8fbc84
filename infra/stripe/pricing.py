"""Amounts and periods: what quantities cost, and when a period ends."""

import calendar
from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]


def amount_of(price: Row, quantity: int, currency: str) -> int:
    """By graduated tiers, or so much a unit; in the currency's smallest unit."""
    option = price if currency == price["currency"] else price["currency_options"][currency]
    if price["billing_scheme"] != "tiered":
        return int(option["unit_amount"]) * quantity
    total, below = 0, 0
    for tier in option["tiers"]:
        end = quantity if tier["up_to"] is None else min(quantity, tier["up_to"])
        total += max(0, end - below) * tier["unit_amount"]
        below = max(below, end)
    return total


def has_currency(price: Row, currency: str) -> bool:
    return currency == price["currency"] or currency in price["currency_options"]


def period_end(start: int, anchor: int, interval: str) -> int:
    """The end of the period that begins at ``start``; the day of the month is the anchor's."""
    begin, first = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(anchor, UTC)
    months = 12 if interval == "year" else 1
    index = begin.year * 12 + begin.month - 1 + months
    year, month = divmod(index, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    end = begin.replace(
        year=year,
        month=month + 1,
        day=min(first.day, last_day),
        hour=first.hour,
        minute=first.minute,
        second=first.second,
    )
    return int(end.timestamp())


def share_left(moment: int, start: int, end: int) -> float:
    """How much of a period is left, from 1 to 0."""
    return max(0.0, min(1.0, (end - moment) / (end - start)))
