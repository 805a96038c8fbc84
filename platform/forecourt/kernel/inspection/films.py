"""Films: boxes that fill the file from its first byte to its last, and nothing besides."""

from __future__ import annotations

import struct
from typing import IO

from forecourt.kernel.inspection.refusals import Refused

MOST_BOXES = 100_000


def require_whole(file: IO[bytes]) -> None:
    """Raises Refused for a film that is cut off, or has something behind it."""
    end = file.seek(0, 2)
    place = 0
    for _number in range(MOST_BOXES):
        if place == end:
            return
        place += _box_size(file, place, end)
        if place > end:
            break
    raise Refused("BROKEN")


def _box_size(file: IO[bytes], place: int, end: int) -> int:
    file.seek(place)
    head = file.read(16)
    if len(head) < 8:
        raise Refused("BROKEN")
    (size,) = struct.unpack_from(">I", head)
    if size == 0:
        return end - place
    if size == 1 and len(head) == 16:
        (size,) = struct.unpack_from(">Q", head, 8)
    if size < 8:
        raise Refused("BROKEN")
    return size
