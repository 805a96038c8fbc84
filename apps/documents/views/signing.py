"""Having a paper signed: its fields, the pad on this screen, links for the customer's telephone."""

from __future__ import annotations

from typing import Any

import qrcode
import qrcode.image.svg
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_GET, require_POST

from apps.documents import actions
from apps.documents.actions.signing import SIGN, Signed
from apps.documents.forms_papers import AskSignatureForm, SignForm
from apps.documents.models import Paper
from apps.documents.queries.papers import content_of, fields_of, get_field, get_paper
from apps.documents.queries.pictures import page_count
from apps.documents.views.dialogs import posted
from forecourt.ui.access import requires
from forecourt.ui.forms import check_field
from forecourt.ui.responses import go_to


@require_GET
@requires("documents.view_document")
def paper_signing(request: HttpRequest, document_id: int) -> HttpResponse:
    """Who is to sign, who has, and how to go on."""
    paper = get_paper(document_id=document_id, actor=request.actor)
    context = _shown(paper) | {
        "fields": fields_of(paper),
        "may_sign": request.actor.can(SIGN) and paper.signed_at is None,
    }
    return render(request, "documents/paper_signing.html", context)


@requires(SIGN)
def sign_field(request: HttpRequest, document_id: int, field: str) -> HttpResponse:
    """The pad, on a screen that is handed to whoever signs."""
    paper = get_paper(document_id=document_id, actor=request.actor)
    state = get_field(paper, field)
    form = sign_form(request, paper, name=_name_for(paper, field))
    if form.is_valid():
        done = form.attempt(
            actions.sign_on_screen,
            document_id=document_id,
            field=field,
            signed=Signed(**form.cleaned_data),
            actor=request.actor,
        )
        if done is not None:
            address = reverse("documents:paper_signing", args=[document_id])
            return go_to(request, address, message=_t("Signed."))
    context = _shown(paper) | {"form": form, "state": state}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "documents/sign_field.html", context, status=status)


@requires(SIGN)
def signature_ask(request: HttpRequest, document_id: int, field: str) -> HttpResponse:
    """Make a link, and show it as a code or have it sent."""
    paper = get_paper(document_id=document_id, actor=request.actor)
    state = get_field(paper, field)
    signatory = actions.signatory_of(paper, field)
    form = AskSignatureForm(
        posted(request),
        actor=request.actor,
        can_send=signatory is not None,
        initial={"name": signatory.name if signatory else "", "channel": ""},
    )
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        made = form.attempt(
            actions.request_signature,
            document_id=document_id,
            field=field,
            actor=request.actor,
            **form.cleaned_data,
        )
        if made is not None:
            asked, address = made
            context = {"asked": asked, "address": address, "code": _qr_code(address)}
            return render(request, "documents/_signing_link.html", context | {"state": state})
    context = {
        "form": form,
        "title": _t("Link to sign"),
        "submit": _t("Make the link"),
        "text": state.label,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "documents/_dialog.html", context, status=status)


@require_POST
@requires(SIGN)
def signing_request_cancel(request: HttpRequest, signing_request_id: int) -> HttpResponse:
    paper = actions.cancel_signing_request(
        signing_request_id=signing_request_id, actor=request.actor
    )
    address = reverse("documents:paper_signing", args=[paper.pk])
    return go_to(request, address, message=_t("The link is taken back."))


def sign_form(request: HttpRequest, paper: Paper, *, name: str) -> SignForm:
    """The form beside the pad; what is shown is named in it, so that nothing else is signed."""
    initial = {"name": name, "shown_sha256": paper.sha256}
    return SignForm(posted(request), initial=initial)


def _shown(paper: Paper) -> dict[str, Any]:
    return {
        "paper": paper,
        "document": paper.document,
        "pages": range(1, page_count(content_of(paper)) + 1),
    }


def _name_for(paper: Paper, field: str) -> str:
    signatory = actions.signatory_of(paper, field)
    return signatory.name if signatory else ""


def _qr_code(text: str) -> SafeString:
    """An SVG of our own making, without any text of a person in it."""
    image = qrcode.make(text, image_factory=qrcode.image.svg.SvgPathImage, border=2)
    return mark_safe(image.to_string(encoding="unicode"))  # noqa: S308 - drawn from numbers
