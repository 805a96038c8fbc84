"""GIF pictures: the frames and what paces them are kept; comments, XMP and all else is not."""

from __future__ import annotations

from forecourt.kernel.images import Broken

HEADS = (b"GIF87a", b"GIF89a")
IMAGE, EXTENSION, END = 0x2C, 0x21, 0x3B
PACE, APPLICATION = 0xF9, 0xFF
KEPT_APPLICATIONS = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")
"""How often it repeats, and which red is meant by red."""


def strip_gif(content: bytes) -> bytes:
    """The picture without anything else, its pixels untouched. Raises Broken."""
    try:
        return _strip(content)
    except IndexError as error:
        raise Broken from error


def _strip(content: bytes) -> bytes:
    if content[:6] not in HEADS:
        raise Broken
    place = 13 + _colours(content[10])
    kept, pace = [content[:place]], b""
    while content[place] != END:
        begin = place
        if content[place] == IMAGE:
            place = _after_blocks(content, place + 11 + _colours(content[place + 9]))
            kept += [pace, content[begin:place]]
            pace = b""
        elif content[place] == EXTENSION:
            place = _after_blocks(content, place + 2)
            if content[begin + 1] == PACE:
                # It is about what follows, which may be a text that goes.
                pace = content[begin:place]
            elif content[begin + 1] == APPLICATION:
                name = content[begin + 3 : begin + 14]
                kept += [content[begin:place]] if name in KEPT_APPLICATIONS else []
            else:
                pace = b""
        else:
            raise Broken
    return b"".join([*kept, bytes([END])])


def _colours(flags: int) -> int:
    """How many bytes a table of colours has, as its flags say."""
    return 3 * 2 ** ((flags & 0b111) + 1) if flags & 0b1000_0000 else 0


def _after_blocks(content: bytes, place: int) -> int:
    """Behind the chain of blocks that begins here."""
    while length := content[place]:
        place += 1 + length
    return place + 1
