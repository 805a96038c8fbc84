"""Where one is in a long list, kept in the address."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from forecourt.kernel.keyset import BadCursor, Page

Read = Callable[[str | None, str], Page[Any]]


def page_of(request: HttpRequest, read: Read) -> dict[str, Any]:
    """``rows`` with the addresses of the pages before and after; a bad cursor begins anew."""
    cursor, direction = request.GET.get("after"), "after"
    if "before" in request.GET:
        cursor, direction = request.GET["before"], "before"
    try:
        page = read(cursor, direction)
    except BadCursor:
        page = read(None, "after")
    return {
        "rows": page.rows,
        "next_url": _address(request, after=page.next) if page.next else "",
        "previous_url": _address(request, before=page.previous) if page.previous else "",
    }


def _address(request: HttpRequest, **place: str) -> str:
    kept = {name: value for name, value in request.GET.items() if name not in ("after", "before")}
    return f"?{urlencode({**kept, **place})}"
