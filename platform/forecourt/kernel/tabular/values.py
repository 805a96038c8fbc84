"""Numbers and dates as people write them.

One value such as `1/2/2022` or `1.234` may be read in two ways; which one is decided over the whole
column by `DateOrderEvidence` and `DecimalMarkEvidence`, and asked when the column does not say.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

from forecourt.kernel.errors import Invalid

# -- numbers ----------------------------------------------------------------------------------


class DecimalMark(StrEnum):
    """The sign between whole and fraction."""

    POINT = "."
    COMMA = ","


_CURRENCY = re.compile(
    r"^(?:CNY|RMB|USD|EUR|HKD|人民币|US\$|HK\$|[¥￥$€£])|(?:CNY|RMB|USD|EUR|HKD|元|圆|€)$"
)
_UNITS = {"万": Decimal(10_000), "亿": Decimal(100_000_000)}
_NUMBER = re.compile(r"[+-]?[\d.,' ]*\d[.,]?")
_EXPONENT = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d{1,2}")
_POINT_GROUPS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})*(?:\.\d*)?|[+-]?\d*(?:\.\d*)?")
_COMMA_GROUPS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})*(?:,\d*)?|[+-]?\d*(?:,\d*)?")
_LONGEST_NUMBER = 40


def parse_number(text: str, mark: DecimalMark = DecimalMark.POINT) -> Decimal:
    """The number meant: 1,234.50, ￥1,234.50, $26,000, (120), 12万, 1'234.5, 1.5E+3.

    A value with both signs is read by the later one whatever `mark` says (1.234,50 is 1234.50).
    Raises Invalid.
    """
    compact, factor = _bare_number(text)
    if _EXPONENT.fullmatch(compact):
        return Decimal(compact.replace(",", ".")) * factor
    if not compact or not _NUMBER.fullmatch(compact):
        raise _not_a_number(text)
    compact = compact.replace(" ", "").replace("'", "")
    groups = _COMMA_GROUPS if _mark_of(compact, mark) is DecimalMark.COMMA else _POINT_GROUPS
    if not groups.fullmatch(compact):
        raise _not_a_number(text)
    if groups is _COMMA_GROUPS:
        compact = compact.replace(".", "").replace(",", ".")
    return Decimal(compact.replace(",", "")) * factor


def _bare_number(text: str) -> tuple[str, Decimal]:
    """Without currency, sign words and unit; and the factor that the unit stands for."""
    compact = unicodedata.normalize("NFKC", text).strip()
    factor = Decimal(1)
    if len(compact) > _LONGEST_NUMBER:
        return "", factor
    if compact.startswith("(") and compact.endswith(")"):
        compact, factor = compact[1:-1].strip(), Decimal(-1)
    if compact[:1] in ("-", "−") and _CURRENCY.match(compact[1:].strip()):
        compact, factor = compact[1:].strip(), -factor
    compact = _CURRENCY.sub("", compact.upper()).strip()
    compact = compact.replace("−", "-")
    if compact[-1:] in _UNITS:
        factor *= _UNITS[compact[-1]]
        compact = compact[:-1].strip()
    return compact, factor


def _mark_of(compact: str, mark: DecimalMark) -> DecimalMark:
    point, comma = compact.rfind("."), compact.rfind(",")
    if point >= 0 and comma >= 0:
        return DecimalMark.POINT if point > comma else DecimalMark.COMMA
    if compact.count(".") > 1:
        return DecimalMark.COMMA
    if compact.count(",") > 1:
        return DecimalMark.POINT
    return mark


def _not_a_number(text: str) -> Invalid:
    return Invalid(_("“%(value)s” is not a number.") % {"value": text.strip()[:60]})


@dataclass
class DecimalMarkEvidence:
    """Counts over a column what its values say of the decimal mark."""

    point: int = 0
    comma: int = 0
    either: int = 0

    def add(self, text: str) -> bool:
        """Take a value into account; whether it is a number at all."""
        compact, _factor = _bare_number(text)
        if _EXPONENT.fullmatch(compact):
            return True
        if not compact or not _NUMBER.fullmatch(compact):
            return False
        compact = compact.replace(" ", "").replace("'", "")
        fits_point = bool(_POINT_GROUPS.fullmatch(compact))
        fits_comma = bool(_COMMA_GROUPS.fullmatch(compact))
        if "." in compact or "," in compact:
            if fits_point and fits_comma:
                self.either += 1
            elif fits_point:
                self.point += 1
            elif fits_comma:
                self.comma += 1
        return fits_point or fits_comma

    @property
    def mark(self) -> DecimalMark:
        """What the column says; the point where it says nothing."""
        return DecimalMark.COMMA if self.comma > self.point else DecimalMark.POINT


# -- dates ------------------------------------------------------------------------------------


class DateOrder(StrEnum):
    """The order of day and month in dates that end in the year."""

    DAY_FIRST = "DAY_FIRST"
    MONTH_FIRST = "MONTH_FIRST"


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "september", "sept"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{4}|\d{2})")
_DAY_NAMED_MONTH = re.compile(r"(\d{1,2})[-\s.]*([A-Za-z]{3,9})[-\s.,]*(\d{4}|\d{2})")
_NAMED_MONTH_DAY = re.compile(r"([A-Za-z]{3,9})[-\s.]*(\d{1,2})(?:st|nd|rd|th)?[-\s,]+(\d{4})")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_TIME = re.compile(
    r"[T\s]*(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2})(?:[.,](\d{1,6}))?秒?|分)?"
    r"\s*([AaPp][Mm])?\s*(Z|[+-]\d{2}:?\d{2})?"
)
# A spreadsheet counts days from 30 December 1899; these bounds are 1954 and 2119.
_SERIAL_EPOCH = date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)
# Two-digit years: 1970 to 2069.
_FIRST_SHORT_YEAR = 70


def parse_date(text: str, order: DateOrder | None = None) -> date:
    """The day meant: 2026/1/5, 2026年1月5日, 20260105, 1/5/2026, 5-Jan-26, a spreadsheet's 46027.

    A time after it is dropped. Raises Invalid, also for a date that may be read in two ways when
    `order` is not given.
    """
    return _date_and_rest(text, order)[0]


def parse_datetime(text: str, order: DateOrder | None = None) -> datetime:
    """The moment meant, naive unless it names an offset; midnight where no time follows.

    Raises Invalid like `parse_date`, and for a time that does not exist.
    """
    day, rest = _date_and_rest(text, order)
    if not rest:
        return datetime.combine(day, time.min)
    match = _TIME.fullmatch(rest)
    if match is None:
        raise _not_a_date(text)
    hour, minute, second, fraction, half, zone = match.groups()
    try:
        moment = datetime.combine(
            day,
            time(
                _hour(int(hour), half),
                int(minute),
                int(second or 0),
                int((fraction or "0").ljust(6, "0")),
            ),
        )
    except ValueError:
        raise _not_a_date(text) from None
    return moment.replace(tzinfo=_offset(zone)) if zone else moment


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    return hour % 12 + (12 if half.lower() == "pm" else 0)


def _offset(zone: str) -> timezone:
    if zone == "Z":
        return UTC
    sign = -1 if zone[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])))


def _date_and_rest(text: str, order: DateOrder | None) -> tuple[date, str]:
    folded = unicodedata.normalize("NFKC", text).strip()
    try:
        found = _read_date(folded, order)
    except (ValueError, KeyError):
        found = None
    if found is None:
        raise _not_a_date(text)
    day, length = found
    rest = folded[length:].strip()
    if rest and not _TIME.fullmatch(rest):
        raise _not_a_date(text)
    return day, rest


def _read_date(folded: str, order: DateOrder | None) -> tuple[date, int] | None:
    """The date at the beginning and its length.

    Raises ValueError for a 31st of February and KeyError for a month of no name.
    """
    if match := _YEAR_FIRST.match(folded):
        year, month, day = map(int, match.groups())
        return date(year, month, day), match.end()
    if match := _YEAR_LAST.match(folded):
        first, second = int(match[1]), int(match[3])
        chosen = order or _order_of(first, second)
        if chosen is None:
            raise Invalid(
                _("“%(value)s” may be read in two ways; say whether day or month comes first.")
                % {"value": folded[:60]}
            )
        month, day = (second, first) if chosen is DateOrder.DAY_FIRST else (first, second)
        return date(_full_year(match[4]), month, day), match.end()
    if match := _DAY_NAMED_MONTH.match(folded):
        return date(_full_year(match[3]), _MONTHS[match[2].lower()], int(match[1])), match.end()
    if match := _NAMED_MONTH_DAY.match(folded):
        return date(int(match[3]), _MONTHS[match[1].lower()], int(match[2])), match.end()
    if match := _COMPACT.fullmatch(folded[:8]):
        year, month, day = map(int, match.groups())
        return date(year, month, day), 8
    if _SERIAL.fullmatch(folded) and int(float(folded)) in _SERIALS:
        return _SERIAL_EPOCH + timedelta(days=int(float(folded))), len(folded)
    return None


def _order_of(first: int, second: int) -> DateOrder | None:
    """What the two numbers alone say; a day equal to the month may be read either way."""
    if first > 12 or first == second:
        return DateOrder.DAY_FIRST
    return DateOrder.MONTH_FIRST if second > 12 else None


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return 1900 + year if year >= _FIRST_SHORT_YEAR else 2000 + year


def _not_a_date(text: str) -> Invalid:
    return Invalid(_("“%(value)s” is not a date.") % {"value": text.strip()[:60]})


@dataclass
class DateOrderEvidence:
    """Counts over a column what its dates say of the order of day and month."""

    day_first: int = 0
    month_first: int = 0
    either: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, text: str) -> bool:
        """Take a value into account; whether it is a date at all (a bare serial number is not)."""
        folded = unicodedata.normalize("NFKC", text).strip()
        if match := _YEAR_LAST.match(folded):
            self._count(int(match[1]), int(match[3]), text)
            return int(match[1]) <= 31 and int(match[3]) <= 31
        if _SERIAL.fullmatch(folded):
            return False
        try:
            _date_and_rest(folded, None)
        except Invalid:
            return False
        return True

    def _count(self, first: int, second: int, text: str) -> None:
        order = _order_of(first, second) if first != second else None
        if order is DateOrder.DAY_FIRST:
            self.day_first += 1
        elif order is DateOrder.MONTH_FIRST:
            self.month_first += 1
        elif first != second:
            self.either += 1
            if len(self.examples) < 3:
                self.examples.append(text.strip())

    @property
    def order(self) -> DateOrder | None:
        """What the column says; None when it says nothing or contradicts itself evenly."""
        if self.day_first == self.month_first:
            return None
        return DateOrder.DAY_FIRST if self.day_first > self.month_first else DateOrder.MONTH_FIRST

    @property
    def ambiguous(self) -> bool:
        """Whether a person must be asked: some dates read in two ways and none decides."""
        return self.either > 0 and self.order is None
