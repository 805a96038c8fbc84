"""Number plates of mainland China: form and meaning."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from forecourt.kernel.citizen_id import IdentityFinding

_SEPARATORS = re.compile(r"[\s\-·•.]+")


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
