from datetime import date
from decimal import Decimal

from apps.headquarters.rules import fiscal_months, fiscal_name, fiscal_year, fiscal_year_of
from forecourt.kernel.periods import (
    Period,
    as_long_before,
    change,
    month_to_date,
    same_days_last_month,
    same_days_last_year,
)


def test_this_month_so_far_is_compared_with_the_same_days_of_last_month() -> None:
    assert month_to_date(date(2026, 3, 17)) == Period(date(2026, 3, 1), date(2026, 3, 17))
    assert same_days_last_month(date(2026, 3, 17)) == Period(date(2026, 2, 1), date(2026, 2, 17))


def test_the_last_days_of_a_long_month_are_compared_with_the_whole_of_a_short_one() -> None:
    assert same_days_last_month(date(2026, 3, 31)) == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert same_days_last_month(date(2026, 1, 31)) == Period(date(2025, 12, 1), date(2025, 12, 31))


def test_a_leap_day_is_compared_with_the_last_of_february() -> None:
    assert same_days_last_year(date(2028, 2, 29)).last == date(2027, 2, 28)
    ten_days = Period(date(2026, 3, 1), date(2026, 3, 10))
    assert as_long_before(ten_days) == Period(date(2026, 2, 19), date(2026, 2, 28))


def test_a_change_is_a_ratio_and_none_where_nothing_was_before() -> None:
    assert change(12, 10) == Decimal("0.2")
    assert change(Decimal("50.00"), Decimal("100.00")) == Decimal("-0.5")
    assert change(3, 0) is None


def test_a_fiscal_year_is_named_after_where_it_begins() -> None:
    assert fiscal_year_of(date(2026, 3, 31), 4) == 2025
    assert fiscal_year_of(date(2026, 4, 1), 4) == 2026
    assert fiscal_year(2025, 4) == Period(date(2025, 4, 1), date(2026, 3, 31))
    assert fiscal_year(2026, 1) == Period(date(2026, 1, 1), date(2026, 12, 31))
    assert fiscal_months(2025, 11)[1:3] == [date(2025, 12, 1), date(2026, 1, 1)]
    assert (fiscal_name(2026, 1), fiscal_name(2099, 4)) == ("2026", "2099/00")
