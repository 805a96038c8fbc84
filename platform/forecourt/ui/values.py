"""How single values look: money, dates, statuses. Used by tags, lists and exports alike."""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from html import escape
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from forecourt.kernel.groups import current_group
from forecourt.kernel.language import is_chinese
from forecourt.kernel.money import Money
from forecourt.ui import tones

NOTHING = format_html('<span class="fc-muted">{}</span>', "–")
SIGNS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "JPY": "¥"}


def mask() -> SafeString:
    return format_html('<span class="fc-masked" title="{}">•••</span>', _("Hidden from your role"))


def group_currency() -> str:
    group = current_group()
    return group.currency if group else settings.DEFAULT_CURRENCY


def money(amount: Money | Decimal | int | None, currency: str = "") -> SafeString:
    """An amount with its sign; whole amounts without cents, as prices of cars are written."""
    if amount is None or amount == "":
        return NOTHING
    if isinstance(amount, Money):
        amount, currency = amount.amount, amount.currency
    home = group_currency()
    currency = currency or home
    # JPY and CNY share a sign: beside the group's own currency the other shows its code.
    sign = SIGNS.get(currency, escape(currency)) if currency == home else f"{escape(currency)} "
    amount = Decimal(amount)
    figure = f"{abs(amount):,.{0 if amount == amount.to_integral_value() else 2}f}"
    css, minus = (" fc-negative", "−") if amount < 0 else ("", "")
    # Only figures and escaped texts: joining them is ten times as fast as format_html.
    return SafeString(
        f'<span class="fc-money{css}">{minus}'
        f'<span class="fc-money-currency">{sign}</span>{figure}</span>'
    )


def number(value: Decimal | int | float | None, places: int = 0) -> str:
    """A figure grouped by thousands; both of our languages write it alike."""
    if value is None or value == "":
        return "–"
    if isinstance(value, Decimal):
        value = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{value:,.{places}f}"


def short_money(amount: Decimal | int | None) -> str:
    """A large amount as people say it: ¥1,234.5万 and ¥1.23亿 in Chinese, ¥12.35M in English."""
    if amount is None:
        return "–"
    amount = Decimal(amount)
    steps = (
        ((Decimal(10) ** 8, "亿", 2), (Decimal(10) ** 4, "万", 1))
        if is_chinese()
        else ((Decimal(10) ** 9, "B", 2), (Decimal(10) ** 6, "M", 2), (Decimal(1000), "K", 1))
    )
    home = group_currency()
    sign = f"{'−' if amount < 0 else ''}{SIGNS.get(home, f'{home} ')}"
    for size, word, places in steps:
        if abs(amount) >= size:
            return f"{sign}{number(abs(amount) / size, places)}{word}"
    return f"{sign}{number(abs(amount))}"


def percent(value: Decimal | float | None, places: int = 1) -> str:
    if value is None or value == "":
        return "–"
    return f"{number(Decimal(str(value)) * 100, places)}%"


@lru_cache(maxsize=4096)
def _date_text(value: dt.date, language: str) -> str:
    """A day in the language's short form; lists show the same days over and over."""
    return date_format(value, "SHORT_DATE_FORMAT")


def _moment_text(local: dt.datetime) -> str:
    day_text = _date_text(local.date(), get_language() or "")
    gap = " " if is_chinese() else ", "
    return f"{day_text}{gap}{local.hour:02}:{local.minute:02}"


def day(value: dt.date | dt.datetime | None) -> SafeString:
    if value is None or value == "":
        return NOTHING
    local = timezone.localtime(value).date() if isinstance(value, dt.datetime) else value
    text = _date_text(local, get_language() or "")
    return SafeString(f'<time class="fc-nowrap" datetime="{local.isoformat()}">{text}</time>')


def moment(value: dt.datetime | None) -> SafeString:
    if value is None or value == "":
        return NOTHING
    local = timezone.localtime(value)
    exact = local.isoformat(timespec="seconds")
    return SafeString(f'<time class="fc-nowrap" datetime="{exact}">{_moment_text(local)}</time>')


def ago(value: dt.datetime | dt.date | None) -> SafeString:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, dt.datetime):
        local = timezone.localtime(value)
        exact = _moment_text(local)
        words = _time_words(timezone.now() - value)
    else:
        local = value
        exact = _date_text(value, get_language() or "")
        words = _day_words((timezone.localdate() - value).days)
    return SafeString(
        f'<time class="fc-nowrap" datetime="{local.isoformat()}" title="{exact}">'
        f"{words or exact}</time>"
    )


def badge(label: Any, tone: str = "neutral", *, dot: bool = False) -> SafeString:
    look = f"fc-badge fc-tone-{escape(tone)}{' has-dot' if dot else ''}"
    return SafeString(f'<span class="{look}">{safe(label)}</span>')


def status(row: Any, field: str = "status", declared: dict[str, str] | None = None) -> SafeString:
    value = getattr(row, field)
    if value in (None, ""):
        return NOTHING
    tone = (declared or tones.of(type(row), field)).get(str(value), "neutral")
    return badge(choice_label(row, field), tone, dot=True)


def choice_label(row: Any, field: str) -> str:
    """What `get_…_display()` says, without building the choices anew for each row."""
    value = getattr(row, field)
    return str(_labels(type(row), field).get(value, value))


@cache
def _labels(model: type, field: str) -> dict[Any, Any]:
    meta = getattr(model, "_meta", None)
    if meta is None:
        return {}
    return dict(meta.get_field(field).flatchoices)


def marked(text: str, wanted: str) -> SafeString:
    """The text with each typed word in it marked, whichever case it is written in."""
    words = "|".join(re.escape(word) for word in wanted.split())
    if not words:
        return SafeString(escape(text))
    pieces = re.split(f"({words})", text, flags=re.IGNORECASE)
    return SafeString(
        "".join(
            f"<mark>{escape(piece)}</mark>" if place % 2 else escape(piece)
            for place, piece in enumerate(pieces)
        )
    )


def safe(value: Any) -> str:
    """The value as it may stand in HTML: `conditional_escape` for hot paths."""
    return value if isinstance(value, SafeString) else escape(str(value))


def _time_words(passed: dt.timedelta) -> str:
    """Words for what lies within a week; beyond that a date says more."""
    seconds = passed.total_seconds()
    future, minutes = seconds < 0, int(abs(seconds) // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        count, past, ahead = minutes, *_minutes(minutes)
    elif minutes < 24 * 60:
        count, past, ahead = minutes // 60, *_hours(minutes // 60)
    else:
        days = int(minutes // (24 * 60))
        return _day_words(-days if future else days)
    return (ahead if future else past) % {"count": count}


def _minutes(count: int) -> tuple[str, str]:
    return (
        ngettext("%(count)s minute ago", "%(count)s minutes ago", count),
        ngettext("in %(count)s minute", "in %(count)s minutes", count),
    )


def _hours(count: int) -> tuple[str, str]:
    return (
        ngettext("%(count)s hour ago", "%(count)s hours ago", count),
        ngettext("in %(count)s hour", "in %(count)s hours", count),
    )


def _day_words(days: int) -> str:
    if days == 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    if days == -1:
        return _("tomorrow")
    if 1 < days <= 7:
        return ngettext("%(count)s day ago", "%(count)s days ago", days) % {"count": days}
    if -7 <= days < -1:
        return ngettext("in %(count)s day", "in %(count)s days", -days) % {"count": -days}
    return ""
