"""Which row names the columns, and how they are called.

People put a title and a date above the table, merge cells into groups of columns, leave a name out
or use one twice. The header is the first row that reaches over the table and reads like labels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

from forecourt.kernel.errors import Invalid
from forecourt.kernel.tabular.values import parse_date, parse_number

_SPACES = re.compile(r"\s+")
_LONGEST_LABEL = 80
_DIGITS = re.compile(r"\d")
_YEAR = re.compile(r"(?:19|20)\d\d年?")
# A row reaches over the table when it fills this share of the usual number of cells.
_REACH = 0.5

_Rows = Sequence[tuple[str, ...]]


def find_header(rows: _Rows) -> int:
    """The number of the header row, from 1; 0 when the first rows are data already."""
    filled = [sum(map(bool, row)) for row in rows]
    usual = median(count for count in filled if count) if any(filled) else 0
    for index, row in enumerate(rows):
        if filled[index] < max(1, usual * _REACH):
            continue
        if not _reads_like_labels(row):
            return 0
        return index + (2 if _has_names_below(rows, index) else 1)
    return 0


def column_names(rows: _Rows, header_row: int) -> list[str]:
    """One name per column, each different; empty where the header has none.

    Under merged group cells a name that occurs in several groups is led by its group.
    """
    width = max(map(len, rows))
    if header_row == 0:
        return [""] * width
    names = [_label(cell) for cell in _wide(rows[header_row - 1], width)]
    groups = _groups_above(rows, header_row, width)
    counts = {name: names.count(name) for name in set(names)}
    qualified = [
        f"{group} {name}" if name and group and counts[name] > 1 else name
        for name, group in zip(names, groups, strict=True)
    ]
    return _numbered(qualified)


def _reads_like_labels(row: tuple[str, ...]) -> bool:
    """Mostly short texts that are no values; years among them (2024, 2025) are fine."""
    cells = [cell for cell in row if cell]
    if not cells:
        return False
    values = sum(1 for cell in cells if _is_value(cell))
    return values <= len(cells) * 0.3 and all(len(cell) <= _LONGEST_LABEL for cell in cells)


def _is_value(cell: str) -> bool:
    if not _DIGITS.search(cell) or _YEAR.fullmatch(cell):
        return "@" in cell
    digits = len(_DIGITS.findall(cell))
    if digits >= 6 and digits * 2 > len(cell):
        return True
    for parse in (parse_number, parse_date):
        try:
            parse(cell)
        except Invalid:
            continue
        return True
    return False


def _has_names_below(rows: _Rows, index: int) -> bool:
    """Whether this row holds merged group titles, and the next one the names.

    Merged cells leave gaps to the right of each title; the names below fill them.
    """
    if index + 2 >= len(rows):
        return False
    row, below = rows[index], rows[index + 1]
    width = max(len(row), len(below))
    wide, wide_below = _wide(row, width), _wide(below, width)
    gaps = sum(1 for cell in wide if not cell)
    filled_gaps = sum(1 for cell, name in zip(wide, wide_below, strict=True) if name and not cell)
    names = [cell for cell in wide_below if cell]
    return (
        gaps >= width * 0.25
        and filled_gaps >= gaps * 0.8
        and _reads_like_labels(below)
        and not any(map(_is_value, names))
        and any(_is_value(cell) for later in rows[index + 2 : index + 7] for cell in later)
    )


def _groups_above(rows: _Rows, header_row: int, width: int) -> list[str]:
    """The group title over each column: a merged cell reaches until the next title."""
    if header_row < 2:
        return [""] * width
    titles = _wide(rows[header_row - 2], width)
    if sum(map(bool, titles)) < 2:
        return [""] * width
    groups, current = [], ""
    for title in titles:
        current = _label(title) or current
        groups.append(current)
    return groups


def _label(cell: str) -> str:
    return _SPACES.sub(" ", cell).strip()[:_LONGEST_LABEL]


def _numbered(names: list[str]) -> list[str]:
    taken: set[str] = set()
    numbered = []
    for name in names:
        unique, count = name, 1
        while name and unique in taken:
            count += 1
            unique = f"{name} ({count})"
        taken.add(unique)
        numbered.append(unique)
    return numbered


def _wide(row: tuple[str, ...], width: int) -> tuple[str, ...]:
    return row + ("",) * (width - len(row))
