"""The text of office documents that are archives of XML: Word, Excel, PowerPoint, OFD."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from forecourt.kernel.inspection.refusals import Refused
from forecourt.kernel.inspection.texts import MOST_SIGNS, tidied

_PARTS = {
    "docx": r"word/(?:document|header\d*|footer\d*|footnotes)\.xml",
    "xlsx": r"xl/(?:sharedStrings|worksheets/sheet\d+)\.xml",
    "pptx": r"ppt/slides/slide\d+\.xml",
    "ofd": r".*/Pages/[^/]+/Content\.xml",
}
_WRITTEN = {"t", "TextCode"}
_LINES = {"p", "si", "row", "TextObject"}
_CELLS = {"c", "tc", "tab", "br"}


def text_of(archive: zipfile.ZipFile, code: str) -> str:
    """What is written in the document, a line a paragraph or row. Raises Refused."""
    pattern = re.compile(_PARTS[code])
    found: list[str] = []
    left = MOST_SIGNS
    try:
        for name in sorted(filter(pattern.fullmatch, archive.namelist())):
            for text in _written(archive, name):
                found.append(text)
                left -= len(text)
                if left <= 0:
                    break
    except (ParseError, DefusedXmlException) as error:
        raise Refused("BROKEN") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise Refused("BROKEN") from error
    return re.sub(r"\n\s*\n+", "\n", tidied("".join(found)))[:MOST_SIGNS].strip()


def _written(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    with archive.open(name) as part:
        for _event, element in iterparse(part, events=("end",), forbid_dtd=True):
            kind = element.tag.rpartition("}")[2]
            if kind in _WRITTEN:
                yield element.text or ""
            elif kind in _LINES:
                yield "\n"
            elif kind in _CELLS:
                yield " "
            if kind in _LINES:
                element.clear()
