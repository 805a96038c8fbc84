"""The local store's own side of direct requests: what S3 does by itself."""

from __future__ import annotations

import re

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from forecourt.kernel.files.uploads import is_awaited
from forecourt.kernel.groups import in_group
from forecourt.kernel.standing import works_when_suspended
from forecourt.kernel.storage import GroupStorage, LocalGroupStorage, group_storage
from forecourt.kernel.storage.local import WrongLength
from forecourt.kernel.storage.s3 import disposition
from forecourt.kernel.storage.tickets import Ticket, TicketRefused, read_ticket

RANGE = re.compile(r"bytes=(\d+)-(\d*)")
# A stored file runs nothing, loads nothing, and stands in no page but the group's own.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@csrf_exempt
@works_when_suspended
@require_http_methods(["GET", "HEAD", "PUT"])
def direct(request: HttpRequest) -> HttpResponseBase:
    """Take or hand out the bytes that a signed link names; the link is the proof."""
    storage = group_storage() if in_group() else None
    if not isinstance(storage, LocalGroupStorage):
        raise Http404
    method = "PUT" if request.method == "PUT" else "GET"
    try:
        ticket = read_ticket(request.GET.get("ticket", ""), method=method)
    except TicketRefused as refused:
        if refused.is_late:
            return _refuse(_("This link has expired. Go back and ask for it again."), 403)
        return _refuse(_("This link is not valid."), 403)
    if method == "PUT":
        return _receive(request, storage, ticket)
    return _hand_out(request, storage, ticket)


def _receive(request: HttpRequest, storage: LocalGroupStorage, ticket: Ticket) -> HttpResponse:
    if request.headers.get("Content-Length") != str(ticket.size):
        return _refuse(_("The file has another size than was announced."), 403)
    if ticket.content_type and request.headers.get("Content-Type") != ticket.content_type:
        return _refuse(_("The file is of another kind than was announced."), 403)
    if not is_awaited(ticket.name):
        return _refuse(_("Nothing is expected here (any more)."), 409)
    try:
        storage.receive(ticket, request)
    except WrongLength:
        return _refuse(_("The file has another size than was announced."), 400)
    except FileExistsError:
        return _refuse(_("The file has arrived already."), 409)
    return HttpResponse(status=200)


def _hand_out(
    request: HttpRequest, storage: GroupStorage, ticket: Ticket
) -> StreamingHttpResponse | HttpResponse:
    size = storage.size_of(ticket.name)
    if size is None:
        return _refuse(_("This file is gone."), 404)
    start, end = 0, size
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    if asked:
        start = int(asked[1])
        end = min(int(asked[2]) + 1, size) if asked[2] else size
        if start >= end:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    pieces = storage.pieces(ticket.name, start=start, end=end) if request.method == "GET" else ()
    response = StreamingHttpResponse(pieces, status=206 if asked else 200)
    if asked:
        response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    # Named, so that it is not compressed on its way: parts of it are asked for by their place.
    response["Content-Encoding"] = "identity"
    response["Content-Length"] = str(end - start)
    response["Content-Type"] = _with_charset(ticket.content_type)
    response["Content-Disposition"] = disposition(ticket.filename, inline=ticket.inline)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _with_charset(content_type: str) -> str:
    return f"{content_type}; charset=utf-8" if content_type.startswith("text/") else content_type


def _refuse(message: str, status: int) -> HttpResponse:
    return HttpResponse(message, status=status, content_type="text/plain; charset=utf-8")
