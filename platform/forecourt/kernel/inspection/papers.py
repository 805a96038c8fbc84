"""PDF: how many pages, what is written on them, what the first looks like."""

from __future__ import annotations

from pathlib import Path

import pypdfium2

from forecourt.kernel.inspection.archives import ends_as_archive
from forecourt.kernel.inspection.pictures import THUMBNAIL_SIDE, save_small
from forecourt.kernel.inspection.refusals import Refused
from forecourt.kernel.inspection.texts import MOST_SIGNS, tidied

_NEEDS_PASSWORD = 4
MOST_PAGES_READ = 500


def look_at_pdf(path: Path, thumbnail: Path) -> tuple[int | None, str]:
    """Its pages and text; writes the small picture. Raises Refused.

    What is locked by a password is taken as it is: nothing of it can be read or shown small.
    """
    with path.open("rb") as file:
        if ends_as_archive(file):
            raise Refused("POLYGLOT")
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _NEEDS_PASSWORD:
            return None, ""
        raise Refused("BROKEN") from error
    try:
        pages = len(document)
        if not pages:
            raise Refused("BROKEN")
        _draw(document[0], thumbnail)
        return pages, _text(document)
    except pypdfium2.PdfiumError as error:
        raise Refused("BROKEN") from error
    finally:
        document.close()


def _draw(page: pypdfium2.PdfPage, thumbnail: Path) -> None:
    """As large as the small picture is, however large the page says that it is."""
    scale = THUMBNAIL_SIDE / max(*page.get_size(), 1)
    save_small(page.render(scale=scale, may_draw_forms=False).to_pil(), thumbnail)


def _text(document: pypdfium2.PdfDocument) -> str:
    found: list[str] = []
    left = MOST_SIGNS
    for number in range(min(len(document), MOST_PAGES_READ)):
        text = tidied(document[number].get_textpage().get_text_range())
        found.append(text[:left])
        left -= len(text)
        if left <= 0:
            break
    return "\n".join(found).strip()
