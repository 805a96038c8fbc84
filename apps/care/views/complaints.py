"""Complaints: the list, the form, the page, the figures."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET

from apps.care import actions, queries
from apps.care.actions.compensation import is_compensation_waiting
from apps.care.figures import SETS
from apps.care.forms import REGISTER, STARS, ComplaintForm
from apps.care.models import Complaint, ComplaintStep, late
from apps.care.rules.complaints import (
    COMPLAINT_KINDS,
    UNSOLVED_STATES,
    ComplaintState,
    Severity,
    StepKind,
)
from apps.crm.phones import call_url, phone_of
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.ui import values
from forecourt.ui.access import requires, signed_in
from forecourt.ui.details import HISTORY, Tab, TimelineEntry, detail_page
from forecourt.ui.figures import FigureFilter, figures_page
from forecourt.ui.forms import check_field
from forecourt.ui.lists import (
    BooleanFilter,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    DateTimeColumn,
    Empty,
    ListPage,
    MoneyColumn,
    NumberColumn,
    OptionFilter,
    RelatedFilter,
    SearchFilter,
    StatusColumn,
    StoreFilter,
)
from forecourt.ui.responses import go_to, render_page

VIEW, WORK, DISPATCH = "care.view_complaint", "care.work_complaint", "care.dispatch_complaint"
TABS = (Tab("steps", gettext_lazy("What was done"), "care/_complaint_facts.html"), HISTORY)
STEP_LOOKS = {
    StepKind.REPLY: ("message", "info"),
    StepKind.NOTE: ("edit", "neutral"),
    StepKind.DISPATCHED: ("switch-horizontal", "info"),
    StepKind.RATED: ("alert-triangle", "warning"),
    StepKind.OFFERED: ("send", "info"),
    StepKind.GRANTED: ("circle-check", "success"),
    StepKind.DECLINED: ("circle-x", "danger"),
    StepKind.SOLVED: ("circle-check", "info"),
    StepKind.CONFIRMED: ("checks", "success"),
    StepKind.REOPENED: ("arrow-back-up", "danger"),
    StepKind.ESCALATED: ("alert-triangle", "danger"),
}


class LateFilter(BooleanFilter):
    """Asks the clock at each request, not when the module is loaded."""

    def narrow(self, rows: QuerySet, query: Any, actor: Actor) -> QuerySet:
        chosen = {value for value, _label in self.chosen(query, actor)}
        if chosen == {"yes"}:
            return rows.filter(late())
        return rows.filter(~late()) if chosen == {"no"} else rows


class DueColumn(DateTimeColumn):
    """What is due next of an unsolved complaint: the first reply, else the solution."""

    def value(self, row: Complaint) -> Any:
        if row.state not in UNSOLVED_STATES:
            return None
        return row.close_due_at if row.first_reply_at else row.reply_due_at

    def show(self, value: Any, row: Complaint) -> Any:
        text = super().show(value, row)
        return values.badge(text, "danger") if value is not None and value < now() else text


def _stores(actor: Actor) -> list[tuple[int, str]]:
    return [(store.pk, store.name) for store in organisation.list_stores(actor)]


class ComplaintList(ListPage):
    name = "care.complaints"
    permission = VIEW
    title = gettext_lazy("Complaints")
    template = "care/complaint_list.html"
    columns = (
        Column("number", gettext_lazy("Complaint no."), mono=True, always=True),
        Column("customer", gettext_lazy("Customer")),
        Column("title", gettext_lazy("What it is about")),
        Column("kind", gettext_lazy("Kind"), value=lambda row: row.get_kind_display()),
        StatusColumn("severity", gettext_lazy("Severity")),
        StatusColumn("state", gettext_lazy("State")),
        DueColumn("due", gettext_lazy("Due"), relative=True),
        Column("store", gettext_lazy("Store")),
        Column("department", gettext_lazy("Department"), default=False),
        Column("owner", gettext_lazy("Person responsible")),
        NumberColumn("reopen_count", gettext_lazy("Opened again"), default=False),
        MoneyColumn("compensation_amount", gettext_lazy("Compensation"), default=False),
        NumberColumn("satisfaction", gettext_lazy("Satisfaction"), default=False),
        DateTimeColumn("reported_at", pgettext_lazy("complaint", "Received"), sort="id"),
    )
    filters = (
        SearchFilter(
            gettext_lazy("Complaint no., name or phone"),
            find=queries.search_complaints,
            for_actor=True,
        ),
        ChoiceFilter("state", gettext_lazy("State"), ComplaintState),
        OptionFilter("kind", gettext_lazy("Kind"), COMPLAINT_KINDS),
        ChoiceFilter("severity", gettext_lazy("Severity"), Severity),
        StoreFilter(_stores),
        RelatedFilter(
            "owner", gettext_lazy("Person responsible"), queries.responsible, field="owner_id"
        ),
        LateFilter("late", pgettext_lazy("complaints", "Late now")),
        DateRangeFilter("reported", pgettext_lazy("complaint", "Received"), field="reported_date"),
        FigureFilter("care:complaint_list"),
    )
    default_sort = "-reported_at"
    empty = Empty(
        gettext_lazy("No complaints"),
        gettext_lazy("What customers are not content with stands here, with what is due."),
        icon="message-circle",
        url_name="care:complaint_create",
        label=gettext_lazy("New complaint"),
        permission=REGISTER,
    )

    def get_queryset(self, actor: Actor) -> QuerySet:
        return queries.list_complaints(actor).in_focus(actor)

    def row_url(self, row: Complaint) -> str:
        return reverse("care:complaint_detail", args=[row.pk])

    def context(self) -> dict[str, Any]:
        return {"may_register": self.actor.can(REGISTER)}


@requires(REGISTER)
def complaint_create(request: HttpRequest) -> HttpResponse:
    initial = {"store_id": request.GET.get("store") or request.actor.home_store_id}
    if (customer := request.GET.get("customer", "")).isdecimal():
        initial["customer_id"] = customer
    form = ComplaintForm(request.POST or None, actor=request.actor, initial=initial)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        complaint = form.attempt(
            actions.register_complaint, actor=request.actor, **form.cleaned_data
        )
        if complaint is not None:
            return _after_registering(request, complaint)
    return render_page(
        request, "care/complaint_form.html", "care/_complaint_form.html", {"form": form}
    )


def _after_registering(request: HttpRequest, complaint: Complaint) -> HttpResponse:
    message = _("The complaint has the number %(number)s.") % {"number": complaint.number}
    return go_to(request, "care:complaint_detail", complaint.pk, message=message)


@signed_in
def complaint_detail(request: HttpRequest, complaint_id: int) -> HttpResponse:
    actor = request.actor
    complaint = queries.get_complaint(complaint_id=complaint_id, actor=actor)
    customer = complaint.customer
    context = {
        "complaint": complaint,
        "customer": customer,
        "phone": phone_of(customer, actor),
        "call_url": call_url(customer, actor),
        "may_open_customer": actor.grant("crm.view_customer").covers(
            customer.home_store_id, customer.owner_id
        ),
        "steps": [_entry(step) for step in queries.list_steps(complaint)],
        "stars": STARS.get(complaint.satisfaction or 0, ""),
        "compensation": values.money(complaint.compensation_amount)
        if complaint.compensation_amount
        else "",
        **_clocks(complaint),
        **_rights(complaint, actor),
    }
    return detail_page(request, complaint, "care/complaint_detail.html", TABS, context)


def _entry(step: ComplaintStep) -> TimelineEntry:
    icon, tone = STEP_LOOKS[StepKind(step.kind)]
    amount = strip_tags(values.money(step.amount)) if step.amount is not None else ""
    return TimelineEntry(
        when=step.happened_at,
        title=step.get_kind_display(),
        who=step.author.name if step.author else "",
        text="\n".join(part for part in (amount, step.text) if part),
        icon=icon,
        tone=tone,
    )


def _clocks(complaint: Complaint) -> dict[str, bool]:
    """Which of the two limits was missed, or is being missed."""
    moment = now()
    return {
        "is_reply_late": (complaint.first_reply_at or moment) > complaint.reply_due_at,
        "is_solution_late": (complaint.solved_at or moment) > complaint.close_due_at,
    }


def _rights(complaint: Complaint, actor: Actor) -> dict[str, bool]:
    """What the page offers; the actions decide again."""
    people = (complaint.owner_id, complaint.received_by_id)

    def covers(permission: str) -> bool:
        grant = actor.grant(permission)
        return any(grant.covers(complaint.store_id, person) for person in people)

    is_unsolved = complaint.state in UNSOLVED_STATES
    works, dispatches = covers(WORK), covers(DISPATCH)
    return {
        "may_work": works and complaint.is_open,
        "may_solve": works and is_unsolved,
        "may_compensate": works and is_unsolved and not is_compensation_waiting(complaint),
        "may_confirm": works and complaint.state == ComplaintState.SOLVED,
        "may_reopen": works and complaint.state == ComplaintState.CLOSED,
        "may_dispatch": dispatches and is_unsolved,
        "is_waiting_for_approval": is_compensation_waiting(complaint),
    }


@require_GET
@requires(VIEW)
def figures(request: HttpRequest) -> HttpResponseBase:
    return figures_page(request, SETS, title=_("Figures of complaints"))
