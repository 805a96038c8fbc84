"""Administrative divisions by code and by the names that people write."""

import pytest

from forecourt.kernel import regions
from forecourt.kernel.regions import Level


def test_every_division_but_the_provinces_has_a_parent():
    assert len(regions.provinces()) == 34
    for province in regions.provinces():
        assert province.level is Level.PROVINCE
        for below in regions.children(province.code):
            assert below.parent_code == province.code
            assert below.path[0] == province


@pytest.mark.parametrize(
    ("code", "full_name"),
    [
        ("310115", "上海市浦东新区"),
        ("320106", "江苏省南京市鼓楼区"),
        ("32", "江苏省"),
        ("3201", "江苏省南京市"),
        ("419001", "河南省济源市"),
        ("540422", "西藏自治区林芝市米林市"),
    ],
)
def test_a_code_names_a_division(code, full_name):
    assert regions.get(code).full_name == full_name


def test_an_unknown_code_is_none():
    assert regions.get("990000") is None
    assert regions.get("") is None
    assert regions.get(None) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("上海市浦东新区", "310115"),
        ("江苏 南京", "320100"),
        ("浦东新区", "310115"),
        ("上海/浦东", "310115"),
        ("南京市鼓楼区中山路1号", "320106"),
        ("江苏省昆山市", "320583"),
        ("内蒙古呼和浩特", "150100"),
        ("广西南宁", "450100"),
        ("恩施", "422800"),
        ("吉林", "220000"),
        ("吉林市", "220200"),
        ("东莞", "441900"),
        ("香港", "810000"),
    ],
)
def test_a_name_means_a_division(name, code):
    assert regions.find(name).code == code


@pytest.mark.parametrize("name", ["鼓楼区", "朝阳", "Middletown", "", "无此地"])
def test_an_ambiguous_or_unknown_name_means_none(name):
    assert regions.find(name) is None


def test_an_ambiguous_name_lists_what_it_may_mean():
    assert [division.path[-2].name for division in regions.candidates("鼓楼区")] == [
        "南京市",
        "徐州市",
        "福州市",
        "开封市",
    ]


def test_every_full_name_leads_back_to_its_division():
    for province in regions.provinces():
        for city in regions.children(province.code):
            for division in (city, *regions.children(city.code)):
                assert regions.find(division.full_name) == division, division.full_name


def test_a_picker_finds_by_fragment_and_by_pinyin():
    assert regions.search("浦东")[0].code == "310115"
    assert regions.search("nanjing")[0].code == "320100"
    assert regions.search("njs")[0].code == "320100"
    assert len(regions.search("县", limit=5)) == 5
    assert regions.search(" ") == ()
