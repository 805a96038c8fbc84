"""Numbers and dates as people write them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecourt.kernel.errors import Invalid
from forecourt.kernel.tabular import (
    DateOrder,
    DateOrderEvidence,
    DecimalMark,
    DecimalMarkEvidence,
    parse_date,
    parse_datetime,
    parse_number,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("26000", "26000"),
        ("1,234.50", "1234.50"),
        ("￥1,234.50", "1234.50"),
        ("¥ 1,234", "1234"),
        ("1.234,50", "1234.50"),
        ("1.234.567", "1234567"),
        ("1 234,50", "123450"),
        ("1'234.5", "1234.5"),
        ("$26,000", "26000"),
        ("-$26,000", "-26000"),
        ("($26,000.00)", "-26000.00"),
        ("12万", "120000"),
        ("12.8万元", "128000.0"),
        ("1.2亿", "120000000.0"),
        ("128,000元", "128000"),
        ("CNY 128000", "128000"),
        ("１２８，０００", "128000"),
        ("0.5", "0.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1.5E+3", "1500"),
        ("−3", "-3"),
    ],
)
def test_a_number_is_understood(text, number):
    if text == "1 234,50":
        assert parse_number(text, DecimalMark.COMMA) == Decimal("1234.50")
    else:
        assert parse_number(text) == Decimal(number)


def test_a_comma_column_reads_a_lone_group_as_a_fraction():
    assert parse_number("26,000", DecimalMark.COMMA) == Decimal("26.000")
    assert parse_number("26.000", DecimalMark.COMMA) == Decimal(26000)
    assert parse_number("26.000", DecimalMark.POINT) == Decimal("26.000")


@pytest.mark.parametrize(
    "text", ["", "abc", "12,34", "1,23,456", "12a", "--5", "1.2.3,4", "万", "￥", "1/2", "9" * 60]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(Invalid):
        parse_number(text)


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_grouped_numbers_are_read_back(number):
    assert parse_number(f"￥{number:,.2f}") == number
    german = f"{number:,.2f}".translate(str.maketrans(",.", ".,"))
    assert parse_number(german, DecimalMark.COMMA) == number


def test_the_decimal_mark_is_decided_over_the_column():
    evidence = DecimalMarkEvidence()

    assert all(evidence.add(text) for text in ("1.234", "12.345", "1.234,50"))
    assert not evidence.add("red")
    assert evidence.mark is DecimalMark.COMMA
    assert DecimalMarkEvidence().mark is DecimalMark.POINT


@pytest.mark.parametrize(
    "text",
    [
        "2026/1/5",
        "2026-01-05",
        "2026.1.5",
        "2026年1月5日",
        "20260105",
        "2026-01-05 10:30:00",
        "2026-01-05T10:30:00Z",
        "5-Jan-2026",
        "5 January 2026",
        "Jan 5, 2026",
        "05Jan26",
        "46027",
        "46027.4375",
        "２０２６／１／５",
        " 2026/1/5 ",
    ],
)
def test_a_date_is_understood(text):
    assert parse_date(text) == date(2026, 1, 5)


def test_day_and_month_are_told_by_the_order():
    assert parse_date("1/2/2022", DateOrder.MONTH_FIRST) == date(2022, 1, 2)
    assert parse_date("1/2/2022", DateOrder.DAY_FIRST) == date(2022, 2, 1)
    assert parse_date("1.2.22", DateOrder.DAY_FIRST) == date(2022, 2, 1)
    assert parse_date("13/2/2022") == date(2022, 2, 13)
    assert parse_date("2/13/2022") == date(2022, 2, 13)
    assert parse_date("5/5/2022") == date(2022, 5, 5)
    with pytest.raises(Invalid, match="two ways"):
        parse_date("1/2/2022")
    with pytest.raises(Invalid):
        parse_date("13/2/2022", DateOrder.MONTH_FIRST)


@pytest.mark.parametrize(
    "text",
    ["", "x", "2026/2/30", "30/2/2026", "2026/13/1", "1234", "138001", "5-Foo-2026", "2026/1/5 x"],
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(Invalid):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026/1/5 10:30", datetime(2026, 1, 5, 10, 30)),
        ("2026/1/5", datetime(2026, 1, 5)),
        ("2026年1月5日 10时30分", datetime(2026, 1, 5, 10, 30)),
        ("1/5/2026 1:05:09 PM", datetime(2026, 1, 5, 13, 5, 9)),
        ("2026-01-05T10:30:00Z", datetime(2026, 1, 5, 10, 30, tzinfo=UTC)),
        (
            "2026-01-05T10:30:00+08:00",
            datetime(2026, 1, 5, 10, 30, tzinfo=timezone(timedelta(hours=8))),
        ),
    ],
)
def test_a_moment_is_understood(text, moment):
    assert parse_datetime(text, DateOrder.MONTH_FIRST) == moment


def test_a_time_that_does_not_exist_is_refused():
    with pytest.raises(Invalid):
        parse_datetime("2026/1/5 25:00")


@given(st.dates(date(1971, 1, 1), date(2068, 12, 31)))
def test_dates_are_read_back(day):
    assert parse_date(f"{day.year}/{day.month}/{day.day}") == day
    assert parse_date(f"{day.month}/{day.day}/{day.year}", DateOrder.MONTH_FIRST) == day
    assert parse_date(f"{day:%d.%m.%y}", DateOrder.DAY_FIRST) == day
    assert parse_date(f"{day:%Y%m%d}") == day


def test_one_impossible_month_decides_the_column():
    evidence = DateOrderEvidence()

    assert all(evidence.add(text) for text in ("1/2/2022", "3/4/2022", "3/28/2022"))
    assert evidence.order is DateOrder.MONTH_FIRST
    assert not evidence.ambiguous


def test_a_column_of_small_days_must_be_asked_about():
    evidence = DateOrderEvidence()

    assert all(evidence.add(text) for text in ("1/2/2022", "3/4/2022", "2022-05-06"))
    assert evidence.order is None
    assert evidence.ambiguous
    assert evidence.examples == ["1/2/2022", "3/4/2022"]


def test_a_bare_number_is_no_evidence_of_a_date():
    assert not DateOrderEvidence().add("46027")
    assert not DateOrderEvidence().add("red")
