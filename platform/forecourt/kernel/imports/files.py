"""The stored file of a run: opened anywhere, given back without the rows that went in."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import xlsxwriter
from django.core.files.storage import storages
from django.utils.translation import gettext as _

from forecourt.kernel.imports.queries import refusals_by_row
from forecourt.kernel.models import ImportRun
from forecourt.kernel.tabular import Shape, Table, open_table

_IN_MEMORY_BYTES = 8 * 1024 * 1024
_COPY_BYTES = 1 << 20
_ROWS_PER_PIECE = 500
# A cell that begins so would run as a formula where the file is opened.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t")


@contextmanager
def stored_table(run: ImportRun) -> Iterator[Table]:
    """The run's table, by the shape found at upload."""
    with stored_file(run) as file:
        yield open_table(file, shape=Shape.from_json(run.shape))


@contextmanager
def stored_file(run: ImportRun) -> Iterator[BinaryIO]:
    """A local copy that can be read back and forth, which a remote store's stream cannot."""
    with (
        storages["default"].open(run.stored_name, "rb") as stored,
        tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as copy,
    ):
        while piece := stored.read(_COPY_BYTES):
            copy.write(piece)
        copy.seek(0)
        yield copy  # type: ignore[misc]  # it has all that a BinaryIO has


def rejected_rows(run: ImportRun) -> Iterator[list[str]]:
    """The header and the rejected rows as they came, each with its number and reasons behind."""
    reasons = refusals_by_row(run)
    with stored_table(run) as table:
        yield [*table.shape.columns, _("Row"), _("Reason")]
        for row in table.rows():
            if row.number in reasons:
                yield [*row.cells, str(row.number), reasons[row.number]]


def rejected_csv(run: ImportRun) -> Iterator[bytes]:
    """A CSV that spreadsheets open in the right encoding, in pieces."""
    yield "\ufeff".encode()
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for number, record in enumerate(rejected_rows(run), start=1):
        writer.writerow([_harmless(cell) for cell in record])
        if number % _ROWS_PER_PIECE == 0:
            yield _drained(buffer)
    yield _drained(buffer)


def rejected_xlsx(run: ImportRun) -> BinaryIO:
    """A workbook of the same; every cell is text, so that nothing is shortened or calculated."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - the caller's
    with xlsxwriter.Workbook(
        file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as workbook:
        sheet = workbook.add_worksheet()
        heading = workbook.add_format({"bold": True})
        for index, record in enumerate(rejected_rows(run)):
            for column, cell in enumerate(record):
                sheet.write_string(index, column, cell, None if index else heading)
        sheet.freeze_panes(1, 0)
    file.seek(0)
    return file  # type: ignore[return-value]  # it has all that a BinaryIO has


def _harmless(cell: str) -> str:
    """An apostrophe before what would run as a formula; plain numbers and phones are left."""
    if cell.startswith(_FORMULA_SIGNS) and not cell[1:].replace(".", "").replace(" ", "").isdigit():
        return f"'{cell}"
    return cell


def _drained(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
