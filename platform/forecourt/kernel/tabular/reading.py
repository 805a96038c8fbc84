"""Opening a CSV or XLSX file and streaming its rows as text.

CSV is read in constant memory. Every cell becomes text in one form whatever the file: numbers as
written without a needless `.0`, dates as ISO, formulas as the value that was saved with them.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from forecourt.kernel.decoding import (
    STRAY_BYTES,
    detect_encoding,
    is_encoded_twice,
    undo_second_encoding,
)
from forecourt.kernel.errors import Invalid
from forecourt.kernel.tabular.archives import (
    WorkbookLimits,
    check_workbook,
    damaged_workbook,
)
from forecourt.kernel.tabular.headers import column_names, find_header

ENCODINGS = ("utf-8", "gb18030", "utf-16", "cp1252", "big5", "shift_jis")
DELIMITERS = (",", ";", "\t", "|")

_ZIP_MARK = b"PK\x03\x04"
_OLE_MARK = b"\xd0\xcf\x11\xe0"
_SAMPLE_ROWS = 60
_SAMPLE_CHARACTERS = 1 << 18
_ENCODING_SAMPLE_ROWS = 2000
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
_FORMULA_SIGNS = "=+-@"
# Spaces that keyboards and web pages leave behind, and marks without width.
_ODD_SPACES = str.maketrans(
    {"\u00a0": " ", "\u3000": " ", "\ufeff": "", "\u200b": "", "\u200e": ""}
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused before and while reading. Sizes in bytes."""

    file_bytes: int = 100 * 1024 * 1024
    rows: int = 1_000_000
    columns: int = 500
    cell_characters: int = 32_767
    workbook: WorkbookLimits = field(default_factory=WorkbookLimits)


@dataclass(frozen=True, slots=True)
class Shape:
    """How to read the file: found out once, kept, and the same ever after.

    `header_row` counts from 1; 0 means that there is none and columns are named by letters.
    """

    kind: str
    columns: tuple[str, ...]
    header_row: int
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    encoded_twice: bool = False

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "columns": list(self.columns), "sheets": list(self.sheets)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Shape:
        lists = {name: tuple(data[name]) for name in ("columns", "sheets")}
        return cls(**{**data, **lists})


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet counts it, and one text per column.

    `surplus` holds what stands beyond the last column: a sign that an unquoted delimiter shifted
    the row.
    """

    number: int
    cells: tuple[str, ...]
    surplus: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """An opened file with its shape; `rows()` may be called again and again."""

    shape: Shape
    file: BinaryIO
    limits: Limits

    def rows(self, after: int = 0) -> Iterator[Row]:
        """The rows below the header, without blank ones and repeated headers.

        `after` skips rows up to that number, to go on where an earlier reading stopped. Raises
        Invalid where the file breaks a limit or ends inside a quotation.
        """
        shape, width = self.shape, len(self.shape.columns)
        header: tuple[str, ...] | None = None
        for number, record in enumerate(_records(self.file, shape, self.limits), start=1):
            if number > self.limits.rows:
                raise Invalid(
                    _("The table has more than %(rows)s rows; split it.")
                    % {"rows": self.limits.rows}
                )
            if number == shape.header_row:
                header = _padded(record, width)
            if number <= shape.header_row or number <= after or not any(record):
                continue
            cells = _padded(record, width)
            if cells != header:
                yield Row(number, cells, tuple(cell for cell in record[width:] if cell))


def open_table(
    file: BinaryIO,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    shape: Shape | None = None,
    limits: Limits | None = None,
) -> Table:
    """Find out how to read the file (a seekable binary one) and return its table.

    What is given is taken; the rest is detected. A `shape` found earlier skips all of it,
    the checks included. Raises
    Invalid for what is no table, breaks a limit, or has no such sheet.
    """
    limits = limits or Limits()
    if shape is None:
        shape = (
            _xlsx_shape(file, sheet, header_row, limits)
            if _kind(file, limits) == "xlsx"
            else _csv_shape(file, encoding, delimiter, header_row, limits)
        )
    return Table(shape, file, limits)


def column_letter(index: int) -> str:
    """The name of a column in a spreadsheet: 0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _kind(file: BinaryIO, limits: Limits) -> str:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    if not head.strip():
        raise Invalid(_("The file is empty."))
    if size > limits.file_bytes:
        raise Invalid(
            _("The file has %(size)s MB; at most %(limit)s MB are taken.")
            % {"size": math.ceil(size / 2**20), "limit": limits.file_bytes // 2**20}
        )
    if head.startswith(_ZIP_MARK):
        check_workbook(file, limits.workbook)
        return "xlsx"
    if head.startswith(_OLE_MARK):
        raise Invalid(
            _("This is an old .xls file or one with a password; save it as .xlsx without one.")
        )
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<table", b"<?xml")):
        raise Invalid(_("This is a web page, not a table; open it and save it as .xlsx."))
    return "csv"


# -- xlsx -------------------------------------------------------------------------------------


def _workbook(file: BinaryIO) -> CalamineWorkbook:
    file.seek(0)
    try:
        return CalamineWorkbook.from_filelike(file)
    except CalamineError as broken:
        raise damaged_workbook() from broken


def _xlsx_shape(file: BinaryIO, sheet: str | None, header_row: int | None, limits: Limits) -> Shape:
    workbook = _workbook(file)
    names = tuple(
        entry.name
        for entry in workbook.sheets_metadata
        if entry.typ == SheetTypeEnum.WorkSheet and entry.visible == SheetVisibleEnum.Visible
    )
    if sheet is not None and sheet not in names:
        raise Invalid(_("The workbook has no sheet “%(sheet)s”.") % {"sheet": sheet})
    for name in (sheet,) if sheet else names:
        sample = list(itertools.islice(_sheet_records(workbook, name), _SAMPLE_ROWS))
        if any(any(record) for record in sample):
            columns, found = _named_columns(sample, header_row, limits)
            return Shape("xlsx", columns, found, sheet=name, sheets=names)
    raise Invalid(_("The workbook has no rows."))


def _sheet_records(workbook: CalamineWorkbook, name: str) -> Iterator[tuple[str, ...]]:
    try:
        sheet = workbook.get_sheet_by_name(name)
    except CalamineError as broken:
        raise damaged_workbook() from broken
    for values in sheet.iter_rows():
        yield _trimmed([_cell_text(value) for value in values])


def _cell_text(value: Any) -> str:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e18 else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time.min
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return "" if value is None else str(value)


# -- csv --------------------------------------------------------------------------------------


def _csv_shape(
    file: BinaryIO,
    encoding: str | None,
    delimiter: str | None,
    header_row: int | None,
    limits: Limits,
) -> Shape:
    encoding = encoding or detect_encoding(file)
    with _text(file, encoding) as stream:
        sample = stream.read(_SAMPLE_CHARACTERS)
    if "\0" in sample:
        raise Invalid(_("This is not a text file; save the table as CSV or .xlsx."))
    delimiter = delimiter or _sniffed_delimiter(sample)
    guess = Shape("csv", (), 0, encoding=encoding, delimiter=delimiter)
    raw = itertools.islice(_csv_records(file, guess, limits), _ENCODING_SAMPLE_ROWS)
    twice = _says_encoded_twice(raw)
    guess = replace(guess, encoded_twice=twice)
    head = list(itertools.islice(_records(file, guess, limits), _SAMPLE_ROWS))
    if not any(any(record) for record in head):
        raise Invalid(_("The file has no rows."))
    columns, found = _named_columns(head, header_row, limits)
    return Shape("csv", columns, found, encoding=encoding, delimiter=delimiter, encoded_twice=twice)


def _says_encoded_twice(records: Iterable[Sequence[str]]) -> bool:
    """Certain only when every Western sign in the sample is half of a doubly encoded one."""
    verdicts = {is_encoded_twice(cell) for record in records for cell in record}
    return True in verdicts and False not in verdicts


def _sniffed_delimiter(sample: str) -> str:
    """The sign that splits the most rows into the same number of cells, more than one."""
    if match := _SEPARATOR_LINE.match(sample):
        return match[1]
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        lines = io.StringIO(sample, newline="")
        try:
            rows = list(itertools.islice(csv.reader(lines, delimiter=delimiter), _SAMPLE_ROWS))
        except csv.Error:
            continue
        widths = [len(row) for row in rows if any(row)]
        usual = max(set(widths), key=widths.count, default=1)
        if usual > 1:
            score = (widths.count(usual) / len(widths), usual)
            # A sign that splits nearly every row alike wins; among those, the one with more cells.
            if (score[0] > 0.8, score[1]) > (best_score[0] > 0.8, best_score[1]):
                best, best_score = delimiter, score
    return best


def _text(file: BinaryIO, encoding: str) -> _Borrowed:
    file.seek(0)
    errors = STRAY_BYTES if encoding in ("utf-8", "utf-8-sig") else "replace"
    return _Borrowed(file, encoding=encoding, errors=errors, newline="")


class _Borrowed(io.TextIOWrapper):
    """A text view that leaves the file open when it is done with."""

    def close(self) -> None:
        if not self.closed:
            self.detach()

    def __exit__(self, *exc_info: object) -> None:
        self.detach()


def _records(file: BinaryIO, shape: Shape, limits: Limits) -> Iterator[tuple[str, ...]]:
    """All records, cleaned, without blank cells at their end."""
    if shape.kind == "xlsx":
        yield from _sheet_records(_workbook(file), shape.sheet)
        return
    for record in _csv_records(file, shape, limits):
        if shape.encoded_twice:
            yield _trimmed([_clean(undo_second_encoding(cell)) for cell in record])
        else:
            yield _trimmed([_clean(cell) for cell in record])


def _csv_records(file: BinaryIO, shape: Shape, limits: Limits) -> Iterator[list[str]]:
    """The records as they stand in the file."""
    csv.field_size_limit(limits.cell_characters)
    with _text(file, shape.encoding) as stream:
        reader = csv.reader(stream, delimiter=shape.delimiter)
        try:
            for record in reader:
                first = reader.line_num == 1
                named = first and _SEPARATOR_LINE.fullmatch(shape.delimiter.join(record))
                yield [] if named else record
        except csv.Error as broken:
            raise Invalid(
                _(
                    "The file cannot be read near line %(line)s: a quotation mark is not closed, "
                    "or a cell has more than %(limit)s characters."
                )
                % {"line": reader.line_num, "limit": limits.cell_characters}
            ) from broken
        except UnicodeError as broken:
            raise Invalid(
                _("The file is not in the encoding %(encoding)s.") % {"encoding": shape.encoding}
            ) from broken


# -- both -------------------------------------------------------------------------------------


def _named_columns(
    sample: Sequence[tuple[str, ...]], header_row: int | None, limits: Limits
) -> tuple[tuple[str, ...], int]:
    width = max(map(len, sample))
    if width > limits.columns:
        raise Invalid(
            _("The table has %(count)s columns; at most %(limit)s are taken.")
            % {"count": width, "limit": limits.columns}
        )
    if header_row is None:
        header_row = find_header(sample)
    if header_row > len(sample):
        raise Invalid(_("The header row is not among the first %(rows)s.") % {"rows": len(sample)})
    names = column_names(sample, header_row)
    filled = tuple(
        name or _("Column %(letter)s") % {"letter": column_letter(index)}
        for index, name in enumerate(names)
    )
    return filled, header_row


def _clean(text: str) -> str:
    """Without outer spaces, and without the apostrophe that keeps a text from being a formula."""
    bare = (text if text.isascii() else text.translate(_ODD_SPACES)).strip()
    return bare[1:] if bare[:1] == "'" and bare[1:2] in _FORMULA_SIGNS and bare[1:] else bare


def _trimmed(cells: list[str]) -> tuple[str, ...]:
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def _padded(record: tuple[str, ...], width: int) -> tuple[str, ...]:
    return (record + ("",) * (width - len(record)))[:width]
