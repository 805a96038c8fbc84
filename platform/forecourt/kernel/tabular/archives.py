"""What a workbook would take when unpacked, found out before anything unpacks it into memory.

An .xlsx is a zip archive of XML. Three tricks make a small one large: packing a thousand to one;
one cell far away from the others (readers fill the rectangle between); a million cells that share
one long text. On the way formulas are noticed that no spreadsheet has ever worked out: programs
write them without their results, and a reader would take them for blank cells.
"""

from __future__ import annotations

import re
import zipfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

from forecourt.kernel.errors import Invalid

_CHUNK_BYTES = 1 << 20
_SHARED_STRINGS = "xl/sharedStrings.xml"
_SHEETS = re.compile(r"xl/worksheets/[^/]+\.xml")
_CELL_PLACE = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_FORMULA = re.compile(
    rb"<c\b([^>]*)>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)
_PLACE = re.compile(rb'\br="([A-Z]{1,3}\d{1,7})"')
_TEXT_RESULT = re.compile(rb'\bt="str"')
_SHARED_TEXT = re.compile(rb'<c\b[^>]*?\bt="s"[^>]*>\s*<v>(\d+)</v>')


@dataclass(frozen=True, slots=True)
class WorkbookLimits:
    """Bounds of a workbook; sizes in bytes. Real ones pack 5 to 20 to 1."""

    unpacked_bytes: int = 500 * 1024 * 1024
    packing_ratio: int = 150
    entries: int = 2000
    sheet_cells: int = 10_000_000
    text_bytes: int = 500 * 1024 * 1024


def check_workbook(file: BinaryIO, limits: WorkbookLimits) -> None:
    """Raises Invalid for a bomb, a damaged archive or one that is no workbook."""
    try:
        with zipfile.ZipFile(file) as archive:
            _check_stated_sizes(archive, limits)
            if "xl/workbook.xml" not in archive.namelist():
                raise Invalid(_("This archive is not an Excel workbook (.xlsx)."))
            _check_contents(archive, limits)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as broken:
        raise damaged_workbook() from broken
    finally:
        file.seek(0)


def damaged_workbook() -> Invalid:
    return Invalid(_("The workbook is damaged; open it in Excel and save it again."))


def _check_stated_sizes(archive: zipfile.ZipFile, limits: WorkbookLimits) -> None:
    entries = archive.infolist()
    packed = sum(entry.compress_size for entry in entries) or 1
    unpacked = sum(entry.file_size for entry in entries)
    dense = unpacked > 2**24 and unpacked / packed > limits.packing_ratio
    if len(entries) > limits.entries or unpacked > limits.unpacked_bytes or dense:
        raise Invalid(_("The workbook unpacks to too much data and was not opened."))


def _check_contents(archive: zipfile.ZipFile, limits: WorkbookLimits) -> None:
    """Unpack every entry into nothing: a wrong stated size shows as a checksum error."""
    lengths = array("L")
    for entry in sorted(archive.infolist(), key=lambda entry: entry.filename != _SHARED_STRINGS):
        if entry.filename == _SHARED_STRINGS:
            lengths = _text_lengths(archive, entry)
        elif _SHEETS.fullmatch(entry.filename):
            _check_sheet(archive, entry, lengths, limits)
        else:
            for _piece in _pieces(archive, entry, b""):
                pass


def _check_sheet(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, lengths: array[int], limits: WorkbookLimits
) -> None:
    rows = text_bytes = 0
    seen_columns: set[bytes] = set()
    for piece in _pieces(archive, entry, b"</c>"):
        for letters, row in _CELL_PLACE.findall(piece):
            seen_columns.add(letters)
            rows = max(rows, int(row))
        _require_results(piece)
        for index in _SHARED_TEXT.findall(piece):
            if int(index) < len(lengths):
                text_bytes += lengths[int(index)]
    columns = max(map(_column_number, seen_columns), default=0)
    if rows * columns > limits.sheet_cells:
        raise Invalid(
            _("The sheet reaches over %(cells)s cells; delete empty rows and columns at its end.")
            % {"cells": rows * columns}
        )
    if text_bytes > limits.text_bytes:
        raise Invalid(_("The workbook unpacks to too much data and was not opened."))


def _require_results(piece: bytes) -> None:
    """Raises Invalid for a formula without a result; one that results in no text has one."""
    if b"<f" not in piece:
        return
    for attributes in _FORMULA.findall(piece):
        if not _TEXT_RESULT.search(attributes):
            place = _PLACE.search(attributes)
            raise Invalid(
                _(
                    "The formula in cell %(cell)s has never been worked out; open the workbook in "
                    "Excel or WPS and save it."
                )
                % {"cell": place[1].decode() if place else "?"}
            )


def _text_lengths(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> array[int]:
    lengths = array("L")
    for piece in _pieces(archive, entry, b"</si>"):
        lengths.extend(map(len, piece.split(b"</si>")[:-1]))
    return lengths


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, end: bytes) -> Iterator[bytes]:
    """The entry in pieces that each end after `end`, so that no element is cut in two."""
    rest = b""
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            if not end:
                yield chunk
                continue
            cut = chunk.rfind(end)
            if cut < 0:
                rest += chunk
                continue
            yield rest + chunk[: cut + len(end)]
            rest = chunk[cut + len(end) :]
    if rest:
        yield rest


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
