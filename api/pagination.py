"""Lists a page at a time, by position: the last page costs what the first one costs."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from forecourt.kernel.keyset import BadCursor, Page, paginate

DEFAULT_SIZE = 50
MAX_SIZE = 200
PARAMETERS = ("limit", "after", "before")


def page_of(request: Request, rows: QuerySet, ordering: list[str]) -> Page:
    """The page that the request's ``limit``, ``after`` and ``before`` ask for."""
    after, before = request.query_params.get("after"), request.query_params.get("before")
    if after is not None and before is not None:
        raise ValidationError({"before": [_("Give either after or before.")]})
    size = size_of(request.query_params.get("limit"))
    try:
        if before is not None:
            return paginate(rows, ordering, before, size, "before")
        return paginate(rows, ordering, after, size, "after")
    except BadCursor as error:
        name = "after" if before is None else "before"
        message = _("This is no cursor of the list with this ordering.")
        raise ValidationError({name: [message]}) from error


def links_of(request: Request, page: Page) -> dict[str, str | None]:
    """Absolute addresses of the neighbouring pages, everything else of the query kept."""
    return {
        "next": _address(request, "after", page.next),
        "previous": _address(request, "before", page.previous),
    }


def address_after(request: Request, cursor: str) -> str | None:
    """The same request from the cursor on."""
    return _address(request, "after", cursor)


def size_of(text: str | None) -> int:
    """What ``limit`` says. Raises ValidationError."""
    if text is None:
        return DEFAULT_SIZE
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MAX_SIZE:
        message = _("A whole number from 1 to %(most)s.") % {"most": MAX_SIZE}
        raise ValidationError({"limit": [message]})
    return int(text)


def _address(request: Request, name: str, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    query: Any = request.query_params.copy()
    for old in ("after", "before"):
        query.pop(old, None)
    query[name] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
