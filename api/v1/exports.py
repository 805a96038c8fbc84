from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, command, link, listing, page, record
from api.fields import Body, IdField, NoBody, Representation
from api.filters import Filter
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid
from forecourt.kernel.models import Job
from forecourt.ui.lists import exports
from forecourt.ui.lists.export import WRITERS
from forecourt.ui.lists.page import ListPage
from forecourt.ui.lists.registry import list_named, lists_for

KINDS = sorted(WRITERS)


class ColumnOfList(Representation):
    name = serializers.CharField()
    label = serializers.CharField()


class ListRow(Representation):
    """A list that can be exported: what it shows, and by what it is filtered."""

    name = serializers.CharField()
    title = serializers.CharField()
    columns = ColumnOfList(many=True)
    filters = serializers.ListField(child=serializers.CharField())


class FileName(serializers.CharField):
    """What the file is called; null until it is there."""

    def get_attribute(self, job: Job) -> str | None:
        return job.result.get("name")


class Expiry(serializers.DateTimeField):
    """When the file is removed."""

    def get_attribute(self, job: Job) -> Any:
        return exports.expires_at(job)


class ExportRow(Representation):
    """A list written to a file in the background, for the caller alone."""

    id = IdField()
    list = serializers.CharField(source="params.list")
    kind = serializers.ChoiceField(KINDS, source="params.kind")
    state = serializers.ChoiceField(Job.State.choices)
    done_count = serializers.IntegerField()
    total_count = serializers.IntegerField()
    percent = serializers.IntegerField()
    error = serializers.CharField()
    file_name = FileName(allow_null=True)
    expires_at = Expiry(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class ExportBody(Body):
    list = serializers.CharField(max_length=80, help_text=_("The list's name."))
    kind = serializers.ChoiceField(KINDS, default="csv")
    columns = serializers.ListField(
        child=serializers.CharField(max_length=80),
        required=False,
        help_text=_("Names of columns in the wanted order; without them, the list's usual ones."),
    )
    filters = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(max_length=200, allow_blank=True)),
        required=False,
        help_text=_("By the parameter's name, as in the address of the list, its values."),
    )
    sort = serializers.CharField(max_length=80, required=False, help_text=_("“-” descends."))


class Lists(Endpoint):
    tag = "exports"

    @staticmethod
    def rows(*, actor: Actor) -> list[dict[str, Any]]:
        return [_described(declared, actor) for declared in lists_for(actor)]

    get = listing(
        rows,
        ListRow,
        name="list_exportable_lists",
        summary=_("The lists that the caller may export"),
        filters={},
    )


class Exports(Endpoint):
    tag = "exports"
    works_when_restricted = True

    @staticmethod
    def start(*, actor: Actor, **values: Any) -> Job:
        name = values["list"]
        query = _query(_page(list_named(name), actor), values)
        return exports.start_export(
            list_name=name, kind=values["kind"], query=query.urlencode(), actor=actor
        )

    get = page(
        exports.list_exports,
        ExportRow,
        name="list_exports",
        summary=_("One's own exports"),
        permission=None,
        filters={
            "state": Filter(serializers.ChoiceField(Job.State.choices), "state__in", many=True)
        },
        orderings={"id": "id"},
        default_ordering="-id",
    )
    post = command(
        start,
        ExportBody,
        ExportRow,
        name="start_export",
        summary=_("Have a list written to a file, with the caller's rights"),
        permission=None,
        status=202,
        description=_("Columns, filters and the right to export are those of the list."),
    )


class Export(Endpoint):
    tag = "exports"
    works_when_restricted = True
    get = record(
        exports.get_export,
        ExportRow,
        name="get_export",
        summary=_("An export's progress"),
        permission=None,
    )


class CancelExport(Endpoint):
    tag = "exports"
    works_when_restricted = True
    post = command(
        exports.cancel_export,
        NoBody,
        ExportRow,
        name="cancel_export",
        summary=_("Ask an export to stop"),
        permission=None,
    )


class ExportFile(Endpoint):
    tag = "exports"
    works_when_restricted = True

    get = link(
        exports.link_to_export,
        name="get_export_file",
        summary=_("The file of an export"),
        permission=None,
        description=_("For its maker, a week long, while her rights are still the same."),
    )


def _page(declared: type[ListPage], actor: Actor) -> ListPage:
    if declared not in lists_for(actor):
        right = declared.export_permission or declared.permission
        if right is not None:
            actor.require(right)
        raise Invalid(
            _t("This list belongs to a record and is exported on its page."), field="list"
        )
    return exports.page_for(declared.name, QueryDict(), actor)


def _described(declared: type[ListPage], actor: Actor) -> dict[str, Any]:
    shown = _page(declared, actor)
    return {
        "name": declared.name,
        "title": str(declared.title),
        "columns": [
            {"name": column.name, "label": str(column.label)} for column in shown.open_columns
        ],
        "filters": [name for each in shown.open_filters for name in each.parameters],
    }


def _query(shown: ListPage, values: dict[str, Any]) -> QueryDict:
    """The list's own query. Raises Invalid for what the list does not know."""
    query = QueryDict(mutable=True)
    known = {name for each in shown.open_filters for name in each.parameters}
    for name, wanted in values.get("filters", {}).items():
        if name not in known:
            raise Invalid(_t("There is no such parameter."), field=f"filters.{name[:60]}")
        query.setlist(name, wanted)
    columns = values.get("columns", [])
    unknown = sorted(set(columns) - {column.name for column in shown.open_columns})
    if unknown:
        raise Invalid(
            _t("Unknown: %(names)s. Possible: %(known)s.")
            % {
                "names": ", ".join(unknown)[:200],
                "known": ", ".join(column.name for column in shown.open_columns),
            },
            field="columns",
        )
    if columns:
        query.setlist("column", columns)
    if values.get("sort"):
        query["sort"] = values["sort"]
    return query
