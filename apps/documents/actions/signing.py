"""Signing papers: on a screen in the store, or by a link on the customer's own telephone.

Each signature adds a mark to the bytes that the signer was shown; the last one adds a page of
evidence and the group's seal. Whoever signs is shown a hash of the bytes, and what she sends names
it: nothing that was changed in between can be signed.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.documents import papers as registry
from apps.documents.actions.adding import file_next_paper
from apps.documents.actions.evidence import evidence_pages
from apps.documents.actions.sealing import certificate_to_seal_with, sealed
from apps.documents.events import PaperSigned
from apps.documents.file_purposes import DOCUMENT
from apps.documents.models import Paper, PaperSignature, SigningRequest
from apps.documents.notifications import LINK_TO_SIGN, PAPER_SIGNED
from apps.documents.papers import Signatory
from apps.documents.queries.papers import (
    FieldState,
    content_of,
    find_signing_request,
    get_field,
    get_paper,
)
from apps.documents.rules.papers import LINK_LIVES, SigningState, SigningWay
from apps.documents.rules.signing_links import signing_address, signing_token, token_digest
from apps.notifications.actions import notify, send_to_customer
from apps.notifications.queries import why_unreachable
from forecourt.kernel import audit, events, files, papers
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.db.rows import draw_keys
from forecourt.kernel.errors import Conflict, Invalid, NotFound

PDF = "application/pdf"
SIGN = "documents.sign_paper"
CHANNELS = ("sms", "email")
PAD_RATIO = 3.0
"""How many times the pad of our pages is as wide as it is high."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signer sent: name, strokes as JSON (none: the typed name signs), the hash shown."""

    name: str
    strokes: str
    has_agreed: bool
    shown_sha256: str


@transaction.atomic
def sign_on_screen(*, document_id: int, field: str, signed: Signed, actor: Actor) -> Paper:
    """Take a signature that was given on this person's screen.

    Raises NotPermitted, NotFound, Invalid beside a field, or Conflict: it is signed already, or is
    not what was shown.
    """
    actor.require(SIGN)
    get_paper(document_id=document_id, actor=actor)
    paper = _lock(document_id)
    return _sign(paper, field, signed, way=SigningWay.SCREEN, actor=actor)


@transaction.atomic
def sign_by_link(*, token: str, signed: Signed, address: str | None, device: str) -> Paper:
    """Take the signature of somebody who has the link; it is used up by it.

    Raises NotFound for a link that is not valid (any more), else as :func:`sign_on_screen`.
    """
    found = find_signing_request(token)
    paper = _lock(found.paper_id)
    request = SigningRequest.objects.select_for_update().get(pk=found.pk)
    if request.state != SigningState.WAITING:
        raise NotFound(_("This link is not valid any more."))
    signer = Actor(
        user_id=None,
        staff_id=None,
        name=request.name,
        address=address,
        device=device,
        channel="link",
        is_system=True,
    )
    _sign(paper, request.field, signed, way=SigningWay.LINK, actor=signer, request=request)
    request.state = SigningState.SIGNED
    request.save(update_fields=["state"])
    return paper


@transaction.atomic
def request_signature(
    *, document_id: int, field: str, name: str, actor: Actor, channel: str = ""
) -> tuple[SigningRequest, str]:
    """Make a link to sign one field, valid for three days; answers it and its address.

    An earlier link for the field is taken back. With ``channel`` the link is sent to the customer
    whom the paper concerns, who must have agreed to that channel. Raises NotPermitted, NotFound,
    Invalid or Conflict.
    """
    actor.require(SIGN)
    get_paper(document_id=document_id, actor=actor)
    paper = _lock(document_id)
    wanted = _open_field(paper, field)
    content_of(paper)
    if channel and channel not in CHANNELS:
        raise Invalid(_("Choose one of the list."), field="channel")
    _take_back(paper, field)
    request = SigningRequest(
        paper=paper,
        field=field,
        name=papers.require_name(name),
        channel=channel,
        made_by_id=actor.staff_id,
        made_at=now(),
        expires_at=now() + LINK_LIVES,
    )
    draw_keys([request])
    request.token_digest = token_digest(signing_token(request.pk))
    request.save(force_insert=True)
    if channel:
        _send(request, paper, actor)
    sent = {"field": wanted.label, "name": request.name, "channel": channel}
    audit.record(actor, "signature asked", paper.document, sent)
    return request, signing_address(request.pk)


@transaction.atomic
def cancel_signing_request(*, signing_request_id: int, actor: Actor) -> Paper:
    """Take a link back. Raises NotPermitted, NotFound or Conflict (it has been used)."""
    actor.require(SIGN)
    found = SigningRequest.objects.filter(pk=signing_request_id).first()
    if found is None:
        raise NotFound(_("No such request to sign."))
    get_paper(document_id=found.paper_id, actor=actor)
    paper = _lock(found.paper_id)
    request = paper.requests.select_for_update().get(pk=found.pk)
    if request.state != SigningState.WAITING:
        raise Conflict(_("This link has been used or taken back already."))
    request.state = SigningState.CANCELLED
    request.save(update_fields=["state"])
    audit.record(actor, "signature no longer asked", paper.document, {"name": request.name})
    return paper


def note_opened(request: SigningRequest) -> None:
    """Remember when a link was first opened."""
    SigningRequest.objects.filter(pk=request.pk, opened_at__isnull=True).update(opened_at=now())


def _sign(
    paper: Paper,
    field: str,
    signed: Signed,
    *,
    way: SigningWay,
    actor: Actor,
    request: SigningRequest | None = None,
) -> Paper:
    state = _open_field(paper, field)
    name = papers.require_name(signed.name)
    strokes = papers.read_strokes(signed.strokes)
    if not signed.has_agreed:
        raise Invalid(_("Please say that you have read the paper and agree."), field="has_agreed")
    content = content_of(paper)
    if signed.shown_sha256 != paper.sha256:
        raise Conflict(_("The paper has changed since it was shown. Please read it again."))
    at = now()
    signature = PaperSignature(
        paper=paper,
        field=field,
        name=name,
        way=way,
        is_drawn=bool(strokes),
        consent=_consent(paper.language),
        shown_sha256=paper.sha256,
        shown_size=len(content),
        signed_at=at,
        address=actor.address,
        device=actor.device[:200],
        request=request,
        witness_id=actor.staff_id,
    )
    try:
        with transaction.atomic():
            signature.save()
    except IntegrityError as error:
        raise Conflict(_("This field has been signed already.")) from error
    if way == SigningWay.SCREEN:
        _take_back(paper, field)
    words = f"{timezone.localtime(at):%Y-%m-%d %H:%M} · {paper.sha256[:16]}"
    mark = papers.Mark(name=name, words=words, strokes=strokes, ratio=PAD_RATIO)
    content = papers.put_mark(content, state.place, mark, language=paper.language, at=at)
    if paper.signatures.count() == len(paper.fields):
        content = _finished(paper, content, actor)
    _keep(paper, content, actor)
    shown = {"field": state.label, "name": name, "way": way, "shown": signature.shown_sha256}
    audit.record(actor, "signed", paper.document, shown)
    _tell(paper, signature, actor)
    return paper


def _finished(paper: Paper, content: bytes, actor: Actor) -> bytes:
    """With the page of evidence, and sealed."""
    paper.seal = certificate_to_seal_with(actor=actor)
    paper.signed_at = now()
    longer = papers.append_pages(content, evidence_pages(paper))
    with translation.override(paper.language):
        reason = _("Signed by all")
    return sealed(longer, certificate=paper.seal, reason=reason)


def _keep(paper: Paper, content: bytes, actor: Actor) -> None:
    current = paper.document.current
    file = files.keep_bytes(
        purpose=DOCUMENT,
        name=current.file.name if current else "paper.pdf",
        content=content,
        content_type=PDF,
        actor=actor,
    )
    with translation.override(paper.language):
        note = _("Signed") if paper.signed_at else _("Signed in part")
    file_next_paper(document_id=paper.document_id, file=file, actor=actor, note=note)
    paper.sha256 = file.sha256
    paper.save(update_fields=["sha256", "seal", "signed_at"])


def _tell(paper: Paper, signature: PaperSignature, actor: Actor) -> None:
    document = paper.document
    events.publish(PaperSigned(document.pk, signature.field, paper.signed_at is not None))
    if document.added_by_id is not None:
        notify(
            PAPER_SIGNED,
            recipients={document.added_by_id},
            subject=document,
            values={"paper": document.title, "name": signature.name},
            key=str(signature.pk),
            store_id=document.store_id,
            actor=actor,
        )


def _send(request: SigningRequest, paper: Paper, actor: Actor) -> None:
    signatory = signatory_of(paper, request.field)
    if signatory is None:
        raise Invalid(
            _("The link cannot be sent: the paper names no customer. Show the code instead."),
            field="channel",
        )
    why = why_unreachable(
        audience=signatory.audience,
        customer_id=signatory.customer_id,
        channel_code=request.channel,
    )
    if why:
        raise Invalid(
            _("The link cannot be sent: %(why)s. Show the code instead.") % {"why": why},
            field="channel",
        )
    send_to_customer(
        LINK_TO_SIGN,
        audience=signatory.audience,
        customer_id=signatory.customer_id,
        channel_code=request.channel,
        values={"paper": paper.document.title, "name": request.name, "request": request.pk},
        key=f"signing:{request.pk}",
        actor=actor,
        subject=paper.document,
        store_id=paper.document.store_id,
    )


def signatory_of(paper: Paper, field: str) -> Signatory | None:
    """The customer who signs a field, as the paper's module knows her."""
    kind = registry.find_paper(paper.code)
    if kind is None or kind.signed_by != field:
        return None
    link = paper.document.links.filter(subject=kind.subject).first()
    record = kind.of.rows(system_actor()).filter(pk=link.subject_id).first() if link else None
    return kind.signatory(record) if record is not None else None


def _take_back(paper: Paper, field: str) -> None:
    waiting = paper.requests.filter(field=field, state=SigningState.WAITING)
    waiting.update(state=SigningState.CANCELLED)


def _open_field(paper: Paper, field: str) -> FieldState:
    state = get_field(paper, field)
    if state.signature is not None:
        raise Conflict(_("This field has been signed already."))
    return state


def _lock(document_id: int) -> Paper:
    return (
        Paper.objects.select_related("document__current__file")
        .select_for_update(of=("self",))
        .get(pk=document_id)
    )


def _consent(language: str) -> str:
    """What the signer agreed to, in the paper's language."""
    with translation.override(language):
        return _("I have read this paper and agree to it; my signature on this screen binds me.")
