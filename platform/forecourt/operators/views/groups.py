"""The groups, one of them, and what is done about it."""

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from billing.plans import PLANS
from forecourt.operators import actions, queries
from forecourt.operators.forms import CopyForm, ExtendTrialForm, ReasonForm, SuspendForm
from forecourt.operators.views.access import acts, for_operators
from forecourt.operators.views.paging import page_of
from forecourt.support import entering
from forecourt.ui.forms import Form
from forecourt.ui.responses import done_in_dialog, go_to, render_page
from tenants import backups
from tenants.models import DealerGroup
from tenants.views import GROUP_SITES


@require_GET
@for_operators
def group_list(request: HttpRequest) -> HttpResponse:
    chosen = {name: request.GET.get(name, "")[:100] for name in ("q", "plan", "state")}
    context = page_of(
        request,
        lambda cursor, direction: queries.list_groups(**chosen, cursor=cursor, direction=direction),
    )
    rows = queries.with_figures(context["rows"])
    plans = [(queries.TRIAL, _("On trial")), *((plan.code, plan.name) for plan in PLANS)]
    return render(
        request,
        "operators/group_list.html",
        {**context, **chosen, "rows": rows, "plans": plans, "states": DealerGroup.State.choices},
    )


@require_GET
@for_operators
def group_detail(request: HttpRequest, group_id: int) -> HttpResponse:
    found = queries.inspect_group(group_id)
    return render(
        request,
        "operators/group_detail.html",
        {"found": found, "group": found.group, "door": entering.door_of(found.group)},
    )


@require_http_methods(["GET", "POST"])
@acts
def extend_trial(request: HttpRequest, group_id: int) -> HttpResponse:
    return _ask(
        request,
        group_id,
        ExtendTrialForm(request.POST or None),
        actions.extend_trial,
        title=_("Extend the trial"),
        done=_("The trial is longer."),
    )


@require_http_methods(["GET", "POST"])
@acts
def suspend(request: HttpRequest, group_id: int) -> HttpResponse:
    return _ask(
        request,
        group_id,
        SuspendForm(request.POST or None),
        actions.suspend,
        title=_("Suspend the group"),
        text=_("Nobody but its owner gets in until you lift it, and she sees billing and export."),
        done=_("The group is being suspended."),
        danger=True,
    )


@require_http_methods(["GET", "POST"])
@acts
def let_go(request: HttpRequest, group_id: int) -> HttpResponse:
    return _ask(
        request,
        group_id,
        ReasonForm(request.POST or None),
        actions.let_go,
        title=_("Lift the suspension"),
        text=_("The group then stands as its payments say."),
        done=_("The suspension is being lifted."),
    )


@require_http_methods(["GET", "POST"])
@acts
def start_backup(request: HttpRequest, group_id: int) -> HttpResponse:
    return _ask(
        request,
        group_id,
        ReasonForm(request.POST or None),
        actions.start_backup,
        title=_("Start a backup"),
        text=_(
            "A worker writes everything of the group into its own store, where it is kept for "
            "30 days. Nobody can download it here."
        ),
        done=_("The backup has been ordered."),
    )


@require_http_methods(["GET", "POST"])
@acts
def restore_backup(request: HttpRequest, group_id: int) -> HttpResponse:
    group = queries.get_group(group_id)
    found = [
        (job.pk, date_format(localtime(job.finished_at), "SHORT_DATETIME_FORMAT"))
        for job in backups.list_backups(group.schema_name)
    ]
    return _ask(
        request,
        group_id,
        CopyForm(request.POST or None, backups=found),
        actions.restore_backup,
        title=_("Put a backup into a new group"),
        done=_("The new group is being made."),
    )


@require_http_methods(["GET", "POST"])
@acts
@csp_update({"form-action": [GROUP_SITES]})
def enter_group(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the group's door sends who knocks, to learn who it is; she says why, and goes in."""
    group = queries.get_group_at(slug)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        address = form.attempt(
            actions.enter_group,
            group=group,
            browser_digest=request.GET.get("browser", ""),
            acting=request.operator,
            **form.cleaned_data,
        )
        if address:
            return go_to(request, address)
    context = {"form": form, "group": group, "grant": entering.open_grant(group.schema_name)}
    return render_page(request, "operators/enter.html", "operators/_enter.html", context)


def _ask(
    request: HttpRequest,
    group_id: int,
    form: Form,
    action: Callable[..., Any],
    *,
    title: str,
    done: str,
    text: str = "",
    danger: bool = False,
) -> HttpResponse:
    """A dialog that asks why, and does it when it was told."""
    group = queries.get_group(group_id)
    if form.is_valid():
        values = {**form.cleaned_data, "group_id": group_id, "acting": request.operator}
        if form.attempt(lambda **given: (action(**given), True), **values):
            return done_in_dialog(request, message=done)
    context = {"form": form, "group": group, "title": title, "text": text, "danger": danger}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "operators/_ask.html", context, status=status)
