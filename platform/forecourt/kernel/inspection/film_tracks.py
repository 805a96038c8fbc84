"""Tracks of a film that are neither picture nor sound, and where what they hold lies.

A track's samples lie anywhere in the file, in runs ("chunks"): ``stco`` or ``co64`` says where each
run begins, ``stsc`` how many samples a run has, ``stsz`` how long each sample is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

from forecourt.kernel.inspection.boxes import Box, boxes_in
from forecourt.kernel.inspection.refusals import Refused

HEARD_AND_SEEN = frozenset({b"vide", b"soun", b"auxv", b"tmcd"})
"""Handlers of tracks that stay: pictures, sound, depth of a picture, the clock of the frames.

All others go: Apple's and Google's data of the way (``meta``), GoPro's, and the subtitles in which
drones write where they fly."""
MOST_SAMPLES = 1_000_000
WITHIN = {b"mdia", b"minf", b"stbl"}


def tells_something_beside(file: IO[bytes], track: Box, left: list[int]) -> bool:
    """Whether a track is for something else than to be seen or heard. Raises Refused."""
    handler = _parts(file, track, left).get(b"hdlr")
    if handler is None:
        return False
    return _read(file, handler, 12)[8:12] not in HEARD_AND_SEEN


def samples_of(
    file: IO[bytes], track: Box, boxes_left: list[int], bytes_left: list[int]
) -> Iterator[tuple[int, int]]:
    """Where each run of a track's samples begins, and how many bytes it has.

    ``bytes_left`` counts how many bytes may still be named, over all tracks of a file: the runs of
    an honest film lie beside each other, so that all together are no longer than the file. Raises
    Refused where the tables name more, or do not fit each other.
    """
    parts = _parts(file, track, boxes_left)
    lengths = _lengths(file, parts)
    end = file.seek(0, 2)
    at = 0
    for place, count in zip(*_runs(file, parts), strict=True):
        run = sum(lengths[at : at + count])
        at += count
        bytes_left[0] -= run
        if place + run > end or bytes_left[0] < 0:
            raise Refused("BROKEN")
        yield place, run
    if at < len(lengths):
        raise Refused("BROKEN")


def _parts(file: IO[bytes], track: Box, left: list[int]) -> dict[bytes, Box]:
    """The boxes within a track by name, the first of each."""
    found: dict[bytes, Box] = {}
    waiting = [track]
    while waiting:
        box = waiting.pop()
        for part in boxes_in(file, box.inside, box.end, left):
            # A second handler stands beside the data's address and says nothing of the track.
            if part.name != b"hdlr" or box.name == b"mdia":
                found.setdefault(part.name, part)
            if part.name in WITHIN:
                waiting.append(part)
    return found


def _lengths(file: IO[bytes], parts: dict[bytes, Box]) -> list[int]:
    if (box := parts.get(b"stsz")) is None:
        raise Refused("TRACKS")
    same, count = struct.unpack(">II", _read(file, box, 12)[4:])
    if count > MOST_SAMPLES:
        raise Refused("TRACKS")
    return [same] * count if same else list(_numbers(file, box, 12, count, ">I"))


def _runs(file: IO[bytes], parts: dict[bytes, Box]) -> tuple[list[int], list[int]]:
    """Where each run begins, and how many samples it has."""
    name, form = (b"co64", ">Q") if b"co64" in parts else (b"stco", ">I")
    if name not in parts or b"stsc" not in parts:
        raise Refused("TRACKS")
    places = list(_numbers(file, parts[name], 8, _count(file, parts[name]), form))
    said = list(_numbers(file, parts[b"stsc"], 8, _count(file, parts[b"stsc"]) * 3, ">I"))
    counts: list[int] = []
    for at in range(0, len(said), 3):
        # What is said of a run holds until the next run of which something is said.
        until = said[at + 3] - 1 if at + 3 < len(said) else len(places)
        if said[at] != len(counts) + 1 or not len(counts) < until <= len(places):
            raise Refused("BROKEN")
        counts += [said[at + 1]] * (until - len(counts))
    if len(counts) != len(places):
        raise Refused("BROKEN")
    return places, counts


def _count(file: IO[bytes], box: Box) -> int:
    (count,) = struct.unpack(">I", _read(file, box, 8)[4:])
    if count > MOST_SAMPLES:
        raise Refused("TRACKS")
    return count


def _numbers(file: IO[bytes], box: Box, skip: int, count: int, form: str) -> Iterator[int]:
    length = struct.calcsize(form) * count
    content = _read(file, box, skip + length)[skip:]
    return (number for (number,) in struct.iter_unpack(form, content))


def _read(file: IO[bytes], box: Box, length: int) -> bytes:
    if box.inside + length > box.end:
        raise Refused("BROKEN")
    file.seek(box.inside)
    return file.read(length)
