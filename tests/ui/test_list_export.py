"""Exports: complete, in the shown order, and harmless in a spreadsheet."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from forecourt.ui.lists import export


def read_csv(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_that_would_be_calculated_is_neutralised(text) -> None:
    assert export.neutral(text) == f"'{text}"


@pytest.mark.parametrize("value", ["a=b", "", None, 5, Decimal("-3.50"), date(2026, 1, 1)])
def test_other_values_stay_as_they_are(value) -> None:
    assert export.neutral(value) == value


def test_csv_holds_every_filtered_row_in_order(browser, owner, make_jobs) -> None:
    for kind in ("=cmd|' /C calc'!A0", "b", "a"):
        make_jobs(owner, 7, kind=kind)

    response = browser.get("/things/?export=csv&sort=-kind")

    rows = read_csv(b"".join(response))
    assert response.streaming
    assert rows[0] == ["Kind", "Done", "Age", "Secret", "State"]
    assert [row[0] for row in rows[1:]] == ["b"] * 7 + ["a"] * 7 + ["'=cmd|' /C calc'!A0"] * 7
    assert rows[1][4] == "Waiting"


def test_a_workbook_holds_the_same_with_real_numbers(browser, owner, make_jobs) -> None:
    make_jobs(owner, 3, kind="=1+1", total_count=5)

    body = b"".join(browser.get("/things/?export=xlsx"))

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0).to_python()
    assert sheet[0] == ["Kind", "Done", "Age", "Secret", "State"]
    assert [row[0] for row in sheet[1:]] == ["'=1+1"] * 3
    assert sorted(row[1] for row in sheet[1:]) == [0, 1, 2]
    assert sheet[1][3] == 5


def test_dates_and_times_are_dates_in_a_workbook() -> None:
    moment = datetime(2026, 3, 1, 8, 30)

    response = export.as_xlsx("x", ["d", "t"], [[date(2026, 3, 1), moment]])

    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response)))
    assert book.get_sheet_by_index(0).to_python()[1] == [date(2026, 3, 1), moment]


def test_an_unknown_kind_of_export_is_not_found(browser) -> None:
    assert browser.get("/things/?export=exe").status_code == 404


def test_the_file_is_named_for_its_list_and_day(browser, owner, make_jobs) -> None:
    make_jobs(owner)

    disposition = browser.get("/things/?export=csv")["Content-Disposition"]

    assert disposition.startswith('attachment; filename="jobs-')
    assert disposition.endswith('.csv"')
