"""The kinds of value that a setting may have: what is allowed, how it is kept, how it reads.

``clean`` takes what a form or the API sends and answers the value as the code uses it, or raises
Invalid beside the field ``value``; ``plain`` is that value as JSON keeps it and ``read`` its way
back; ``shown`` is the text for people.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from forecourt.kernel.errors import Invalid
from forecourt.kernel.groups import current_group

if TYPE_CHECKING:
    Label = str | Promise
FIELD = "value"


def refuse(message: str) -> Invalid:
    return Invalid(message, field=FIELD)


@dataclass(frozen=True, slots=True)
class Kind:
    """Base of the kinds; ``name`` is what programs call it."""

    @property
    def name(self) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    def clean(self, raw: Any) -> Any:
        raise NotImplementedError

    def plain(self, value: Any) -> Any:
        return value

    def read(self, plain: Any) -> Any:
        return plain

    def shown(self, value: Any) -> str:
        return str(value)

    def bounds(self) -> dict[str, Any]:
        """What is allowed, for programs: minimum, maximum, unit, options."""
        return {}


@dataclass(frozen=True, slots=True)
class WholeNumber(Kind):
    minimum: int
    maximum: int
    unit: "Label" = ""

    def clean(self, raw: Any) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise refuse(_("Enter a whole number."))
        _require_between(raw, self.minimum, self.maximum)
        return raw

    def shown(self, value: int) -> str:
        return _with_unit(number_format(value, force_grouping=True), self.unit)

    def bounds(self) -> dict[str, Any]:
        return {"minimum": self.minimum, "maximum": self.maximum, "unit": str(self.unit)}


@dataclass(frozen=True, slots=True)
class DecimalNumber(Kind):
    """A number with decimals; kept as text, so that none is lost."""

    minimum: Decimal
    maximum: Decimal
    places: int = 2
    unit: "Label" = ""

    def clean(self, raw: Any) -> Decimal:
        if isinstance(raw, bool) or not isinstance(raw, (int, str, Decimal)):
            raise refuse(_("Enter a number."))
        try:
            value = Decimal(raw)
        except InvalidOperation as error:
            raise refuse(_("Enter a number.")) from error
        if not value.is_finite():
            raise refuse(_("Enter a number."))
        _require_between(value, self.minimum, self.maximum)
        if value != round(value, self.places):
            raise refuse(_("At most %(places)s decimals.") % {"places": self.places})
        return round(value, self.places)

    def plain(self, value: Decimal) -> str:
        return str(value)

    def read(self, plain: str) -> Decimal:
        return Decimal(plain)

    def shown(self, value: Decimal) -> str:
        return _with_unit(number_format(value, self.places, force_grouping=True), self.unit)

    def bounds(self) -> dict[str, Any]:
        return {
            "minimum": str(self.minimum),
            "maximum": str(self.maximum),
            "unit": str(self.unit),
        }


@dataclass(frozen=True, slots=True)
class Amount(DecimalNumber):
    """Money in the group's currency."""

    minimum: Decimal = Decimal(0)
    maximum: Decimal = Decimal("999999999.99")

    def shown(self, value: Decimal) -> str:
        group = current_group()
        currency = group.currency if group else settings.DEFAULT_CURRENCY
        return f"{currency} {number_format(value, self.places, force_grouping=True)}"


@dataclass(frozen=True, slots=True)
class YesNo(Kind):
    def clean(self, raw: Any) -> bool:
        if not isinstance(raw, bool):
            raise refuse(_("Answer with yes or no."))
        return raw

    def shown(self, value: bool) -> str:
        return _("Yes") if value else _("No")


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """A line of text; ``pattern`` is asked of the whole of it, ``hint`` says what it asks."""

    longest: int = 200
    may_be_empty: bool = False
    pattern: str = ""
    hint: "Label" = ""

    def clean(self, raw: Any) -> str:
        if not isinstance(raw, str) or "\x00" in raw:
            raise refuse(_("Enter a text."))
        value = " ".join(raw.split())
        if not value and not self.may_be_empty:
            raise refuse(_("Enter a text."))
        if len(value) > self.longest:
            raise refuse(_("At most %(count)s characters.") % {"count": self.longest})
        if self.pattern and value and not re.fullmatch(self.pattern, value):
            raise refuse(str(self.hint))
        return value

    def shown(self, value: str) -> str:
        return value or "–"

    def bounds(self) -> dict[str, Any]:
        return {"longest": self.longest}


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    options: "tuple[tuple[str, Label], ...]"

    def clean(self, raw: Any) -> str:
        if not isinstance(raw, str) or raw not in dict(self.options):
            raise refuse(_("Choose one of the list."))
        return raw

    def shown(self, value: str) -> str:
        return str(dict(self.options).get(value, value))

    def bounds(self) -> dict[str, Any]:
        return {"options": [code for code, _label in self.options]}


@dataclass(frozen=True, slots=True)
class Choices(Kind):
    """Several of a list, in its order; ``fewest`` of them at least."""

    options: "tuple[tuple[str, Label], ...]"
    fewest: int = 0

    def clean(self, raw: Any) -> list[str]:
        known = [code for code, _label in self.options]
        if not isinstance(raw, Sequence) or isinstance(raw, str) or not set(raw) <= set(known):
            raise refuse(_("Choose from the list."))
        if len(set(raw)) < self.fewest:
            raise refuse(_("Choose at least %(count)s.") % {"count": self.fewest})
        return [code for code in known if code in raw]

    def shown(self, value: list[str]) -> str:
        labels = dict(self.options)
        return ", ".join(str(labels.get(code, code)) for code in value) or "–"

    def bounds(self) -> dict[str, Any]:
        return {"options": [code for code, _label in self.options]}


@dataclass(frozen=True, slots=True)
class Numbers(Kind):
    """A rising list of ``count`` whole numbers, such as the limits between bands."""

    minimum: int
    maximum: int
    count: int
    unit: "Label" = ""

    def clean(self, raw: Any) -> tuple[int, ...]:
        if not isinstance(raw, Sequence) or isinstance(raw, str):
            raise refuse(_("Enter whole numbers, parted by commas."))
        if any(isinstance(number, bool) or not isinstance(number, int) for number in raw):
            raise refuse(_("Enter whole numbers, parted by commas."))
        if len(raw) != self.count:
            raise refuse(_("Enter %(count)s numbers.") % {"count": self.count})
        for number in raw:
            _require_between(number, self.minimum, self.maximum)
        if list(raw) != sorted(set(raw)):
            raise refuse(_("Each number must be greater than the one before it."))
        return tuple(raw)

    def plain(self, value: tuple[int, ...]) -> list[int]:
        return list(value)

    def read(self, plain: list[int]) -> tuple[int, ...]:
        return tuple(plain)

    def shown(self, value: tuple[int, ...]) -> str:
        return _with_unit(" · ".join(map(str, value)), self.unit)

    def bounds(self) -> dict[str, Any]:
        return {
            "minimum": self.minimum,
            "maximum": self.maximum,
            "count": self.count,
            "unit": str(self.unit),
        }


@dataclass(frozen=True, slots=True)
class NumberPerOption(Kind):
    """A whole number for each of a list, such as days by intent level."""

    options: "tuple[tuple[str, Label], ...]"
    minimum: int
    maximum: int
    unit: "Label" = ""

    def clean(self, raw: Any) -> dict[str, int]:
        codes = [code for code, _label in self.options]
        if not isinstance(raw, Mapping) or set(raw) != set(codes):
            raise refuse(_("Enter a number for each of: %(names)s.") % {"names": ", ".join(codes)})
        one = WholeNumber(self.minimum, self.maximum)
        return {code: one.clean(raw[code]) for code in codes}

    def shown(self, value: Mapping[str, int]) -> str:
        parts = (f"{code} {value[code]}" for code, _label in self.options if code in value)
        return _with_unit(" · ".join(parts), self.unit)

    def bounds(self) -> dict[str, Any]:
        return {
            "minimum": self.minimum,
            "maximum": self.maximum,
            "options": [code for code, _label in self.options],
            "unit": str(self.unit),
        }


@dataclass(frozen=True, slots=True)
class TimeOfDay(Kind):
    """Hour and minute; kept as ``09:00``."""

    def clean(self, raw: Any) -> time:
        if isinstance(raw, time):
            return raw.replace(second=0, microsecond=0)
        if not isinstance(raw, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", raw):
            raise refuse(_("Enter a time such as 09:00."))
        return time.fromisoformat(raw)

    def plain(self, value: time) -> str:
        return f"{value:%H:%M}"

    def read(self, plain: str) -> time:
        return time.fromisoformat(plain)

    def shown(self, value: time) -> str:
        return self.plain(value)


@dataclass(frozen=True, slots=True)
class Days(Kind):
    """Days of the calendar, in their order; kept as ISO dates."""

    most: int = 400

    def clean(self, raw: Any) -> tuple[date, ...]:
        if not isinstance(raw, Sequence) or isinstance(raw, str):
            raise refuse(_("Enter days such as 2026-10-01."))
        try:
            days = {one if isinstance(one, date) else date.fromisoformat(one) for one in raw}
        except (TypeError, ValueError) as error:
            raise refuse(_("Enter days such as 2026-10-01.")) from error
        if len(days) > self.most:
            raise refuse(_("At most %(count)s days.") % {"count": self.most})
        return tuple(sorted(days))

    def plain(self, value: tuple[date, ...]) -> list[str]:
        return [day.isoformat() for day in value]

    def read(self, plain: list[str]) -> tuple[date, ...]:
        return tuple(map(date.fromisoformat, plain))

    def shown(self, value: tuple[date, ...]) -> str:
        """Days in a row as one stretch."""
        stretches: list[list[date]] = []
        for day in value:
            if stretches and day - stretches[-1][-1] == timedelta(days=1):
                stretches[-1].append(day)
            else:
                stretches.append([day])
        words = (
            f"{days[0]}" if len(days) == 1 else f"{days[0]} … {days[-1]}" for days in stretches
        )
        return ", ".join(words) or "–"


def _require_between(value: Any, minimum: Any, maximum: Any) -> None:
    if not minimum <= value <= maximum:
        raise refuse(
            _("Enter a number from %(minimum)s to %(maximum)s.")
            % {"minimum": minimum, "maximum": maximum}
        )


def _with_unit(text: str, unit: "Label") -> str:
    return f"{text} {unit}" if unit else text
