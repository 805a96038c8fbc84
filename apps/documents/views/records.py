"""The documents of one record: a part of the record's own page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.documents import subjects
from apps.documents.models import Document
from apps.documents.queries.documents import documents_of, folders_of, latest_versions, may
from apps.documents.queries.kinds import kinds_to_choose
from apps.documents.queries.records import find_records, record_at
from apps.documents.rules.states import DocumentState
from apps.documents.subjects import Place
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound
from forecourt.ui.access import requires
from forecourt.ui.forms import combobox_options

VIEW = "documents.view_document"
SHOWN_AT_MOST = 200


@require_GET
@requires(VIEW)
def panel(request: HttpRequest, subject: str, subject_id: int) -> HttpResponse:
    """The documents of a record, by folder; asked for again while some are being checked."""
    actor, place = request.actor, Place(subject, subject_id)
    declared = subjects.find(subject)
    if declared is None:
        raise NotFound(_("There are no such records."))
    record_at(place, actor)
    folder = request.GET.get("folder", "")
    folders = folders_of(place, actor)
    rows = list(
        documents_of(place, actor).filter(folder=folder).order_by("-id")[: SHOWN_AT_MOST + 1]
    )
    documents = rows[:SHOWN_AT_MOST]
    context = {
        "place": place,
        "folder": folder,
        "folders": _below(folder, folders),
        "crumbs": _crumbs(folder),
        "entries": _entries(documents, actor),
        "has_more": len(rows) > SHOWN_AT_MOST,
        "is_waiting": any(row.state == DocumentState.CHECKING for row in documents),
        "kinds": kinds_to_choose(actor, subject),
        "may_add": actor.can("documents.add_document"),
        "may_erase": declared.is_person and actor.can("documents.erase_papers"),
    }
    return render(request, "documents/_panel.html", context)


def _entries(documents: Iterable[Document], actor: Actor) -> list[dict[str, Any]]:
    """Each document with its file and what the actor may do with it."""
    documents = list(documents)
    latest = latest_versions(documents)
    return [
        {
            "document": row,
            "version": row.current or latest.get(row.pk),
            "may_change": may(actor, "documents.change_document", row),
            "may_remove": may(actor, "documents.remove_document", row),
            "may_hold": may(actor, "documents.hold_document", row),
        }
        for row in documents
    ]


def _below(folder: str, folders: Iterable[tuple[str, int]]) -> list[tuple[str, str, int]]:
    """The folders directly within one: path, name, documents in it and below."""
    start = f"{folder}/" if folder else ""
    counts: dict[str, int] = {}
    for path, count in folders:
        if path.startswith(start) and path != folder:
            name = path[len(start) :].partition("/")[0]
            counts[name] = counts.get(name, 0) + count
    return [(f"{start}{name}", name, count) for name, count in sorted(counts.items())]


def _crumbs(folder: str) -> list[tuple[str, str]]:
    """The way to a folder: path and name of each step."""
    parts = folder.split("/") if folder else []
    return [("/".join(parts[: at + 1]), part) for at, part in enumerate(parts)]


@require_GET
@requires("documents.change_document")
def record_options(request: HttpRequest) -> HttpResponse:
    """Records that a document can belong to, for the search field of the dialog."""
    found = find_records(request.GET.get("q", "")[:100], request.actor)
    return combobox_options(
        request,
        [
            (f"{subject.code}:{row.pk}", subject.describe(row), str(subject.label))
            for subject, row in found
        ],
    )
