"""The papers that modules make from records: what they say, for whom, and the delivered texts.

A module declares its papers in its ``document_papers.py``, which is imported when it starts::

    register_paper(
        PaperKind(
            code="vehicles.transfer_slip",
            label=_("Transfer slip"),
            subject="vehicles.transfer",          # of apps.documents.subjects
            kind="transfer_slip",                 # the kind of document that it becomes
            vocabulary=Vocabulary(placeholders=(…), rows=(…), signers=(…)),
            facts=facts_of_transfer,              # (record, actor) -> texts, in the active language
            title=lambda transfer: …,
            texts=Path(__file__).parent / "papers",
        )
    )

The delivered texts lie in ``texts`` as ``transfer_slip.zh-hans.md`` and ``transfer_slip.en.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.documents.subjects import DocumentSubject, subject_of
from forecourt.kernel.errors import NotFound
from forecourt.kernel.papers.vocabulary import Facts, Placeholder, Vocabulary

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from forecourt.kernel.access import Actor

OF_THE_HOUSE = (
    Placeholder("group.name", _("Name of the group"), _("Huadong Motors")),
    Placeholder("store.name", _("Name of the store"), _("Pudong store")),
    Placeholder("store.address", _("Address of the store"), _("1888 Jinke Road, Shanghai")),
    Placeholder("store.phone", _("Telephone of the store"), "021-5555 0188"),
    Placeholder("company.name", _("Company of the store"), _("Huadong Motors Pudong Ltd.")),
    Placeholder("company.code", _("Tax number of the company"), "91310115MA1K000000"),
    Placeholder("maker.name", _("Who makes the paper"), _("Wang Fang")),
    Placeholder("today", _("Today"), "2026-05-04"),
)
"""What every paper may speak of."""


@dataclass(frozen=True, slots=True)
class Signatory:
    """The customer whom a paper concerns: an audience of notifications and her id in it."""

    audience: str
    customer_id: int
    name: str


def nobody(_record: Any) -> Signatory | None:
    return None


def no_brand(_record: Any) -> str:
    return ""


@dataclass(frozen=True)
class PaperKind:
    """A paper that can be made of records of one kind.

    ``facts`` answers texts in the language that is active, with masked values as the actor sees
    them. ``signatory`` is whom a link to sign may be sent to, ``signed_by`` the signer's code that
    stands for her. ``is_sealed`` is how the delivered text is kept.
    """

    code: str
    label: str | Promise
    subject: str
    kind: str
    vocabulary: Vocabulary
    facts: Callable[[Any, Actor], Facts]
    title: Callable[[Any], str]
    texts: Path
    brand_of: Callable[[Any], str] = no_brand
    signatory: Callable[[Any], Signatory | None] = nobody
    signed_by: str = "customer"
    is_sealed: bool = False

    @property
    def of(self) -> DocumentSubject:
        return subject_of(self.subject)

    @cached_property
    def words(self) -> Vocabulary:
        """What its templates may name: its own facts, and those of the house."""
        own = self.vocabulary
        return replace(own, placeholders=(*own.placeholders, *OF_THE_HOUSE))

    def delivered(self, language: str) -> str:
        """The text that came with the product."""
        name = f"{self.code.partition('.')[2]}.{language}.md"
        return (self.texts / name).read_text(encoding="utf-8")


_papers: dict[str, PaperKind] = {}


def register_paper(*papers: PaperKind) -> None:
    for paper in papers:
        if paper.code in _papers:
            raise ValueError(f"The paper {paper.code} is declared twice.")
        _papers[paper.code] = paper


def declared_papers() -> list[PaperKind]:
    return sorted(_papers.values(), key=lambda paper: paper.code)


def find_paper(code: str) -> PaperKind | None:
    return _papers.get(code)


def paper_of(code: str) -> PaperKind:
    """Raises NotFound for a paper that no module declares."""
    found = _papers.get(code)
    if found is None:
        raise NotFound(_t("There is no such paper."))
    return found


def papers_for(subject: str) -> list[PaperKind]:
    """What can be made of records of a kind."""
    return [paper for paper in declared_papers() if paper.subject == subject]
