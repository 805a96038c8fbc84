"""The page of all documents, and of one: preview, versions, records, history."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.documents import actions, subjects
from apps.documents.forms import ReasonForm
from apps.documents.models import Document, DocumentVersion
from apps.documents.queries.documents import (
    get_document,
    list_documents,
    matching,
    may,
    of_records_of,
    records_of,
    time_is_over,
    versions_of,
)
from apps.documents.queries.kinds import kinds_to_choose
from apps.documents.queries.papers import is_signed
from apps.documents.rules.states import DocumentState
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor
from forecourt.kernel.inspection.kinds import kind_of_type
from forecourt.ui.access import requires
from forecourt.ui.details import HISTORY, Tab, detail_page, shown_tab
from forecourt.ui.lists import (
    BooleanFilter,
    BulkAction,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    DateTimeColumn,
    Empty,
    ListPage,
    RelatedFilter,
    SearchFilter,
    StoreFilter,
    TagsColumn,
)

VIEW = "documents.view_document"
PAPER = "paper"
TABS = (
    Tab(PAPER, gettext_lazy("Document"), "documents/_document_paper.html"),
    Tab("versions", gettext_lazy("Versions"), "documents/_document_versions.html"),
    HISTORY,
)


class RecordFilter(ChoiceFilter):
    """Documents that belong to a record of one of these kinds."""

    def narrow(self, rows: QuerySet, query: Any, actor: Actor) -> QuerySet:
        chosen = [value for value, _label in self.chosen(query, actor)]
        return of_records_of(rows, chosen) if chosen else rows


class TimeFilter(BooleanFilter):
    """Documents whose time is over; worked out by what kinds say today."""

    def narrow(self, rows: QuerySet, query: Any, actor: Actor) -> QuerySet:
        chosen = {value for value, _label in self.chosen(query, actor)}
        if chosen == {"yes"}:
            return rows.filter(time_is_over())
        return rows.exclude(time_is_over()) if chosen == {"no"} else rows


class DocumentList(ListPage):
    """Every document of the records that the person sees."""

    name = "documents.documents"
    permission = VIEW
    title = gettext_lazy("Documents")
    columns = (
        Column("title", gettext_lazy("Title"), always=True),
        Column("kind.name", gettext_lazy("Kind of document")),
        Column("folder", gettext_lazy("Folder"), default=False),
        TagsColumn("tags", gettext_lazy("Tags"), value=lambda row: row.tags),
        Column("store.name", gettext_lazy("Store")),
        Column("added_by.name", gettext_lazy("Added by")),
        DateTimeColumn("added_at", gettext_lazy("Added at"), sort="id"),
        Column("hold_reason", gettext_lazy("Legal hold"), default=False),
    )
    filters = (
        SearchFilter(gettext_lazy("Name, kind, tag, text"), find=matching),
        RelatedFilter(
            "kind",
            gettext_lazy("Kind of document"),
            lambda actor: [(kind.pk, kind.name) for kind in kinds_to_choose(actor)],
            field="kind_id",
        ),
        RecordFilter("record", gettext_lazy("Belongs to"), lambda _actor: list(subjects.choices())),
        StoreFilter(
            lambda actor: [
                (store.pk, store.name) for store in organisation.stores_in_scope(actor, VIEW)
            ],
            field="store_id",
        ),
        DateRangeFilter("added", gettext_lazy("Added at"), field="added_at", moment=True),
        BooleanFilter("held", gettext_lazy("Legal hold"), yes=Q(held_at__isnull=False)),
        TimeFilter("over", gettext_lazy("Time is over"), field="id"),
    )
    default_sort = "-added_at"
    bulk_actions = (
        BulkAction(
            "hold",
            gettext_lazy("Set a legal hold"),
            run=lambda row_id, actor, reason: actions.set_hold(
                document_id=row_id, reason=reason, actor=actor
            ),
            permission="documents.hold_document",
            icon="lock",
            form=ReasonForm,
        ),
        BulkAction(
            "remove",
            gettext_lazy("Remove"),
            run=lambda row_id, actor, reason: actions.remove_document(
                document_id=row_id, reason=reason, actor=actor
            ),
            permission="documents.remove_document",
            icon="trash",
            is_danger=True,
            form=ReasonForm,
        ),
    )
    empty = Empty(
        gettext_lazy("No documents yet"),
        gettext_lazy("Open a customer, a vehicle or another record, and add its papers there."),
        icon="file",
    )
    template = "documents/document_list.html"

    def get_queryset(self, actor: Actor) -> QuerySet[Document]:
        return list_documents(actor).in_focus(actor).filter(state=DocumentState.READY)

    def row_url(self, row: Document) -> str:
        return reverse("documents:document_detail", args=[row.pk])

    def context(self) -> dict[str, Any]:
        return {"may_see_kinds": self.actor.can("documents.view_kind")}


@require_GET
@requires(VIEW)
def document_detail(request: HttpRequest, document_id: int) -> HttpResponse:
    actor = request.actor
    document = get_document(document_id=document_id, actor=actor)
    versions = list(versions_of(document))
    version = next((each for each in versions if each.pk == document.current_id), None)
    records = records_of(document, actor)
    preview = _preview(version)
    tab = shown_tab(request, Document, TABS)
    # Asked for by the tab that shows it alone: of a sensitive kind it is a look, and logged.
    reads = preview == "text" and tab is not None and tab.key == PAPER
    context = {
        "document": document,
        "versions": versions,
        "version": version or (versions[0] if versions else None),
        "records": records,
        "preview": preview,
        "text": actions.read_text(document_id=document_id, actor=actor) if reads else "",
        "keeping": document.keeping,
        "may_add": actor.can("documents.add_document") and not is_signed(document.pk),
        "may_change": may(actor, "documents.change_document", document),
        "may_remove": may(actor, "documents.remove_document", document),
        "may_hold": may(actor, "documents.hold_document", document),
    }
    counts = {"versions": len(versions)}
    template = "documents/document_detail.html"
    return detail_page(request, document, template, TABS, context, counts=counts)


def _preview(version: DocumentVersion | None) -> str:
    """How the page shows a version: as image, page, film, text or not at all."""
    if version is None:
        return ""
    kind = kind_of_type(version.file.content_type)
    if kind is not None and kind.is_shown:
        media = version.file.content_type.partition("/")[0]
        return {"image": "image", "video": "film"}.get(media, "page")
    return "text" if version.file.text.strip() else ""


@never_cache
@require_GET
@requires(VIEW)
def document_file(
    request: HttpRequest, document_id: int, number: int | None = None
) -> HttpResponse:
    """Go to where the file is handed out for some minutes; ``?inline=1`` shows it in the page."""
    link = actions.open_document(
        document_id=document_id,
        number=number,
        inline="inline" in request.GET,
        actor=request.actor,
    )
    return redirect(link)


@never_cache
@require_GET
@requires(VIEW)
def document_thumbnail(request: HttpRequest, document_id: int) -> HttpResponse:
    """Go to the small picture; 204 where there is none."""
    link = actions.thumbnail_of(document_id=document_id, actor=request.actor)
    return redirect(link) if link else HttpResponse(status=204)
