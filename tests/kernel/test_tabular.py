"""CSV and XLSX files in the shapes that people bring."""

import io
import tracemalloc
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter

from forecourt.kernel import tabular
from forecourt.kernel.errors import Invalid
from forecourt.kernel.tabular import DateOrder, DecimalMark, Limits, Shape, open_table


def csv_file(text: str, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO(text.encode(encoding))


def xlsx_file(*sheets, **options) -> io.BytesIO:
    """Each sheet is a function that fills a worksheet, given it and the workbook."""
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, options)
    for fill in sheets:
        fill(workbook.add_worksheet(), workbook)
    workbook.close()
    file.seek(0)
    return file


def rows_of(file, **options) -> list[tuple[str, ...]]:
    return [row.cells for row in open_table(file, **options).rows()]


CHINESE = "车架号,品牌,价格\nLSVAA4182E2184847,大众,128000\nLGXC16DF4A0000001,比亚迪,99800\n"


@pytest.mark.parametrize(
    ("encoding", "detected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_chinese_files_are_read_in_their_encoding(encoding, detected):
    table = open_table(csv_file(CHINESE, encoding))

    assert table.shape.encoding == detected
    assert table.shape.columns == ("车架号", "品牌", "价格")
    assert [row.cells[1] for row in table.rows()] == ["大众", "比亚迪"]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-8"])
def test_western_files_are_read_in_their_encoding(encoding):
    text = "Name;Straße;Preis\nJosé Müller;Königsallee 1;1.234,50\nÅsa;Ängsvägen;2.000,00\n"

    table = open_table(csv_file(text, encoding))

    assert table.shape.columns == ("Name", "Straße", "Preis")
    assert next(table.rows()).cells == ("José Müller", "Königsallee 1", "1.234,50")


def test_gb18030_is_told_after_a_long_latin_beginning():
    text = "a,b\n" + "x,y\n" * 1000 + "张伟,上海\n"

    assert open_table(csv_file(text, "gb18030")).shape.encoding == "gb18030"


def test_a_few_stray_bytes_do_not_spoil_a_utf8_file():
    file = io.BytesIO(CHINESE.encode() * 20 + b"x,caf\xe9,1\n")

    table = open_table(file)

    assert table.shape.encoding == "utf-8"
    assert list(table.rows())[-1].cells == ("x", "café", "1")


def test_text_encoded_twice_is_repaired():
    table = open_table(csv_file("Engine,Color\nDoubleÂ\xa0Overhead,ä¸Šæµ·\nOverhead,Red\n"))

    assert table.shape.encoded_twice
    assert [row.cells for row in table.rows()] == [
        ("Double Overhead", "上海"),
        ("Overhead", "Red"),
    ]


def test_text_that_only_resembles_a_second_encoding_stays():
    file = csv_file("a,b\nAMANHÃ\xa0,São Paulo\nMAÇÃ,É\n")

    assert rows_of(file) == [("AMANHÃ", "São Paulo"), ("MAÇÃ", "É")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    lines = [["name", "note", "price"], ["A", "x, y; z", "1,5"], ["B", "", "2"], ["C", "q", "3"]]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)

    table = open_table(csv_file(text))

    assert table.shape.delimiter == delimiter
    assert next(table.rows()).cells == ("A", "x, y; z", "1,5")


def test_decimal_commas_do_not_hide_the_semicolon():
    table = open_table(csv_file("name;price\nA;1,50\nB;2,50\nC;3,75\n"))

    assert table.shape.delimiter == ";"


def test_excels_separator_line_is_heeded():
    table = open_table(csv_file("sep=;\r\nname;note\r\nA;x,y\r\n"))

    assert table.shape.columns == ("name", "note")
    assert [row.cells for row in table.rows()] == [("A", "x,y")]


def test_a_single_column_is_a_table():
    assert rows_of(csv_file("VIN\nLSVAA4182E2184847\nLGXC16DF4A0000001\n")) == [
        ("LSVAA4182E2184847",),
        ("LGXC16DF4A0000001",),
    ]


def test_quoted_newlines_stay_in_their_cell():
    table = open_table(csv_file('name,note\r\nA,"line 1\nline ""2"""\r\nB,x\r\n'))

    rows = list(table.rows())

    assert rows[0].cells == ("A", 'line 1\nline "2"')
    assert [row.number for row in rows] == [2, 3]


def test_old_macintosh_line_ends_are_read():
    assert rows_of(csv_file("a,b\r1,2\r3,4\r")) == [("1", "2"), ("3", "4")]


def test_names_of_columns_are_trimmed_filled_in_and_made_unique():
    table = open_table(csv_file("Dealer_No ,Name,Name,,Price ($)\n1,a,b,c,5\n2,d,e,f,6\n"))

    assert table.shape.columns == ("Dealer_No", "Name", "Name (2)", "Column D", "Price ($)")


def test_titles_above_the_header_are_passed_over():
    text = (
        "2026年1月库存表,,,\n\n门店:,上海,,\n"
        "车架号,品牌,颜色,价格\nLSV1,大众,白,100\nLSV2,奥迪,黑,200\n"
    )

    table = open_table(csv_file(text))

    assert table.shape.header_row == 4
    assert table.shape.columns == ("车架号", "品牌", "颜色", "价格")
    assert [row.number for row in table.rows()] == [5, 6]


def test_a_table_without_header_has_lettered_columns():
    table = open_table(csv_file("13800138000,2026/1/5,128000\n13900139000,2026/1/6,99800\n"))

    assert table.shape.header_row == 0
    assert table.shape.columns == ("Column A", "Column B", "Column C")
    assert len(list(table.rows())) == 2


def test_years_as_names_are_a_header():
    table = open_table(csv_file("store,brand,series,model,2024,2025\nA,B,C,D,1,2\n"))

    assert table.shape.header_row == 1


def test_the_header_row_can_be_named():
    table = open_table(csv_file("a,b\nc,d\n1,2\n"), header_row=2)

    assert table.shape.columns == ("c", "d")


def test_blank_rows_and_repeated_headers_are_left_out():
    assert rows_of(csv_file("a,b\n1,2\n,\n\na,b\n3,4\n")) == [("1", "2"), ("3", "4")]


def test_short_rows_are_filled_and_surplus_is_kept_apart():
    rows = list(open_table(csv_file("a,b,c\n1\n1,2,3,,\n1,2,3,4\n" + "1,2,3\n" * 60)).rows())

    assert rows[0].cells[:3] == ("1", "", "")
    assert [cell for cell in (*rows[2].cells[3:], *rows[2].surplus) if cell] == ["4"]


def test_cells_beyond_the_columns_are_surplus():
    rows = list(open_table(csv_file("a,b\n" + "1,2\n" * 80 + "1,2,3\n")).rows())

    assert rows[-1].cells == ("1", "2")
    assert rows[-1].surplus == ("3",)


def test_200_columns_are_read():
    header = ",".join(f"field {n}" for n in range(200))
    row = ",".join(str(n) for n in range(200))

    table = open_table(csv_file(f"{header}\n{row}\n"))

    assert len(table.shape.columns) == 200
    assert next(table.rows()).cells[199] == "199"


def test_reading_goes_on_after_a_row():
    table = open_table(csv_file("a\n" + "".join(f"{n}\n" for n in range(2, 12))))

    assert [row.cells[0] for row in table.rows(after=9)] == ["10", "11"]


def test_a_shape_survives_json():
    shape = open_table(csv_file(CHINESE)).shape

    assert Shape.from_json(shape.as_json()) == shape


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"  \n ",
        b"\x00\x01\x02\x03,\x00\n" * 10,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        b"<html><table><tr><td>1</td></tr></table></html>",
        b"PK\x03\x04 and then nothing of a zip file",
        b",,,\n,,\n",
    ],
)
def test_what_is_no_table_is_refused(content):
    with pytest.raises(Invalid):
        list(open_table(io.BytesIO(content)).rows())


def test_a_quotation_that_never_ends_is_refused():
    table_text = "a,b\n" + "1,2\n" * 80 + '3,"open\n' + "4,5\n" * 20_000

    with pytest.raises(Invalid, match="quotation"):
        list(open_table(csv_file(table_text)).rows())


def test_limits_are_kept():
    with pytest.raises(Invalid, match="MB"):
        open_table(csv_file("a\n" * 10), limits=Limits(file_bytes=5))
    with pytest.raises(Invalid, match="rows"):
        list(open_table(csv_file("a\n" * 10 + "b\n"), limits=Limits(rows=5)).rows())
    with pytest.raises(Invalid, match="columns"):
        open_table(csv_file("a,b,c\n1,2,3\n"), limits=Limits(columns=2))


def test_a_large_csv_is_read_in_constant_memory():
    file = io.BytesIO(b"name,phone\n" + b"Zhang Wei,13800138000\n" * 100_000)
    table = open_table(file)
    tracemalloc.start()

    count = sum(1 for _ in table.rows())

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 100_000
    assert peak < 2_000_000


# -- xlsx -------------------------------------------------------------------------------------


def fill_stock(sheet, workbook):
    day = workbook.add_format({"num_format": "yyyy/m/d"})
    sheet.merge_range("A1:E1", "库存车")
    sheet.write_row(1, 0, ["车架号", "价格 ", "入库日期", "公式", "电话"])
    sheet.write_row(2, 0, ["LSV1", 1234.5])
    sheet.write_datetime(2, 2, datetime(2026, 1, 5), day)
    sheet.write_formula(2, 3, "=1+2", value=3)
    sheet.write_number(2, 4, 13800138000)
    sheet.write_row(4, 0, ["LSV2", 99])
    sheet.write_formula(4, 3, '="a"&"b"', value="ab")
    sheet.write_string(4, 4, "013800")


def test_a_workbook_is_read_as_text():
    table = open_table(xlsx_file(fill_stock))

    assert table.shape.columns == ("车架号", "价格", "入库日期", "公式", "电话")
    assert [(row.number, row.cells) for row in table.rows()] == [
        (3, ("LSV1", "1234.5", "2026-01-05", "3", "13800138000")),
        (5, ("LSV2", "99", "", "ab", "013800")),
    ]


def rewritten(file: io.BytesIO, old: bytes, new: bytes) -> io.BytesIO:
    """The workbook with a part of its first sheet's XML said otherwise."""
    changed = io.BytesIO()
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(changed, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                assert old in content
                content = content.replace(old, new)
            target.writestr(entry, content)
    return changed


@pytest.mark.parametrize("result", [b"", b"<v></v>", b"<v/>"])
def test_a_formula_that_was_never_worked_out_is_refused_by_its_place(result):
    file = rewritten(xlsx_file(fill_stock), b"<v>3</v>", result)

    with pytest.raises(Invalid, match="D3"):
        open_table(file)


def test_a_formula_that_results_in_no_text_is_a_blank_cell():
    file = rewritten(xlsx_file(fill_stock), b"<v>ab</v>", b"<v></v>")

    assert [row.cells[3] for row in open_table(file).rows()] == ["3", ""]


def test_a_table_that_begins_lower_on_the_sheet_keeps_its_row_numbers():
    def fill(sheet, workbook):
        sheet.write_row(4, 2, ["name", "price"])
        sheet.write_row(5, 2, ["A", 1])

    table = open_table(xlsx_file(fill))

    assert [row.number for row in table.rows()] == [6]
    assert [cell for cell in next(table.rows()).cells if cell] == ["A", "1"]


def test_merged_groups_lead_the_names_that_occur_twice():
    def fill(sheet, workbook):
        sheet.merge_range("A1:C1", "Customer")
        sheet.merge_range("D1:F1", "Vehicle")
        sheet.write_row(1, 0, ["Name", "Phone", "City", "Name", "VIN", "Price"])
        sheet.write_row(2, 0, ["Zhang", 13800138000, "上海", "H6", "LSV1", 100])
        sheet.write_row(3, 0, ["Li", 13900138000, "南京", "H7", "LSV2", 200])

    assert open_table(xlsx_file(fill)).shape.columns == (
        "Customer Name",
        "Phone",
        "City",
        "Vehicle Name",
        "VIN",
        "Price",
    )


def test_a_sheet_can_be_chosen_and_hidden_ones_are_not_offered():
    def fill_empty(sheet, workbook):
        pass

    def fill_hidden(sheet, workbook):
        sheet.hide()
        sheet.write(0, 0, "secret")

    def fill_other(sheet, workbook):
        sheet.write_column(0, 0, ["other", "x"])

    file = xlsx_file(fill_empty, fill_stock, fill_hidden, fill_other)

    assert open_table(file).shape.sheet == "Sheet2"
    assert open_table(file).shape.sheets == ("Sheet1", "Sheet2", "Sheet4")
    assert rows_of(file, sheet="Sheet4") == [("x",)]
    with pytest.raises(Invalid):
        open_table(file, sheet="Sheet3")


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_000)
    tracemalloc.start()

    with pytest.raises(Invalid, match="unpacks"):
        open_table(file)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_an_archive_that_lies_about_its_sizes_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_000)
    lying = file.getvalue().replace((60_000_000).to_bytes(4, "little"), (600).to_bytes(4, "little"))

    with pytest.raises(Invalid):
        open_table(io.BytesIO(lying))


def test_an_archive_of_something_else_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")

    with pytest.raises(Invalid, match="not an Excel workbook"):
        open_table(file)


def test_many_cells_that_share_one_long_text_are_refused():
    def fill(sheet, workbook):
        for row in range(3000):
            sheet.write_row(row, 0, ["x" * 30_000] * 10)

    with pytest.raises(Invalid, match="unpacks"):
        open_table(xlsx_file(fill))


def test_a_sheet_that_reaches_over_too_many_cells_is_refused():
    def fill(sheet, workbook):
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_row(1, 0, ["1", "2"])
        sheet.write(1_000_000, 100, "far away")

    with pytest.raises(Invalid, match="delete empty rows"):
        open_table(xlsx_file(fill))


# -- profile ----------------------------------------------------------------------------------


def test_a_profile_says_what_the_columns_hold():
    text = "phone,day,price,mail,colour\n" + "".join(
        f'138001380{n:02d},{n % 12 + 1}/{n + 1}/2022,"￥{n + 1},234.50",a{n}@b.cn,{"白黑"[n % 2]}\n'
        for n in range(28)
    )
    table = open_table(csv_file(text))

    profiles, count = tabular.profile(table.shape.columns, table.rows())
    phone, day, price, mail, colour = profiles

    assert count == 28
    assert phone.likely("phone")
    assert day.likely("date")
    assert day.date_order is DateOrder.MONTH_FIRST
    assert price.likely("number")
    assert mail.likely("email")
    assert colour.distinct == {"白": 14, "黑": 14}
    assert phone.many_distinct is False


def test_the_order_of_dates_is_decided_by_the_last_row_if_need_be():
    text = "day\n" + "1/2/2022\n" * 5000 + "13/2/2022\n"
    table = open_table(csv_file(text))

    (day,), _count = tabular.profile(table.shape.columns, table.rows())

    assert day.date_order is DateOrder.DAY_FIRST
    assert not day.date_order_ambiguous


def test_dates_that_never_say_their_order_are_ambiguous():
    table = open_table(csv_file("day\n1/2/2022\n3/4/2022\n5/5/2022\n"))

    (day,), _count = tabular.profile(table.shape.columns, table.rows())

    assert day.date_order is None
    assert day.date_order_ambiguous


def test_a_decimal_comma_is_noticed():
    table = open_table(csv_file("price\n1.234\n2.500,75\n", "utf-8"), delimiter=";")

    (price,), _count = tabular.profile(table.shape.columns, table.rows())

    assert price.decimal_mark is DecimalMark.COMMA


def test_numbers_that_a_spreadsheet_has_shortened_are_counted():
    table = open_table(csv_file("phone,n\n1.38001E+10,1\n1.39E+10,2\n"))

    profiles, _count = tabular.profile(table.shape.columns, table.rows())

    assert profiles[0].shortened == 2


def test_a_profile_survives_json():
    table = open_table(csv_file("day,price\n13/2/2022,5\n"))
    profiles, _count = tabular.profile(table.shape.columns, table.rows())

    again = [tabular.ColumnProfile.from_json(profile.as_json()) for profile in profiles]

    assert again == profiles


def test_columns_have_letters():
    assert [tabular.column_letter(index) for index in (0, 25, 26, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "ZZ",
        "AAA",
    ]


def test_iso_dates_are_never_ambiguous():
    assert tabular.parse_date("2026-01-05") == date(2026, 1, 5)
