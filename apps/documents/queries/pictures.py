"""Pages of a PDF as pictures: telephones show no PDF within a page."""

from __future__ import annotations

import base64
from io import BytesIO

import pypdfium2
from django.utils.translation import gettext as _
from PIL import Image

from forecourt.kernel.errors import NotFound

READ_DPI, LOOKED_AT_DPI = 150, 110
"""Of a page that is read and enlarged, and of one beside the text that is being written."""
MOST_PAGES = 12
"""What a preview shows at most."""


def picture_of(content: bytes, page: int) -> bytes:
    """One page, counted from 1, as PNG. Raises NotFound."""
    with pypdfium2.PdfDocument(content) as document:
        if not 1 <= page <= len(document):
            raise NotFound(_("There is no such page."))
        return _drawn(document, page, READ_DPI)


def pages_of(content: bytes) -> list[str]:
    """The first pages as addresses that hold the picture themselves."""
    with pypdfium2.PdfDocument(content) as document:
        count = min(len(document), MOST_PAGES)
        drawn = [_drawn(document, page, LOOKED_AT_DPI) for page in range(1, count + 1)]
    return [f"data:image/png;base64,{base64.b64encode(page).decode()}" for page in drawn]


def page_count(content: bytes) -> int:
    with pypdfium2.PdfDocument(content) as document:
        return len(document)


def _drawn(document: pypdfium2.PdfDocument, page: int, dpi: int) -> bytes:
    picture = document[page - 1].render(scale=dpi / 72).to_pil()
    output = BytesIO()
    # Few colours and no dithering: a page of text is small and stays crisp.
    picture.quantize(64, dither=Image.Dither.NONE).save(output, "PNG")
    return output.getvalue()
