"""Setting a filled template as a PDF (PDF/A-2u, fonts embedded) with typst."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst
from django.utils import translation
from django.utils.translation import gettext as _

from forecourt.kernel.errors import Invalid
from forecourt.kernel.papers import fonts
from forecourt.kernel.papers.templates import clean, fill
from forecourt.kernel.papers.vocabulary import Facts, SignatureField, Vocabulary

PROGRAM = Path(__file__).parent / "paper.typ"
MOST_PAGES = 60
COLOUR = "#1f4e8c"
"""Of a group that has chosen none."""
REGIONS = {"zh-hans": ("zh", "cn"), "en": ("en", "gb")}
one_at_a_time = threading.Lock()
"""Typesetters keep what they have set last, and none of them is made for two threads."""


@dataclass(frozen=True, slots=True)
class Look:
    """Whose paper it is: name, a line for the place, colour as ``#rrggbb``, the logo's bytes."""

    name: str
    place: str = ""
    colour: str = COLOUR
    logo: bytes = b""


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF with its number of pages and the fields in it that wait to be signed."""

    content: bytes
    pages: int
    fields: tuple[SignatureField, ...]


def render(
    text: str,
    facts: Facts,
    vocabulary: Vocabulary,
    *,
    language: str,
    title: str,
    look: Look,
    foot: str = "",
    made_at: datetime,
) -> Printed:
    """Fill a template and set it; a three-page contract takes some 50 ms.

    Raises Invalid beside ``text``: names that are not known, a paper that grows too long,
    characters that the fonts cannot show.
    """
    # What is printed is in the paper's language, what is refused in the person's.
    with translation.override(language):
        page_words = _("Page {page} of {pages}")
        spoken = replace(
            vocabulary, signers=tuple(signer.spoken() for signer in vocabulary.signers)
        )
    tag, region = REGIONS[language]
    data = {
        "title": clean(title),
        "language": tag,
        "region": region,
        "look": {
            "name": clean(look.name),
            "place": clean(look.place),
            "colour": look.colour,
            "logo": list(look.logo),
        },
        "foot": clean(foot),
        "page_words": page_words,
        "blocks": fill(text, facts, spoken),
    }
    _require_printable(data)
    return set_paper(data, made_at=made_at)


def set_paper(data: dict[str, Any], *, made_at: datetime) -> Printed:
    """Set blocks as they are; ``data`` is what paper.typ reads."""
    with one_at_a_time:
        typesetter = _typesetter()
        content = compiled(typesetter, data, made_at=made_at, pdf_standards="a-2u")
        pages = int(typesetter.query("<pages>", field="value", one=True))
        fields = json.loads(typesetter.query("<signature-field>", field="value"))
    if pages > MOST_PAGES:
        raise Invalid(
            _("The paper would have %(pages)s pages; at most %(most)s can be printed.")
            % {"pages": pages, "most": MOST_PAGES},
            field="text",
        )
    return Printed(content, pages, tuple(SignatureField.read(field) for field in fields))


def compiled(
    typesetter: typst.Compiler, data: dict[str, Any], *, made_at: datetime, **options: Any
) -> bytes:
    """What a program makes of the data, as a PDF; held by ``one_at_a_time``."""
    made = typesetter.compile(
        format="pdf",
        sys_inputs={"paper": json.dumps(data, ensure_ascii=False)},
        timestamp=int(made_at.timestamp()),
        **options,
    )
    if not isinstance(made, bytes):
        raise TypeError("The typesetter made no PDF.")
    return made


def typesetter_for(program: Path) -> typst.Compiler:
    """A typesetter of one of our programs, with our fonts alone."""
    fonts.require()
    ours = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[fonts.FOLDER],
    )
    return typst.Compiler(program, root=program.parent, font_paths=ours)


@cache
def _typesetter() -> typst.Compiler:
    return typesetter_for(PROGRAM)


def _require_printable(data: dict[str, Any]) -> None:
    if missing := fonts.missing_in("".join(_texts(data))):
        shown = " ".join(f"{letter} (U+{ord(letter):04X})" for letter in missing[:8])
        raise Invalid(
            _("These characters cannot be printed: %(characters)s. Write them differently.")
            % {"characters": shown},
            field="text",
        )


def _texts(value: Any) -> Iterator[str]:
    """Every text that is in there somewhere."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
