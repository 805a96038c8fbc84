"""The list page: one address that answers the page, its table, exports and bulk actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound
from forecourt.kernel.keyset import BadCursor, Page, bounded_count, ordered, paginate
from forecourt.ui.access import signed_in
from forecourt.ui.custom.lists import CustomColumn, CustomPart
from forecourt.ui.lists import bulk, export, exports, saved
from forecourt.ui.lists.columns import Column, ExportValue
from forecourt.ui.lists.filters import Bound, Filter, SearchFilter
from forecourt.ui.lists.rows import render as render_rows
from forecourt.ui.responses import done_in_dialog, wants_partial

COUNT_AT_MOST = 10_000
EXPORT_CHUNK = 1000
EVERYTHING_AT_MOST = 10_000


@dataclass(frozen=True)
class Empty:
    """What a list without any row says: what will stand here, and the next step."""

    title: Any
    text: Any = ""
    icon: str = "inbox"
    url_name: str = ""
    label: Any = ""
    permission: str | None = None


@dataclass(frozen=True)
class Head:
    label: Any
    css: str
    sort_url: str
    direction: str


class ListPage:
    """Declare a list and hook `as_view()` to an address.

    Required: `name` (unique, `module.things`), `permission`, `title`, `columns`, `default_sort`
    (a column's name, "-" for descending) and `get_queryset(actor)`, from the module's queries and
    within the actor's scope. Everything else has a default.
    """

    name: ClassVar[str]
    permission: ClassVar[str | None]
    """What the list needs; None for a list of the person's own rows, whoever she is."""
    title: ClassVar[Any]
    columns: ClassVar[Sequence[Column]]
    filters: ClassVar[Sequence[Filter]] = ()
    default_sort: ClassVar[str]
    bulk_actions: ClassVar[Sequence[bulk.BulkAction]] = ()
    export_permission: ClassVar[str | None] = None
    """What exporting needs; None: the permission of the list."""
    exported_at_once: ClassVar[int] = 5000
    """More rows than these are written in the background."""
    page_size: ClassVar[int] = 50
    template: ClassVar[str] = "ui/lists/page.html"
    """Extend ui/lists/page.html to add actions, tabs or a text above the list."""
    empty: ClassVar[Empty] = Empty(gettext_lazy("Nothing here yet"))
    subtitle: ClassVar[Any] = ""
    custom_host: ClassVar[str] = ""
    """The host whose custom fields are columns and filters too."""

    def __init__(self, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        self.actor: Actor = request.actor
        self.kwargs = kwargs
        self.query: QueryDict = request.GET

    # --- To declare -------------------------------------------------------------------------

    def get_queryset(self, actor: Actor) -> QuerySet:
        raise NotImplementedError

    def row_url(self, row: Any) -> str | None:
        """The row's page; None when a row opens nothing."""
        return None

    def row_label(self, row: Any) -> str:
        return str(row)

    def context(self) -> dict[str, Any]:
        """What an extending template needs besides."""
        return {}

    def breadcrumbs(self) -> Iterable[tuple[Any, str]]:
        """(label, address) of what the list belongs to."""
        return ()

    # --- Requests ---------------------------------------------------------------------------

    @classmethod
    def as_view(cls) -> Callable[..., HttpResponseBase]:
        def view(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            if cls.permission is not None:
                request.actor.require(cls.permission)
            return cls(request, **kwargs).respond()

        view.__name__ = cls.__name__
        view.__doc__ = cls.__doc__
        view.list_page = cls
        view.permission = cls.permission
        return signed_in(view)

    def respond(self) -> HttpResponseBase:
        if self.request.method == "POST":
            return self._respond_to_post()
        if self.request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, POST"})
        if "export" in self.query:
            return self.export(self.query["export"])
        if wants_partial(self.request) and self.request.htmx.target != self.results_id:
            # htmx may target another part of the page only by way of a dialog.
            return self._dialog()
        partial = wants_partial(self.request)
        name = "ui/lists/_results.html" if partial else self.template
        response = render(self.request, name, self._page_context(partial=partial))
        if partial:
            self._name_address(response)
        return response

    def _name_address(self, response: HttpResponse) -> None:
        """Sorting and paging are steps that one may go back; narrowing and refreshing are not."""
        htmx = self.request.htmx
        is_step = htmx.trigger not in (f"{self.results_id}-filters", self.results_id)
        response["HX-Push-Url" if is_step else "HX-Replace-Url"] = self.here

    def _respond_to_post(self) -> HttpResponseBase:
        post = self.request.POST
        if "bulk" in post:
            return self._bulk(post)
        if "columns" in post:
            known = {column.name for column in self.open_columns}
            wanted = [name for name in post.getlist("column") if name in known]
            saved.choose_columns(
                self.name, [] if post["columns"] == "reset" else wanted, self.actor
            )
            return redirect(self.address())
        if "save_view" in post:
            view = saved.save_view(
                list_name=self.name,
                name=post.get("name", ""),
                query=self._kept_query(),
                is_shared="shared" in post,
                actor=self.actor,
            )
            return redirect(f"{self.request.path}{saved.address_of(view)}")
        if "remove_view" in post:
            if not post["remove_view"].isdigit():
                raise BadRequest
            saved.remove_view(
                view_id=int(post["remove_view"]), list_name=self.name, actor=self.actor
            )
            return redirect(self.address())
        raise BadRequest

    def _dialog(self) -> HttpResponse:
        """The form of a bulk action, before it runs."""
        action = self._action(self.query.get("bulk", ""))
        if action.form is None:
            raise BadRequest
        form = action.form(actor=self.actor)
        return self._bulk_form(action, form, self.query)

    # --- Rows -------------------------------------------------------------------------------

    @cached_property
    def results_id(self) -> str:
        return f"list-{slugify(self.name.replace('.', '-').replace('_', '-'))}"

    @cached_property
    def rows(self) -> QuerySet:
        """All rows of the actor that fit the filters, in no order yet."""
        rows = self.get_queryset(self.actor)
        for each in self.open_filters:
            rows = each.narrow(rows, self.query, self.actor)
        return rows

    @cached_property
    def _ordered(self) -> tuple[QuerySet, list[str]]:
        """The rows with what they are ordered by, and the terms of the ordering."""
        column, descending = self.sort
        rows, path = column.prepare(self.rows)
        if self.custom_host and not any(isinstance(c, CustomColumn) for c in self.shown_columns):
            rows = rows.defer("custom")
        descending ^= path.startswith("-")
        return rows, [f"{'-' if descending else ''}{path.removeprefix('-')}"]

    @cached_property
    def open_filters(self) -> list[Filter]:
        own = [each for each in self.filters if each.is_open_to(self.actor)]
        return [*map(self.custom.with_search, own), *self.custom.filters]

    @cached_property
    def custom(self) -> CustomPart:
        """Columns and filters of the custom fields that she sees; empty without a host."""
        return CustomPart(self.custom_host, self.actor)

    @cached_property
    def open_columns(self) -> list[Column]:
        """Every column that she could choose."""
        return [*self.columns, *self.custom.columns]

    @cached_property
    def shown_columns(self) -> list[Column]:
        """The columns of a saved view, else her own choice, else the list's."""
        wanted = self.query.getlist("column") or saved.chosen_columns(self.name, self.actor)
        if not wanted:
            return [column for column in self.open_columns if column.default or column.always]
        by_name = {column.name: column for column in self.open_columns}
        chosen = [
            column for column in self.open_columns if column.always and column.name not in wanted
        ]
        return chosen + [by_name[name] for name in wanted if name in by_name]

    def _is_sortable(self, column: Column) -> bool:
        return bool(column.sort) and (column.mask is None or self.actor.can(column.mask))

    @cached_property
    def sort(self) -> tuple[Column, bool]:
        """The column that orders the rows, and whether descending."""
        by_name = {c.name: c for c in self.open_columns if self._is_sortable(c)}
        for term in (self.query.get("sort", ""), self.default_sort):
            column = by_name.get(term.removeprefix("-"))
            if column is not None:
                return column, term.startswith("-")
        raise LookupError(f"{self.name} cannot be sorted by {self.default_sort}.")

    def page(self) -> Page:
        """The page that the address names; a cursor that fits no more is the first page."""
        direction = "before" if "before" in self.query else "after"
        cursor = self.query.get(direction)
        rows, ordering = self._ordered
        try:
            return paginate(rows, ordering, cursor, self.page_size, direction)
        except BadCursor:
            return paginate(rows, ordering, None, self.page_size)

    def _rendered(self, page: Page, *, choosable: bool) -> SafeString:
        return render_rows(
            page.rows,
            self.shown_columns,
            self.actor,
            url_of=self.row_url,
            label_of=self.row_label,
            form_id=f"{self.results_id}-bulk" if choosable else "",
        )

    # --- Addresses --------------------------------------------------------------------------

    def _kept_query(self, *dropped: str) -> QueryDict:
        query = self.query.copy()
        for name in ("after", "before", "export", "bulk", *dropped):
            query.pop(name, None)
        for name in list(query):
            if query.getlist(name) in ([""], []):
                del query[name]
        return query

    def address(self, *dropped: str, **changes: str) -> str:
        """This list's address with other parameters, at its first page."""
        query = self._kept_query(*dropped)
        for name, value in changes.items():
            query[name] = value
        return f"{self.request.path}?{query.urlencode()}" if query else self.request.path

    @cached_property
    def here(self) -> str:
        """The address of this very page, without empty parameters."""
        place = {name: self.query[name] for name in ("after", "before") if self.query.get(name)}
        return self.address(**place)

    def _heads(self) -> list[Head]:
        current, descending = self.sort
        heads = []
        for column in self.shown_columns:
            direction, url = "", ""
            if self._is_sortable(column):
                if column is current:
                    direction = "descending" if descending else "ascending"
                turned = column is current and not descending
                url = self.address(sort=f"{'-' if turned else ''}{column.name}")
            heads.append(Head(column.label, column.css, url, direction))
        return heads

    # --- Context ----------------------------------------------------------------------------

    def _page_context(self, *, partial: bool) -> dict[str, Any]:
        page = self.page()
        bounds = [each.bind(self.query, self.actor) for each in self._shown_filters]
        is_narrowed = any(bound.is_set for bound in bounds)
        count, more = (len(page.rows), False)
        if page.next or page.previous:
            count, more = bounded_count(self.rows, COUNT_AT_MOST)
        actions = [action for action in self.bulk_actions if action.is_open_to(self.actor)]
        context: dict[str, Any] = {
            "list": self,
            "title": self.title,
            "results_id": self.results_id,
            "rows": self._rendered(page, choosable=bool(actions)),
            "heads": self._heads(),
            "count": count,
            "has_more_than_count": more,
            "next_url": self.address(after=page.next) if page.next else "",
            "previous_url": self.address(before=page.previous) if page.previous else "",
            "bounds": bounds,
            "is_narrowed": is_narrowed,
            "set_bounds": self._chips(bounds),
            "actions": actions,
            "clear_url": self._clear_url(),
            "may_export": self.may_export(self.actor),
            "export_urls": {kind: self.address(export=kind) for kind in export.FORMATS},
            "here_url": self.here,
            "is_partial": partial,
        }
        if not page.rows and not is_narrowed:
            context["empty"] = self.empty
            context["may_begin"] = self.empty.permission is None or self.actor.can(
                self.empty.permission
            )
        return context | self._tools_context(bounds) | self.context()

    def _tools_context(self, bounds: list[Bound]) -> dict[str, Any]:
        """Filters, columns, views: what stands around the table."""
        shown = {column.name for column in self.shown_columns}
        kept = self._kept_query()
        return {
            "search_bound": next((b for b in bounds if isinstance(b.filter, SearchFilter)), None),
            "choice_bounds": [
                b for b in bounds if b.filter.template and not isinstance(b.filter, SearchFilter)
            ],
            "column_choices": [(column, column.name in shown) for column in self.open_columns],
            "views": [
                (view, address, dict(view.query) == dict(kept.lists()))
                for view in saved.views_of(self.name, self.actor)
                for address in [f"{self.request.path}{saved.address_of(view)}"]
            ],
            "is_plain": not kept,
            "breadcrumbs": list(self.breadcrumbs()),
            "hidden_query": [
                (name, value)
                for name in kept
                if name in ("sort", "column", "stores")
                for value in kept.getlist(name)
            ]
            + self._kept_filters()
            + self._set_by_links(bounds),
            "more_filters": self._more_filters,
        }

    @cached_property
    def _shown_filters(self) -> list[Filter]:
        hidden = {id(each) for each in self.custom.filters}
        hidden -= {id(each) for each in self.custom.shown_filters(self.query, self.shown_columns)}
        return [each for each in self.open_filters if id(each) not in hidden]

    @cached_property
    def _more_filters(self) -> list[tuple[Any, str]]:
        """Custom filters that are not shown, each with the address that shows it."""
        shown = {each.name for each in self._shown_filters}
        kept = self._kept_query().urlencode()
        start = f"{self.request.path}?{kept}&" if kept else f"{self.request.path}?"
        return [
            (each.label, f"{start}filter={each.name}")
            for each in self.custom.filters
            if each.name not in shown
        ]

    def _kept_filters(self) -> list[tuple[str, str]]:
        """Parameters that keep the shown ones of many custom filters where they are."""
        if not self._more_filters:
            return []
        custom = {each.name for each in self.custom.filters}
        return [("filter", each.name) for each in self._shown_filters if each.name in custom]

    def _set_by_links(self, bounds: list[Bound]) -> list[tuple[str, str]]:
        """Filters without a field of their own stay set while others change."""
        return [
            (name, value)
            for bound in bounds
            if bound.is_set and not bound.filter.template
            for name, value in zip(bound.filter.parameters, bound.values, strict=True)
        ]

    def _chips(self, bounds: list[Bound]) -> list[tuple[Bound, str]]:
        """What narrows the list, each with the address without it."""
        return [(bound, self.address(*bound.filter.parameters)) for bound in bounds if bound.is_set]

    def _clear_url(self) -> str:
        names = [name for each in self.open_filters for name in each.parameters]
        return self.address(*names)

    # --- Exports ----------------------------------------------------------------------------

    def export(self, kind: str) -> HttpResponseBase:
        """What is filtered, in the shown columns and order, as a file; written to the audit log."""
        write = export.FORMATS.get(kind)
        if write is None:
            raise NotFound(_("There is no export of that kind."))
        self.require_export()
        _count, is_long = bounded_count(self.rows, self.exported_at_once)
        if is_long:
            job = exports.start_export(
                list_name=self.name,
                kind=kind,
                query=self._kept_query().urlencode(),
                actor=self.actor,
                address=self.kwargs,
            )
            return redirect("ui:job_detail", job.pk)
        self.record_export(kind)
        return write(self.export_name(), self.export_head(), self.export_rows())

    @classmethod
    def may_export(cls, actor: Actor) -> bool:
        right = cls.export_permission or cls.permission
        return right is None or actor.can(right)

    def require_export(self) -> None:
        """Raises NotPermitted."""
        for right in (self.permission, self.export_permission):
            if right is not None:
                self.actor.require(right)

    def record_export(self, kind: str) -> None:
        """Write into the audit log that these rows leave the house, and by which filters."""
        audit.record(
            self.actor,
            "exported",
            self.rows.model(pk=0),
            {"list": self.name, "kind": kind, "query": self._kept_query().urlencode()},
            label=str(self.title),
        )

    def export_name(self) -> str:
        """What the file is called, without its ending: list and day."""
        return f"{slugify(self.name.rsplit('.', 1)[-1])}-{timezone.localdate():%Y%m%d}"

    def export_head(self) -> list[str]:
        return [str(column.label) for column in self.shown_columns]

    def export_rows(self) -> Iterator[list[ExportValue]]:
        """The cells of every row that is filtered, read in pieces."""
        # The middleware has left when a streamed answer is read: its language and zone have not.
        zone, language = timezone.get_current_timezone(), translation.get_language()
        rows = ordered(*self._ordered)
        with timezone.override(zone), translation.override(language):
            for row in rows.iterator(chunk_size=EXPORT_CHUNK):
                yield [column.export(row, self.actor) for column in self.shown_columns]

    # --- Bulk actions -----------------------------------------------------------------------

    def _action(self, name: str) -> bulk.BulkAction:
        for action in self.bulk_actions:
            if action.name == name and action.is_open_to(self.actor):
                return action
        raise NotFound(_("This action does not exist, or is not yours to take."))

    def _chosen_ids(self, data: QueryDict) -> list[int]:
        """The chosen rows that she may see: ticked ones, or all that the address filters."""
        if data.get("everything"):
            return list(self.rows.order_by("pk").values_list("pk", flat=True)[:EVERYTHING_AT_MOST])
        ids = [int(value) for value in data.getlist("row") if value.isdigit() and len(value) < 19]
        seen = self.get_queryset(self.actor).filter(pk__in=ids)
        return list(seen.order_by("pk").values_list("pk", flat=True))

    def _bulk(self, post: QueryDict) -> HttpResponse:
        action = self._action(post["bulk"])
        values: dict[str, Any] = {}
        if action.form is not None:
            form = action.form(post, actor=self.actor)
            if not form.is_valid():
                return self._bulk_form(action, form, post, status=422)
            values = form.cleaned_data
        ids = self._chosen_ids(post)
        outcome = bulk.perform(action, ids, self.actor, values)
        refused = [row_id for row_id, _reason in outcome.refused]
        found = self.get_queryset(self.actor).filter(pk__in=refused[: bulk.SHOWN_REFUSALS])
        bulk.report(self.request, outcome, {row.pk: self.row_label(row) for row in found})
        if not getattr(self.request, "htmx", None):
            return redirect(self.address())
        return done_in_dialog(self.request, event="fc:list-changed")

    def _bulk_form(
        self, action: bulk.BulkAction, form: Any, data: QueryDict, status: int = 200
    ) -> HttpResponse:
        context = {
            "list": self,
            "action": action,
            "form": form,
            "chosen": data.getlist("row"),
            "everything": data.get("everything", ""),
            "post_url": self.address(),
        }
        return render(self.request, "ui/lists/_bulk_form.html", context, status=status)


def query_of(**parameters: Any) -> str:
    """A query string for a link to a list: `stock_url + query_of(status="IN_STOCK", sort="-x")`."""
    return f"?{urlencode(parameters, doseq=True)}"
