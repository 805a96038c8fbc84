"""Pictures are told by what they hold, and nothing else of them is kept."""

import base64
import struct
import zlib

import pytest

from forecourt.kernel.errors import Invalid
from forecourt.kernel.images import read_picture

JPEG = (
    base64.b64decode(
        "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP////////////////////////////////////////////////////"
        "//////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgB"
        "AQABPxA="
    )
    + b"\xff\xd9"
)
WEBP = base64.b64decode("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int = 2, height: int = 2, pixels: bytes | None = None, extra: bytes = b"") -> bytes:
    if pixels is None:
        pixels = (b"\0" + b"\x0b\x62\x70" * width) * height
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + extra
        + chunk(b"IDAT", zlib.compress(pixels))
        + chunk(b"IEND", b"")
    )


def read(content: bytes):
    return read_picture(content, largest=100, field="logo")


@pytest.mark.parametrize(
    ("content", "kind", "size"),
    [(png(), "png", (2, 2)), (JPEG, "jpg", (1, 1)), (WEBP, "webp", (1, 1))],
    ids=["png", "jpg", "webp"],
)
def test_the_three_kinds_are_read_and_read_again(content, kind, size):
    picture = read(content)

    assert (picture.kind, (picture.width, picture.height)) == (kind, size)
    assert read(picture.content) == picture


@pytest.mark.parametrize("content", [png(), JPEG, WEBP], ids=["png", "jpg", "webp"])
def test_what_was_hidden_behind_the_picture_is_gone(content):
    assert b"<script>" not in read(content + b"<script>alert(1)</script>").content


def test_comments_and_positions_are_gone():
    noted = png(extra=chunk(b"tEXt", b"Comment\0secret"))
    exif = JPEG[:2] + b"\xff\xe1\x00\x08secret" + JPEG[2:]
    said = JPEG[:2] + b"\xff\xfe\x00\x08secret" + JPEG[2:]
    body = WEBP[8:] + b"EXIF" + struct.pack("<I", 6) + b"secret"
    tagged = b"RIFF" + struct.pack("<I", len(body)) + body

    for content in (noted, exif, said, tagged):
        assert b"secret" in content
        assert b"secret" not in read(content).content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
        png()[:-20],
        png().replace(b"\x00\x00\x00\x02", b"\x00\x00\x00\x03", 1),
        png(pixels=b"\0" * 10_000_000),
        b"\xff\xd8\xff<script>",
        JPEG[:-2],
        JPEG[:40],
        WEBP[:20],
        WEBP[:8] + b"WEBPjunk" + WEBP[16:],
        png(width=0),
        png(width=101),
        png(height=4_000_000_000, pixels=b"\0"),
    ],
)
def test_what_is_no_whole_picture_is_refused_beside_its_field(content):
    with pytest.raises(Invalid) as refusal:
        read(content)

    assert refusal.value.field == "logo"
