"""The boxes of a film (ISO 14496-12): read where they stand, emptied where they stand."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from forecourt.kernel.inspection.refusals import Refused

MOST_BOXES = 100_000
EMPTY = b"free"
PIECE = 2**16


@dataclass(frozen=True, slots=True)
class Box:
    """``begin``, ``inside`` and ``end`` are places in the file; its name ends 8 after ``begin``."""

    name: bytes
    begin: int
    inside: int
    end: int


def boxes_in(file: IO[bytes], place: int, end: int, left: list[int]) -> Iterator[Box]:
    """The boxes that fill a part of the file, each looked up when the one before is done with.

    ``left`` counts how many may still be looked at, over all calls. Raises Refused.
    """
    while place < end:
        left[0] -= 1
        box = _box_at(file, place, end)
        if box.end > end or left[0] < 0:
            raise Refused("BROKEN")
        yield box
        place = box.end


def _box_at(file: IO[bytes], place: int, end: int) -> Box:
    file.seek(place)
    head = file.read(16)
    if len(head) < 8:
        raise Refused("BROKEN")
    size, name = struct.unpack_from(">I4s", head)
    if size == 0:
        return Box(name, place, place + 8, end)
    inside = place + 8
    if size == 1 and len(head) == 16:
        (size,) = struct.unpack_from(">Q", head, 8)
        inside = place + 16
    if place + size < inside:
        raise Refused("BROKEN")
    return Box(name, place, inside, place + size)


def empty(file: IO[bytes], box: Box) -> None:
    """A gap of the same length stands where the box stood."""
    file.seek(box.begin + 4)
    file.write(EMPTY)
    wipe(file, box.inside, box.end)


def wipe(file: IO[bytes], begin: int, end: int) -> None:
    """Zeros from one place to another."""
    file.seek(begin)
    for place in range(begin, end, PIECE):
        file.write(bytes(min(PIECE, end - place)))
