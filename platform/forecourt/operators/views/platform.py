"""The platform itself: how the groups stand together, work, spaces, releases, the log."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from billing.models import StripeEvent
from forecourt.kernel import keyset
from forecourt.kernel.middleware import readiness
from forecourt.operators import actions, queries
from forecourt.operators.forms import SpacesForm
from forecourt.operators.views.access import acts, for_operators
from forecourt.operators.views.paging import page_of
from forecourt.ui.responses import done_in_dialog
from tenants.models import DealerGroup
from tenants.releases import this_release

SHOWN = 50


@require_GET
@for_operators
def home(request: HttpRequest) -> HttpResponse:
    counts = queries.count_states()
    states = [(code, label, counts.get(code, 0)) for code, label in DealerGroup.State.choices]
    return render(
        request,
        "operators/home.html",
        {
            "states": states,
            "total": sum(counts.values()),
            "spaces": queries.count_spaces(),
            "failed_jobs": queries.count_failed_jobs(),
            "failed_events": queries.count_failed_events(),
            "trouble": queries.groups_in_trouble(),
            "entries": queries.list_entries()[:10],
        },
    )


@require_GET
@for_operators
def event_list(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    events = queries.list_events(state=state)
    context = page_of(
        request,
        lambda cursor, direction: keyset.paginate(events, ["-id"], cursor, SHOWN, direction),
    )
    groups = queries.groups_of_customers(row.customer_id for row in context["rows"])
    states = [("failed", _("Tried in vain")), *StripeEvent.State.choices]
    return render(
        request,
        "operators/event_list.html",
        {
            **context,
            "rows": [(row, groups.get(row.customer_id)) for row in context["rows"]],
            "states": states,
            "state": state,
            "late": queries.count_late_events(),
        },
    )


@require_GET
@for_operators
def job_list(request: HttpRequest) -> HttpResponse:
    context = page_of(
        request,
        lambda cursor, direction: keyset.paginate(
            queries.list_jobs(), ["-id"], cursor, SHOWN, direction
        ),
    )
    groups = queries.groups_of_schemas(row.schema_name for row in context["rows"])
    return render(
        request,
        "operators/job_list.html",
        {
            **context,
            "rows": [(row, groups.get(row.schema_name)) for row in context["rows"]],
            "parts": readiness(),
            "queues": queries.list_queues(),
            "trouble": queries.groups_in_trouble(),
            "late": queries.count_late_events(),
        },
    )


@require_GET
@for_operators
def space_list(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "operators/space_list.html",
        {"spaces": queries.list_spaces()[:SHOWN], "counts": queries.count_spaces()},
    )


@require_http_methods(["GET", "POST"])
@acts
def prepare_spaces(request: HttpRequest) -> HttpResponse:
    form = SpacesForm(request.POST or None)
    if form.is_valid():
        values = {**form.cleaned_data, "acting": request.operator}
        if form.attempt(actions.prepare_spaces, **values):
            return done_in_dialog(request, message=_("The spaces are being prepared."))
    context = {"form": form, "title": _("Prepare spaces")}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "operators/_ask.html", context, status=status)


@require_GET
@for_operators
def release_list(request: HttpRequest) -> HttpResponse:
    failed = queries.failed_migrations()[:SHOWN]
    groups = queries.groups_of_schemas(row.schema_name for row in failed)
    return render(
        request,
        "operators/release_list.html",
        {
            "this": this_release(),
            "releases": queries.list_releases()[:SHOWN],
            "failed": [(row, groups.get(row.schema_name)) for row in failed],
            "erasures": queries.list_erasures()[:SHOWN],
        },
    )


@require_GET
@for_operators
def log(request: HttpRequest) -> HttpResponse:
    context = page_of(
        request,
        lambda cursor, direction: keyset.paginate(
            queries.list_entries(), ["-id"], cursor, SHOWN, direction
        ),
    )
    return render(request, "operators/log.html", context)
