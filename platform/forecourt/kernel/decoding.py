"""Which encoding a text file has, and text that was encoded twice.

Told apart: UTF-8 and UTF-16 (with or without a mark), GB18030 (with GBK and GB2312 in it), and
Windows-1252 for what remains. Others can be named by hand.
"""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

_CHUNK_BYTES = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A UTF-8 file into which a few bytes of another encoding were pasted is still a UTF-8 file.
_STRAY_BYTES_PER_SEQUENCE = 0.05
# Decoded as GB18030, Chinese is nearly all from the 6,763 characters and the signs of GB2312, while
# Western text gives pairs scattered over the whole plane.
_COMMON_CHINESE_SHARE = 0.9

STRAY_BYTES = "forecourt_stray_bytes"


def _decode_stray_byte(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    stray = error.object[error.start : error.end]
    return stray.decode("cp1252", errors="replace"), error.end


codecs.register_error(STRAY_BYTES, _decode_stray_byte)


def detect_encoding(file: BinaryIO) -> str:
    """The encoding of the whole file, as a Python codec name; the position is left at the start."""
    try:
        return _detect(file)
    finally:
        file.seek(0)


def _detect(file: BinaryIO) -> str:
    file.seek(0)
    head = file.read(_CHUNK_BYTES)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if wide := _utf16_without_mark(head):
        return wide
    file.seek(0)
    if _is_utf8(file):
        return "utf-8"
    return "gb18030" if _is_chinese(head) else "cp1252"


def _utf16_without_mark(head: bytes) -> str | None:
    """UTF-16 shows in the zero bytes of its line ends and commas, all at one parity."""
    even, odd = head[0:4096:2].count(0), head[1:4096:2].count(0)
    if odd > 4 * even and odd >= 2:
        return "utf-16-le"
    if even > 4 * odd and even >= 2:
        return "utf-16-be"
    return None


def _is_utf8(file: BinaryIO) -> bool:
    sequences = strays = 0
    rest = b""
    while chunk := file.read(_CHUNK_BYTES):
        chunk = rest + chunk
        rest = b""
        cut = _incomplete_tail(chunk)
        if cut:
            chunk, rest = chunk[:-cut], chunk[-cut:]
        try:
            text = chunk.decode("utf-8")
        except UnicodeDecodeError:
            text = chunk.decode("utf-8", errors="replace")
            strays += text.count("\ufffd")
        sequences += sum(1 for _ in _NON_ASCII.finditer(text))
    strays += bool(rest)
    return strays <= (sequences - strays) * _STRAY_BYTES_PER_SEQUENCE


_NON_ASCII = re.compile(r"[^\x00-\x7f]")


def _incomplete_tail(chunk: bytes) -> int:
    """How many bytes at the end begin a sequence that the next chunk completes."""
    for length in (1, 2, 3):
        if length > len(chunk):
            break
        byte = chunk[-length]
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return length if needed > length else 0
        if byte < 0x80:
            break
    return 0


def _is_chinese(head: bytes) -> bool:
    try:
        # The last bytes may be half a character.
        text = head[: -_tail_of_pair(head) or None].decode("gb18030")
    except UnicodeDecodeError:
        return False
    foreign = _NON_ASCII.findall(text)
    common = 0
    for char in foreign:
        try:
            char.encode("gb2312")
        except UnicodeEncodeError:
            continue
        common += 1
    return common >= _COMMON_CHINESE_SHARE * len(foreign)


def _tail_of_pair(head: bytes) -> int:
    """Bytes to leave out so that a chunk cut anywhere ends between characters."""
    if len(head) < _CHUNK_BYTES:
        return 0
    end = head.rfind(b"\n")
    return len(head) - end - 1 if end >= 0 else 0


# -- text that was encoded twice --------------------------------------------------------------

# Windows-1252 gives 0x80-0x9F a sign each, but for five that stay control characters.
_WINDOWS_SIGNS = {
    ord(bytes([byte]).decode("cp1252")): byte
    for byte in range(0x80, 0xA0)
    if byte not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}
_TWICE = re.compile(
    "[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}",
)
_WESTERN = re.compile("[\x80-\xff]")


def is_encoded_twice(text: str) -> bool | None:
    """Whether all Western signs of the text are UTF-8 bytes read as Windows-1252.

    None when it has none, so that it is no evidence either way.
    """
    if text.isascii():
        return None
    narrow = text.translate(_WINDOWS_SIGNS)
    if not _WESTERN.search(narrow):
        return None
    return not _WESTERN.search(_TWICE.sub("", narrow)) and _decoded(narrow) is not None


def undo_second_encoding(text: str) -> str:
    """`DoubleÂ\\xa0Overhead` → `Double\\xa0Overhead`; other text is returned as it is."""
    if text.isascii() or not is_encoded_twice(text):
        return text
    return _decoded(text.translate(_WINDOWS_SIGNS)) or text


def _decoded(narrow: str) -> str | None:
    """Every doubly encoded stretch decoded once; None if one of them is no UTF-8 after all."""
    try:
        return _TWICE.sub(lambda match: match[0].encode("latin-1").decode("utf-8"), narrow)
    except UnicodeDecodeError:
        return None
