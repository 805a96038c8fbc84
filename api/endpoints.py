"""What an endpoint is made of: a query, a representation, an action.

An endpoint's class assigns one of eight ready operations to each method that it answers::

    class Leads(Endpoint):
        tag = "leads"
        get = page(list_leads, LeadRow, permission="crm.view_lead", …)
        post = command(create_lead, LeadBody, LeadRow, permission="crm.add_lead", status=201)

The operation asks for the right, reads the input, calls the module's query or action with the
caller's actor, and represents what comes back. It also carries its own description, from which the
reference is written (:mod:`api.schema`), so the two cannot part.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Required, TypedDict, Unpack

from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import get_language
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api import limits, preconditions
from api.custom_filters import by_a_custom_field, by_custom_fields
from api.fields import (
    Asked,
    Body,
    NoBody,
    Representation,
    asked_of,
    represent,
    represent_many,
)
from api.filters import Filters, narrowed, ordering_of, require_known, values_of
from api.idempotency import once
from api.pagination import PARAMETERS, address_after, links_of, page_of, size_of
from api.parsers import StrictJSONParser
from api.schema import EndpointSchema
from forecourt.kernel import feed
from forecourt.kernel.access import Actor

Text = str | Promise


@dataclass(frozen=True)
class Operation:
    """The description of one method of one endpoint."""

    name: str
    summary: Text
    kind: str
    answer: type[serializers.Serializer] | None
    permission: str | None = None
    body: type[serializers.Serializer] | None = None
    statuses: tuple[int, ...] = (200,)
    description: Text = ""
    filters: Filters = field(default_factory=dict)
    orderings: Mapping[str, str] = field(default_factory=dict)
    default_ordering: str = ""
    rows: Callable[..., QuerySet] | None = None
    custom_host: str = ""

    def admit(self, request: Request) -> Actor:
        """The caller, who holds the right for it. Raises NotPermitted."""
        actor: Actor = request.actor
        if self.permission is not None:
            actor.require(self.permission)
        return actor


class Described(TypedDict, total=False):
    """What each operation says of itself."""

    name: Required[str]
    summary: Required[Text]
    description: Text


class Guarded(Described):
    """The same, with the right that it takes; None where the query or the action asks for it."""

    permission: Required[str | None]


class Endpoint(APIView):
    """Base of every resource: one door, one limit, one manner of refusing."""

    schema = EndpointSchema()
    parser_classes = [StrictJSONParser]
    tag = ""

    def check_throttles(self, request: Request) -> None:
        request.allowance = limits.spend(request)
        limits.require_left(request.allowance)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if getattr(response, "streaming", False):
            # A file keeps the language and type that it was made with.
            response.headers.setdefault("Cache-Control", "private, no-store")
        allowance: limits.Allowance | None = getattr(request, "allowance", None)
        if allowance is not None and allowance.limit:
            for name, value in allowance.headers.items():
                response[name] = value
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response["Content-Language"] = get_language() or ""
        patch_vary_headers(response, ["Authorization", "Cookie", "Accept-Language"])
        return response


class UnknownEndpoint(Endpoint):
    """Any other address below the API: a problem document instead of a page."""

    authentication_classes = []
    permission_classes = []
    schema = None

    def check_throttles(self, request: Request) -> None:
        """Costs nothing, so it is not counted."""

    def http_method_not_allowed(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise NotFound

    get = post = put = patch = delete = options = http_method_not_allowed


Handler = Callable[..., Response]


def page(
    rows: Callable[[Actor], QuerySet],
    representation: type[Representation],
    *,
    orderings: Mapping[str, str],
    default_ordering: str,
    filters: Filters | None = None,
    custom_host: str = "",
    **described: Unpack[Guarded],
) -> Handler:
    """GET of a list: the module's query, narrowed, ordered, a page of it.

    With ``custom_host`` it is narrowed and ordered by ``custom.<code>`` too.
    """
    operation = Operation(
        kind="page",
        answer=representation,
        filters=filters or {},
        orderings=orderings,
        default_ordering=default_ordering,
        rows=rows,
        custom_host=custom_host,
        **described,
    )
    known = {*operation.filters, *PARAMETERS, "ordering", "fields", "expand"}

    def get(self: Endpoint, request: Request, **path: Any) -> Response:
        actor = operation.admit(request)
        query = request.query_params
        custom = by_custom_fields(query, custom_host, actor) if custom_host else {}
        require_known(query, known | set(custom))
        asked = asked_of(actor, representation, query)
        chosen = narrowed(rows(actor, **path), query, operation.filters, actor)
        for name, narrow in custom.items():
            chosen = narrow(chosen, query[name])
        possible = dict(orderings)
        if custom_host:
            chosen, added = by_a_custom_field(chosen, query, custom_host, actor)
            possible |= added
        shown = page_of(request, chosen, ordering_of(query, possible, default_ordering))
        return Response(
            {
                "data": represent_many(representation, shown.rows, asked),
                "links": links_of(request, shown),
            }
        )

    return _described(get, operation)


def listing(
    read: Callable[..., Iterable[Any]],
    representation: type[Representation],
    *,
    filters: Filters,
    **described: Unpack[Described],
) -> Handler:
    """GET of what is computed and short: the query gets the parameters and asks for the rights."""
    operation = Operation(
        kind="listing",
        answer=representation,
        filters=filters,
        **described,
    )

    def get(self: Endpoint, request: Request, **path: Any) -> Response:
        actor = operation.admit(request)
        query = request.query_params
        require_known(query, set(filters))
        rows = read(actor=actor, **path, **values_of(query, filters))
        return Response({"data": represent_many(representation, rows, Asked(actor))})

    return _described(get, operation)


def stream(
    read: Callable[..., feed.Batch],
    representation: type[Representation],
    *,
    filters: Filters,
    **described: Unpack[Described],
) -> Handler:
    """GET of what only grows: from a place on, in the order in which it came.

    There is always a next address, also at the end: asked again later, it gives what is new.
    """
    operation = Operation(
        kind="stream",
        answer=representation,
        filters=filters,
        **described,
    )
    known = {*filters, "limit", "after"}

    def get(self: Endpoint, request: Request, **path: Any) -> Response:
        actor = operation.admit(request)
        query = request.query_params
        require_known(query, known)
        batch = read(
            actor=actor,
            after=query.get("after", ""),
            limit=size_of(query.get("limit")),
            **path,
            **values_of(query, filters),
        )
        return Response(
            {
                "data": represent_many(representation, batch.events, Asked(actor)),
                "links": {"next": address_after(request, batch.cursor.text)},
                "has_more": batch.has_more,
            }
        )

    return _described(get, operation)


def record(
    get_row: Callable[..., Any],
    representation: type[Representation],
    **described: Unpack[Guarded],
) -> Handler:
    """GET of one record, with its ETag; outside the caller's scope it does not exist."""
    operation = Operation(kind="record", answer=representation, **described)

    def get(self: Endpoint, request: Request, **path: Any) -> Response:
        actor = operation.admit(request)
        require_known(request.query_params, {"fields", "expand"})
        asked = asked_of(actor, representation, request.query_params)
        row = get_row(actor=actor, **path)
        full = represent(representation, row, asked.in_full)
        etag = preconditions.etag_of(full)
        if preconditions.is_unchanged(request, etag) and not asked.expand:
            return Response(status=304, headers={"ETag": etag})
        plain = asked.fields is None and not asked.expand
        body = full if plain else represent(representation, row, asked)
        return Response(body, headers={"ETag": etag})

    return _described(get, operation)


def download(
    read: Callable[..., FileResponse | StreamingHttpResponse], **described: Unpack[Guarded]
) -> Handler:
    """GET of a file; ``read`` asks for the rights and opens it."""
    operation = Operation(kind="file", answer=None, **described)

    def get(self: Endpoint, request: Request, **path: Any) -> Any:
        actor = operation.admit(request)
        require_known(request.query_params, set())
        return read(actor=actor, **path)

    return _described(get, operation)


def link(find: Callable[..., str], **described: Unpack[Guarded]) -> Handler:
    """GET of a file that lies in the store; ``find`` asks for the rights, answers its address."""
    operation = Operation(kind="link", answer=None, **described)

    def get(self: Endpoint, request: Request, **path: Any) -> Any:
        actor = operation.admit(request)
        require_known(request.query_params, set())
        return HttpResponseRedirect(find(actor=actor, **path))

    return _described(get, operation)


def command(
    action: Callable[..., Any],
    body: type[Body],
    representation: type[Representation],
    *,
    status: int | Callable[[Any], int] = 200,
    statuses: tuple[int, ...] = (),
    told_once: tuple[str, ...] = (),
    **described: Unpack[Guarded],
) -> Handler:
    """POST that calls an action with the path's ids and the body's values; once per key.

    ``told_once`` names what of the answer is never kept, and so null when the request is repeated.
    """
    operation = Operation(
        kind="command",
        answer=representation,
        body=None if body is NoBody else body,
        statuses=statuses or (status,),
        **described,
    )

    def post(self: Endpoint, request: Request, **path: Any) -> Response:
        actor = operation.admit(request)
        require_known(request.query_params, {"fields", "expand"})
        asked = asked_of(actor, representation, request.query_params)

        def work() -> Response:
            row = action(actor=actor, **path, **_values(body, request))
            code = status(row) if callable(status) else status
            return Response(represent(representation, row, asked), status=code)

        return once(request, work, told_once)

    return _described(post, operation)


def change(
    action: Callable[..., Any],
    body: type[Body],
    representation: type[Representation],
    *,
    get_row: Callable[..., Any],
    lock: Callable[..., object] | None = None,
    **described: Unpack[Guarded],
) -> Handler:
    """PATCH of one record: only with the ETag of the state that the caller has read.

    ``lock`` takes the path's ids and holds what is no single row; without it the row is locked.
    """
    operation = Operation(
        kind="change",
        answer=representation,
        body=body,
        **described,
    )

    def patch(self: Endpoint, request: Request, **path: Any) -> Response:
        actor = operation.admit(request)
        require_known(request.query_params, {"fields", "expand"})
        asked = asked_of(actor, representation, request.query_params)
        with transaction.atomic():
            if lock is not None:
                lock(**path)
            else:
                row = get_row(actor=actor, **path)
                preconditions.lock_row(type(row), row.pk)
            row = get_row(actor=actor, **path)
            seen = preconditions.etag_of(represent(representation, row, asked.in_full))
            preconditions.require_match(request, seen)
            row = action(actor=actor, **path, **_values(body, request, partial=True))
            full = represent(representation, row, asked.in_full)
        plain = asked.fields is None and not asked.expand
        shown = full if plain else represent(representation, row, asked)
        return Response(shown, headers={"ETag": preconditions.etag_of(full)})

    return _described(patch, operation)


def removal(action: Callable[..., None], **described: Unpack[Guarded]) -> Handler:
    """DELETE of one record by an action that takes the path's ids."""
    operation = Operation(
        kind="removal",
        answer=None,
        statuses=(204,),
        **described,
    )

    def delete(self: Endpoint, request: Request, **path: Any) -> Response:
        actor = operation.admit(request)
        require_known(request.query_params, set())
        action(actor=actor, **path)
        return Response(status=204)

    return _described(delete, operation)


def _values(body: type[Body], request: Request, *, partial: bool = False) -> dict[str, Any]:
    reader = body(data=request.data, partial=partial)
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


def _described(handler: Handler, operation: Operation) -> Handler:
    handler.operation = operation
    handler.__name__ = operation.name
    handler.__doc__ = None
    return handler
