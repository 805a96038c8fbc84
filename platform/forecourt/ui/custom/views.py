"""The page on which fields are defined, and what belongs to one record's values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from forecourt.kernel.custom_fields import actions, files, queries
from forecourt.kernel.custom_fields.definition import Definition, Kind, definition_of
from forecourt.kernel.custom_fields.errors import BlockingRow, ValuesClash, ValuesDoNotConvert
from forecourt.kernel.custom_fields.hosts import Host, all_hosts, get_host
from forecourt.kernel.errors import DomainError, NotFound
from forecourt.kernel.models import CustomField, Job
from forecourt.ui import forms
from forecourt.ui.access import requires, signed_in
from forecourt.ui.custom.admin_forms import FieldForm, KindForm, kind_in
from forecourt.ui.custom.forms import ValuesForm
from forecourt.ui.custom.inputs import input_for
from forecourt.ui.responses import done_in_dialog, go_to

MANAGE = actions.MANAGE


@dataclass(frozen=True)
class FieldRow:
    """A field on the page, with what its last background work is or has left."""

    field: CustomField
    definition: Definition
    job: Job | None = None

    @property
    def is_blocked(self) -> bool:
        return self.job is not None and bool(self.job.result.get("blocking"))


@require_GET
@requires(MANAGE)
def home(request: HttpRequest) -> HttpResponse:
    hosts = all_hosts()
    wanted = request.GET.get("host")
    host = next((host for host in hosts if host.name == wanted), hosts[0])
    jobs = queries.last_jobs()
    rows = [
        FieldRow(field, definition_of(field), jobs.get(field.pk))
        for field in _fields(request, host)
    ]
    context = {
        "hosts": hosts,
        "host": host,
        "active": [row for row in rows if row.field.is_active],
        "retired": [row for row in rows if not row.field.is_active],
        "list_url": reverse(host.list_url_name),
    }
    return render(request, "custom/home.html", context)


def _fields(request: HttpRequest, host: Host) -> Iterable[CustomField]:
    found = queries.list_fields(request.actor).filter(host=host.name)
    return found.order_by("sequence", "id")


@requires(MANAGE)
def add(request: HttpRequest) -> HttpResponse:
    """The dialog of a new field; choosing another kind asks for it again."""
    host = get_host(request.POST.get("host") or request.GET.get("host") or "customer")
    kind = kind_in(request.POST or request.GET)
    initial = {"kind": kind, "is_indexed": True, **FieldForm.typed(request.GET)}
    form = FieldForm(request.POST or None, actor=request.actor, kind=kind, initial=initial)
    if answer := forms.check_field(request, form):
        return answer
    if form.is_valid():
        made = form.attempt(
            actions.add_field,
            host=host.name,
            code=form.code_for_it(),
            kind=kind,
            actor=request.actor,
            **form.values(),
        )
        if made is not None:
            return done_in_dialog(request, message=_("The field is there."))
    title = _("New field: %(host)s") % {"host": host.label}
    return _dialog(request, form, title=title, host=host, action=reverse("custom_fields:add"))


@requires(MANAGE)
def edit(request: HttpRequest, field_id: int) -> HttpResponse:
    field = queries.get_field(field_id=field_id, actor=request.actor)
    form = FieldForm(
        request.POST or None,
        actor=request.actor,
        kind=field.kind,
        field=field,
        initial=FieldForm.initial_of(field),
    )
    if answer := forms.check_field(request, form):
        return answer
    clashing: Sequence[BlockingRow] = ()
    if form.is_valid():
        try:
            changed = form.attempt(
                actions.change_field, field_id=field.pk, actor=request.actor, **form.values()
            )
        except ValuesClash as refusal:
            form.add_error("is_unique", refusal.message)
            changed, clashing = None, refusal.rows
        if changed is not None:
            return done_in_dialog(request, message=_("Saved."))
    return _dialog(
        request,
        form,
        title=definition_of(field).label,
        host=get_host(field.host),
        action=reverse("custom_fields:edit", args=[field.pk]),
        field=field,
        blocking=_linked(field, clashing),
    )


@requires(MANAGE)
def change_kind(request: HttpRequest, field_id: int) -> HttpResponse:
    """Another kind, where every value makes sense in it; else the rows that block."""
    field = queries.get_field(field_id=field_id, actor=request.actor)
    kind = kind_in(request.POST or request.GET, default=field.kind)
    url = reverse("custom_fields:kind", args=[field.pk])
    form = KindForm(
        request.POST or None,
        actor=request.actor,
        kind=kind,
        change_url=url,
        initial={"kind": kind},
    )
    blocking: Sequence[BlockingRow] = ()
    if form.is_valid():
        try:
            job = actions.change_kind(
                field_id=field.pk, kind=kind, options=form.options(), actor=request.actor
            )
        except (ValuesDoNotConvert, ValuesClash) as refusal:
            form.add_error("kind", refusal.message)
            blocking = refusal.rows
        except DomainError as refusal:
            if refusal.status not in (409, 422):
                raise
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            if job is not None:
                return go_to(request, "ui:job_detail", job.pk)
            return done_in_dialog(request, message=_("The field is of another kind now."))
    return _dialog(
        request,
        form,
        title=_("Kind of “%(name)s”") % {"name": definition_of(field).label},
        host=get_host(field.host),
        action=url,
        field=field,
        blocking=_linked(field, blocking),
        with_preview=False,
    )


def _dialog(
    request: HttpRequest,
    form: forms.Form,
    *,
    title: str,
    host: Host,
    action: str,
    field: CustomField | None = None,
    blocking: Sequence[Any] = (),
    with_preview: bool = True,
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "host": host,
        "action": action,
        "field": field,
        "blocking": blocking,
        "with_preview": with_preview,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "custom/_field_dialog.html", context, status=status)


def _linked(field: CustomField, rows: Iterable[BlockingRow]) -> list[tuple[str, BlockingRow]]:
    url_name = get_host(field.host).url_name
    return [(reverse(url_name, args=[row.row_id]), row) for row in rows]


@require_GET
@requires(MANAGE)
def blocking(request: HttpRequest, field_id: int) -> HttpResponse:
    """What the field's last background work found in its way."""
    field = queries.get_field(field_id=field_id, actor=request.actor)
    job = queries.last_jobs().get(field.pk)
    result = job.result if job is not None else {}
    rows = [BlockingRow(*row) for row in result.get("blocking", ())]
    context = {
        "title": definition_of(field).label,
        "job": job,
        "count": result.get("count", 0),
        "blocking": _linked(field, rows),
    }
    return render(request, "custom/_blocking_dialog.html", context)


@require_POST
@requires(MANAGE)
def retire(request: HttpRequest, field_id: int) -> HttpResponse:
    field = actions.retire_field(field_id=field_id, actor=request.actor)
    return _back(request, field.host, _("The field is retired; its values stay."))


@require_POST
@requires(MANAGE)
def restore(request: HttpRequest, field_id: int) -> HttpResponse:
    field = actions.restore_field(field_id=field_id, actor=request.actor)
    return _back(request, field.host, _("The field is back, with its values."))


@require_POST
@requires(MANAGE)
def delete(request: HttpRequest, field_id: int) -> HttpResponse:
    host = queries.get_field(field_id=field_id, actor=request.actor).host
    actions.delete_field(field_id=field_id, actor=request.actor)
    return _back(request, host, _("The field is deleted."))


def _back(request: HttpRequest, host: str, message: str) -> HttpResponse:
    return go_to(request, f"{reverse('custom_fields:home')}?host={host}", message=message)


@require_POST
@requires(MANAGE)
def order(request: HttpRequest) -> HttpResponse:
    """The fields in the order in which they were dragged."""
    ids = request.POST.getlist("field")
    if not all(text.isdigit() and len(text) < 19 for text in ids):
        raise BadRequest
    actions.order_fields(
        host=request.POST.get("host", ""),
        field_ids=[int(text) for text in ids],
        actor=request.actor,
    )
    return HttpResponse(status=204)


@require_POST
@requires(MANAGE)
def preview(request: HttpRequest) -> HttpResponse:
    """The field as it will stand on the form, from what is typed so far; writes nothing."""
    kind = kind_in(request.POST)
    form = FieldForm(request.POST, actor=request.actor, kind=kind)
    form.is_valid()
    typed = form.cleaned_data
    try:
        options = actions.checked_options(kind, form.options())
    except DomainError:
        options = {}
    definition = Definition(
        id=0,
        host="",
        code="preview",
        kind=kind,
        label_zh=typed.get("label_zh") or _("Name of the field"),
        label_en=typed.get("label_en", ""),
        help_zh=typed.get("help_zh", ""),
        help_en=typed.get("help_en", ""),
        is_required=typed.get("is_required", False),
        options=options,
    )
    return render(request, "custom/_preview.html", {"form": _PreviewForm(definition)})


class _PreviewForm(forms.Form):
    def __init__(self, definition: Definition) -> None:
        super().__init__(prefix="preview")
        made = input_for(definition, None)
        forms.dress(made)
        made.disabled = definition.kind in (Kind.FILE, Kind.STAFF)
        self.fields["field"] = made


# -- one record's values ----------------------------------------------------------------------


@signed_in
def values(request: HttpRequest, host: str, row_id: int) -> HttpResponse:
    """The custom fields of a record, to change, in a dialog."""
    declared = get_host(host)
    row = declared.get_row(row_id, request.actor)
    if not declared.may_change(row_id, request.actor):
        raise NotFound(_("No such record."))
    form = ValuesForm(
        request.POST or None,
        actor=request.actor,
        host=host,
        initial={"custom": row.custom},
    )
    if answer := forms.check_field(request, form):
        return answer
    if form.is_valid():
        saved = form.attempt(
            actions.change_values,
            host=host,
            row_id=row_id,
            values=form.cleaned_data["custom"],
            actor=request.actor,
        )
        if saved is not None:
            return done_in_dialog(request, message=_("Saved."))
    status = 422 if form.is_bound and form.errors else 200
    context = {"form": form, "title": str(row), "action": request.path}
    return render(request, "custom/_values_dialog.html", context, status=status)


@never_cache
@require_GET
@signed_in
def file(request: HttpRequest, host: str, row_id: int, code: str) -> HttpResponse:
    """Go to where a file of a record is handed out for some minutes, to be saved."""
    return redirect(files.link_of(host=host, row_id=row_id, code=code, actor=request.actor))
