"""The fonts that papers are set in, and which characters they can show.

Where a font lacks a character the typesetter leaves a box and says nothing; a name printed wrong is
worse than no paper, so :func:`missing_in` is asked first.
"""

import struct
from functools import cache
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

FOLDER = Path(__file__).parent / "fonts"
REGULAR, BOLD = FOLDER / "NotoSansSC-Regular.ttf", FOLDER / "NotoSansSC-Bold.ttf"
ALWAYS = frozenset("\n\u200b")
UNICODE = {(3, 10), (0, 4), (0, 6)}
SEGMENTS = 12
"""The kind of character table that reaches beyond the first 65,536."""


def missing_in(text: str) -> str:
    """The characters of a text that cannot be printed, each once, in their order."""
    shown = _covered()
    return "".join(dict.fromkeys(letter for letter in text if letter not in shown))


def require() -> None:
    """Raise ImproperlyConfigured when the fonts were not collected."""
    for font in (REGULAR, BOLD):
        if not font.is_file():
            raise ImproperlyConfigured(
                f"{font} is missing: `python -m infra.setup run` fetches the fonts of papers."
            )


@cache
def _covered() -> frozenset[str]:
    require()
    return (
        frozenset.intersection(*(_characters(font.read_bytes()) for font in (REGULAR, BOLD)))
        | ALWAYS
    )


def _characters(font: bytes) -> frozenset[str]:
    """What the character table of an OpenType font maps to a glyph."""
    table = _table(font, b"cmap")
    for number in range(_number(font, ">H", table + 2)):
        platform, encoding, offset = struct.unpack_from(">HHI", font, table + 4 + 8 * number)
        start = table + offset
        if (platform, encoding) in UNICODE and _number(font, ">H", start) == SEGMENTS:
            groups = struct.iter_unpack(
                ">III", font[start + 16 : start + 16 + 12 * _number(font, ">I", start + 12)]
            )
            return frozenset(
                chr(code) for first, last, _glyph in groups for code in range(first, last + 1)
            )
    raise ImproperlyConfigured("A font of papers has no table of Unicode characters.")


def _table(font: bytes, tag: bytes) -> int:
    for number in range(_number(font, ">H", 4)):
        name, _sum, offset, _length = struct.unpack_from(">4sIII", font, 12 + 16 * number)
        if name == tag:
            return int(offset)
    raise ImproperlyConfigured(f"A font of papers has no table {tag!r}.")


def _number(font: bytes, kind: str, offset: int) -> int:
    return int(struct.unpack_from(kind, font, offset)[0])
