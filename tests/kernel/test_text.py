"""Names, phones and fragments of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin

from forecourt.kernel import text
from forecourt.kernel.errors import Invalid

HAN = st.text(alphabet="张伟强曾志单田芳欧阳上海汽车", min_size=1, max_size=6)
LATIN = st.text(alphabet="abcwzQ0123456789", min_size=1, max_size=12)
NAMES = st.lists(st.one_of(HAN, LATIN), min_size=1, max_size=3).map(" ".join)


def test_one_spelling_per_meaning():
    assert text.normalise("  ＢＹＤ　 海豹\t06 ") == "byd 海豹 06"


def test_two_characters_of_a_name_are_one_gram():
    assert text.query_grams("张伟") == ["张伟"]
    assert text.query_grams("张 伟") == ["张伟"]
    assert set(text.query_grams("张伟")) <= set(text.ngrams("张伟强"))


def test_pinyin_initials_find_the_name():
    stored = text.ngrams("张伟", *text.pinyin_keys("张伟"))

    assert set(text.query_grams("zw")) <= set(stored)
    assert set(text.query_grams("zhangwei")) <= set(stored)
    assert set(text.query_grams("zhang wei")) <= set(stored)
    assert not set(text.query_grams("lw")) <= set(stored)


def test_given_names_initials_find_the_name():
    stored = text.ngrams("张伟强", *text.pinyin_keys("张伟强"))

    assert set(text.query_grams("wq")) <= set(stored)


def test_the_last_four_digits_find_a_phone():
    stored = text.ngrams("+8613812345678")

    for query in ("5678", "138 1234", "138-1234-5678", "+86 138 1234", "8613812345678"[2:]):
        assert set(text.query_grams(query)) <= set(stored), query
    assert not set(text.query_grams("5687")) <= set(stored)


def test_a_country_prefix_is_not_indexed():
    assert "861" not in text.ngrams("+8613812345678")


def test_a_plate_is_found_by_its_parts():
    stored = text.ngrams("沪A12345")

    for query in ("沪A", "A12", "沪a12345", "345"):
        assert set(text.query_grams(query)) <= set(stored), query


def test_one_character_is_too_short_to_search():
    assert text.query_grams("张") == []
    assert text.query_grams("") == []


def test_a_row_of_a_name_and_a_phone_stays_small():
    grams = text.ngrams("张伟强", *text.pinyin_keys("张伟强"), "+8613812345678")

    assert len(grams) <= 26
    assert sum(map(len, grams)) <= 80


@given(NAMES, st.data())
def test_every_part_of_a_word_is_answered_by_the_grams(name, data):
    words = text._WORD.findall(text._HAN_GAP.sub("", text.normalise(name)))
    word = data.draw(st.sampled_from(words))
    start = data.draw(st.integers(0, len(word) - 1))
    end = data.draw(st.integers(start + 1, len(word)))
    part = word[start:end]
    if len(part) == 2 and part.isascii() and (start > 0 or word.isdigit()):
        return

    assert set(text.query_grams(part)) <= set(text.ngrams(name))
    assert text.matches(part, name)


def test_the_recheck_refuses_grams_in_another_order():
    assert set(text.query_grams("伟强张伟")) <= set(text.ngrams("张伟强 强张"))
    assert not text.matches("伟强张伟", "张伟强 强张")


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("张伟", "zw"),
        ("曾志伟", "zzw"),
        ("单田芳", "stf"),
        ("单于夜", "cyy"),
        ("欧阳修", "oyx"),
        ("解晓东", "xxd"),
        ("解放", "jf"),
        ("吕布", "lb"),
        ("John 王", "jw"),
    ],
)
def test_family_names_read_as_such(name, initials):
    assert text.pinyin_initials(name) == initials


def test_both_readings_of_a_family_name_are_keys():
    assert {"zzw", "czw", "zengzhiwei"} <= set(text.pinyin_keys("曾志伟"))


def test_latin_names_have_no_pinyin_keys():
    assert text.pinyin_keys("John Smith") == []


def test_names_sort_by_pinyin_with_tones():
    names = ["赵敏", "张伟", "章伟", "曾志伟", "Adam", "阿牛"]

    assert sorted(names, key=text.pinyin_sort_key) == [
        "阿牛",
        "Adam",
        "曾志伟",
        "张伟",
        "章伟",
        "赵敏",
    ]


def test_a_brand_is_no_person():
    assert text.pinyin_sort_key("单车行", person=False).startswith("dan1")


@pytest.mark.parametrize(
    ("raw", "e164"),
    [
        ("13800138000", "+8613800138000"),
        ("138 0013 8000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("0086 13800138000", "+8613800138000"),
        ("86 13800138000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("13800138000.0", "+8613800138000"),
        ("13800138000 转 123", "+8613800138000"),
        ("021-6888 8888", "+862168888888"),
        ("(010)68888888", "+861068888888"),
        ("021-68888888-801", "+862168888888"),
        ("400-820-8820", "+864008208820"),
        ("+1 212 555 2368", "+12125552368"),
    ],
)
def test_phones_become_e164(raw, e164):
    assert text.normalise_phone(raw) == e164
    assert text.normalise_phone(e164) == e164


@given(st.from_regex(text._CHINA_MOBILE, fullmatch=True))
def test_the_short_way_for_mobiles_says_what_the_library_says(raw):
    number = text._parse_phone(raw, "CN")

    assert number is not None
    assert text.normalise_phone(raw) == f"+86{number.national_number}"


@pytest.mark.parametrize("raw", ["", "8264678", "12345", "张伟", "138001380001", "010"])
def test_an_incomplete_phone_is_refused(raw):
    with pytest.raises(Invalid):
        text.normalise_phone(raw)
    assert text.phone_or_none(raw) is None


def test_a_number_without_area_code_keeps_its_digits():
    assert text.phone_or_none("826-4678", region="US") is None
    assert text.local_digits("826-4678") == "8264678"
    assert text.local_digits("call me") is None
    assert text.local_digits(None) is None


def test_the_last_four_digits_of_a_phone():
    assert text.last4("+8613812345678") == "5678"


@pytest.mark.parametrize("name", ["重庆银行长安分行", "曾重乐", "解放J6 牵引车", "蔚来ET5·2026款"])
def test_a_name_is_read_as_it_would_be_in_one_go(name):
    folded = text.normalise(name)
    whole = lazy_pinyin(folded, style=Style.TONE3, neutral_tone_with_five=True)

    assert text.pinyin_sort_key(name, person=False) == " ".join(
        part for part in map(str.strip, whole) if part
    )
