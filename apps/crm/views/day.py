"""An advisor's day."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.crm import actions, queries
from apps.crm.forms import SkipForm
from apps.crm.models import FollowUp
from apps.crm.phones import phone_of
from apps.crm.rules.contacts import FollowUpState
from apps.crm.views.cells import (
    NameColumn,
    PhoneColumn,
    advisor_filter_choices,
    store_filter_choices,
)
from apps.crm.views.dialogs import ask_in_dialog
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.ui.access import requires, signed_in
from forecourt.ui.figures import FigureFilter
from forecourt.ui.lists import (
    BooleanFilter,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    DateTimeColumn,
    Empty,
    ListPage,
    RelatedFilter,
    SearchFilter,
    StatusColumn,
    StoreFilter,
)


@requires("crm.work_lead")
def my_day(request: HttpRequest) -> HttpResponse:
    tomorrow = timezone.localdate() + timedelta(days=1)
    until = timezone.make_aware(datetime.combine(tomorrow, time.min))
    day = queries.my_day(actor=request.actor, until=until)
    drives = queries.my_test_drives(actor=request.actor, until=until)
    moment = now()
    sections = [
        (_("Overdue"), "danger", day.overdue),
        (_("Today"), "warning", day.due),
        (_("Later"), "neutral", day.later),
    ]
    return render(
        request,
        "crm/my_day.html",
        {
            "waiting": [
                (lead, phone_of(lead.customer, request.actor), lead.response_due_at < moment)
                for lead in day.waiting
            ],
            "sections": [
                (title, tone, [(row, phone_of(row.customer, request.actor)) for row in rows])
                for title, tone, rows in sections
                if rows
            ],
            "drives": drives,
            "counts": [
                (_("New, to be answered"), len(day.waiting), "target"),
                (_("Overdue"), len(day.overdue), "alert-triangle"),
                (_("Due today"), len(day.due), "calendar-event"),
                (_("Test drives"), len(drives), "steering-wheel"),
            ],
            "is_free": not any((day.waiting, day.overdue, day.due, day.later, drives)),
        },
    )


class FollowUpList(ListPage):
    """Every planned contact with what became of it."""

    name = "crm.follow_ups"
    permission = "crm.view_lead"
    export_permission = "crm.export_customer"
    title = gettext_lazy("All follow-ups")
    columns = (
        NameColumn("customer", gettext_lazy("Customer"), always=True),
        PhoneColumn("customer.primary_phone", gettext_lazy("Phone"), mono=True),
        DateTimeColumn("due_at", gettext_lazy("Due")),
        StatusColumn("state", gettext_lazy("State")),
        DateTimeColumn("completed_at", gettext_lazy("Settled")),
        Column("purpose", gettext_lazy("Purpose")),
        Column("owner", gettext_lazy("Owner")),
        Column("skip_reason", gettext_lazy("Why skipped"), default=False),
        DateTimeColumn("created_at", gettext_lazy("Planned on"), sort="id", default=False),
    )
    filters = (
        SearchFilter(gettext_lazy("Name or phone"), find=queries.search_follow_ups, for_actor=True),
        ChoiceFilter("state", gettext_lazy("State"), FollowUpState),
        StoreFilter(store_filter_choices),
        RelatedFilter("owner", gettext_lazy("Owner"), advisor_filter_choices, field="owner_id"),
        BooleanFilter(
            "overdue", gettext_lazy("Overdue"), yes=lambda _actor: queries.overdue_contacts()
        ),
        BooleanFilter(
            "gone_up", gettext_lazy("Overdue too long, of my people"), yes=queries.gone_up_to
        ),
        DateRangeFilter("due", gettext_lazy("Due"), field="due_at", moment=True),
        FigureFilter("crm:follow_up_list"),
    )
    default_sort = "-created_at"
    empty = Empty(
        gettext_lazy("No follow-ups yet"),
        gettext_lazy("Each open lead and opportunity plans its next contact by itself."),
        icon="calendar",
    )

    def get_queryset(self, actor: Actor) -> QuerySet:
        return queries.list_all_follow_ups(actor).in_focus(actor)

    def row_url(self, row: FollowUp) -> str:
        if row.opportunity_id:
            return reverse("crm:opportunity_detail", args=[row.opportunity_id])
        if row.lead_id:
            return reverse("crm:lead_detail", args=[row.lead_id])
        return reverse("crm:customer_detail", args=[row.customer_id])

    def row_label(self, row: FollowUp) -> str:
        return str(row.customer)


@signed_in
def follow_up_skip(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    queries.get_follow_up(follow_up_id=follow_up_id, actor=request.actor)
    form = SkipForm(request.POST or None, actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: actions.complete_follow_up(
            follow_up_id=follow_up_id, actor=request.actor, **form.cleaned_data
        ),
        title=_("Skip this contact"),
        done=_("Skipped; the next contact is planned."),
    )
