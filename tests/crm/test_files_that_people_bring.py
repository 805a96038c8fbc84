"""Customers from files in every shape that people have them in: from the bytes to the rows."""

import io
import zipfile
from datetime import date

import pytest
import xlsxwriter

from apps.crm.models import Customer
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.custom_fields.actions import add_field
from forecourt.kernel.errors import Invalid
from forecourt.kernel.imports import actions as imports
from forecourt.kernel.models import ImportRun
from tests.crm.test_importers import work
from tests.factories.organisation import actor_of, make_staff

HEAD = ["姓名", "手机", "生日", "预算", "备注"]
ZHANG = ["张伟", "138 0013 8000", "1990/1/5", "1,234.50", "周末联系"]
LI = ["李娜", "+86 139-1111-2222", "1988-12-31", "￥98,000", ""]


def text(*rows: list[str], delimiter: str = ",") -> str:
    return "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in (HEAD, *rows)) + "\n"


def workbook(fill) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        fill(book.add_worksheet())
    return file.getvalue()


def with_formulas(sheet) -> None:
    sheet.write_row(0, 0, HEAD)
    sheet.write_row(1, 0, ZHANG)
    sheet.write_row(2, 0, LI)
    sheet.write_formula(1, 0, '="张"&"伟"', value="张伟")
    sheet.write_formula(1, 3, "=1234+0.5", value=1234.5)


def with_merged_headers(sheet) -> None:
    sheet.merge_range("A1:E1", "客户资料表")
    sheet.merge_range("A2:B2", "客户")
    sheet.merge_range("C2:E2", "其他")
    for row, values in enumerate((HEAD, ZHANG, LI), start=2):
        sheet.write_row(row, 0, values)


def with_200_columns(sheet) -> None:
    for row, values in enumerate((HEAD, ZHANG, LI)):
        sheet.write_row(row, 0, [f"列{row}.{number}" for number in range(195)])
        sheet.write_row(row, 195, values)


TRIED = {
    "UTF-8": text(ZHANG, LI).encode(),
    "with its mark": text(ZHANG, LI).encode("utf-8-sig"),
    "GB18030": text(ZHANG, LI).encode("gb18030"),
    "semicolons": text(ZHANG, LI, delimiter=";").encode(),
    "quoted newlines": text([*ZHANG[:4], "周末联系\n不要打电话"], LI).encode(),
    "formulas": workbook(with_formulas),
    "merged headers": workbook(with_merged_headers),
    "200 columns": workbook(with_200_columns),
}


@pytest.fixture
def hq(group) -> Actor:
    add_field(host="customer", code="budget", kind="MONEY", label_zh="预算", actor=system_actor())
    return actor_of(make_staff("headquarters"))


def upload(content: bytes, actor: Actor) -> ImportRun:
    return imports.upload_file(
        kind="crm.customer", name="客户", content=io.BytesIO(content), actor=actor
    )


@pytest.mark.parametrize("shape", TRIED)
def test_customers_come_from_it(hq, shape):
    run = upload(TRIED[shape], hq)
    imports.map_columns(run_id=run.pk, mapping=run.mapping, actor=hq)
    work(imports.start_check(run_id=run.pk, actor=hq))
    work(imports.start_run(run_id=run.pk, actor=hq))

    run.refresh_from_db()
    assert (run.created_count, run.rejected_count) == (2, 0)
    zhang, li = Customer.objects.order_by("id")
    assert (zhang.name, zhang.primary_phone) == ("张伟", "+8613800138000")
    assert (li.name, li.primary_phone) == ("李娜", "+8613911112222")
    assert (zhang.birth_date, li.birth_date) == (date(1990, 1, 5), date(1988, 12, 31))
    assert (zhang.custom["budget"], li.custom["budget"]) == ("1234.50", "98000.00")
    assert zhang.note.startswith("周末联系")


def zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 2**25)
    return file.getvalue()


def formula_without_result() -> bytes:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(TRIED["formulas"])) as source,
        zipfile.ZipFile(file, "w") as target,
    ):
        for entry in source.infolist():
            target.writestr(entry, source.read(entry).replace(b"<v>1234.5</v>", b""))
    return file.getvalue()


@pytest.mark.parametrize("make", [zip_bomb, formula_without_result])
def test_what_would_harm_or_mislead_is_refused_at_once(hq, make):
    with pytest.raises(Invalid):
        upload(make(), hq)

    assert not ImportRun.objects.exists()
