"""Number plates and citizen identity numbers."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.crm.rules import PlateKind, check_plate
from forecourt.kernel.citizen_id import Gender, check_citizen_id, citizen_id_check_character

TODAY = date(2026, 1, 5)


@pytest.mark.parametrize(
    ("raw", "plate", "kind", "electric"),
    [
        ("沪A12345", "沪A12345", PlateKind.ORDINARY, None),
        ("沪a·1234b", "沪A1234B", PlateKind.ORDINARY, None),
        (" 苏 E AB123 ", "苏EAB123", PlateKind.ORDINARY, None),
        ("沪AD12345", "沪AD12345", PlateKind.NEW_ENERGY_SMALL, True),
        ("沪AF12345", "沪AF12345", PlateKind.NEW_ENERGY_SMALL, False),
        ("沪A12345D", "沪A12345D", PlateKind.NEW_ENERGY_LARGE, True),
        ("沪A1234挂", "沪A1234挂", PlateKind.TRAILER, None),
        ("沪A1234学", "沪A1234学", PlateKind.LEARNER, None),
        ("京A8888警", "京A8888警", PlateKind.POLICE, None),
        ("粤Z1234港", "粤Z1234港", PlateKind.HONG_KONG_MACAU, None),
        ("使123001", "使123001", PlateKind.EMBASSY, None),
    ],
)
def test_a_plate_is_recognised(raw, plate, kind, electric):
    check = check_plate(raw)

    assert (check.plate, check.kind, check.electric) == (plate, kind, electric)
    assert check.valid


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("A12345", "plate_province"),
        ("", "plate_province"),
        ("沪AI2345", "plate_characters"),
        ("沪O12345", "plate_characters"),
        ("沪A1234", "plate_form"),
        ("沪A123456", "plate_form"),
        ("沪AZ12345", "plate_form"),
        ("沪AABCDE", "plate_form"),
    ],
)
def test_what_is_no_plate_is_refused(raw, code):
    check = check_plate(raw)

    assert [finding.code for finding in check.errors] == [code]
    assert check.kind is None


def test_an_identity_number_says_who_was_born_where_and_when():
    check = check_citizen_id("11010519491231002x", today=TODAY)

    assert check.valid
    assert check.number == "11010519491231002X"
    assert check.birth_date == date(1949, 12, 31)
    assert check.gender is Gender.FEMALE
    assert check.division_code == "110105"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("110105194912310021", "id_checksum"),
        ("11010519491231002", "id_form"),
        ("1101051949123100XX", "id_form"),
        ("99010519491231002X", "id_division"),
        ("110105194902300020", "id_birth_date"),
        ("110105203012310020", "id_birth_date"),
        ("110105180012310020", "id_birth_date"),
    ],
)
def test_a_wrong_identity_number_is_refused(raw, code):
    check = check_citizen_id(raw, today=TODAY)

    assert [finding.code for finding in check.errors] == [code]
    assert check.birth_date is None


@given(
    born=st.dates(date(1930, 1, 1), date(2025, 12, 31)),
    order=st.integers(0, 999),
    place=st.integers(0, 16),
    other=st.sampled_from("0123456789"),
)
def test_one_mistyped_digit_is_always_noticed(born, order, place, other):
    stem = f"310115{born:%Y%m%d}{order:03d}"
    number = stem + citizen_id_check_character(stem)
    assert check_citizen_id(number, today=TODAY).valid
    if number[place] == other:
        return

    mistyped = number[:place] + other + number[place + 1 :]

    assert not check_citizen_id(mistyped, today=TODAY).valid
