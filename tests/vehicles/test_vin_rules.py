"""VINs: form, check digit, what they say."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.vehicles.rules import check_digit, check_vin, make_vin, model_year

TODAY = date(2026, 1, 5)
VIN_ALPHABET = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"


def codes(findings):
    return [finding.code for finding in findings]


def test_a_right_chinese_vin_is_decoded():
    check = check_vin("LSVAA4182E2184847", today=TODAY)

    assert check.valid
    assert check.warnings == ()
    assert (check.manufacturer, check.country, check.model_year) == (
        "SAIC Volkswagen",
        "China",
        2014,
    )


def test_case_spaces_and_full_width_are_folded():
    assert check_vin(" lsvaa4182-e218 4847 ", today=TODAY).vin == "LSVAA4182E2184847"
    assert check_vin("ＬＳＶＡＡ４１８２Ｅ２１８４８４７", today=TODAY).valid


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("LSVAA4182E218484", ["vin_length"]),
        ("LSVAA4182E21848470", ["vin_length"]),
        ("LSVAAO182E2184847", ["vin_characters"]),
        ("LSVAAI182Q2184847", ["vin_characters"]),
        ("沪SVAA4182E2184847", ["vin_characters"]),
        ("11111111111111111", ["vin_repeated"]),
        ("", ["vin_length"]),
    ],
)
def test_a_malformed_vin_is_refused(raw, expected):
    check = check_vin(raw, today=TODAY)

    assert not check.valid
    assert codes(check.errors) == expected


@pytest.mark.parametrize("vin", ["LSVAA4187E2184847", "1HGCM82643A004352"])
def test_a_wrong_check_digit_is_an_error_in_china_and_north_america(vin):
    check = check_vin(vin, today=TODAY)

    assert codes(check.errors) == ["vin_check_digit"]
    assert check.warnings == ()


@pytest.mark.parametrize("vin", ["WBA3A5C58CF256651", "JTDBR32E720123456"])
def test_a_wrong_check_digit_is_a_warning_elsewhere(vin):
    check = check_vin(vin, today=TODAY)

    assert check.valid
    assert codes(check.warnings) == ["vin_check_digit_unconfirmed"]


def test_the_model_year_is_the_newest_that_can_be():
    assert model_year("LSVAA4182T2184847", today=TODAY) == 2026
    assert model_year("LSVAA4182V2184847", today=TODAY) == 2027
    assert model_year("LSVAA4182W2184847", today=TODAY) == 1998
    assert model_year("LSVAA4182Z2184847", today=TODAY) is None


def test_a_digit_in_the_seventh_place_means_before_2010_in_north_america():
    assert model_year("1HGCM82633A004352", today=TODAY) == 2003
    assert model_year("5YJSA1E26MF1A1234"[:17], today=TODAY) == 2021


def test_a_made_vin_is_valid():
    vin = make_vin(wmi="LGX", vds="C16DF", year=2025, plant="4", serial=1234)

    check = check_vin(vin, today=TODAY)

    assert vin[9:] == "S4001234"
    assert check.valid
    assert check.warnings == ()
    assert check.model_year == 2025


@pytest.mark.parametrize(
    "parts",
    [
        {"wmi": "LG"},
        {"vds": "C16D"},
        {"vds": "C16DO"},
        {"serial": 1_000_000},
    ],
)
def test_parts_that_do_not_fit_make_no_vin(parts):
    fields = {"wmi": "LGX", "vds": "C16DF", "year": 2025, "plant": "4", "serial": 1} | parts

    with pytest.raises(ValueError, match="VIN"):
        make_vin(**fields)


@given(
    vds=st.text(alphabet=VIN_ALPHABET, min_size=5, max_size=5),
    serial=st.integers(0, 999_999),
    place=st.integers(0, 16),
    other=st.sampled_from("0123456789"),
)
def test_one_mistyped_digit_is_always_noticed(vds, serial, place, other):
    vin = make_vin(wmi="LGX", vds=vds, year=2025, plant="4", serial=serial)
    if not vin[place].isdigit() or vin[place] == other:
        return

    mistyped = vin[:place] + other + vin[place + 1 :]

    assert not check_vin(mistyped, today=TODAY).valid


def test_the_standards_own_example():
    assert check_digit("1M8GDM9A_KP042788".replace("_", "0")) == "X"
