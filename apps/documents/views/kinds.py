"""Kinds of documents, which a group keeps itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.documents import actions, subjects
from apps.documents.forms import KindForm
from apps.documents.queries.kinds import get_kind, kinds_with_counts
from apps.organisation import queries as organisation
from forecourt.ui.access import requires
from forecourt.ui.forms import check_field
from forecourt.ui.responses import go_to, render_page

VIEW = "documents.view_kind"
MANAGE = "documents.manage_kind"


@require_GET
@requires(VIEW)
def kind_list(request: HttpRequest) -> HttpResponse:
    roles = {role.code: role.name for role in organisation.list_roles()}
    labels = dict(subjects.choices())
    rows = [
        {
            "kind": kind,
            "count": kind.document_count,
            "roles": [roles.get(code, code) for code in kind.role_codes],
            "subjects": [labels[code] for code in kind.subjects if code in labels],
        }
        for kind in kinds_with_counts(request.actor)
    ]
    context = {"rows": rows, "may_manage": request.actor.can(MANAGE)}
    return render(request, "documents/kind_list.html", context)


@requires(MANAGE)
def kind_create(request: HttpRequest) -> HttpResponse:
    form = KindForm(request.POST or None, actor=request.actor)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        kind = form.attempt(actions.add_kind, actor=request.actor, **form.cleaned_data)
        if kind is not None:
            return go_to(request, "documents:kind_list", message=_("Kind of document saved."))
    context = {"form": form, "kind": None}
    return render_page(request, "documents/kind_form.html", "documents/_kind_form.html", context)


@requires(MANAGE)
def kind_edit(request: HttpRequest, document_kind_id: int) -> HttpResponse:
    kind = get_kind(kind_id=document_kind_id, actor=request.actor)
    form = KindForm(request.POST or None, actor=request.actor, initial=KindForm.initial_of(kind))
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        changed = form.attempt(
            actions.change_kind, kind_id=kind.pk, actor=request.actor, **form.cleaned_data
        )
        if changed is not None:
            return go_to(request, "documents:kind_list", message=_("Kind of document saved."))
    context = {"form": form, "kind": kind}
    return render_page(request, "documents/kind_form.html", "documents/_kind_form.html", context)


@require_POST
@requires(MANAGE)
def kind_remove(request: HttpRequest, document_kind_id: int) -> HttpResponse:
    actions.remove_kind(kind_id=document_kind_id, actor=request.actor)
    return go_to(request, "documents:kind_list", message=_("The kind of document is gone."))
