"""An advisor's day."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.crm import actions, queries
from apps.crm.forms import SkipForm
from apps.crm.views.cells import phone_of
from apps.crm.views.dialogs import ask_in_dialog
from forecourt.kernel.clock import now
from forecourt.ui.access import requires, signed_in


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
