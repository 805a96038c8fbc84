"""Small pictures that people upload, taken apart and put together again from what draws them.

PNG, JPEG and WebP are told by their content, never by their name. Only the parts that hold the
picture are kept: comments, positions of photographs, and whatever was hidden behind the picture's
end are gone. SVG is a document with scripts and is refused like everything else.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from forecourt.kernel.errors import Invalid

PNG, JPEG, WEBP = "png", "jpg", "webp"
TYPES = {PNG: "image/png", JPEG: "image/jpeg", WEBP: "image/webp"}
PNG_MARK = b"\x89PNG\r\n\x1a\n"
PNG_KEPT = (b"IHDR", b"iCCP", b"PLTE", b"tRNS", b"IDAT", b"IEND")
PNG_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
WEBP_KEPT = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP")
JPEG_FRAMES = {0xC0, 0xC1, 0xC2}
JPEG_KEPT = {*JPEG_FRAMES, 0xC4, 0xDB, 0xDD, 0xEE}
"""Frames, tables, restart interval, and Adobe's word on how the colours are meant."""
JPEG_COLOURS = b"ICC_PROFILE\0"
"""The beginning of a colour profile: which red is meant by red."""


@dataclass(frozen=True, slots=True)
class Picture:
    kind: str
    width: int
    height: int
    content: bytes


class Broken(Exception):
    """The bytes are not what they begin as."""


def read_picture(content: bytes, *, largest: int, field: str) -> Picture:
    """The picture without anything else. ``largest`` is the longest side allowed, in pixels.

    Raises Invalid beside ``field`` for what is no picture of the three kinds, broken, or too large.
    """
    try:
        picture = strip_picture(content, largest=largest)
    except Broken as error:
        raise Invalid(
            _("This is no picture that can be read. Choose a PNG, JPEG or WebP file."), field=field
        ) from error
    if not 0 < picture.width <= largest or not 0 < picture.height <= largest:
        raise Invalid(
            _("The picture may be at most %(count)s pixels wide and high.") % {"count": largest},
            field=field,
        )
    return picture


def strip_picture(content: bytes, *, largest: int) -> Picture:
    """The picture without anything else, of whatever size.

    Pixels that are more than ``largest`` wide or high are not looked at. Raises Broken.
    """
    try:
        return _read(content, largest)
    except (struct.error, IndexError, zlib.error) as error:
        raise Broken from error


def _read(content: bytes, largest: int) -> Picture:
    if content.startswith(PNG_MARK):
        return _png(content, largest)
    if content.startswith(b"\xff\xd8"):
        return _jpeg(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp(content)
    raise Broken


def _png(content: bytes, largest: int) -> Picture:
    chunks = list(_png_chunks(content))
    if not chunks or chunks[0][0] != b"IHDR" or chunks[-1][0] != b"IEND":
        raise Broken
    width, height, depth, colour = struct.unpack(">IIBB", chunks[0][1][:10])
    if colour not in PNG_SAMPLES or depth not in {1, 2, 4, 8, 16}:
        raise Broken
    if max(width, height) <= largest:
        _require_pixels(chunks, width, height, depth * PNG_SAMPLES[colour])
    kept = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
        if name in PNG_KEPT
    )
    return Picture(PNG, width, height, PNG_MARK + kept)


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(PNG_MARK)
    while True:
        (length,) = struct.unpack_from(">I", content, place)
        name, data = content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack_from(">I", content, place + 8 + length)
        if len(data) != length or zlib.crc32(name + data) != checksum:
            raise Broken
        yield name, data
        if name == b"IEND":
            return
        place += 12 + length


def _require_pixels(chunks: list[tuple[bytes, bytes]], width: int, height: int, bits: int) -> None:
    """The packed pixels unpack, and to no more than the picture's size allows."""
    most = (width * bits // 8 + 16) * height * 2 + 1024
    unpacked = zlib.decompressobj()
    packed = b"".join(data for name, data in chunks if name == b"IDAT")
    if not unpacked.decompress(packed, most) or unpacked.unconsumed_tail:
        raise Broken


def _jpeg(content: bytes) -> Picture:
    kept, size, place = [b"\xff\xd8"], None, 2
    while True:
        if content[place] != 0xFF:
            raise Broken
        marker = content[place + 1]
        if marker == 0xD9:
            break
        (length,) = struct.unpack_from(">H", content, place + 2)
        segment = content[place : place + 2 + length]
        if length < 2 or len(segment) != 2 + length:
            raise Broken
        place += 2 + length
        if marker in JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", segment, 5)
            size = width, height
        if marker == 0xDA:
            end = _end_of_scan(content, place)
            segment += content[place:end]
            place = end
        elif marker not in JPEG_KEPT and not segment.startswith(JPEG_COLOURS, 4):
            continue
        kept.append(segment)
    if size is None:
        raise Broken
    return Picture(JPEG, *size, b"".join([*kept, b"\xff\xd9"]))


def _end_of_scan(content: bytes, place: int) -> int:
    """Where the packed pixels end: before the next marker that is no part of them."""
    while True:
        place = content.find(b"\xff", place)
        if place < 0:
            raise Broken
        following = content[place + 1]
        if following != 0x00 and not 0xD0 <= following <= 0xD7:
            return place
        place += 2


def _webp(content: bytes) -> Picture:
    kept, size, place = [], None, 12
    end = 8 + struct.unpack_from("<I", content, 4)[0]
    if end > len(content):
        raise Broken
    while place + 8 <= end:
        name = content[place : place + 4]
        (length,) = struct.unpack_from("<I", content, place + 4)
        data = content[place + 8 : place + 8 + length]
        if len(data) != length:
            raise Broken
        place += 8 + length + length % 2
        if name == b"VP8X":
            # Without its flags for Exif, XMP and animation.
            data = bytes([data[0] & 0b00110000]) + data[1:]
        size = _webp_size(name, data) or size
        if name in WEBP_KEPT:
            kept.append(name + struct.pack("<I", length) + data + b"\0" * (length % 2))
    if size is None or not any(part[:4] in {b"VP8 ", b"VP8L"} for part in kept):
        raise Broken
    body = b"WEBP" + b"".join(kept)
    return Picture(WEBP, *size, b"RIFF" + struct.pack("<I", len(body)) + body)


def _webp_size(name: bytes, data: bytes) -> tuple[int, int] | None:
    if name == b"VP8 ":
        if data[3:6] != b"\x9d\x01\x2a":
            raise Broken
        width, height = struct.unpack_from("<HH", data, 6)
        return width & 0x3FFF, height & 0x3FFF
    if name == b"VP8L":
        if data[0] != 0x2F:
            raise Broken
        (bits,) = struct.unpack_from("<I", data, 1)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None
