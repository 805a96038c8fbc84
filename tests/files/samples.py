"""Small good files of each kind, and the bad ones that look like them."""

import io
import struct
import zipfile
import zlib

from PIL import Image


def pdf(stream: bytes = b"BT /F1 12 Tf 20 50 Td (Test drive) Tj ET", unicode: bytes = b"") -> bytes:
    """One page; ``unicode`` says which signs the font's codes stand for."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources 7 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica%s>>"
        % (b"/ToUnicode 6 0 R" if unicode else b""),
        b"<</Length %d>>stream\n%s\nendstream" % (len(unicode), unicode),
        b"<</Font<</F1 5 0 R>>>>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % count
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, len(body))
    return body + head + table + end


PDF = pdf()
CHINESE_PDF = pdf(
    b"BT /F1 12 Tf 20 50 Td (AB) Tj ET",
    b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
    b"1 begincodespacerange <00> <FF> endcodespacerange\n"
    b"2 beginbfchar <41> <8BD5> <42> <9A7E> endbfchar\n"
    b"endcmap end end",
)


def picture(kind: str = "JPEG", *, size: tuple[int, int] = (60, 40), **options: object) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, "#336699").save(content, kind, **options)
    return content.getvalue()


def photograph(orientation: int = 1) -> bytes:
    """With the place where it was taken, and how the telephone was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "MakerOfPhones"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 48.0), 3: "E", 4: (121.0, 28.0, 25.0)})
    return picture(exif=exif)


def huge_png(side: int = 100_000) -> bytes:
    """Few bytes that say they are a picture of ten thousand million pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    packed = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def archive_of(entries: dict[str, bytes | str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in entries.items():
            packed.writestr(name, text)
    return content.getvalue()


_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def docx(text: str = "试驾协议 Agreement", **more: bytes | str) -> bytes:
    document = f'<w:document xmlns:w="{_W}"><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:document>'
    return archive_of({"word/document.xml": document, "[Content_Types].xml": "<Types/>"} | more)


def xlsx(text: str = "库存清单") -> bytes:
    strings = f'<sst xmlns="{_S}"><si><t>{text}</t></si><si><t>VIN</t></si></sst>'
    return archive_of({"xl/workbook.xml": "<workbook/>", "xl/sharedStrings.xml": strings})


def doc(*streams: str) -> bytes:
    names = b"".join(name.encode("utf-16-le") + b"\0\0" for name in ("WordDocument", *streams))
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + names


def film(length: int = 0) -> bytes:
    head = struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0)
    return head + struct.pack(">I4s", 8 + length, b"mdat") + b"\x01" * length


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


PLACE = b"+31.2300+121.4700/"


def telling_film() -> bytes:
    """With the place where it was taken in every way that telephones write it."""
    remarks = box(b"udta", box(b"\xa9xyz", PLACE) + box(b"loci", PLACE))
    keys = box(b"meta", box(b"keys", b"com.apple.quicktime.location.ISO6709") + box(b"ilst", PLACE))
    moov = box(b"moov", box(b"mvhd", b"head") + box(b"trak", box(b"tkhd", b"t") + remarks) + keys)
    return film(5) + moov + box(b"uuid", b"u" * 16 + PLACE) + film(7)[16:]


def way_film(
    *, handler: bytes = b"meta", in_fragments: bool = False, packed: bool = False
) -> bytes:
    """Pictures, and beside them a track of the way that was driven, in runs between the pictures.

    ``handler`` is what the second track says it is for. Phones and drones write such films.
    """
    picture, place = b"\x01" * 50, PLACE * 3
    head = struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0)
    begin = len(head) + 8
    runs = [picture, place, picture, place + PLACE]
    places, at = [], begin
    for run in runs:
        places.append(at)
        at += len(run)
    film = box(b"mvhd", b"head") + _track(b"vide", places[::2], [(1, 1)], [len(picture)] * 2)
    film += _track(handler, places[1::2], [(1, 3), (2, 4)], [len(PLACE)] * 7)
    gap = box(b"free", b"freeGPS " + PLACE) + box(b"gps ", PLACE)
    more = box(b"moof", box(b"mfhd", b"head")) if in_fragments else b""
    more += box(b"moov", box(b"cmov", b"packed")) if packed else b""
    return head + box(b"mdat", b"".join(runs)) + box(b"moov", film) + gap + more


def greedy_film() -> bytes:
    """Two tracks of a way that each say to hold nearly all of the file."""
    head = struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0)
    way = PLACE * 10
    track = _track(b"meta", [len(head) + 8], [(1, 100)], [len(way)] * 100)
    return head + box(b"mdat", way * 100) + box(b"moov", track * 2)


def _track(
    handler: bytes, places: list[int], runs: list[tuple[int, int]], lengths: list[int]
) -> bytes:
    def table(*numbers: int) -> bytes:
        return struct.pack(f">{len(numbers) + 1}I", 0, *numbers)

    said = [number for first, count in runs for number in (first, count, 1)]
    tables = box(b"stsc", table(len(runs), *said)) + box(b"stco", table(len(places), *places))
    same = lengths[0] if handler == b"vide" else 0
    sizes = table(same, len(lengths), *([] if same else lengths))
    held = box(b"stbl", tables + box(b"stsz", sizes))
    told = box(b"hdlr", struct.pack(">I4s4s", 0, b"mhlr", handler) + b"\0" * 12)
    address = box(b"hdlr", struct.pack(">I4s4s", 0, b"dhlr", b"alis"))
    return box(b"trak", box(b"tkhd", b"t") + box(b"mdia", told + box(b"minf", address + held)))


def telling_gif() -> bytes:
    """Two frames that repeat, with a comment, XMP, and more than a GIF should have."""
    content = io.BytesIO()
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue")]
    frames[0].save(
        content, "GIF", save_all=True, append_images=frames[1:], loop=0, duration=80, comment=PLACE
    )
    whole = content.getvalue()
    xmp = b"!\xff\x0bXMP DataXMP" + bytes([len(PLACE)]) + PLACE + b"\0"
    return whole[:-1] + xmp + b"!\xfe" + bytes([len(PLACE)]) + PLACE + b"\0;" + PLACE


def bomb(megabytes: int = 60) -> bytes:
    return archive_of({"zeros.txt": b"\0" * (megabytes * 2**20)})
