"""Forms in dialogs: asked, checked, run, and the page behind them loaded again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from forecourt.ui.forms import Form, check_field
from forecourt.ui.responses import done_in_dialog


def ask_in_dialog(
    request: HttpRequest,
    form: Form,
    act: Callable[[], Any],
    *,
    title: str,
    done: str | Callable[[Any], str],
    submit: str = "",
    danger: bool = False,
) -> HttpResponse:
    """Show a form in a dialog until its action has succeeded; ``done`` may depend on its result."""
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        result = form.attempt(act)
        if not form.errors:
            message = done(result) if callable(done) else done
            return done_in_dialog(request, message=message)
    return show_dialog(request, form, title=title, submit=submit, danger=danger)


def show_dialog(
    request: HttpRequest, form: Form, *, title: str, submit: str = "", danger: bool = False
) -> HttpResponse:
    """The dialog itself; 422 while the form has errors."""
    return render(
        request,
        "marketing/_dialog.html",
        {"form": form, "title": title, "submit": submit, "danger": danger},
        status=422 if form.is_bound and form.errors else 200,
    )
