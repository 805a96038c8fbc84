"""A template, filled and set: what can be read out of the PDF, and what is refused."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pypdfium2
import pytest
from django.utils import translation

from forecourt.kernel.errors import Invalid
from forecourt.kernel.papers import (
    Look,
    Placeholder,
    Printed,
    Rows,
    Signer,
    Vocabulary,
    check,
    render,
)

AT = datetime(2026, 5, 4, 9, 12, tzinfo=UTC)
WORDS = Vocabulary(
    placeholders=(
        Placeholder("customer.name", "客户", "张三"),
        Placeholder("note", "备注", "好"),
        Placeholder("price", "价格", "￥189,800.00"),
    ),
    rows=(Rows("vehicles", "车辆", (Placeholder("vin", "车架号", "LSVAA4182E2123456"),)),),
    signers=(Signer("customer", "客户签名"), Signer("store", "门店代表")),
)


def made(text: str, language: str = "zh-hans", **facts: object) -> Printed:
    named = {name.replace("__", "."): value for name, value in facts.items()}
    look = Look(name="华东汽车集团", place="上海浦东店")
    return render(
        text, named, WORDS, language=language, title="合同", look=look, foot="HT-1", made_at=AT
    )


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def words_of(content: bytes) -> str:
    with pypdfium2.PdfDocument(content) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_chinese_text_with_rare_names_copies_out_as_it_was_written() -> None:
    paper = made(
        "第1条 {{customer.name}}购买BMW 3系1辆，价格{{price}}元。",
        customer__name="张㛃、王䶮",
        price="189,800",
    )

    assert "第1条 张㛃、王䶮购买BMW 3系1辆，价格189,800元。" in words_of(paper.content)


def test_a_paper_carries_title_language_and_its_own_fonts() -> None:
    content = made("**粗** 细", customer__name="x").content

    with pypdfium2.PdfDocument(content) as document:
        assert document.get_metadata_dict()["Title"] == "合同"
        assert document.get_metadata_dict()["Author"] == "华东汽车集团"
    assert b"/FontFile" in content
    assert b"<pdfaid:part>2</pdfaid:part>" in content
    assert b"zh" in content.lower()


def test_a_fact_is_never_read_as_markdown_or_as_a_placeholder() -> None:
    hostile = "**x** {{price}} #import | a | <b> $x$ \\ `y` [l](http://e.example)"

    assert hostile in words_of(made("A {{customer.name}}", customer__name=hostile).content).replace(
        "\r\n", " "
    )


def test_a_row_that_names_a_list_is_set_once_for_each_of_its_rows() -> None:
    table = (
        "| 序号 | 车架号 |\n|-|-----|\n"
        "| {{vehicles.number}} | {{vehicles.vin}} |\n| 计 | {{note}} |"
    )

    words = words_of(made(table, vehicles=[{"vin": "AAA"}, {"vin": "BBB"}], note="2").content)

    assert "1 AAA" in words.replace("\r\n", "\n") and "2 BBB" in words and "计 2" in words


@pytest.mark.parametrize(("note", "seen"), [("", "没有"), ("加急", "有：加急")])
def test_a_part_is_kept_when_its_condition_holds(note: str, seen: str) -> None:
    text = "{{#note}}\n有：{{note}}\n{{/note}}\n{{^note}}\n没有\n{{/note}}"

    assert words_of(made(text, note=note).content).split("\r\n")[1] == seen


def test_an_unknown_fact_is_a_line_to_write_on() -> None:
    assert "客户：________" in words_of(made("客户：{{customer.name}}").content)


def test_a_field_to_sign_lies_where_it_was_set() -> None:
    paper = made("一\n\n{{page_break}}\n\n{{signature:customer}} {{signature:store}}")

    assert [(field.name, field.page) for field in paper.fields] == [("customer", 2), ("store", 2)]
    assert paper.fields[0].x < paper.fields[1].x
    assert paper.pages == 2
    assert all(field.width > 150 and field.height > 40 for field in paper.fields)


def test_both_languages_have_their_own_words_around_the_text() -> None:
    assert "Page 1 of 1" in words_of(made("Letter", "en").content)
    assert "第 1 页，共 1 页" in words_of(made("信", "zh-hans").content)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "needs a text"),
        ("{{custmer.name}}", "Did you mean {{customer.name}}?"),
        ("{{#note}}\nx", "never ended"),
        ("x\n{{/note}}", "has not begun"),
        ("{{#nothing}}\nx\n{{/nothing}}", "not known"),
        ("Here: {{signature:customer}}", "line of its own"),
        ("{{signature:nobody}}", "not known"),
        ("{{vehicles.vin}}", "row of a table"),
        ("x" * 60_001, "at most 60,000 characters"),
        ("\n".join("> " * deep + "x" for deep in range(1, 12)), "too deep"),
    ],
)
def test_a_template_that_cannot_be_set_is_refused_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says.replace("{", r"\{").replace("?", r"\?")) as refused:
        check(text, WORDS)

    assert refused.value.field == "text"


@pytest.mark.parametrize(
    ("text", "facts", "says"),
    [
        ("{{note}}", {"note": "谢谢😀"}, "U\\+1F600"),
        ("{{note}}", {"note": "长" * 5_001}, "too long to be printed"),
        ("|a|\n|-|\n|{{vehicles.vin}}|", {"vehicles": [{"vin": "1"}] * 1_001}, "1,000 rows"),
        ("{{note}}\n\n" * 40, {"note": "长" * 4_900}, "more than 150,000 characters"),
        ("x\n\n{{page_break}}\n\n" * 61, {}, "at most 60"),
    ],
)
def test_what_would_grow_without_end_or_print_wrong_is_refused(
    text: str, facts: dict[str, object], says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        made(text, **facts)


def test_letters_that_hide_or_turn_what_is_read_are_not_printed() -> None:
    words = words_of(made("{{note}}", note="甲\u202e乙\u200b丙\x07\x00丁").content)

    assert "甲乙丙丁" in words


def test_a_long_word_without_a_space_stays_within_the_page_and_copies_out_whole() -> None:
    word = "A" * 300

    words = words_of(made("{{note}}", note=word).content)

    assert word in words.replace("\r\n", "").replace("\u200b", "").replace("\x02", "")
