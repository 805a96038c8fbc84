"""Vehicle identification numbers: what is wrong with one, what it says, how one is made.

ISO 3779 gives 17 characters without I, O and Q. North America (49 CFR 565) and China (GB 16735)
prescribe the check digit in the ninth place, so a wrong one is an error there; elsewhere it is the
maker's own choice, so a wrong one is a warning that a person may confirm.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from vininfo import Vin
from vininfo.exceptions import VininfoException

VIN_LENGTH = 17

_ALPHABET = re.compile(r"[A-HJ-NPR-Z0-9]*")
_SEPARATORS = re.compile(r"[\s\-·.]+")
_YEAR_CODES = "ABCDEFGHJKLMNPRSTVWXY123456789"
_FIRST_YEAR = 1980
_CHECK_DIGIT_PLACE = 8
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VALUES = {digit: int(digit) for digit in "0123456789"} | dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True)
)
_NORTH_AMERICA = "12345"
_CHINA = "L"


@dataclass(frozen=True, slots=True)
class VinFinding:
    """One thing that is wrong with a VIN; `code` is stable for programs."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class VinCheck:
    """What a VIN says. `errors` refuse it; `warnings` let it through once a person confirms."""

    vin: str
    errors: tuple[VinFinding, ...] = ()
    warnings: tuple[VinFinding, ...] = ()
    manufacturer: str = ""
    country: str = ""
    model_year: int | None = None

    @property
    def valid(self) -> bool:
        """No errors; there may be warnings."""
        return not self.errors


def normalise_vin(raw: str) -> str:
    """Upper case, full-width folded, spaces and dashes taken out."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", raw)).upper()


def check_vin(raw: str, *, today: date) -> VinCheck:
    """Check and decode a VIN as typed, scanned or imported.

    `today` bounds the model year: the code repeats every 30 years, and the newest year that is not
    after next year is taken.
    """
    vin = normalise_vin(raw)
    errors = _form_errors(vin)
    if errors:
        return VinCheck(vin=vin, errors=errors)
    errors, warnings = _check_digit_findings(vin)
    manufacturer, country = _maker(vin)
    return VinCheck(
        vin=vin,
        errors=errors,
        warnings=warnings,
        manufacturer=manufacturer,
        country=country,
        model_year=model_year(vin, today=today),
    )


def check_digit(vin: str) -> str:
    """The character that belongs in the ninth place of these 17 characters."""
    total = sum(_VALUES[char] * weight for char, weight in zip(vin, _WEIGHTS, strict=True))
    return "X" if total % 11 == 10 else str(total % 11)


def model_year(vin: str, *, today: date) -> int | None:
    """The year in the tenth place; None where the maker does not write one (U, Z, 0)."""
    code = vin[9]
    if code not in _YEAR_CODES:
        return None
    first = _FIRST_YEAR + _YEAR_CODES.index(code)
    years = list(range(first, today.year + 2, len(_YEAR_CODES)))
    if vin[0] in _NORTH_AMERICA and vin[6].isdigit():
        # A digit in the seventh place marks model years before 2010 there.
        years = [year for year in years if year < 2010] or years
    return years[-1] if years else None


def make_vin(*, wmi: str, vds: str, year: int, plant: str, serial: int) -> str:
    """A VIN with a right check digit: for demonstration and tests.

    `wmi` 3 characters, `vds` 5 (places 4 to 8), `plant` 1, `serial` up to six digits.
    Raises ValueError when a part does not fit.
    """
    year_code = _YEAR_CODES[(year - _FIRST_YEAR) % len(_YEAR_CODES)]
    draft = f"{wmi}{vds}0{year_code}{plant}{serial:06d}"
    if len(wmi) != 3 or len(vds) != 5 or len(draft) != VIN_LENGTH:
        raise ValueError(f"{draft!r} does not have the 17 places of a VIN")
    if not _ALPHABET.fullmatch(draft):
        raise ValueError(f"{draft!r} has characters that a VIN does not")
    return draft[:_CHECK_DIGIT_PLACE] + check_digit(draft) + draft[_CHECK_DIGIT_PLACE + 1 :]


def _form_errors(vin: str) -> tuple[VinFinding, ...]:
    findings = []
    if len(vin) != VIN_LENGTH:
        findings.append(
            VinFinding(
                "vin_length",
                _("A VIN has 17 characters; this one has %(count)s.") % {"count": len(vin)},
            )
        )
    strangers = sorted({char for char in vin if not _ALPHABET.fullmatch(char)})
    if strangers:
        findings.append(
            VinFinding(
                "vin_characters",
                _(
                    "A VIN has only digits and Latin letters without I, O and Q; "
                    "this one has %(characters)s."
                )
                % {"characters": " ".join(strangers)},
            )
        )
    if len(vin) == VIN_LENGTH and len(set(vin)) == 1:
        findings.append(VinFinding("vin_repeated", _("This is one character 17 times, not a VIN.")))
    return tuple(findings)


def _check_digit_findings(
    vin: str,
) -> tuple[tuple[VinFinding, ...], tuple[VinFinding, ...]]:
    expected, found = check_digit(vin), vin[_CHECK_DIGIT_PLACE]
    if expected == found:
        return (), ()
    if vin[0] == _CHINA or vin[0] in _NORTH_AMERICA:
        message = _(
            "The check digit (9th character) is %(found)s and should be %(expected)s: "
            "a character is probably mistyped."
        )
        finding = VinFinding("vin_check_digit", message % {"found": found, "expected": expected})
        return (finding,), ()
    message = _(
        "The check digit (9th character) does not fit. Makers outside China and North America "
        "often do not use it; confirm that the VIN is right."
    )
    return (), (VinFinding("vin_check_digit_unconfirmed", message),)


def _maker(vin: str) -> tuple[str, str]:
    try:
        decoded = Vin(vin)
    except VininfoException:
        return "", ""
    manufacturer = decoded.manufacturer or ""
    unknown = "unsupported" in manufacturer.lower()
    return "" if unknown else manufacturer, decoded.country or ""
