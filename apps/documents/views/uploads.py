"""Where files are chosen. They are announced over the API and sent straight to the store."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET
from forecourt.ui.files.hints import upload_hints

from apps.documents.file_purposes import DOCUMENT
from apps.documents.forms import AddForm
from apps.documents.queries.documents import get_document
from apps.documents.queries.records import record_at
from apps.documents.rules.types import file_codes
from apps.documents.subjects import Place
from forecourt.kernel.files import Limits
from forecourt.ui.access import requires

ADD = "documents.add_document"


@require_GET
@requires(ADD)
def document_add(request: HttpRequest, subject: str, subject_id: int) -> HttpResponse:
    """New documents of a record, several at once: one file, one document."""
    record_at(Place(subject, subject_id), request.actor)
    form = AddForm(
        actor=request.actor, subject=subject, initial={"folder": request.GET.get("folder", "")}
    )
    begin = reverse("api:documents")
    context = {
        "form": form,
        "begin": begin,
        "item": begin + "/{document.id}/versions/{version}",
        "values": json.dumps({"subject": subject, "subject_id": str(subject_id)}),
        "hints": upload_hints(DOCUMENT),
    }
    return render(request, "documents/_document_add.html", context)


@require_GET
@requires(ADD)
def version_add(request: HttpRequest, document_id: int) -> HttpResponse:
    """The next version of a document."""
    document = get_document(document_id=document_id, actor=request.actor)
    kind = document.kind
    begin = reverse("api:document_versions", args=[document_id])
    context = {
        "document": document,
        "begin": begin,
        "item": begin + "/{version}",
        "hints": upload_hints(
            DOCUMENT, Limits(file_codes(kind.types), kind.largest_megabytes * 2**20)
        ),
    }
    return render(request, "documents/_version_add.html", context)
