"""Archives, and documents that are archives: what they would unpack to, and what hides in them."""

from __future__ import annotations

import struct
import zipfile
from pathlib import PurePosixPath
from typing import IO

from forecourt.kernel.inspection.kinds import hides_program
from forecourt.kernel.inspection.refusals import Refused

MOST_ENTRIES = 10_000
MOST_BYTES = 500 * 2**20
MOST_RATIO = 200
HARMLESS_BYTES = 50 * 2**20
"""A workbook of one repeated number packs very well; so little is no bomb."""
_END = b"PK\x05\x06"
_END_BYTES = 22
_LONGEST_COMMENT = 0xFFFF


def ends_as_archive(file: IO[bytes]) -> bool:
    """Whether the file ends with the directory of an archive, which is where readers look."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT))
    tail = file.read()
    place = tail.rfind(_END)
    while place >= 0:
        if len(tail) - place >= _END_BYTES:
            (comment,) = struct.unpack_from("<H", tail, place + 20)
            if place + _END_BYTES + comment == len(tail):
                return True
        place = tail.rfind(_END, 0, place)
    return False


def require_harmless(file: IO[bytes]) -> zipfile.ZipFile:
    """The archive, opened. Raises Refused for bombs, macros, programs, and names that climb out."""
    if not ends_as_archive(file):
        raise Refused("POLYGLOT")
    size = file.seek(0, 2)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Refused("BROKEN") from error
    entries = archive.infolist()
    _require_bounds(entries, size)
    for entry in entries:
        _require_good_name(entry.filename)
    return archive


def _require_bounds(entries: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    # Entries that share their bytes are how a small file unpacks to a very large one.
    if len(entries) > MOST_ENTRIES or unpacked > MOST_BYTES or packed > size:
        raise Refused("UNPACKS")
    if unpacked > HARMLESS_BYTES and unpacked > MOST_RATIO * size:
        raise Refused("UNPACKS")


def _require_good_name(name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        raise Refused("BROKEN")
    if path.name.lower() in {"vbaproject.bin", "vbadata.xml"}:
        raise Refused("MACROS")
    if hides_program(path.name):
        # Office keeps printers' settings in a file that is called a program and is none.
        if path.name.startswith("printerSettings") and path.suffix == ".bin":
            return
        if path.suffix == ".bin" and path.parts[0] in {"word", "xl", "ppt"}:
            return
        raise Refused("SCRIPT")
