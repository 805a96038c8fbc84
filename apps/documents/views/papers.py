"""Making a paper of a record, its pages as pictures, and the group's seal."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from apps.documents import actions
from apps.documents.forms_papers import MakePaperForm
from apps.documents.papers import paper_of
from apps.documents.queries.papers import content_of, get_paper
from apps.documents.queries.pictures import picture_of
from apps.documents.queries.seals import list_certificates
from apps.documents.views.dialogs import posted
from forecourt.ui.access import requires
from forecourt.ui.forms import check_field
from forecourt.ui.responses import go_to


@requires("documents.add_document")
def paper_make(request: HttpRequest, code: str, subject_id: int) -> HttpResponse:
    """Ask for the language, make the paper, show it."""
    kind = paper_of(code)
    record = kind.of.get(subject_id, request.actor)
    form = MakePaperForm(
        posted(request), actor=request.actor, initial={"language": request.actor.language}
    )
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        document = form.attempt(
            actions.make_paper,
            code=code,
            subject_id=subject_id,
            actor=request.actor,
            **form.cleaned_data,
        )
        if document is not None:
            address = reverse("documents:document_detail", args=[document.pk])
            return go_to(request, address, message=_t("The paper is made."))
    context = {
        "form": form,
        "title": kind.label,
        "submit": _t("Make"),
        "text": kind.of.describe(record),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "documents/_dialog.html", context, status=status)


@require_GET
@cache_control(private=True, max_age=0)
@requires("documents.view_document")
def paper_page(request: HttpRequest, document_id: int, number: int) -> HttpResponse:
    """A page of the paper as it stands now."""
    paper = get_paper(document_id=document_id, actor=request.actor)
    picture = picture_of(content_of(paper), number)
    actions.note_page(document=paper.document, actor=request.actor)
    return HttpResponse(picture, content_type="image/png")


@require_GET
@requires("documents.view_template")
def seal_detail(request: HttpRequest) -> HttpResponse:
    """The certificates that papers are sealed with."""
    return render(request, "documents/seal_detail.html", {"rows": list_certificates(request.actor)})


@require_GET
@requires("documents.view_template")
def seal_certificate(request: HttpRequest) -> HttpResponse:
    """All certificates as one file, for whoever wants to check seals without us."""
    text = "".join(row.certificate for row in list_certificates(request.actor))
    answer = HttpResponse(text, content_type="application/x-pem-file")
    answer["Content-Disposition"] = 'attachment; filename="seal.pem"'
    return answer
