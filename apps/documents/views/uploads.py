"""Where files are chosen. They are announced over the API and sent straight to the store."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.views.decorators.http import require_GET

from apps.documents.file_purposes import DOCUMENT
from apps.documents.forms import AddForm
from apps.documents.models import DocumentKind
from apps.documents.queries.documents import get_document
from apps.documents.queries.kinds import kinds_to_choose
from apps.documents.queries.records import record_at
from apps.documents.rules.types import file_codes
from apps.documents.subjects import Place
from forecourt.kernel.files import Limits
from forecourt.ui.access import requires
from forecourt.ui.files.hints import upload_hints

ADD = "documents.add_document"


@require_GET
@requires(ADD)
def document_add(request: HttpRequest, subject: str, subject_id: int) -> HttpResponse:
    """New documents of a record, several at once: one file, one document. ``kind`` is the code of
    the kind that is chosen at first."""
    record_at(Place(subject, subject_id), request.actor)
    kinds = kinds_to_choose(request.actor, subject)
    wanted = request.GET.get("kind", "")
    kinds.sort(key=lambda kind: kind.code != wanted)
    form = AddForm(
        actor=request.actor,
        subject=subject,
        initial={
            "folder": request.GET.get("folder", ""),
            "kind_id": kinds[0].pk if kinds and kinds[0].code == wanted else None,
        },
    )
    begin = reverse("api:documents")
    context = {
        "form": form,
        "begin": begin,
        "item": begin + "/{document.id}/versions/{version}",
        "values": json.dumps({"subject": subject, "subject_id": str(subject_id)}),
        "hints": upload_hints(DOCUMENT, _limits(kinds)) | {"help": _help(kinds[:1])},
    }
    return render(request, "documents/_document_add.html", context)


@require_GET
@requires(ADD)
def files_taken(request: HttpRequest) -> HttpResponse:
    """What files the kind takes that has been chosen for new documents, in words."""
    chosen = request.GET.get("kind_id", "")
    kinds = [kind for kind in kinds_to_choose(request.actor) if str(kind.pk) == chosen]
    return HttpResponse(escape(_help(kinds)))


@require_GET
@requires(ADD)
def version_add(request: HttpRequest, document_id: int) -> HttpResponse:
    """The next version of a document."""
    document = get_document(document_id=document_id, actor=request.actor)
    begin = reverse("api:document_versions", args=[document_id])
    context = {
        "document": document,
        "begin": begin,
        "item": begin + "/{version}",
        "hints": upload_hints(DOCUMENT, _limits([document.kind])),
    }
    return render(request, "documents/_version_add.html", context)


def _help(kinds: list[DocumentKind]) -> str:
    return str(upload_hints(DOCUMENT, _limits(kinds))["help"]) if kinds else ""


def _limits(kinds: Iterable[DocumentKind]) -> Limits:
    """What at least one of the kinds takes; which of them does, its own rules say."""
    kinds = list(kinds)
    types = dict.fromkeys(code for kind in kinds for code in file_codes(kind.types))
    largest = max((kind.largest_megabytes for kind in kinds), default=0)
    return Limits(tuple(types), largest * 2**20)
