"""What each kind of field holds: how a value is checked, kept, written out and found.

A kept value is plain JSON in one canonical form: numbers with decimals as text, days and moments in
ISO form (moments in UTC), a choice by its value, a member of staff by id, a file as an object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date as iso_date
from django.utils.dateparse import parse_datetime as iso_moment
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from forecourt.kernel import tabular, text
from forecourt.kernel.custom_fields import patterns
from forecourt.kernel.custom_fields.definition import Definition, Kind
from forecourt.kernel.errors import Invalid

LONGEST_TEXT = 200
LONGEST_LONG_TEXT = 5000
LARGEST = Decimal(10) ** 15
MOST_PLACES = 6
_SEVERAL = re.compile(r"[,，、;；|]")
_KEY_LENGTH = 250
_YES = {"true", "yes", "y", "1", "是", "有", "对", "√", "✓"}
_NO = {"false", "no", "n", "0", "否", "无", "没有", "×"}


@dataclass(frozen=True, slots=True)
class Key:
    """What a value is found by, and the number that it is sorted by."""

    text: str
    number: Decimal | None = None


# -- checking ---------------------------------------------------------------------------------


def cleaned(field: Definition, raw: Any) -> Any:
    """The value as it is kept, None for nothing. Raises Invalid with the field's name."""
    if raw is None or raw == "" or raw == [] or (isinstance(raw, str) and not raw.strip()):
        return None
    try:
        return _CLEANERS[Kind(field.kind)](field, raw)
    except Invalid as refusal:
        raise Invalid(refusal.message, field=field.name) from refusal


def _text(field: Definition, raw: Any) -> str:
    if not isinstance(raw, str):
        raise Invalid(_("This is no text."))
    value = raw.replace("\x00", "").strip()
    if field.kind == Kind.TEXT:
        value = " ".join(value.split())
    limit = LONGEST_TEXT if field.kind == Kind.TEXT else LONGEST_LONG_TEXT
    limit = min(limit, int(field.options.get("max_length") or limit))
    if len(value) > limit:
        raise Invalid(_("At most %(length)s characters.") % {"length": limit})
    pattern = field.options.get("pattern")
    if pattern and not patterns.fits(pattern, value):
        raise Invalid(_("This does not look as it should: %(pattern)s") % {"pattern": pattern})
    return value


def _number(raw: Any) -> Decimal:
    if isinstance(raw, bool | float | list | Mapping):
        raise Invalid(_("This is no number."))
    try:
        number = Decimal(raw) if not isinstance(raw, str) else Decimal(raw.strip().replace(",", ""))
    except (InvalidOperation, ValueError, TypeError) as error:
        raise Invalid(_("This is no number.")) from error
    if not number.is_finite() or abs(number) >= LARGEST:
        raise Invalid(_("This number is too large."))
    return number


def _within(field: Definition, value: Any, read: Callable[[Any], Any]) -> None:
    low, high = field.options.get("min"), field.options.get("max")
    if low is not None and value < read(low):
        raise Invalid(_("At least %(bound)s.") % {"bound": low})
    if high is not None and value > read(high):
        raise Invalid(_("At most %(bound)s.") % {"bound": high})


def _integer(field: Definition, raw: Any) -> int:
    number = _number(raw)
    if number != number.to_integral_value():
        raise Invalid(_("This is no whole number."))
    _within(field, number, Decimal)
    return int(number)


def _decimal(field: Definition, raw: Any) -> str:
    number = _number(raw)
    places = int(field.options.get("places", 2))
    if number != number.quantize(Decimal(1).scaleb(-places)):
        raise Invalid(_("At most %(places)s decimal places.") % {"places": places})
    _within(field, number, Decimal)
    return format(number.normalize() + 0, "f")


def _money(field: Definition, raw: Any) -> str:
    if isinstance(raw, Mapping):
        raw = raw.get("amount")
    number = _number(raw)
    if number != number.quantize(Decimal("0.01")):
        raise Invalid(_("At most %(places)s decimal places.") % {"places": 2})
    _within(field, number, Decimal)
    return f"{number:.2f}"


def _date(field: Definition, raw: Any) -> str:
    if isinstance(raw, datetime):
        raw = timezone.localtime(raw).date()
    day = raw if isinstance(raw, date) else _iso(iso_date, raw)
    if day is None:
        raise Invalid(_("This is no day; write 2026-01-31."))
    _within(field, day, date.fromisoformat)
    return day.isoformat()


def _moment(field: Definition, raw: Any) -> str:
    moment = raw if isinstance(raw, datetime) else _iso(iso_moment, raw)
    if moment is None:
        day = raw if isinstance(raw, date) else _iso(iso_date, raw)
        if day is None:
            raise Invalid(_("This is no date and time; write 2026-01-31 09:30."))
        moment = datetime.combine(day, time())
    if timezone.is_naive(moment):
        moment = timezone.make_aware(moment)
    try:
        moment = moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError as error:
        raise Invalid(_("This is no date and time; write 2026-01-31 09:30.")) from error
    _within(field, timezone.localtime(moment).date(), date.fromisoformat)
    return moment.isoformat()


def _iso(parse: Callable[[str], Any], raw: Any) -> Any:
    if not isinstance(raw, str):
        return None
    try:
        return parse(raw.strip())
    except ValueError:
        return None


def _boolean(field: Definition, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip().casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise Invalid(_("This is neither yes nor no."))


def _choice(field: Definition, raw: Any) -> str:
    """A retired choice stays where it is, and is chosen no more."""
    offered = {choice.value for choice in field.choices if choice.is_active}
    if not isinstance(raw, str) or raw not in offered:
        raise Invalid(_("Choose one of the list."))
    return raw


def _choices(field: Definition, raw: Any) -> list[str]:
    if isinstance(raw, str):
        raw = [raw]
    if not isinstance(raw, list | tuple):
        raise Invalid(_("Choose some of the list."))
    known = [choice.value for choice in field.choices]
    if any(value not in known for value in raw):
        raise Invalid(_("Choose some of the list."))
    return [value for value in known if value in raw]


def _staff(field: Definition, raw: Any) -> int:
    digits = str(raw) if isinstance(raw, int | str) and not isinstance(raw, bool) else ""
    if not re.fullmatch(r"[1-9][0-9]{0,17}", digits):
        raise Invalid(_("Choose a member of staff."))
    return int(digits)


def _file(field: Definition, raw: Any) -> int:
    """The id of an upload; :mod:`values` takes it if it is the actor's own."""
    digits = str(raw) if isinstance(raw, int | str) and not isinstance(raw, bool) else ""
    if not re.fullmatch(r"[1-9][0-9]{0,17}", digits):
        raise Invalid(_("Give the identifier of a file that you have uploaded."))
    return int(digits)


_CLEANERS: dict[Kind, Callable[[Definition, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.MONEY: _money,
    Kind.DATE: _date,
    Kind.MOMENT: _moment,
    Kind.BOOLEAN: _boolean,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.STAFF: _staff,
    Kind.FILE: _file,
}


# -- reading what people write ----------------------------------------------------------------


def read_text(field: Definition, words: str) -> Any:
    """The value that a cell of a table, or a value of another kind, means. Raises Invalid."""
    words = words.strip()
    if not words:
        return None
    kind = Kind(field.kind)
    try:
        if kind in (Kind.INTEGER, Kind.DECIMAL, Kind.MONEY):
            return cleaned(field, tabular.parse_number(words))
        if kind == Kind.DATE:
            return cleaned(field, tabular.parse_date(words))
        if kind == Kind.MOMENT:
            return cleaned(field, tabular.parse_datetime(words))
        if kind == Kind.CHOICE:
            return cleaned(field, _named(field, words))
        if kind == Kind.CHOICES:
            parts = [part.strip() for part in _SEVERAL.split(words) if part.strip()]
            return cleaned(field, [_named(field, part) for part in parts])
        if kind in (Kind.STAFF, Kind.FILE):
            raise Invalid(_("This cannot be read from a text."))
        return cleaned(field, words)
    except Invalid as refusal:
        raise Invalid(refusal.message, field=field.name) from refusal


def _named(field: Definition, words: str) -> str:
    """The choice that goes by the words, in either language or by its value."""
    wanted = text.normalise(words)
    for choice in field.choices:
        if wanted in map(text.normalise, (choice.value, choice.label_zh, choice.label_en)):
            return choice.value
    raise Invalid(_("“%(value)s” is none of the known values.") % {"value": words[:60]})


# -- writing out ------------------------------------------------------------------------------


def as_python(field: Definition, value: Any) -> Any:
    """The kept value as Python has it: Decimal, date, aware datetime; others as they are."""
    if value is None:
        return None
    kind = field.kind
    if kind in (Kind.DECIMAL, Kind.MONEY):
        return Decimal(value)
    if kind == Kind.DATE:
        return date.fromisoformat(value)
    if kind == Kind.MOMENT:
        return datetime.fromisoformat(value)
    return value


def as_text(field: Definition, value: Any, names: Mapping[int, str] | None = None) -> str:
    """The value as people read it, in the present language; ``names`` are those of staff."""
    if value is None or value == []:
        return ""
    kind = Kind(field.kind)
    if kind == Kind.BOOLEAN:
        return _("Yes") if value else _("No")
    if kind == Kind.CHOICE:
        return _label_of(field, value)
    if kind == Kind.CHOICES:
        return "、".join(_label_of(field, each) for each in value)
    if kind == Kind.DATE:
        return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
    if kind == Kind.MOMENT:
        moment = timezone.localtime(datetime.fromisoformat(value))
        return date_format(moment, "SHORT_DATETIME_FORMAT")
    if kind == Kind.STAFF:
        return (names or {}).get(value, f"#{value}")
    if kind == Kind.FILE:
        return str(value["name"])
    return str(value)


def _label_of(field: Definition, value: str) -> str:
    return next((choice.label for choice in field.choices if choice.value == value), value)


def written_out(field: Definition, value: Any) -> str:
    """The value in words that :func:`read_text` of another kind may read; in Chinese names."""
    kind = field.kind
    if kind == Kind.BOOLEAN:
        return "是" if value else "否"
    if kind in (Kind.CHOICE, Kind.CHOICES):
        labels = {choice.value: choice.label_zh for choice in field.choices}
        values = [value] if kind == Kind.CHOICE else value
        return "、".join(labels.get(each, each) for each in values)
    if kind == Kind.MOMENT:
        local = timezone.localtime(datetime.fromisoformat(value))
        return local.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


# -- finding ----------------------------------------------------------------------------------


def keys_of(field: Definition, value: Any) -> list[Key]:
    """The keys of a kept value: one, or one for each of several choices; none for nothing."""
    if value is None:
        return []
    kind = Kind(field.kind)
    if kind == Kind.CHOICES:
        return [Key(each) for each in value]
    if kind == Kind.TEXT:
        return [Key(text_key(value))]
    if kind in (Kind.INTEGER, Kind.DECIMAL, Kind.MONEY):
        return [Key(str(value), Decimal(value))]
    if kind == Kind.DATE:
        return [Key(value, Decimal(date.fromisoformat(value).toordinal()))]
    if kind == Kind.MOMENT:
        seconds = (datetime.fromisoformat(value) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
        return [Key(value, Decimal(int(seconds)))]
    if kind == Kind.BOOLEAN:
        return [Key("true" if value else "false")]
    if kind == Kind.STAFF:
        return [Key(str(value))]
    return [Key(value)]


def text_key(value: str) -> str:
    """Upper and lower case, full and half width are the same when something is looked for."""
    return text.normalise(value)[:_KEY_LENGTH]
