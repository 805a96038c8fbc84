"""What one file is, in full: decided here, in a process that can do nothing else (``__main__``)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO

from forecourt.kernel.inspection import archives, films
from forecourt.kernel.inspection.kinds import KINDS, PICTURES, Kind, kind_of_type
from forecourt.kernel.inspection.refusals import Refused
from forecourt.kernel.inspection.sniffing import (
    find_any,
    is_as_declared,
    is_page_or_program,
    kind_of_bytes,
)

CLEANED, THUMBNAIL = "cleaned", "thumbnail"
"""Files that are written beside: the picture as it is to be kept, and the small one.

A film, which may be large, is changed where it lies."""
_ARCHIVES = ("docx", "xlsx", "pptx", "ofd", "zip")


@dataclass(slots=True)
class Look:
    """What was found: a ``refusal``, or the type and whatever can be said of it."""

    refusal: str = ""
    content_type: str = ""
    width: int | None = None
    height: int | None = None
    pages: int | None = None
    text: str = ""


def look(path: Path, declared: str, accepted: tuple[str, ...], folder: Path) -> Look:
    """Look at a file that was announced as ``declared``; other pictures may be ``accepted``."""
    try:
        with path.open("rb") as file:
            kind = _kind(file, declared, accepted)
            found = Look(content_type=kind.content_type)
            _look_into(kind, file, path, folder, found)
    except Refused as refusal:
        return Look(refusal=refusal.code)
    if found.content_type == KINDS["txt"].content_type:
        found.content_type = declared
    return found


def _kind(file: IO[bytes], declared: str, accepted: tuple[str, ...]) -> Kind:
    kind = kind_of_bytes(file)
    if kind is None:
        head = file.read(4096)
        raise Refused("SCRIPT" if is_page_or_program(head) else "WRONG_TYPE")
    if is_as_declared(kind, declared):
        return kind
    announced = kind_of_type(declared)
    # Messengers name every picture .jpg; what it is, is what counts.
    if announced and {kind.code, announced.code} <= {*PICTURES, "gif"} and kind.code in accepted:
        return kind
    raise Refused("WRONG_TYPE")


def _look_into(kind: Kind, file: IO[bytes], path: Path, folder: Path, found: Look) -> None:
    """Loads what reads this kind alone: every file is looked at by a process that begins anew."""
    code = kind.code
    if code in (*PICTURES, "gif"):
        _look_at_picture(code, file, path, folder, found)
    elif code == "pdf":
        from forecourt.kernel.inspection import papers  # noqa: PLC0415

        found.pages, found.text = papers.look_at_pdf(path, folder / THUMBNAIL)
    elif code in _ARCHIVES:
        from forecourt.kernel.inspection import office  # noqa: PLC0415

        archive = archives.require_harmless(file)
        found.text = office.text_of(archive, code) if code != "zip" else ""
    elif archives.ends_as_archive(file):
        raise Refused("POLYGLOT")
    elif code == "mp4":
        films.require_whole(file)
        with path.open("r+b") as copy:
            films.forget_remarks(copy)
    elif code in ("doc", "xls"):
        if find_any(file, {"_VBA_PROJECT": "macros"}):
            raise Refused("MACROS")
    else:
        from forecourt.kernel.inspection import texts  # noqa: PLC0415

        found.text = texts.look_at_text(file)


def _look_at_picture(code: str, file: IO[bytes], path: Path, folder: Path, found: Look) -> None:
    from forecourt.kernel.inspection import pictures  # noqa: PLC0415

    pictures.measured(path, code)
    pictures.write_thumbnail(path, code, folder / THUMBNAIL)
    if code == "gif" and archives.ends_as_archive(file):
        raise Refused("POLYGLOT")
    kept = folder / CLEANED
    kept.write_bytes(pictures.cleaned(path, code))
    found.width, found.height = pictures.measured(kept, code)
