"""What an event says of its subject, kept so that every reader has it in her own language."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise

LANGUAGES = ("zh-hans", "en")
LONGEST = 500

Kept = str | dict[str, str]


def keep(value: Any) -> Kept:
    """A value as JSON: a text, a moment, a day, or a text in each language.

    Something with two names (a store) and a lazy text (a label) keep both languages.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, Promise) or hasattr(value, "name_zh"):
        return {language: _in(language, value) for language in LANGUAGES}
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return str(value)[:LONGEST]


def _in(language: str, value: Any) -> str:
    with translation.override(language):
        return str(value)[:LONGEST]


def shown(values: Mapping[str, Any]) -> dict[str, str]:
    """The kept values as texts in the language and time zone that are active."""
    return {name: _shown(value) for name, value in values.items()}


def _shown(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    if "moment" in value:
        local = timezone.localtime(datetime.fromisoformat(value["moment"]))
        return f"{date_format(local, 'SHORT_DATE_FORMAT')} {local:%H:%M}"
    if "day" in value:
        return date_format(date.fromisoformat(value["day"]), "SHORT_DATE_FORMAT")
    language = (translation.get_language() or LANGUAGES[0])[:2]
    return next((text for code, text in value.items() if code.startswith(language)), "")
