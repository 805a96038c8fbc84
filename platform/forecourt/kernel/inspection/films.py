"""Films: boxes that fill the file from its first byte to its last, and nothing besides.

What a film says beside its pictures and sound (where and with what it was taken, by whom) is
overwritten where it stands: nothing is packed anew, and no place in the file moves.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from forecourt.kernel.inspection.refusals import Refused

MOST_BOXES = 100_000
CONTAINERS = frozenset({b"moov", b"trak", b"moof", b"traf"})
SAID_BESIDE = frozenset({b"udta", b"meta", b"uuid", b"XMP_"})
"""Boxes of remarks: places (``©xyz``, ``loci``, Apple's keys), makers, titles, XMP."""
EMPTY = b"free"
PIECE = 2**16


@dataclass(frozen=True, slots=True)
class Box:
    """``begin``, ``inside`` and ``end`` are places in the file; its name ends 8 after ``begin``."""

    name: bytes
    begin: int
    inside: int
    end: int


def require_whole(file: IO[bytes]) -> None:
    """Raises Refused for a film that is cut off, or has something behind it."""
    end = file.seek(0, 2)
    for _box in _boxes(file, 0, end, [MOST_BOXES]):
        pass


def forget_remarks(file: IO[bytes]) -> None:
    """Empty every box of remarks of a whole film; Raises Refused for one that is damaged."""
    end = file.seek(0, 2)
    left = [MOST_BOXES]
    waiting = [(0, end)]
    while waiting:
        for box in _boxes(file, *waiting.pop(), left):
            if box.name in CONTAINERS:
                waiting.append((box.inside, box.end))
            elif box.name in SAID_BESIDE:
                _empty(file, box)


def _boxes(file: IO[bytes], place: int, end: int, left: list[int]) -> Iterator[Box]:
    """The boxes that fill a part of the file, each looked up when the one before is done with."""
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


def _empty(file: IO[bytes], box: Box) -> None:
    file.seek(box.begin + 4)
    file.write(EMPTY)
    file.seek(box.inside)
    for place in range(box.inside, box.end, PIECE):
        file.write(bytes(min(PIECE, box.end - place)))
