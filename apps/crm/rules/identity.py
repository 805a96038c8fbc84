"""Number plates and citizen identity numbers of mainland China: form, checksum, meaning."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext as _

from forecourt.kernel import regions

_SEPARATORS = re.compile(r"[\s\-·•.]+")


@dataclass(frozen=True, slots=True)
class IdentityFinding:
    """One thing that is wrong with a plate or an identity number; `code` is for programs."""

    code: str
    message: str


# -- number plates ----------------------------------------------------------------------------


class PlateKind(StrEnum):
    """What a plate is for, as far as its form says."""

    ORDINARY = "ORDINARY"
    NEW_ENERGY_SMALL = "NEW_ENERGY_SMALL"
    NEW_ENERGY_LARGE = "NEW_ENERGY_LARGE"
    TRAILER = "TRAILER"
    LEARNER = "LEARNER"
    POLICE = "POLICE"
    HONG_KONG_MACAU = "HONG_KONG_MACAU"
    EMBASSY = "EMBASSY"


@dataclass(frozen=True, slots=True)
class PlateCheck:
    """A plate in its stored form (no dot, no spaces, upper case) and what is wrong with it.

    `electric` says whether a new-energy plate is of a purely electric vehicle; None for others.
    """

    plate: str
    errors: tuple[IdentityFinding, ...] = ()
    kind: PlateKind | None = None
    electric: bool | None = None

    @property
    def valid(self) -> bool:
        return not self.errors


_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_LETTER = "A-HJ-NP-Z"
_HEAD = rf"[{_PROVINCES}][{_LETTER}]"
_CHAR = rf"[{_LETTER}0-9]"
# GA 36-2018. New energy has six places after the letter, of which one letter says what drives it.
_PLATE_FORMS: tuple[tuple[PlateKind, re.Pattern[str]], ...] = (
    (PlateKind.NEW_ENERGY_SMALL, re.compile(rf"{_HEAD}[A-HJK]{_CHAR}[0-9]{{4}}")),
    (PlateKind.NEW_ENERGY_LARGE, re.compile(rf"{_HEAD}[0-9]{{5}}[A-HJK]")),
    (PlateKind.ORDINARY, re.compile(rf"{_HEAD}(?=.*[0-9]){_CHAR}{{5}}")),
    (PlateKind.TRAILER, re.compile(rf"{_HEAD}{_CHAR}{{4}}挂")),
    (PlateKind.LEARNER, re.compile(rf"{_HEAD}{_CHAR}{{4}}学")),
    (PlateKind.POLICE, re.compile(rf"{_HEAD}{_CHAR}{{4}}警")),
    (PlateKind.HONG_KONG_MACAU, re.compile(rf"粤Z{_CHAR}{{4}}[港澳]")),
    (PlateKind.EMBASSY, re.compile(rf"使[0-9]{{6}}|[0-9]{{6}}使|{_HEAD}[0-9]{{4}}领")),
)
_ELECTRIC_LETTERS = "DABCE"


def normalise_plate(raw: str) -> str:
    """Upper case, full-width folded, dots and spaces taken out."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", raw)).upper()


def check_plate(raw: str) -> PlateCheck:
    """Check a plate as typed or imported: civil, new-energy, trailer, learner, police, embassy."""
    plate = normalise_plate(raw)
    for kind, form in _PLATE_FORMS:
        if form.fullmatch(plate):
            return PlateCheck(plate=plate, kind=kind, electric=_is_electric(kind, plate))
    return PlateCheck(plate=plate, errors=(_plate_finding(plate),))


def _is_electric(kind: PlateKind, plate: str) -> bool | None:
    if kind is PlateKind.NEW_ENERGY_SMALL:
        return plate[2] in _ELECTRIC_LETTERS
    if kind is PlateKind.NEW_ENERGY_LARGE:
        return plate[-1] in _ELECTRIC_LETTERS
    return None


def _plate_finding(plate: str) -> IdentityFinding:
    if not plate or plate[0] not in _PROVINCES:
        return IdentityFinding(
            "plate_province", _("A number plate begins with the character of a province, like 沪.")
        )
    if re.search("[IO]", plate):
        return IdentityFinding(
            "plate_characters", _("A number plate has no letters I and O; take 1 and 0.")
        )
    return IdentityFinding(
        "plate_form",
        _("This is no number plate: 沪A12345 has 7 characters, a new-energy one like 沪AD12345 8."),
    )


# -- citizen identity numbers -----------------------------------------------------------------


class Gender(StrEnum):
    MALE = "MALE"
    FEMALE = "FEMALE"


@dataclass(frozen=True, slots=True)
class CitizenIdCheck:
    """An 18-digit identity number (GB 11643) and what it says of its holder."""

    number: str
    errors: tuple[IdentityFinding, ...] = ()
    birth_date: date | None = None
    gender: Gender | None = None
    division_code: str = ""

    @property
    def valid(self) -> bool:
        return not self.errors


_ID_FORM = re.compile(r"[1-9][0-9]{16}[0-9X]")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK_CHARACTERS = "10X98765432"
_OLDEST_AGE_YEARS = 130
# 83 is used for residents from Taiwan and is no province of GB/T 2260.
_RESIDENCE_PERMIT_PREFIX = "83"


def check_citizen_id(raw: str, *, today: date) -> CitizenIdCheck:
    """Check an identity number and read birth date, gender and the division of first entry.

    The division may be one that no longer exists; only its province is required to.
    """
    number = _SEPARATORS.sub("", unicodedata.normalize("NFKC", raw)).upper()
    if not _ID_FORM.fullmatch(number):
        return _refused_id(
            number,
            "id_form",
            _("A citizen identity number has 18 places: 17 digits, then a digit or X."),
        )
    province = number[:2]
    if province != _RESIDENCE_PERMIT_PREFIX and regions.get(f"{province}0000") is None:
        return _refused_id(number, "id_division", _("The first two digits name no province."))
    birth_date = _birth_date(number, today=today)
    if birth_date is None:
        return _refused_id(number, "id_birth_date", _("Digits 7 to 14 are no date of birth."))
    if citizen_id_check_character(number[:17]) != number[17]:
        return _refused_id(
            number, "id_checksum", _("The last place does not fit: a digit is probably mistyped.")
        )
    return CitizenIdCheck(
        number=number,
        birth_date=birth_date,
        gender=Gender.MALE if int(number[16]) % 2 else Gender.FEMALE,
        division_code=number[:6],
    )


def citizen_id_check_character(first_17_digits: str) -> str:
    """The 18th place that belongs to the 17 digits (ISO 7064 MOD 11-2)."""
    total = sum(int(d) * w for d, w in zip(first_17_digits, _ID_WEIGHTS, strict=True))
    return _ID_CHECK_CHARACTERS[total % 11]


def _refused_id(number: str, code: str, message: str) -> CitizenIdCheck:
    return CitizenIdCheck(number=number, errors=(IdentityFinding(code, message),))


def _birth_date(number: str, *, today: date) -> date | None:
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return born if today.year - _OLDEST_AGE_YEARS <= born.year and born <= today else None
