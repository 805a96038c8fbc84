"""Answers that pages and their partials share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url

from forecourt.ui.boards import Board, Lane


def wants_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page; going back in history asks for the whole."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def render_page(
    request: HttpRequest,
    page: str,
    partial: str,
    context: dict[str, Any] | None = None,
    *,
    status: int | None = None,
) -> HttpResponse:
    """Render the partial for htmx and the page, which includes it, otherwise.

    A bound form with errors under the name `form` makes the status 422.
    """
    context = context or {}
    form = context.get("form")
    if status is None and isinstance(form, BaseForm) and form.is_bound and form.errors:
        status = 422
    name = partial if wants_partial(request) else page
    return render(request, name, context, status=status)


def go_to(request: HttpRequest, to: Any, *args: Any, message: object = None) -> HttpResponse:
    """After a successful action: open another page, which shows `message` as a toast.

    `to` is an address, a view's name with its arguments, or an object with `get_absolute_url`.
    """
    if message is not None:
        messages.success(request, str(message))
    url = resolve_url(to, *args)
    if getattr(request, "htmx", None):
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)


def moved_card(
    request: HttpRequest, board: Board, lane: Lane, counts: Mapping[str, int]
) -> HttpResponse:
    """A card was moved: answers it alone, in its new lane, and how many cards the lanes hold."""
    context = {"board": board, "lane": lane, "counts": counts.items()}
    answer = render(request, "ui/_moved_card.html", context)
    answer["HX-Reswap"] = "none"
    return answer


def done_in_dialog(
    request: HttpRequest, *, message: object = None, event: str | None = None
) -> HttpResponse:
    """After a successful action in a dialog: close it, show `message`, tell the page.

    Without `event` the page is loaded again; with one, whatever listens for it
    (`hx-trigger="<event> from:body"`) refreshes itself.
    """
    if message is not None:
        messages.success(request, str(message))
    if event is None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    # Nothing is swapped: what arrives in a dialog would open it again.
    return HttpResponse(
        headers={
            "HX-Trigger": json.dumps({"fc:close-dialog": True, event: True}),
            "HX-Reswap": "none",
        }
    )
