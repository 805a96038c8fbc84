"""The dialog in which most of this module is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from forecourt.ui.forms import Form, check_field
from forecourt.ui.responses import done_in_dialog

CHANGED = "documents-changed"
"""Heard by the panels that show documents."""


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: a post is one even if it carries nothing."""
    return request.POST if request.method == "POST" else None


def ask_in_dialog(
    request: HttpRequest,
    form: Form,
    act: Callable[[], Any],
    *,
    title: object,
    submit: object,
    message: object,
    text: object = "",
    danger: bool = False,
    event: str | None = None,
) -> HttpResponse:
    """Ask in a dialog, act, close it; what the person can mend stands in the form."""
    if answer := check_field(request, form):
        return answer
    if form.is_valid() and act() is not None:
        return done_in_dialog(request, message=message, event=event)
    context = {"form": form, "title": title, "submit": submit, "danger": danger, "text": text}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "documents/_dialog.html", context, status=status)
