"""Plain text: in whichever encoding, as far as a search needs it."""

from __future__ import annotations

import re
from typing import IO

from forecourt.kernel.decoding import STRAY_BYTES, detect_encoding
from forecourt.kernel.inspection.refusals import Refused

MOST_SIGNS = 100_000
"""So much of a file's text is found again; what comes behind it is not searched."""
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def look_at_text(file: IO[bytes]) -> str:
    """Its text. Raises Refused for what is no text in any encoding that we know."""
    encoding = detect_encoding(file)  # type: ignore[arg-type]  # it has all that a BinaryIO has
    content = file.read(MOST_SIGNS * 4)
    text = content.decode(encoding, errors=STRAY_BYTES if encoding == "utf-8" else "replace")
    if len(_UNPRINTABLE.findall(text)) > len(text) // 50 + 3:
        raise Refused("WRONG_TYPE")
    return tidied(text)[:MOST_SIGNS]


def tidied(text: str) -> str:
    """Without what no database takes and no search needs."""
    return re.sub(r"[ \t\r\f\v]+", " ", _UNPRINTABLE.sub("", text)).strip()
