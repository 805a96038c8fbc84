"""A person's papers erased on her request: what would go, and the proof of what went."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.documents import actions, subjects
from apps.documents.forms import ReasonForm
from apps.documents.queries.erasures import get_erasure
from apps.documents.queries.kinds import kind_name
from apps.documents.views.dialogs import posted
from apps.organisation import logbook
from forecourt.ui.access import requires
from forecourt.ui.forms import check_field
from forecourt.ui.responses import go_to, render_page

ERASE = "documents.erase_papers"


@requires(ERASE)
def papers_erase(request: HttpRequest, subject: str, subject_id: int) -> HttpResponse:
    papers = actions.papers_of(subject=subject, subject_id=subject_id, actor=request.actor)
    person = subjects.subject_of(subject)
    record = person.get(subject_id, request.actor)
    form = ReasonForm(posted(request), actor=request.actor)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        proof = form.attempt(
            actions.erase_papers,
            subject=subject,
            subject_id=subject_id,
            actor=request.actor,
            **form.cleaned_data,
        )
        if proof is not None:
            message = _("The papers are erased.")
            return go_to(request, "documents:erasure_proof", proof.pk, message=message)
    context = {
        "form": form,
        "papers": papers,
        "record": record,
        "person": person,
        "back": reverse(person.page, args=[subject_id]) + "?tab=documents",
    }
    return render_page(
        request, "documents/papers_erase.html", "documents/_papers_erase.html", context
    )


@require_GET
@requires(ERASE)
def erasure_proof(request: HttpRequest, erasure_id: int) -> HttpResponse:
    """The proof of an erasure, to print or to keep."""
    entry = get_erasure(erasure_id=erasure_id, actor=request.actor)
    context = {
        "entry": entry,
        "back": f"{logbook.subject_url(entry)}?tab=documents",
        "reason": entry.changes["reason"][1],
        # Older proofs name the two lists without the sign that keeps them out of the history.
        "erased": _told(entry.changes.get("_erased", entry.changes.get("erased", []))),
        "kept": _told(entry.changes.get("_kept", entry.changes.get("kept", []))),
    }
    return render(request, "documents/erasure_proof.html", context)


def _told(papers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            **paper,
            "kind_name": kind_name(paper["kind"]),
            "added": dt.date.fromisoformat(paper["added"]),
        }
        for paper in papers
    ]
