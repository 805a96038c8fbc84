"""What a file is said to be, whoever says otherwise."""

import io
import struct
from pathlib import Path

import pytest
from PIL import Image

from forecourt.kernel.inspection.kinds import KINDS
from forecourt.kernel.inspection.looking import CLEANED, THUMBNAIL, Look, look
from tests.files import samples

SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
)
PAGE = b"\n<!-- x --><html><script>alert(1)</script></html>"
TRAILER = samples.archive_of({"evil.txt": b"x"})

BAD = {
    "a program that is called PDF": ("pdf", b"MZ\x90\x00\x03", "SCRIPT"),
    "a script that is called text": ("txt", b"#!/bin/sh\nrm -rf /", "SCRIPT"),
    "a page that is called text": ("txt", PAGE, "SCRIPT"),
    "a page that is called a table": ("csv", b"\xef\xbb\xbf<!DOCTYPE html>", "SCRIPT"),
    "an SVG with a script that is called PNG": ("png", SVG, "SCRIPT"),
    "a PDF that is called a picture": ("jpg", samples.PDF, "WRONG_TYPE"),
    "an archive that is called Word": ("docx", samples.archive_of({"a.txt": "x"}), "WRONG_TYPE"),
    "bytes that are called text": ("txt", b"abc\x00\x01\x02" * 50, "WRONG_TYPE"),
    "noise that is called text": ("txt", bytes(range(1, 32)) * 40, "WRONG_TYPE"),
    "a PDF that is cut off": ("pdf", b"%PDF-1.4\n%nothing else", "BROKEN"),
    "a picture that is cut off": ("jpg", samples.picture()[:300], "BROKEN"),
    "a film that is cut off": ("mp4", samples.film()[:-4], "BROKEN"),
    "a film with an archive behind it": ("mp4", samples.film() + TRAILER, "POLYGLOT"),
    "a PDF with an archive behind it": ("pdf", samples.PDF + TRAILER, "POLYGLOT"),
    "a GIF with an archive behind it": ("gif", samples.picture("GIF") + TRAILER, "POLYGLOT"),
    "an archive with more behind it": ("zip", TRAILER + b"x", "POLYGLOT"),
    "an archive that unpacks to very much": ("zip", samples.bomb(), "UNPACKS"),
    "a picture of 100,000 pixels": ("png", samples.huge_png(), "PIXELS"),
    "a picture of too many pixels in all": ("png", samples.huge_png(12_000), "PIXELS"),
    "an archive with a program": ("zip", samples.archive_of({"a/run.exe": "x"}), "SCRIPT"),
    "an archive that climbs out": ("zip", samples.archive_of({"../../etc/x": "x"}), "BROKEN"),
    "Word with macros": ("docx", samples.docx(**{"word/vbaProject.bin": "x"}), "MACROS"),
    "Word 97 with macros": ("doc", samples.doc("Macros", "_VBA_PROJECT"), "MACROS"),
    "Word that names other files": (
        "docx",
        samples.archive_of(
            {
                "word/document.xml": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
                "<a><t>&x;</t></a>"
            }
        ),
        "BROKEN",
    ),
    "Word that explodes when read": (
        "docx",
        samples.archive_of(
            {
                "word/document.xml": '<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y "&x;&x;&x;">]>'
                "<a><t>&y;</t></a>"
            }
        ),
        "BROKEN",
    ),
}


def looked_at(tmp_path: Path, code: str, content: bytes, accepted: tuple[str, ...] = ()) -> Look:
    path = tmp_path / "arrived"
    path.write_bytes(content)
    return look(path, KINDS[code].content_type, accepted, tmp_path)


@pytest.mark.parametrize("case", BAD)
def test_what_is_bad_is_refused_for_its_reason(tmp_path: Path, case: str) -> None:
    code, content, refusal = BAD[case]

    assert looked_at(tmp_path, code, content) == Look(refusal=refusal)


@pytest.mark.parametrize(
    ("code", "content", "text"),
    [
        ("pdf", samples.PDF, "Test drive"),
        ("pdf", samples.CHINESE_PDF, "试驾"),
        ("docx", samples.docx(), "试驾协议 Agreement"),
        ("xlsx", samples.xlsx(), "库存清单\nVIN"),
        ("doc", samples.doc(), ""),
        ("txt", "客户：张伟\n".encode("gb18030") * 20, "客户：张伟"),
        ("csv", "姓名,电话\n李娜,1\n".encode("utf-16"), "李娜"),
        ("zip", samples.archive_of({"合同/a.pdf": samples.PDF}), ""),
        ("zip", samples.docx(), ""),
        ("mp4", samples.film(), ""),
        ("gif", samples.picture("GIF"), ""),
    ],
)
def test_what_is_good_is_taken_and_its_text_is_read(
    tmp_path: Path, code: str, content: bytes, text: str
) -> None:
    found = looked_at(tmp_path, code, content)

    assert found.refusal == ""
    assert text in found.text


def test_the_first_page_of_a_pdf_is_shown_small(tmp_path: Path) -> None:
    assert looked_at(tmp_path, "pdf", samples.PDF).pages == 1
    with Image.open(tmp_path / THUMBNAIL) as small:
        assert (small.format, small.size) == ("WEBP", (480, 240))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_keeps_its_pixels_and_loses_what_stands_beside_them(
    tmp_path: Path, kind: str
) -> None:
    code = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}[kind]
    exif = Image.Exif()
    exif[0x010F] = "MakerOfPhones"
    original = samples.picture(kind, exif=exif, icc_profile=b"P" * 200)

    found = looked_at(tmp_path, code, original + TRAILER if kind != "WEBP" else original)

    cleaned = (tmp_path / CLEANED).read_bytes()
    assert (found.refusal, found.width, found.height) == ("", 60, 40)
    assert b"MakerOfPhones" not in cleaned and not cleaned.endswith(TRAILER)
    with Image.open(io.BytesIO(cleaned)) as kept, Image.open(io.BytesIO(original)) as before:
        assert kept.tobytes() == before.tobytes()
        assert kept.info["icc_profile"] == b"P" * 200


def test_a_gif_keeps_its_frames_and_loses_what_stands_beside_them(tmp_path: Path) -> None:
    original = samples.telling_gif()

    found = looked_at(tmp_path, "gif", original)

    cleaned = (tmp_path / CLEANED).read_bytes()
    assert (found.refusal, found.width, found.height) == ("", 60, 40)
    assert samples.PLACE in original and samples.PLACE not in cleaned
    with Image.open(io.BytesIO(cleaned)) as kept, Image.open(io.BytesIO(original)) as before:
        assert (kept.n_frames, kept.info["loop"], kept.info["duration"]) == (2, 0, 80)
        for frame in range(2):
            kept.seek(frame)
            before.seek(frame)
            assert kept.tobytes() == before.tobytes()
    for cut in range(14, len(cleaned) - 1, 7):
        assert looked_at(tmp_path, "gif", cleaned[:cut]).refusal == "BROKEN"


def test_a_film_forgets_where_it_was_taken_and_nothing_in_it_moves(tmp_path: Path) -> None:
    original = samples.telling_film()

    assert looked_at(tmp_path, "mp4", original).refusal == ""

    cleaned = (tmp_path / "arrived").read_bytes()
    assert samples.PLACE in original and samples.PLACE not in cleaned
    assert b"ISO6709" not in cleaned and len(cleaned) == len(original)
    for kept in (b"ftyp", b"mdat", b"moov", b"mvhdhead", b"tkhdt", b"\x01" * 7):
        assert cleaned.find(kept) == original.find(kept)


@pytest.mark.parametrize("handler", [b"meta", b"camm", b"sbtl"])
def test_a_film_forgets_the_way_that_runs_beside_its_pictures(
    tmp_path: Path, handler: bytes
) -> None:
    original = samples.way_film(handler=handler)

    assert looked_at(tmp_path, "mp4", original).refusal == ""

    cleaned = (tmp_path / "arrived").read_bytes()
    assert original.count(samples.PLACE) == 9 and samples.PLACE not in cleaned
    assert len(cleaned) == len(original)
    assert cleaned.count(b"trak") == 1 and handler not in cleaned
    pictures = cleaned.find(b"mdat") + 4
    assert cleaned[pictures : pictures + 50] == b"\x01" * 50
    assert cleaned.count(b"\x01" * 50) == 2 and cleaned.find(b"vide") == original.find(b"vide")


@pytest.mark.parametrize(
    ("film", "why"),
    [
        (samples.way_film(in_fragments=True), "TRACKS"),
        (samples.way_film(packed=True), "TRACKS"),
        (samples.way_film().replace(b"stsz", b"stz2"), "TRACKS"),
        # Tables that do not fit each other, or the file.
        (
            samples.way_film().replace(
                b"stsc" + b"\0" * 7 + b"\x02", b"stsc" + b"\0" * 7 + b"\x01"
            ),
            "BROKEN",
        ),
        (samples.way_film().replace(struct.pack(">II", 0, 7), struct.pack(">II", 0, 9)), "BROKEN"),
        (
            samples.way_film().replace(struct.pack(">II", 0, 7), struct.pack(">II", 2**31, 7)),
            "BROKEN",
        ),
        # Each table fits the file; together they would have it written again and again.
        (samples.greedy_film(), "BROKEN"),
    ],
)
def test_a_film_whose_way_cannot_be_removed_is_refused(
    tmp_path: Path, film: bytes, why: str
) -> None:
    assert looked_at(tmp_path, "mp4", film).refusal == why


def test_a_photograph_forgets_where_it_was_taken_and_stands_upright(tmp_path: Path) -> None:
    found = looked_at(tmp_path, "jpg", samples.photograph(orientation=6))

    assert (found.width, found.height) == (40, 60)
    for name in (CLEANED, THUMBNAIL):
        with Image.open(tmp_path / name) as kept:
            assert dict(kept.getexif()) == {}
            assert kept.size == (40, 60)


def test_a_picture_of_another_kind_is_taken_for_what_it_is_where_that_is_accepted(
    tmp_path: Path,
) -> None:
    content = samples.picture("PNG")

    assert looked_at(tmp_path, "jpg", content, ("jpg", "png")).content_type == "image/png"
    assert looked_at(tmp_path, "jpg", content, ("jpg",)).refusal == "WRONG_TYPE"
