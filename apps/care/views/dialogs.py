"""What is done on the page of a complaint, each in a dialog."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.care import actions, queries
from apps.care.forms import (
    CompensationForm,
    ConfirmForm,
    DispatchForm,
    RateForm,
    ReopenForm,
    SolveForm,
    StepForm,
)
from forecourt.ui.access import signed_in
from forecourt.ui.forms import Form, check_field
from forecourt.ui.responses import done_in_dialog


def _ask(
    request: HttpRequest,
    form: Form,
    act: Callable[..., Any],
    *,
    complaint_id: int,
    title: str,
    done: str,
) -> HttpResponse:
    """The form in a dialog until the action has succeeded; 422 while it has errors."""
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        form.attempt(
            partial(act, complaint_id=complaint_id, actor=request.actor, **form.cleaned_data)
        )
        if not form.errors:
            return done_in_dialog(request, message=done)
    return render(
        request,
        "care/_dialog.html",
        {"form": form, "title": title},
        status=422 if form.is_bound and form.errors else 200,
    )


@signed_in
def complaint_step(request: HttpRequest, complaint_id: int) -> HttpResponse:
    queries.get_complaint(complaint_id=complaint_id, actor=request.actor)
    form = StepForm(
        request.POST or None,
        actor=request.actor,
        initial={"kind": request.GET.get("kind", "REPLY")},
    )
    return _ask(
        request,
        form,
        actions.add_step,
        complaint_id=complaint_id,
        title=_("Write down what was done"),
        done=_("Written down."),
    )


@signed_in
def complaint_dispatch(request: HttpRequest, complaint_id: int) -> HttpResponse:
    complaint = queries.get_complaint(complaint_id=complaint_id, actor=request.actor)
    form = DispatchForm(
        request.POST or None,
        actor=request.actor,
        store_id=complaint.store_id,
        initial={"department_id": complaint.department_id, "owner_id": complaint.owner_id},
    )
    return _ask(
        request,
        form,
        actions.dispatch_complaint,
        complaint_id=complaint_id,
        title=_("Who looks after it"),
        done=_("The complaint is given to them."),
    )


@signed_in
def complaint_rate(request: HttpRequest, complaint_id: int) -> HttpResponse:
    complaint = queries.get_complaint(complaint_id=complaint_id, actor=request.actor)
    form = RateForm(
        request.POST or None, actor=request.actor, initial={"severity": complaint.severity}
    )
    return _ask(
        request,
        form,
        actions.rate_complaint,
        complaint_id=complaint_id,
        title=_("Change the severity"),
        done=_("What is due was reckoned anew."),
    )


@signed_in
def complaint_compensate(request: HttpRequest, complaint_id: int) -> HttpResponse:
    queries.get_complaint(complaint_id=complaint_id, actor=request.actor)
    return _ask(
        request,
        CompensationForm(request.POST or None, actor=request.actor),
        actions.offer_compensation,
        complaint_id=complaint_id,
        title=_("Ask for a compensation"),
        done=_("The compensation is asked for."),
    )


@signed_in
def complaint_solve(request: HttpRequest, complaint_id: int) -> HttpResponse:
    queries.get_complaint(complaint_id=complaint_id, actor=request.actor)
    return _ask(
        request,
        SolveForm(request.POST or None, actor=request.actor),
        actions.solve_complaint,
        complaint_id=complaint_id,
        title=_("The solution"),
        done=_("Now the customer is to confirm it."),
    )


@signed_in
def complaint_confirm(request: HttpRequest, complaint_id: int) -> HttpResponse:
    queries.get_complaint(complaint_id=complaint_id, actor=request.actor)
    return _ask(
        request,
        ConfirmForm(request.POST or None, actor=request.actor),
        actions.confirm_solution,
        complaint_id=complaint_id,
        title=_("What the customer says"),
        done=_("The customer's answer is written down."),
    )


@signed_in
def complaint_reopen(request: HttpRequest, complaint_id: int) -> HttpResponse:
    queries.get_complaint(complaint_id=complaint_id, actor=request.actor)
    return _ask(
        request,
        ReopenForm(request.POST or None, actor=request.actor),
        actions.reopen_complaint,
        complaint_id=complaint_id,
        title=_("Open the complaint again"),
        done=_("The complaint is open again."),
    )
