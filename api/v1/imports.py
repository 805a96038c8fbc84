from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from api.endpoints import Endpoint, command, download, listing, page, record
from api.errors import TooLarge
from api.fields import Body, IdField, NoBody, Representation
from api.filters import Filter
from forecourt.kernel.access import Actor
from forecourt.kernel.imports import FieldKind, Importer, actions, all_importers, queries
from forecourt.kernel.imports.engine import ALL_OR_NOTHING, GOOD_ROWS
from forecourt.kernel.imports.files import rejected_csv, rejected_xlsx
from forecourt.kernel.models import ImportIssue, ImportRun
from forecourt.kernel.tabular import Limits
from forecourt.ui.lists.export import CONTENT_TYPES

VIEW = "imports.view_importrun"
ROOM_FOR_FIELDS = 64 * 1024


class FieldRow(Representation):
    """A field that a column can be mapped to."""

    name = serializers.CharField()
    label = serializers.CharField()
    kind = serializers.ChoiceField([kind.value for kind in FieldKind])
    required = serializers.BooleanField()


class KindRow(Representation):
    """A kind of table that the caller may bring."""

    kind = serializers.CharField()
    label = serializers.CharField()
    needs_store = serializers.BooleanField()
    mappable_fields = FieldRow(many=True, source="fields")


class Columns(serializers.ListField):
    """The file's columns, by whose number a mapping names them."""

    child = serializers.CharField()

    def get_attribute(self, run: ImportRun) -> list[str]:
        return list(run.shape.get("columns", []))


class Progress(serializers.DictField):
    """The work that was last started: its state, and rows done of how many."""

    def get_attribute(self, run: ImportRun) -> dict[str, Any] | None:
        job = queries.job_of(run)
        if job is None:
            return None
        done = {"done": job.done_count, "total": job.total_count, "percent": job.percent}
        return {"job_id": str(job.pk), "state": job.state, "error": job.error, **done}

    def to_representation(self, progress: dict[str, Any]) -> dict[str, Any]:
        return progress


class ImportRow(Representation):
    """A file on its way in: uploaded, mapped, checked, run."""

    id = IdField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(ImportRun.State.choices)
    file_name = serializers.CharField(source="original_name")
    store_id = IdField(allow_null=True)
    row_count = serializers.IntegerField()
    done_count = serializers.IntegerField()
    created_count = serializers.IntegerField()
    updated_count = serializers.IntegerField()
    unchanged_count = serializers.IntegerField()
    rejected_count = serializers.IntegerField()
    warning_count = serializers.IntegerField()
    actor_name = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class ImportWithProgress(ImportRow):
    """An import with its columns, its mapping and the work on it."""

    columns = Columns()
    mapping = serializers.DictField(
        help_text=_("By field: its column's number, or a fixed value, and how texts are read.")
    )
    progress = Progress(allow_null=True)


class FindingRow(Representation):
    """What is wrong with one row of the file."""

    id = IdField()
    row_number = serializers.IntegerField()
    severity = serializers.ChoiceField(ImportIssue.Severity.choices)
    code = serializers.CharField()
    column = serializers.CharField()
    value = serializers.CharField()
    message = serializers.CharField()


class UploadBody(Body):
    kind = serializers.CharField(max_length=60)
    file = serializers.FileField(help_text=_("CSV or Excel, at most 100 MB."))
    store_id = IdField(required=False, allow_null=True)
    region = serializers.RegexField(
        r"^[A-Z]{2}$", required=False, help_text=_("Country of the phone numbers, such as CN.")
    )


class MappingBody(Body):
    mapping = serializers.DictField(child=serializers.DictField())


class RunBody(Body):
    mode = serializers.ChoiceField([GOOD_ROWS, ALL_OR_NOTHING], default=GOOD_ROWS)
    accept_warnings = serializers.BooleanField(default=False)


class Kinds(Endpoint):
    tag = "imports"

    @staticmethod
    def rows(*, actor: Actor) -> list[Importer]:
        actor.require(VIEW)
        return all_importers(actor)

    get = listing(
        rows,
        KindRow,
        name="list_import_kinds",
        summary=_("The kinds of tables that the caller may import"),
        filters={},
    )


class Imports(Endpoint):
    tag = "imports"
    parser_classes = [MultiPartParser]

    @staticmethod
    def rows(actor: Actor) -> QuerySet[ImportRun]:
        kinds = [declared.kind for declared in all_importers(actor)]
        return queries.list_runs(actor).filter(kind__in=kinds)

    @staticmethod
    def upload(*, actor: Actor, file: Any, **values: Any) -> ImportRun:
        given = {name: value for name, value in values.items() if value is not None}
        return actions.upload_file(name=file.name, content=file.file, actor=actor, **given)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse before reading what is too large to be taken in."""
        super().initial(request, *args, **kwargs)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > Limits().file_bytes + ROOM_FOR_FIELDS:
            raise TooLarge

    get = page(
        rows,
        ImportRow,
        name="list_imports",
        summary=_("Imports"),
        permission=VIEW,
        filters={
            "kind": Filter(serializers.CharField(), "kind"),
            "state": Filter(
                serializers.ChoiceField(ImportRun.State.choices), "state__in", many=True
            ),
        },
        orderings={"id": "id"},
        default_ordering="-id",
    )
    post = command(
        upload,
        UploadBody,
        ImportWithProgress,
        name="create_import",
        summary=_("Bring a file; its columns are guessed, or known from last time"),
        permission=VIEW,
        status=201,
        description=_("The right to import the kind is needed besides."),
    )


class Import(Endpoint):
    tag = "imports"
    get = record(
        actions.settle_run,
        ImportWithProgress,
        name="get_import",
        summary=_("An import with its progress"),
        permission=VIEW,
    )


class Mapping(Endpoint):
    tag = "imports"
    post = command(
        actions.map_columns,
        MappingBody,
        ImportWithProgress,
        name="map_import",
        summary=_("Say which column goes to which field"),
        permission=VIEW,
    )


class Check(Endpoint):
    tag = "imports"

    @staticmethod
    def start(*, run_id: int, actor: Actor) -> ImportRun:
        actions.start_check(run_id=run_id, actor=actor)
        return queries.get_run(run_id=run_id, actor=actor)

    post = command(
        start,
        NoBody,
        ImportWithProgress,
        name="check_import",
        summary=_("Check every row in the background; nothing is written"),
        permission=VIEW,
        status=202,
    )


class Run(Endpoint):
    tag = "imports"

    @staticmethod
    def start(*, run_id: int, actor: Actor, **values: Any) -> ImportRun:
        actions.start_run(run_id=run_id, actor=actor, **values)
        return queries.get_run(run_id=run_id, actor=actor)

    post = command(
        start,
        RunBody,
        ImportWithProgress,
        name="run_import",
        summary=_("Write the checked rows in the background, or go on where it stopped"),
        permission=VIEW,
        status=202,
    )


class Cancel(Endpoint):
    tag = "imports"
    post = command(
        actions.cancel_run,
        NoBody,
        ImportWithProgress,
        name="cancel_import",
        summary=_("Stop an import; what is written stays"),
        permission=VIEW,
    )


class Findings(Endpoint):
    tag = "imports"

    @staticmethod
    def rows(actor: Actor, *, run_id: int) -> QuerySet[ImportIssue]:
        return queries.list_issues(queries.get_readable_run(run_id=run_id, actor=actor))

    get = page(
        rows,
        FindingRow,
        name="list_import_findings",
        summary=_("What is wrong with the rows of a file"),
        permission=VIEW,
        orderings={"id": "id", "row_number": "row_number"},
        default_ordering="row_number",
    )


class RejectedAsCsv(Endpoint):
    tag = "imports"

    @staticmethod
    def read(*, run_id: int, actor: Actor) -> StreamingHttpResponse:
        run = actions.open_rejected(run_id=run_id, actor=actor)
        return StreamingHttpResponse(
            rejected_csv(run),
            content_type=CONTENT_TYPES["csv"],
            headers={"Content-Disposition": f'attachment; filename="rejected-{run.pk}.csv"'},
        )

    get = download(
        read,
        name="get_rejected_rows_csv",
        summary=_("The rejected rows with their reasons, as CSV"),
        permission=VIEW,
    )


class RejectedAsXlsx(Endpoint):
    tag = "imports"

    @staticmethod
    def read(*, run_id: int, actor: Actor) -> FileResponse:
        run = actions.open_rejected(run_id=run_id, actor=actor)
        return FileResponse(
            rejected_xlsx(run),
            as_attachment=True,
            filename=f"rejected-{run.pk}.xlsx",
            content_type=CONTENT_TYPES["xlsx"],
        )

    get = download(
        read,
        name="get_rejected_rows_xlsx",
        summary=_("The rejected rows with their reasons, as a workbook"),
        permission=VIEW,
    )
