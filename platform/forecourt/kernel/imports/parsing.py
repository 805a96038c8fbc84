"""From a row's texts to its fields' values, with a problem for each cell that does not fit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from forecourt.kernel import text as texts
from forecourt.kernel.errors import DomainError, Invalid
from forecourt.kernel.imports.declaration import (
    Choice,
    Context,
    Field,
    FieldKind,
    Importer,
    ImportRow,
    NewValue,
    Problem,
)
from forecourt.kernel.imports.mapping import (
    LEAVE,
    MAKE,
    REJECT,
    Mapped,
    Rule,
    choice_key,
    choices_by_name,
    match_choice,
)
from forecourt.kernel.tabular import (
    DateOrder,
    DecimalMark,
    Row,
    parse_date,
    parse_datetime,
    parse_number,
)

_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]+")
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d{1,2}")
_YES = {"true", "yes", "y", "1", "是", "有", "对", "√", "✓", "x"}
_NO = {"false", "no", "n", "0", "否", "无", "没有", "×", "-"}
_CENT = Decimal("0.01")
_LARGEST_MONEY = Decimal(10) ** 12
# Repeated cells (a colour, a day) are parsed once; the memory is emptied when it grows.
_REMEMBERED_CELLS = 5000

Read = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class _Cell:
    """What a text turned into: a value or the reason why not."""

    value: Any = None
    problem: Problem | None = None


class RowParser:
    """Reads rows of one file by its mapping. Choices are looked up once, when it is made."""

    def __init__(self, importer: Importer, mapped: Mapped, context: Context) -> None:
        self.importer = importer
        self.sources = _sources(mapped)
        self.columns: list[tuple[Field, int, Read, dict[str, _Cell]]] = []
        self.fixed: list[tuple[Field, _Cell]] = []
        for field in importer.fields:
            rule = mapped.get(field.name)
            if rule is None:
                continue
            read = _reader(field, rule, context)
            if "column" in rule:
                self.columns.append((field, rule["column"], read, {}))
            else:
                self.fixed.append((field, _read_cell(field, read, rule["fixed"])))

    def parse(self, row: Row) -> ImportRow:
        """The row with its values and problems; `key` and the ledger are the engine's."""
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for field, cell in self.fixed:
            _take(field, cell, values, problems)
        for field, index, read, remembered in self.columns:
            text = row.cells[index]
            if not text:
                _take(field, _blank(field), values, problems)
                continue
            known = remembered.get(text)
            if known is None:
                if len(remembered) >= _REMEMBERED_CELLS:
                    remembered.clear()
                known = remembered[text] = _read_cell(field, read, text)
            _take(field, known, values, problems)
        if row.surplus:
            problems.append(
                Problem(
                    "too_many_cells",
                    _("The row has more cells than the header; a delimiter may be unquoted."),
                )
            )
        return ImportRow(row.number, values, problems=problems)

    def content(self, row: Row) -> UUID:
        """The same for rows that say the same, in whatever order of columns."""
        return key_hash(
            "\x1e".join(
                reading if column is None else f"{reading}\x1f{row.cells[column]}"
                for reading, column in self.sources
            )
        )


def _sources(mapped: Mapped) -> list[tuple[str, int | None]]:
    """For the content: which column each field reads, and what decides how it is read.

    Choices are left out of it: what a text stands for may be new today and known tomorrow.
    """
    sources: list[tuple[str, int | None]] = []
    for name, rule in sorted(mapped.items()):
        reading = (name, rule.get("fixed"), rule.get("date_order"), rule.get("decimal_mark"))
        sources.append((repr(reading), rule.get("column")))
    return sources


def key_hash(text: str) -> UUID:
    """A short stand-in for a text, to look it up by."""
    return UUID(bytes=hashlib.blake2b(text.encode(), digest_size=16).digest())


def _take(field: Field, cell: _Cell, values: dict[str, Any], problems: list[Problem]) -> None:
    values[field.name] = cell.value
    if cell.problem is not None:
        problems.append(cell.problem)


def _blank(field: Field) -> _Cell:
    if not field.required:
        return _Cell()
    return _Cell(problem=Problem("required", _("This must not be blank."), field.name))


def _read_cell(field: Field, read: Read, text: str) -> _Cell:
    try:
        value = read(text)
        return _Cell(value if field.finish is None or value is None else field.finish(value))
    except DomainError as refusal:
        return _Cell(problem=Problem(refusal.code, refusal.message, field.name))


def _reader(field: Field, rule: Rule, context: Context) -> Read:
    """The function that reads the field's texts, with all that is known beforehand bound in."""
    parse = field.parse
    if parse is not None:
        return lambda text: parse(text, context)
    order = DateOrder(rule["date_order"]) if rule.get("date_order") else None
    mark = DecimalMark(rule.get("decimal_mark", DecimalMark.POINT))
    if field.choices is not None:
        return _choice_reader(field, rule, list(field.choices(context)))
    zone = ZoneInfo(context.time_zone)
    readers: dict[FieldKind, Read] = {
        FieldKind.TEXT: lambda text: _text(field, text),
        FieldKind.NUMBER: lambda text: parse_number(text, mark),
        FieldKind.INTEGER: lambda text: _integer(text, mark),
        FieldKind.MONEY: lambda text: _money(text, mark),
        FieldKind.DATE: lambda text: parse_date(text, order),
        FieldKind.DATETIME: lambda text: _moment(text, order, zone),
        FieldKind.PHONE: lambda text: _phone(field, text, context),
        FieldKind.EMAIL: _email,
        FieldKind.BOOLEAN: _boolean,
    }
    return readers[field.kind]


def _text(field: Field, text: str) -> str:
    if _SHORTENED.fullmatch(text):
        raise _shortened(text)
    if field.max_length is not None and len(text) > field.max_length:
        raise Invalid(
            _("This has %(length)s characters; at most %(limit)s are kept.")
            % {"length": len(text), "limit": field.max_length}
        )
    return text


def _shortened(text: str) -> Invalid:
    return Invalid(
        _(
            "A spreadsheet has shortened this to %(text)s and lost digits; "
            "format the column as text."
        )
        % {"text": text}
    )


def _integer(text: str, mark: DecimalMark) -> int:
    number = parse_number(text, mark)
    if number != number.to_integral_value():
        raise Invalid(_("“%(value)s” is not a whole number.") % {"value": text[:60]})
    return int(number)


def _money(text: str, mark: DecimalMark) -> Decimal:
    amount = parse_number(text, mark)
    if abs(amount) >= _LARGEST_MONEY:
        raise Invalid(_("“%(value)s” is more money than fits.") % {"value": text[:60]})
    rounded = amount.quantize(_CENT)
    if rounded != amount:
        raise Invalid(_("“%(value)s” has more than two decimal places.") % {"value": text[:60]})
    return rounded


def _moment(text: str, order: DateOrder | None, zone: ZoneInfo) -> datetime:
    moment = parse_datetime(text, order)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _phone(field: Field, text: str, context: Context) -> str:
    if _SHORTENED.fullmatch(text):
        raise _shortened(text)
    if field.lenient:
        lenient = texts.phone_or_none(text, context.region) or texts.local_digits(text)
        if lenient is not None:
            return lenient
    return texts.normalise_phone(text, context.region)


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text) or len(text) > 254:
        raise Invalid(_("“%(value)s” is not an e-mail address.") % {"value": text[:60]})
    return text.lower()


def _boolean(text: str) -> bool:
    word = text.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Invalid(_("“%(value)s” is neither yes nor no.") % {"value": text[:60]})


def _choice_reader(field: Field, rule: Rule, choices: Sequence[Choice]) -> Read:
    by_key = {choice_key(choice): choice for choice in choices}
    by_name = choices_by_name(choices)
    chosen: Mapping[str, str] = rule.get("values") or {}
    unmatched = rule.get("unmatched")

    def read(text: str) -> Any:
        decision = chosen.get(text)
        choice = by_key.get(decision or "")
        if choice is None and decision not in (MAKE, LEAVE, REJECT):
            # Nothing was decided, or for a record that is gone since the mapping was remembered.
            decision = unmatched
            choice = match_choice(text, by_name)
        if choice is not None:
            return choice.value
        if decision == LEAVE:
            return None
        if decision == MAKE and field.creatable:
            return NewValue(_text(field, text))
        raise Invalid(_("“%(value)s” is none of the known values.") % {"value": text[:60]})

    return read
