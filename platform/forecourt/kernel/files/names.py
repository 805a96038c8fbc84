"""Names of files as people gave them, made harmless and kept readable in any script."""

import re
import unicodedata

LONGEST = 200
# Marks that turn the reading direction make "fdp.exe" look like "exe.pdf".
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FORBIDDEN = re.compile(r'[<>:"|?*]')


def clean_name(name: str) -> str:
    """The last part of a path without what could harm or deceive; Chinese and emoji stay.

    Empty when nothing is left but the ending.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(sign for sign in last if unicodedata.category(sign) not in {"Cc", "Zl", "Zp"})
    kept = _FORBIDDEN.sub("_", _TURNING.sub("", kept))
    stem, dot, ending = re.sub(r"\s+", " ", kept).strip().rstrip(".").rpartition(".")
    if not dot:
        return ending[:LONGEST]
    stem = stem.strip(" .")
    return f"{stem[: LONGEST - len(ending) - 1]}.{ending}" if stem else ""
