"""Films: boxes that fill the file from its first byte to its last, and nothing besides.

What a film says beside its pictures and sound (where and with what it was taken, by whom) is
overwritten where it stands: nothing is packed anew, and no place in the file moves. It is said in
boxes of remarks, in gaps between boxes, and in whole tracks that run beside the pictures, in which
phones, drones and dashboard cameras write their way (``film_tracks``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

from forecourt.kernel.inspection.boxes import MOST_BOXES, Box, boxes_in, empty, wipe
from forecourt.kernel.inspection.film_tracks import samples_of, tells_something_beside
from forecourt.kernel.inspection.refusals import Refused

CONTAINERS = frozenset({b"moov", b"trak", b"moof", b"traf", b"mdia", b"minf", b"stbl"})
SAID_BESIDE = frozenset({b"udta", b"meta", b"uuid", b"XMP_", b"gps ", b"emsg", b"free", b"skip"})
"""Boxes of remarks: places (``©xyz``, ``loci``, Apple's keys), makers, titles, XMP, and the gaps in
which dashboard cameras keep their way."""

PACKED = b"cmov"
"""QuickTime's packed table of contents, which no camera writes any more."""


def require_whole(file: IO[bytes]) -> None:
    """Raises Refused for a film that is cut off, or has something behind it."""
    end = file.seek(0, 2)
    for _box in boxes_in(file, 0, end, [MOST_BOXES]):
        pass


def forget_remarks(file: IO[bytes]) -> None:
    """Empty all of a whole film that is neither picture nor sound.

    Raises Refused for one that is damaged, or whose remarks cannot be told from its pictures.
    """
    end = file.seek(0, 2)
    left = [MOST_BOXES]
    _forget_tracks(file, list(boxes_in(file, 0, end, left)), end, left)
    waiting = [(0, end)]
    while waiting:
        for box in boxes_in(file, *waiting.pop(), left):
            if box.name in CONTAINERS:
                waiting.append((box.inside, box.end))
            elif box.name in SAID_BESIDE:
                empty(file, box)


def _forget_tracks(file: IO[bytes], top: Iterable[Box], end: int, left: list[int]) -> None:
    """Whole tracks that say something beside the film: what they hold, then the tracks."""
    is_in_fragments = any(box.name == b"moof" for box in top)
    bytes_left = [end]
    for film in (box for box in top if box.name == b"moov"):
        for track in list(boxes_in(file, film.inside, film.end, left)):
            if track.name == PACKED:
                raise Refused("TRACKS")
            if track.name != b"trak" or not tells_something_beside(file, track, left):
                continue
            if is_in_fragments:
                # What belongs to which track is said in each fragment anew.
                raise Refused("TRACKS")
            for place, length in samples_of(file, track, left, bytes_left):
                wipe(file, place, place + length)
            empty(file, track)
