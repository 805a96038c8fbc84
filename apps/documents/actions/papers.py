"""Making papers: a template, a record's facts, a PDF among the record's documents."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from PIL import Image

from apps.documents.actions.adding import file_paper
from apps.documents.actions.sealing import certificate_to_seal_with, sealed
from apps.documents.file_purposes import DOCUMENT
from apps.documents.models import Document, Paper, SealCertificate
from apps.documents.papers import PaperKind, paper_of
from apps.documents.queries.papers import facts_of_house
from apps.documents.queries.templates import Text, text_for
from apps.documents.rules.papers import Language
from apps.documents.rules.wording import written_day
from apps.organisation import queries as organisation
from forecourt.kernel import files, papers
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.groups import current_group
from forecourt.ui import branding

PDF = "application/pdf"
LOGO_BOX = (600, 120)
"""Pixels that a logo has at most: it stands 20 points high."""


@transaction.atomic
def make_paper(*, code: str, subject_id: int, language: str, actor: Actor) -> Document:
    """Make a paper of a record and put it among the record's documents.

    A paper without fields to sign is sealed at once where its template says so; one with fields is
    sealed when the last has been signed. Raises NotPermitted, NotFound, or Invalid for facts that
    cannot be printed.
    """
    actor.require("documents.add_document")
    kind = paper_of(code)
    record = kind.of.get(subject_id, actor)
    printed, text = print_paper(kind, record, language, actor)
    content, seal = printed.content, None
    if text.is_sealed and not printed.fields:
        seal = certificate_to_seal_with(actor=actor)
        content = sealed(content, certificate=seal, reason=str(kind.label))
    document = _file(kind, record, language, content, actor)
    _note(document, kind, language, printed, text, seal)
    return document


def print_paper(
    kind: PaperKind, record: Any, language: str, actor: Actor, *, text: Text | None = None
) -> tuple[papers.Printed, Text]:
    """A paper of a record as it would be made now; nothing is written.

    ``text`` is what to try instead of what holds. Raises Invalid.
    """
    if language not in Language.values:
        raise Invalid(_("Choose one of the list."), field="language")
    store_id = kind.of.store_of(record)
    wanted = text or text_for(
        kind, language=language, store_id=store_id, brand=kind.brand_of(record)
    )
    with translation.override(language):
        house = _house(store_id, actor)
        facts = {**house, **kind.facts(record, actor)}
        title, look = str(kind.title(record)), _look(facts)
    printed = papers.render(
        wanted.text,
        facts,
        kind.words,
        language=language,
        title=title,
        look=look,
        foot=title,
        made_at=now(),
    )
    return printed, wanted


def print_sample(kind: PaperKind, language: str, *, text: str) -> papers.Printed:
    """A text with the samples of its placeholders; nothing is written. Raises Invalid."""
    group = current_group()
    with translation.override(language):
        facts = kind.words.samples()
        name = branding.title_of(group) if group else str(facts["group.name"])
        title, look = str(kind.label), _look({**facts, "group.name": name})
    return papers.render(
        text,
        {**facts, "group.name": name},
        kind.words,
        language=language,
        title=title,
        look=look,
        foot=title,
        made_at=now(),
    )


def _house(store_id: int | None, actor: Actor) -> dict[str, str]:
    group = current_group()
    facts = {
        "group.name": branding.title_of(group) if group else "",
        "maker.name": actor.name,
        "today": written_day(today()),
    }
    store_id = store_id or actor.home_store_id
    store = organisation.stores_by_id([store_id]).get(store_id) if store_id else None
    return {**facts, **facts_of_house(store)} if store else facts


def _look(facts: papers.Facts) -> papers.Look:
    place = " · ".join(
        str(facts[name])
        for name in ("store.name", "store.address", "store.phone")
        if facts.get(name)
    )
    colour = str(value_of(branding.COLOUR)) or papers.COLOUR
    return papers.Look(name=str(facts["group.name"]), place=place, colour=colour, logo=_logo())


def _logo() -> bytes:
    """The group's logo as a small PNG; nothing where there is none."""
    name = str(value_of(branding.LOGO))
    found = branding.open_logo(name) if name else None
    if found is None:
        return b""
    with found as file, Image.open(file) as picture:
        small = picture.convert("RGBA")
        small.thumbnail(LOGO_BOX)
        output = BytesIO()
        small.save(output, "PNG")
        return output.getvalue()


def _file(kind: PaperKind, record: Any, language: str, content: bytes, actor: Actor) -> Document:
    with translation.override(language):
        title = str(kind.title(record))
    file = files.keep_bytes(
        purpose=DOCUMENT, name=f"{title}.pdf", content=content, content_type=PDF, actor=actor
    )
    return file_paper(
        subject=kind.subject,
        subject_id=record.pk,
        kind=kind.kind,
        file=file,
        title=title,
        actor=actor,
    )


def _note(
    document: Document,
    kind: PaperKind,
    language: str,
    printed: papers.Printed,
    text: Text,
    seal: SealCertificate | None,
) -> Paper:
    if document.current is None:
        raise Conflict(_("The paper could not be filed."))
    return Paper.objects.create(
        document=document,
        code=kind.code,
        language=language,
        template=text.template,
        fields=[field.plain() for field in printed.fields],
        sha256=document.current.file.sha256,
        seal=seal,
        made_at=now(),
    )
