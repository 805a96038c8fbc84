"""What is added to a paper when it is signed: marks in its fields, pages of evidence at its end.

Everything is added after the paper's own bytes (an incremental update): the file that was shown to
the signer is the beginning of the one that she signed, and can be taken out and hashed again.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path

import typst
from django.utils.translation import gettext as _
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import PdfResources, ResourceType
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject

from forecourt.kernel.errors import Invalid
from forecourt.kernel.papers import fonts
from forecourt.kernel.papers.setting import REGIONS, compiled, one_at_a_time, typesetter_for
from forecourt.kernel.papers.templates import clean
from forecourt.kernel.papers.vocabulary import SignatureField

PROGRAM = Path(__file__).parent / "mark.typ"
LONGEST_NAME = 60
MOST_STROKES = 200
MOST_POINTS = 5_000
"""What a hand draws in a field at most; a signature has some hundred points."""
LEAST_POINTS = 8
"""Fewer are a slip of the finger."""
A4 = (595.28, 841.89)

Strokes = tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A signature: a name, and the strokes of a hand as shares of the pad (none: it was typed).

    ``ratio`` is how many times the pad is as wide as it is high; ``words`` stand below, small.
    """

    name: str
    words: str
    strokes: Strokes = ()
    ratio: float = 3.0


def read_strokes(text: str) -> Strokes:
    """Strokes as a browser sends them, JSON of lists of ``[x, y]`` from 0 to 1.

    Raises Invalid beside ``strokes`` for anything else, and for hardly a dot.
    """
    if not text.strip():
        return ()
    try:
        found = tuple(
            tuple((round(float(x), 4), round(float(y), 4)) for x, y in stroke)
            for stroke in json.loads(text)
            if stroke
        )
    except (ValueError, TypeError, RecursionError, OverflowError) as fault:
        raise Invalid(
            _("The signature could not be read. Please sign again."), field="strokes"
        ) from fault
    points = [point for stroke in found for point in stroke]
    if (
        len(found) > MOST_STROKES
        or len(points) > MOST_POINTS
        or not all(0 <= share <= 1 for point in points for share in point)
    ):
        raise Invalid(_("The signature could not be read. Please sign again."), field="strokes")
    if found and len(points) < LEAST_POINTS:
        raise Invalid(_("Please sign with your whole name."), field="strokes")
    return found


def require_name(name: str) -> str:
    """The name of a signer as it can be printed. Raises Invalid beside ``name``."""
    cleaned = " ".join(clean(name).split())
    if not cleaned:
        raise Invalid(_("Enter your name."), field="name")
    if len(cleaned) > LONGEST_NAME:
        raise Invalid(
            _("A name has at most %(count)s characters.") % {"count": LONGEST_NAME}, field="name"
        )
    if missing := fonts.missing_in(cleaned):
        raise Invalid(
            _("These characters cannot be printed: %(characters)s. Write them differently.")
            % {"characters": " ".join(missing)},
            field="name",
        )
    return cleaned


def put_mark(
    content: bytes, field: SignatureField, mark: Mark, *, language: str, at: datetime
) -> bytes:
    """The PDF with a mark in one of its fields."""
    drawn = _draw(field, mark, language, at)
    writer = IncrementalPdfFileWriter(BytesIO(content))
    name, resources = _as_resource(writer, drawn, 0)
    page = field.page - 1
    lower = _page_height(writer, page) - field.y - field.height
    # Whatever the page's own content leaves behind must not move the mark.
    saved = writer.add_object(generic.StreamObject(stream_data=b"q\n"))
    writer.add_stream_to_page(page, saved, prepend=True)
    placed = f"\nQ q 1 0 0 1 {field.x:.3f} {lower:.3f} cm {name} Do Q\n"
    stream = generic.StreamObject(stream_data=placed.encode())
    writer.add_stream_to_page(page, writer.add_object(stream), resources=resources)
    return _written(writer)


def append_pages(content: bytes, pages: bytes) -> bytes:
    """The PDF with the pages of another behind its last."""
    writer = IncrementalPdfFileWriter(BytesIO(content))
    count = PdfFileReader(BytesIO(pages)).root["/Pages"]["/Count"]
    for number in range(int(count)):
        name, resources = _as_resource(writer, pages, number)
        stream = writer.add_object(generic.StreamObject(stream_data=f"{name} Do".encode()))
        box = generic.ArrayObject([generic.FloatObject(side) for side in (0, 0, *A4)])
        writer.insert_page(PageObject(contents=stream, media_box=box, resources=resources))
    return _written(writer)


def _as_resource(
    writer: IncrementalPdfFileWriter, pdf: bytes, page: int
) -> tuple[str, generic.DictionaryObject]:
    drawing = writer.import_page_as_xobject(PdfFileReader(BytesIO(pdf)), page_ix=page)
    name = f"/Added{drawing.reference.idnum}"
    resources = PdfResources()
    resources[ResourceType.XOBJECT][pdf_name(name)] = drawing
    return name, resources.as_pdf_object()


def _page_height(writer: IncrementalPdfFileWriter, page: int) -> float:
    found, _resources = writer.find_page_for_modification(page)
    box: Sequence[float] = found.get_object()["/MediaBox"]
    return float(box[3])


def _written(writer: IncrementalPdfFileWriter) -> bytes:
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def _draw(field: SignatureField, mark: Mark, language: str, at: datetime) -> bytes:
    data = {
        "width": field.width,
        "height": field.height,
        "name": mark.name,
        "words": mark.words,
        "strokes": mark.strokes,
        "ratio": mark.ratio,
        "language": REGIONS[language][0],
    }
    with one_at_a_time:
        return compiled(_typesetter(), data, made_at=at, pdf_tags=False)


@cache
def _typesetter() -> typst.Compiler:
    return typesetter_for(PROGRAM)
