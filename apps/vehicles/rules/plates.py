"""Number plates of mainland China: one spelling to store, and what is none.

A plate is the province's character, a letter for the city, and five places: ``沪A12345``. Cars of
new energy have six, with a letter for their drive first (small cars) or last (large ones):
``沪AD12345``. I and O occur in none. Trailers, driving schools, the police, consulates and cars
that cross into Hong Kong or Macao end with a character of their own.
"""

import re
import unicodedata

from django.utils.translation import gettext as _

from forecourt.kernel.errors import Invalid

_PREFIXES = (11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46)
_PREFIXES_WEST = (50, 51, 52, 53, 54, 61, 62, 63, 64, 65)
_CHARACTERS = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
PROVINCES: dict[str, str] = {
    str(prefix): character
    for prefix, character in zip((*_PREFIXES, *_PREFIXES_WEST), _CHARACTERS, strict=True)
}
"""The character of each province, by the first two digits of its division code."""

_LETTER, _PLACE = "[A-HJ-NP-Z]", "[A-HJ-NP-Z0-9]"
_PLATE = re.compile(
    rf"[{''.join(PROVINCES.values())}]{_LETTER}"
    rf"(?:{_PLACE}{{5}}|{_PLACE}{{4}}[挂学警港澳领]|[A-HJK]{_PLACE}[0-9]{{4}}|[0-9]{{5}}[A-HJK])"
    r"|使[0-9]{6}"
)
_SIGNS = re.compile(r"[\s·•.\-]")
MOST_CHARACTERS = 8


def normalise_plate(raw: str) -> str:
    """``沪A12345`` for “沪a·12345”; empty for nothing. Raises Invalid for what is no plate."""
    plate = _SIGNS.sub("", unicodedata.normalize("NFKC", raw).upper())
    if plate and not _PLATE.fullmatch(plate):
        raise Invalid(
            _("“%(plate)s” is no number plate, such as 沪A12345 or 沪AD12345.")
            % {"plate": raw.strip()[:20]},
            field="plate_number",
        )
    return plate
