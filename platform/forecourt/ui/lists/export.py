"""Exports of a list, row by row: nothing is held in memory, and no cell can become a formula."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO

import xlsxwriter
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from forecourt.kernel.remembered import remembering
from forecourt.ui.lists.columns import ExportValue

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
Cells = Sequence[ExportValue]


def neutral(value: ExportValue) -> ExportValue:
    """A text that a spreadsheet would calculate gets an apostrophe in front."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


class _Echo:
    """Hands each line on instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(head: Sequence[str], rows: Iterable[Cells]) -> Iterator[bytes]:
    """CSV as spreadsheets of both languages open it: UTF-8 with a mark, CRLF."""
    writer = csv.writer(_Echo())
    # The answer is sent after its request has ended, and with that the request's memory.
    with remembering():
        yield "\ufeff".encode()
        yield writer.writerow([neutral(title) for title in head]).encode()
        for cells in rows:
            yield writer.writerow([_text(cell) for cell in cells]).encode()


def write_csv(file: IO[bytes], head: Sequence[str], rows: Iterable[Cells]) -> None:
    file.writelines(csv_lines(head, rows))


def write_xlsx(file: IO[bytes], head: Sequence[str], rows: Iterable[Cells]) -> None:
    """A workbook, written row by row in constant memory."""
    with xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    ) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True, "bottom": 1})
        dates = book.add_format({"num_format": "yyyy-mm-dd"})
        moments = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        money = book.add_format({"num_format": "#,##0.00"})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(0, len(head) - 1), 18)
        for column, title in enumerate(head):
            sheet.write_string(0, column, str(neutral(title)), bold)
        for line, cells in enumerate(rows, start=1):
            for column, cell in enumerate(cells):
                if cell is None or cell == "":
                    continue
                if isinstance(cell, dt.datetime):
                    sheet.write_datetime(line, column, cell, moments)
                elif isinstance(cell, dt.date):
                    sheet.write_datetime(line, column, cell, dates)
                elif isinstance(cell, Decimal):
                    sheet.write_number(line, column, cell, money)
                elif isinstance(cell, int | float) and not isinstance(cell, bool):
                    sheet.write_number(line, column, cell)
                else:
                    sheet.write_string(line, column, str(neutral(str(cell))))


WRITERS: dict[str, Callable[[IO[bytes], Sequence[str], Iterable[Cells]], None]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
}
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_WORKBOOK_ROWS = 1_048_575
"""What a sheet holds below its head."""


def as_csv(name: str, head: Sequence[str], rows: Iterable[Cells]) -> HttpResponseBase:
    response = StreamingHttpResponse(csv_lines(head, rows), content_type=CONTENT_TYPES["csv"])
    response["Content-Disposition"] = _attachment(f"{name}.csv")
    return response


def as_xlsx(name: str, head: Sequence[str], rows: Iterable[Cells]) -> HttpResponseBase:
    file = TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    write_xlsx(file, head, rows)
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=f"{name}.xlsx", content_type=CONTENT_TYPES["xlsx"]
    )


FORMATS: dict[str, Callable[[str, Sequence[str], Iterable[Cells]], HttpResponseBase]] = {
    "csv": as_csv,
    "xlsx": as_xlsx,
}


def _text(value: ExportValue) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, dt.date | Decimal | int):
        return str(value)
    return str(neutral(value))


def _attachment(name: str) -> str:
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"
