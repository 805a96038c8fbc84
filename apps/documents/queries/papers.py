"""Papers made from templates: what is to be signed in them, and by whom it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from apps.documents import papers as registry
from apps.documents.models import Document, Paper, PaperSignature, SigningRequest
from apps.documents.papers import PaperKind
from apps.documents.queries.documents import get_document
from apps.documents.rules.papers import SigningState
from apps.documents.rules.signing_links import token_digest
from forecourt.kernel import files
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, NotFound
from forecourt.kernel.papers.vocabulary import SignatureField


@dataclass(frozen=True, slots=True)
class FieldState:
    """One field of a paper: who is to sign it, who did, and the link that is out for it."""

    code: str
    label: str
    place: SignatureField
    signature: PaperSignature | None = None
    request: SigningRequest | None = None


def get_paper(*, document_id: int, actor: Actor) -> Paper:
    """The paper that a document is, if the actor sees the document. Raises NotFound."""
    document = get_document(document_id=document_id, actor=actor)
    paper = Paper.objects.select_related("seal", "template").filter(document=document).first()
    if paper is None:
        raise NotFound(_("This document was not made from a template."))
    paper.document = document
    return paper


def paper_of_document(document: Document) -> Paper | None:
    return Paper.objects.select_related("seal").filter(document=document.pk).first()


def is_signed(document_id: int) -> bool:
    """Whether anybody has signed it: from then on it stays byte by byte as it is."""
    return PaperSignature.objects.filter(paper=document_id).exists()


def require_unsigned(document: Document) -> None:
    """Raises Conflict for a paper that somebody has signed."""
    if is_signed(document.pk):
        raise Conflict(_("It has been signed and stays as it is."))


def fields_of(paper: Paper) -> list[FieldState]:
    """In the order in which they stand on the paper."""
    labels = labels_of(registry.find_paper(paper.code), paper.language)
    signed = {row.field: row for row in paper.signatures.select_related("witness")}
    waiting = {
        row.field: row
        for row in paper.requests.filter(state=SigningState.WAITING, expires_at__gt=now())
    }
    places = [SignatureField.read(values) for values in paper.fields]
    return [
        FieldState(
            place.name,
            labels.get(place.name, place.name),
            place,
            signed.get(place.name),
            waiting.get(place.name),
        )
        for place in places
    ]


def labels_of(kind: PaperKind | None, language: str) -> dict[str, str]:
    """What the fields are called on the paper."""
    if kind is None:
        return {}
    with translation.override(language):
        return {signer.code: str(signer.label) for signer in kind.vocabulary.signers}


def get_field(paper: Paper, code: str) -> FieldState:
    """Raises NotFound."""
    found = next((field for field in fields_of(paper) if field.code == code), None)
    if found is None:
        raise NotFound(_("There is no such field to sign."))
    return found


def content_of(paper: Paper) -> bytes:
    """The newest bytes that were made of a paper. Raises Conflict when the document has others."""
    document = Document.objects.select_related("current__file").get(pk=paper.document_id)
    if document.current is None or document.current.file.sha256 != paper.sha256:
        raise Conflict(
            _("The document has another version by now, which cannot be signed here. Make it anew.")
        )
    with files.opened(document.current.file) as file:
        return bytes(file.read())


def find_signing_request(token: str) -> SigningRequest:
    """A link that can still be used. Raises NotFound for every other."""
    row = (
        SigningRequest.objects.select_related("paper__document__current__file")
        .filter(token_digest=token_digest(token), state=SigningState.WAITING, expires_at__gt=now())
        .first()
    )
    if row is None:
        raise NotFound(_("This link is not valid any more."))
    return row


def facts_of_house(store: Any) -> dict[str, str]:
    """What papers say of the store and its company."""
    company = store.legal_entity
    return {
        "store.name": store.name,
        "store.address": store.address,
        "store.phone": store.phone,
        "company.name": company.name,
        "company.code": company.tax_number,
    }
