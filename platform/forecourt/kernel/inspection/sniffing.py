"""The kind of a file by its content; names and declarations are not asked."""

from __future__ import annotations

import re
import zipfile
from typing import IO

from forecourt.kernel.inspection.kinds import KINDS, Kind

HEAD_BYTES = 4096
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKS = (
    (b"%PDF-", "pdf"),
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)
_FILMS = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"qt  "}
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<!--.*?-->|<\?xml[^>]*>)*"
    rb"<(?:!doctype\s+(?:html|svg)|(?:html|head|body|script|svg|iframe|object|embed|meta|link)\b)",
    re.IGNORECASE | re.DOTALL,
)
# What only the whole of an archive tells: a part that each of its kinds must have.
_ARCHIVES = (
    ("word/document.xml", "docx"),
    ("xl/workbook.xml", "xlsx"),
    ("ppt/presentation.xml", "pptx"),
    ("OFD.xml", "ofd"),
)


def kind_of_bytes(file: IO[bytes]) -> Kind | None:
    """What the bytes are, or None for what the product does not take. The file is rewound."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    file.seek(0)
    code = _by_mark(head) or _by_archive(head, file) or _by_ole(head, file) or _by_text(head, file)
    file.seek(0)
    return KINDS[code] if code else None


def is_as_declared(kind: Kind, content_type: str) -> bool:
    """Whether the kind that was found is the one that was announced.

    A table in text is text, and whoever announces any archive may send one of a known kind.
    """
    if kind.content_type == content_type:
        return True
    wider = {"text/csv": ("txt",), "application/zip": ("docx", "xlsx", "pptx", "ofd")}
    return kind.code in wider.get(content_type, ())


def is_page_or_program(head: bytes) -> bool:
    """Whether a browser, or a shell, would run what begins so."""
    return bool(_PAGE.match(head)) or head.startswith((b"#!", b"MZ", b"\x7fELF", b"<?php"))


def _by_mark(head: bytes) -> str:
    for mark, code in _MARKS:
        if head.startswith(mark):
            return code
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return "mp4" if head[4:8] == b"ftyp" and head[8:12] in _FILMS else ""


def _by_archive(head: bytes, file: IO[bytes]) -> str:
    if not head.startswith(b"PK\x03\x04"):
        return ""
    try:
        names = set(zipfile.ZipFile(file).namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ""
    return next((code for name, code in _ARCHIVES if name in names), "zip")


def _by_ole(head: bytes, file: IO[bytes]) -> str:
    if not head.startswith(OLE):
        return ""
    # The names of the parts are in the directory, somewhere in the file, in UTF-16.
    found = find_any(file, {"WordDocument": "doc", "Workbook": "xls", "Book": "xls"})
    return found or ""


def find_any(file: IO[bytes], words: dict[str, str]) -> str:
    """The code of the first of the words that stands in the file in UTF-16; read in pieces."""
    marks = {word.encode("utf-16-le"): code for word, code in words.items()}
    overlap = max(map(len, marks))
    file.seek(0)
    tail = b""
    while piece := file.read(1 << 20):
        window = tail + piece
        for mark, code in marks.items():
            if mark in window:
                return code
        tail = window[-overlap:]
    return ""


def _by_text(head: bytes, file: IO[bytes]) -> str:
    if is_page_or_program(head):
        return ""
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    while piece := file.read(1 << 20):
        if b"\x00" in piece and not wide:
            return ""
    return "txt"
