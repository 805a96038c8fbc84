"""Citizen identity numbers of mainland China (GB 11643): form, checksum, meaning, and a mask."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext as _

from forecourt.kernel import regions
from forecourt.kernel.errors import Invalid

_SEPARATORS = re.compile(r"[\s\-·•.]+")


@dataclass(frozen=True, slots=True)
class IdentityFinding:
    """One thing that is wrong with a number or a plate; `code` is for programs."""

    code: str
    message: str


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


def cleaned_citizen_id(raw: str, *, today: date, field: str = "national_id") -> str:
    """The number in its stored form. Raises Invalid beside ``field``."""
    check = check_citizen_id(raw, today=today)
    if not check.valid:
        raise Invalid(check.errors[0].message, field=field)
    return check.number


def masked_citizen_id(number: str) -> str:
    """``310***********1234``: enough to compare with a card, too little to use it."""
    return f"{number[:3]}***********{number[-4:]}"
