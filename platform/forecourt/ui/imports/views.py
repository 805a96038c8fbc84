"""Pages of imports; each changes something by one action."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from forecourt.kernel import imports
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import DomainError, NotFound
from forecourt.kernel.imports import Context, Importer, actions
from forecourt.kernel.imports.files import rejected_csv, rejected_xlsx
from forecourt.kernel.imports.queries import (
    get_readable_run,
    get_run,
    job_of,
    list_issues,
    list_runs,
    may_read_file,
)
from forecourt.kernel.models import ImportIssue, ImportRun
from forecourt.ui import tones
from forecourt.ui.access import requires
from forecourt.ui.details import history
from forecourt.ui.imports.forms import ReadingForm, RunForm, UploadForm
from forecourt.ui.imports.mapping_rows import (
    SIGNS,
    field_row,
    field_rows,
    posted_mapping,
    posted_rule,
    profiles_of,
)
from forecourt.ui.lists import (
    ChoiceFilter,
    Column,
    DateTimeColumn,
    Empty,
    ListPage,
    NumberColumn,
    StatusColumn,
)
from forecourt.ui.responses import go_to

State = ImportRun.State
VIEW = "imports.view_importrun"
STEPS = (
    gettext_lazy("File"),
    gettext_lazy("Columns"),
    gettext_lazy("Check"),
    gettext_lazy("Import"),
)
_SHOWN_FINDINGS = 50
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

tones.declare(
    ImportRun,
    {
        "MAPPED": "info",
        "CHECKED": "info",
        "RUNNING": "accent",
        "DONE": "success",
        "FAILED": "danger",
    },
    field="state",
)
tones.declare(ImportIssue, {"ERROR": "danger", "WARNING": "warning"}, field="severity")


def _label_of(run: ImportRun) -> str:
    return str(imports.importer(run.kind).label)


class RunList(ListPage):
    """The imports that the person may see, newest first."""

    name = "imports.runs"
    permission = VIEW
    title = gettext_lazy("Imports")
    template = "imports/run_list.html"
    columns = (
        Column("original_name", gettext_lazy("File"), always=True),
        Column("kind", gettext_lazy("What"), value=_label_of),
        StatusColumn("state", gettext_lazy("State")),
        NumberColumn("created_count", gettext_lazy("New")),
        NumberColumn("updated_count", gettext_lazy("Changed")),
        NumberColumn("rejected_count", gettext_lazy("Rejected")),
        Column("actor_name", gettext_lazy("By")),
        DateTimeColumn("created_at", gettext_lazy("Uploaded"), sort="id"),
    )
    filters = (ChoiceFilter("state", gettext_lazy("State"), State),)
    default_sort = "-created_at"
    empty = Empty(
        gettext_lazy("Nothing imported yet"),
        gettext_lazy("Bring customers, leads or vehicles from a CSV or Excel file."),
        icon="file-import",
        url_name="imports:start",
        label=gettext_lazy("Import a file"),
    )

    def get_queryset(self, actor: Actor) -> QuerySet[ImportRun]:
        kinds = [declared.kind for declared in imports.all_importers(actor)]
        return list_runs(actor).filter(kind__in=kinds)

    def row_url(self, row: ImportRun) -> str:
        return reverse("imports:run_detail", args=[row.pk])


class FindingList(ListPage):
    """Everything that was found in one file, by row."""

    name = "imports.findings"
    permission = VIEW
    title = gettext_lazy("Findings")
    columns = (
        NumberColumn("row_number", gettext_lazy("Row"), sort="row_number", always=True),
        Column("column", gettext_lazy("Column")),
        Column("value", gettext_lazy("Value")),
        Column("message", gettext_lazy("What is wrong")),
        StatusColumn("severity", gettext_lazy("Severity")),
    )
    filters = (ChoiceFilter("severity", gettext_lazy("Severity"), ImportIssue.Severity),)
    default_sort = "row_number"
    empty = Empty(gettext_lazy("Nothing is wrong"), icon="circle-check")

    def get_queryset(self, actor: Actor) -> QuerySet[ImportIssue]:
        return list_issues(get_readable_run(run_id=self.kwargs["run_id"], actor=actor))

    def breadcrumbs(self) -> Iterable[tuple[Any, str]]:
        run = get_run(run_id=self.kwargs["run_id"], actor=self.actor)
        return (
            (_("Imports"), reverse("imports:run_list")),
            (run.original_name, reverse("imports:run_detail", args=[run.pk])),
        )


@require_GET
@requires(VIEW)
def start(request: HttpRequest) -> HttpResponse:
    """What can be imported."""
    context = {"importers": imports.all_importers(request.actor), "steps": STEPS}
    return render(request, "imports/start.html", context)


@require_http_methods(["GET", "POST"])
@requires(VIEW)
def upload(request: HttpRequest, kind: str) -> HttpResponse:
    """Take the file in."""
    declared = imports.importer(kind)
    request.actor.require(declared.permission)
    form = UploadForm(
        request.POST or None, request.FILES or None, importer=declared, actor=request.actor
    )
    if form.is_valid():
        upload_ = form.cleaned_data["file"]
        run = form.attempt(
            actions.upload_file,
            kind=kind,
            name=upload_.name,
            content=upload_.file,
            store_id=form.cleaned_data.get("store") or None,
            region=declared.region,
            actor=request.actor,
        )
        if run is not None:
            return go_to(request, "imports:columns", run.pk)
    context = {"form": form, "importer": declared, "steps": STEPS}
    status = 422 if form.is_bound else 200
    name = "imports/_upload.html" if _wants(request, "upload-form") else "imports/upload.html"
    return render(request, name, context, status=status)


@require_GET
@requires(VIEW)
def run_detail(request: HttpRequest, run_id: int) -> HttpResponse:
    """Where the import stands: its result, or the step that comes next."""
    run = actions.settle_run(run_id=run_id, actor=request.actor)
    is_readable = may_read_file(run, request.actor)
    if is_readable and run.state == State.UPLOADED:
        return redirect("imports:columns", run.pk)
    if is_readable and run.state in (State.MAPPED, State.CHECKED):
        return redirect("imports:check", run.pk)
    return render(
        request, "imports/run_detail.html", _result_context(run, is_readable, request.actor)
    )


@require_http_methods(["GET", "POST"])
@requires(VIEW)
def columns(request: HttpRequest, run_id: int) -> HttpResponse:
    """Say which column goes where; then the check begins."""
    run = get_readable_run(run_id=run_id, actor=request.actor)
    declared = imports.importer(run.kind, request.actor)
    mapped, errors = run.mapping, {}
    if request.method == "POST":
        mapped = posted_mapping(request.POST, run, declared)
        try:
            actions.map_columns(run_id=run.pk, mapping=mapped, actor=request.actor)
            actions.start_check(run_id=run.pk, actor=request.actor)
        except DomainError as refusal:
            if refusal.field is None and refusal.status != 422:
                raise
            errors = {refusal.field or "": refusal.message}
        else:
            return go_to(request, "imports:check", run.pk)
    elif run.has_ended or run.state == State.RUNNING:
        return redirect("imports:run_detail", run.pk)
    rows = field_rows(run, declared, _context(request, run, declared), mapped, errors)
    used = {row.rule["column"] for row in rows if "column" in row.rule}
    context = {
        "run": run,
        "importer": declared,
        "rows": rows,
        "errors": errors,
        "file_columns": list(enumerate(run.shape["columns"])),
        "unused": [name for index, name in enumerate(run.shape["columns"]) if index not in used],
        "profiles": profiles_of(run),
        "reading": ReadingForm(run=run, importer=declared),
        "signs": SIGNS,
        "steps": STEPS,
    }
    status = 422 if errors else 200
    name = "imports/_columns.html" if _wants(request, "columns-form") else "imports/columns.html"
    return render(request, name, context, status=status)


@require_POST
@requires(VIEW)
def column(request: HttpRequest, run_id: int, name: str) -> HttpResponse:
    """One row of the columns page again, after another column was chosen for its field."""
    run = get_readable_run(run_id=run_id, actor=request.actor)
    declared = imports.importer(run.kind, request.actor)
    field = next((field for field in declared.fields if field.name == name), None)
    if field is None:
        raise NotFound(_("There is no such field."))
    profiles = profiles_of(run)
    rule = posted_rule(request.POST, field, profiles)
    context = {
        "run": run,
        "row": field_row(field, rule, profiles, _context(request, run, declared)),
        "file_columns": list(enumerate(run.shape["columns"])),
        "signs": SIGNS,
    }
    return render(request, "imports/_field.html", context)


@require_POST
@requires(VIEW)
def reading(request: HttpRequest, run_id: int) -> HttpResponse:
    """Read the file in another way than was found out."""
    run = get_readable_run(run_id=run_id, actor=request.actor)
    form = ReadingForm(request.POST, run=run, importer=imports.importer(run.kind))
    if form.is_valid():
        again = form.attempt(
            actions.read_again, run_id=run.pk, actor=request.actor, **form.cleaned_data
        )
        if again is not None:
            return go_to(request, "imports:columns", run.pk, message=_("The file was read again."))
    return render(request, "imports/_reading.html", {"run": run, "reading": form}, status=422)


@require_http_methods(["GET", "POST"])
@requires(VIEW)
def check(request: HttpRequest, run_id: int) -> HttpResponse:
    """What the check found, and how to go on; posting checks again."""
    run = get_readable_run(run_id=run_id, actor=request.actor)
    if request.method == "POST":
        actions.start_check(run_id=run.pk, actor=request.actor)
        return go_to(request, "imports:check", run.pk)
    if run.state == State.UPLOADED:
        return redirect("imports:columns", run.pk)
    if run.has_ended or run.state == State.RUNNING:
        return redirect("imports:run_detail", run.pk)
    return render(request, "imports/check.html", _check_context(request, run))


@require_GET
@requires(VIEW)
def progress(request: HttpRequest, run_id: int) -> HttpResponse:
    """The progress of the work on an import; when it has ended, the page is loaded again."""
    run = get_run(run_id=run_id, actor=request.actor)
    job = job_of(run)
    if job is None or not job.is_open:
        return HttpResponse(headers={"HX-Redirect": reverse("imports:run_detail", args=[run.pk])})
    return render(request, "imports/_progress.html", {"run": run, "job": job})


@require_POST
@requires(VIEW)
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Start the run, or go on with one that stopped."""
    subject = get_readable_run(run_id=run_id, actor=request.actor)
    form = RunForm(request.POST, run=subject)
    if form.is_valid():
        job = form.attempt(
            actions.start_run, run_id=subject.pk, actor=request.actor, **form.cleaned_data
        )
        if job is not None:
            return go_to(request, "imports:run_detail", subject.pk)
    context = {**_check_context(request, subject), "form": form}
    name = "imports/_run_form.html" if _wants(request, "run-form") else "imports/check.html"
    return render(request, name, context, status=422)


@require_POST
@requires(VIEW)
def cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """Stop it."""
    actions.cancel_run(run_id=run_id, actor=request.actor)
    return go_to(request, "imports:run_detail", run_id)


@require_POST
@requires(VIEW)
def discard(request: HttpRequest, run_id: int) -> HttpResponse:
    """Delete the file; what was imported stays."""
    actions.discard_run(run_id=run_id, actor=request.actor)
    return go_to(request, "imports:run_list", message=_("The file was deleted."))


@require_GET
@requires(VIEW)
def rejected_as_csv(request: HttpRequest, run_id: int) -> StreamingHttpResponse:
    """The rejected rows with their reasons, as CSV."""
    run = actions.open_rejected(run_id=run_id, actor=request.actor)
    return StreamingHttpResponse(
        rejected_csv(run),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="rejected-{run.pk}.csv"'},
    )


@require_GET
@requires(VIEW)
def rejected_as_xlsx(request: HttpRequest, run_id: int) -> FileResponse:
    """The rejected rows with their reasons, as a workbook."""
    run = actions.open_rejected(run_id=run_id, actor=request.actor)
    return FileResponse(
        rejected_xlsx(run),
        as_attachment=True,
        filename=f"rejected-{run.pk}.xlsx",
        content_type=_XLSX,
    )


def _wants(request: HttpRequest, target: str) -> bool:
    """Whether htmx asks for this part alone."""
    return bool(request.htmx) and request.htmx.target == target


def _context(request: HttpRequest, run: ImportRun, declared: Importer) -> Context:
    return Context(
        actor=request.actor,
        region=run.options.get("region", declared.region),
        store_id=run.store_id,
        dry_run=True,
    )


def _check_context(request: HttpRequest, run: ImportRun) -> dict[str, Any]:
    declared = imports.importer(run.kind, request.actor)
    job = job_of(run)
    new_values = [
        (declared.field(name).label, made)
        for name, made in run.findings.get("new_values", {}).items()
    ]
    good = run.row_count - run.findings.get("bad", 0) - run.warning_count - run.unchanged_count
    return {
        "run": run,
        "importer": declared,
        "job": job,
        "good_count": max(good, 0),
        "known_count": run.findings.get("known", 0),
        "problems": run.findings.get("problems", []),
        "new_values": new_values,
        "findings": list_issues(run)[:_SHOWN_FINDINGS],
        "form": RunForm(run=run),
        "steps": STEPS,
    }


def _result_context(run: ImportRun, is_readable: bool, actor: Actor) -> dict[str, Any]:
    return {
        "run": run,
        "importer": imports.importer(run.kind),
        "job": job_of(run),
        "is_readable": is_readable,
        "has_file": bool(run.stored_name),
        "findings": list_issues(run)[:_SHOWN_FINDINGS] if is_readable else [],
        "may_go_on": is_readable
        and bool(run.stored_name)
        and run.state in (State.FAILED, State.CANCELLED)
        and bool(run.findings),
        "mode": run.options.get("mode", ""),
        "accept_warnings": run.options.get("accept_warnings", False),
        "history": history(run, actor),
        "steps": STEPS,
    }
