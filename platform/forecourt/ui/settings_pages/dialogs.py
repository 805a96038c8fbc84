"""A form in a dialog: asked, checked, run, and the page behind it loaded again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from forecourt.ui.forms import Form, check_field
from forecourt.ui.responses import done_in_dialog


def ask_in_dialog(
    request: HttpRequest, form: Form, act: Callable[[], Any], *, title: str, done: str
) -> HttpResponse:
    """Show the form until its action has succeeded; 422 while it has errors."""
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        form.attempt(act)
        if not form.errors:
            return done_in_dialog(request, message=done)
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "settings/_dialog.html", {"form": form, "title": title}, status=status)
