"""How figures, days and statuses read in both languages; and nothing gets through unescaped."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation
from django.utils.html import strip_tags

from forecourt.kernel.models import Job
from forecourt.kernel.money import Money
from forecourt.ui import tones, values

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal(219800), "¥219,800"),
        (Decimal("219800.00"), "¥219,800"),
        (Decimal("-1250.5"), "−¥1,250.50"),
        (0, "¥0"),
        (Money(Decimal(39900), "USD"), "USD 39,900"),
        (Money(Decimal(5), "JPY"), "JPY 5"),
        (None, "–"),
    ],
)
def test_money_has_its_sign_and_no_needless_cents(amount, text) -> None:
    assert strip_tags(values.money(amount)) == text


@pytest.mark.parametrize(
    ("language", "amount", "text"),
    [
        ("zh-hans", 71_217_400, "¥7,121.7万"),
        ("zh-hans", 214_000_000, "¥2.14亿"),
        ("zh-hans", 9_999, "¥9,999"),
        ("en", 71_217_400, "¥71.22M"),
        ("en", -1_500, "−¥1.5K"),
        ("en", None, "–"),
    ],
)
def test_large_amounts_are_said_as_people_say_them(language, amount, text) -> None:
    with translation.override(language):
        assert values.short_money(amount) == text


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(1234567, 0, "1,234,567"), (Decimal("2.345"), 2, "2.35"), (None, 0, "–"), (0, 0, "0")],
)
def test_numbers_are_grouped(value, places, text) -> None:
    assert values.number(value, places) == text


def test_a_ratio_is_a_percentage() -> None:
    assert values.percent(Decimal("0.1234")) == "12.3%"
    assert values.percent(None) == "–"


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [
        ("zh-hans", "2026-03-01", "2026-03-01 12:00"),
        ("en", "1 Mar 2026", "1 Mar 2026, 12:00"),
    ],
)
def test_days_and_moments_are_local_and_in_the_language(language, day, moment) -> None:
    with translation.override(language), timezone.override("Asia/Shanghai"):
        assert strip_tags(values.day(date(2026, 3, 1))) == day
        assert strip_tags(values.day(NOON)) == day
        assert strip_tags(values.moment(NOON)) == moment


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(hours=25), "yesterday"),
        (timedelta(days=6), "6 days ago"),
        (timedelta(hours=-2, seconds=-30), "in 2 hours"),
    ],
)
def test_what_is_near_is_told_in_words(passed, text) -> None:
    with translation.override("en"):
        assert strip_tags(values.ago(timezone.now() - passed)) == text


def test_what_is_far_is_told_by_its_date() -> None:
    with translation.override("en"), timezone.override("UTC"):
        assert strip_tags(values.ago(NOON)) == "1 Mar 2026, 04:00"


def test_a_status_has_its_label_and_tone() -> None:
    job = Job(state="DONE")

    with translation.override("en"):
        html = values.status(job, "state", {"DONE": "success"})

    assert "fc-tone-success" in html
    assert strip_tags(html) == "Done"


def test_a_tone_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="pink"):
        tones.declare(Job, {"DONE": "pink"}, field="error")


@pytest.mark.parametrize(
    "html",
    [
        values.badge("<b>", "<i>"),
        values.money(Decimal(1), "<b>"),
        values.safe("<b>"),
        values.status(Job(kind="<b>"), "kind", {}),
    ],
)
def test_texts_are_escaped(html) -> None:
    assert "<b>" not in html
    assert "<i>" not in html
