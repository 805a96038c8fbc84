"""The last page of a signed paper: who signed what, how, when and from where."""

from __future__ import annotations

from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.documents import papers as registry
from apps.documents.models import Paper, PaperSignature
from apps.documents.queries.papers import labels_of
from forecourt.kernel import papers
from forecourt.kernel.clock import now
from forecourt.kernel.groups import current_group
from forecourt.ui import branding

TEXT = """# TITLE

{{about}}

| ITEM | RECORDED |
|---|-------|
| {{rows.what}} | {{rows.said}} |

{{closing}}
"""
WORDS = papers.Vocabulary(
    placeholders=(papers.Placeholder("about", ""), papers.Placeholder("closing", "")),
    rows=(
        papers.Rows("rows", "", (papers.Placeholder("what", ""), papers.Placeholder("said", ""))),
    ),
)


def evidence_pages(paper: Paper) -> bytes:
    """As a PDF of its own, in the paper's language."""
    with translation.override(paper.language):
        labels = labels_of(registry.find_paper(paper.code), paper.language)
        rows = [
            row for signature in paper.signatures.order_by("signed_at", "pk")
            for row in _rows(signature, labels)
        ]  # fmt: skip
        group = current_group()
        title = _("Record of signing")
        item, recorded = _("Item"), _("Recorded")
        text = TEXT.replace("TITLE", title).replace("ITEM", item).replace("RECORDED", recorded)
        facts = {
            "about": _("This page belongs to the paper “%(paper)s” and is part of the sealed file.")
            % {"paper": paper.document.title},
            "rows": rows,
            "closing": _(
                "The hash is the SHA-256 of the file as it was shown to the signer; that file is "
                "the beginning of this one, so many bytes long as stated. The seal on the whole "
                "file fails as soon as one byte is changed."
            ),
        }
    return papers.render(
        text,
        facts,
        WORDS,
        language=paper.language,
        title=title,
        look=papers.Look(name=branding.title_of(group) if group else ""),
        foot=paper.document.title,
        made_at=now(),
    ).content


def _rows(signature: PaperSignature, labels: dict[str, str]) -> list[dict[str, Any]]:
    signed_at = timezone.localtime(signature.signed_at)
    drawn = _("drawn by hand") if signature.is_drawn else _("typed")
    said = [
        (labels.get(signature.field, signature.field), f"{signature.name} ({drawn})"),
        (_("When"), f"{signed_at:%Y-%m-%d %H:%M:%S %z}"),
        (_("Way of signing"), str(signature.get_way_display())),
        (_("Address and device"), f"{signature.address or '–'} · {signature.device or '–'}"),
        (_("Agreed to"), signature.consent),
        (_("Hash of what was shown"), _in_groups(signature.shown_sha256)),
        (_("Its length in bytes"), f"{signature.shown_size:,}"),
    ]
    if signature.witness is not None:
        said.insert(3, (_("Screen held by"), signature.witness.name))
    return [{"what": what, "said": text} for what, text in said]


def _in_groups(digest: str) -> str:
    """A hash as people compare it, eight digits at a time."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))
