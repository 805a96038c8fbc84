"""Test drives: the day of the demo cars, the list, the page, and what is done on it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.crm import actions, hooks, queries
from apps.crm.forms import HandOutForm, MoveDriveForm, ReasonForm, ReturnForm, TestDriveForm
from apps.crm.models import TestDrive
from apps.crm.phones import phone_of
from apps.crm.rules.test_drives import HOLDING, QUARTER, TestDriveState, quarter_of
from apps.crm.views.cells import (
    DisplayColumn,
    NameColumn,
    PhoneColumn,
    advisor_filter_choices,
    store_filter_choices,
)
from apps.crm.views.dialogs import ask_in_dialog
from apps.crm.views.drive_plan import plan_of
from apps.crm.views.reception import desk_of, no_store
from forecourt.kernel.access import Actor, masked, may_see
from forecourt.kernel.clock import now
from forecourt.ui.access import requires, signed_in
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.figures import FigureFilter
from forecourt.ui.forms import check_field, combobox_options
from forecourt.ui.lists import (
    ChoiceFilter,
    Column,
    DateRangeFilter,
    DateTimeColumn,
    Empty,
    ListPage,
    NumberColumn,
    RelatedFilter,
    SearchFilter,
    StatusColumn,
    StoreFilter,
)
from forecourt.ui.responses import go_to, render_page

VIEW, WORK = "crm.view_test_drive", "crm.work_test_drive"
TABS = (Tab("facts", gettext_lazy("Test drive"), "crm/_test_drive_facts.html"), HISTORY)
CUSTOMERS_OFFERED = 8


class TestDriveList(ListPage):
    __test__ = False

    name = "crm.test_drives"
    permission = VIEW
    export_permission = "crm.export_customer"
    title = gettext_lazy("All test drives")
    template = "crm/test_drive_list.html"
    columns = (
        NameColumn("customer", gettext_lazy("Customer"), always=True),
        PhoneColumn("customer.primary_phone", gettext_lazy("Phone"), mono=True),
        DateTimeColumn("starts_at", gettext_lazy("Time"), sort="starts_at"),
        Column("vehicle_name", gettext_lazy("Demo car")),
        Column("advisor", gettext_lazy("Accompanied by")),
        StatusColumn("state", gettext_lazy("State")),
        DisplayColumn("route", gettext_lazy("Route"), default=False),
        NumberColumn("distance", gettext_lazy("Distance (km)"), default=False),
        NumberColumn("rating", gettext_lazy("Rating")),
        Column("feedback", gettext_lazy("What the customer said"), default=False),
        Column("store", gettext_lazy("Store"), default=False),
        Column("number", gettext_lazy("Test drive no."), default=False, mono=True),
    )
    filters = (
        SearchFilter(
            gettext_lazy("Name, phone, test drive no."),
            find=queries.search_test_drives,
            for_actor=True,
        ),
        ChoiceFilter("state", gettext_lazy("State"), TestDriveState),
        StoreFilter(store_filter_choices),
        RelatedFilter(
            "advisor", gettext_lazy("Accompanied by"), advisor_filter_choices, field="advisor_id"
        ),
        DateRangeFilter("starts", gettext_lazy("Time"), field="starts_at", moment=True),
        FigureFilter("crm:test_drive_list"),
    )
    default_sort = "-starts_at"
    empty = Empty(
        gettext_lazy("No test drives yet"),
        gettext_lazy("Book the first one with a demo car of your store."),
        icon="steering-wheel",
        url_name="crm:test_drive_create",
        label=gettext_lazy("Book a test drive"),
        permission=WORK,
    )

    def get_queryset(self, actor: Actor) -> QuerySet:
        return queries.list_test_drives(actor).in_focus(actor)

    def row_url(self, row: TestDrive) -> str:
        return reverse("crm:test_drive_detail", args=[row.pk])

    def row_label(self, row: TestDrive) -> str:
        return str(row.customer)


@requires(VIEW)
def test_drive_day(request: HttpRequest) -> HttpResponse:
    """Which car is taken when, and what is to be done with it."""
    actor = request.actor
    store, stores = desk_of(request, VIEW)
    if store is None:
        return no_store(request, _("Test drives"))
    moment = now()
    local_today = timezone.localdate(moment, ZoneInfo(store.time_zone))
    day = _day(request.GET.get("day", "")) or local_today
    drives = queries.drives_of_day(store.pk, day)
    cars = hooks.demo_cars_in([store.pk])
    grant = actor.grant(VIEW)
    context = {
        "desk": store,
        "stores": stores,
        "day": day,
        "is_today": day == local_today,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "plan": plan_of(store, day, cars, drives, actor),
        "drives": [
            (row, row.state == TestDriveState.OUT and row.ends_at < moment)
            for row in drives
            if grant.covers(row.store_id, row.advisor_id)
        ],
        "may_book": actor.can(WORK) and bool(cars),
    }
    return render(request, "crm/test_drive_day.html", context)


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


@requires(WORK)
def test_drive_create(request: HttpRequest) -> HttpResponse:
    actor = request.actor
    store, _stores = desk_of(request, WORK)
    if store is None:
        return no_store(request, _("Book a test drive"))
    form = TestDriveForm(
        request.POST or None, actor=actor, store_id=store.pk, initial=_wanted(request, store)
    )
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        drive = form.attempt(
            actions.book_test_drive, actor=actor, store_id=store.pk, **form.cleaned_data
        )
        if drive is not None:
            return go_to(
                request, "crm:test_drive_detail", drive.pk, message=_("The test drive is booked.")
            )
    return render_page(
        request,
        "crm/test_drive_form.html",
        "crm/_test_drive_form.html",
        {"form": form, "desk": store, "has_cars": bool(form.fields["vehicle_id"].choices)},
    )


def _wanted(request: HttpRequest, store: Any) -> dict[str, Any]:
    """What the link asks for: a customer, a car and a time, else the next quarter of an hour."""
    zone = ZoneInfo(store.time_zone)
    try:
        at = parse_datetime(request.GET.get("at", ""))
    except ValueError:
        at = None
    if at is None or timezone.is_naive(at):
        at = quarter_of(now().astimezone(zone)) + QUARTER
    customer = request.GET.get("customer", "")
    return {
        "customer_id": customer if customer.isdecimal() else None,
        "vehicle_id": request.GET.get("car"),
        "starts_at": at.astimezone(zone),
    }


@require_GET
@requires(WORK)
def customer_options(request: HttpRequest) -> HttpResponse:
    """Customers within sight, for the form of a drive."""
    actor = request.actor
    found = queries.find_customers(actor, request.GET.get("q", ""))[:CUSTOMERS_OFFERED]
    return combobox_options(request, [(one.pk, str(one), phone_of(one, actor)) for one in found])


@signed_in
def test_drive_detail(request: HttpRequest, test_drive_id: int) -> HttpResponse:
    actor = request.actor
    drive = queries.get_test_drive(test_drive_id=test_drive_id, actor=actor)
    customer = drive.customer
    works = actor.grant(WORK).covers(drive.store_id, drive.advisor_id)
    is_booked = works and drive.state == TestDriveState.BOOKED
    context = {
        "drive": drive,
        "customer": customer,
        "phone": phone_of(customer, actor),
        "licence_number": masked(drive, "licence_number"),
        "may_reveal": bool(drive.licence_number) and may_see(actor, drive, "licence_number"),
        "may_open_customer": actor.grant("crm.view_customer").covers(
            customer.home_store_id, customer.owner_id
        ),
        "may_change": is_booked,
        "may_photograph": works and drive.state in HOLDING and actor.can("documents.add_document"),
        "may_miss": is_booked and drive.starts_at <= now(),
        "may_return": works and drive.state == TestDriveState.OUT,
    }
    return detail_page(request, drive, "crm/test_drive_detail.html", TABS, context)


@signed_in
def test_drive_move(request: HttpRequest, test_drive_id: int) -> HttpResponse:
    drive = queries.get_test_drive(test_drive_id=test_drive_id, actor=request.actor)
    form = MoveDriveForm(
        request.POST or None,
        actor=request.actor,
        store_id=drive.store_id,
        initial={
            "vehicle_id": drive.vehicle_id,
            "starts_at": drive.starts_at,
            "minutes": int((drive.ends_at - drive.starts_at).total_seconds() // 60),
            "route": drive.route,
            "advisor_id": drive.advisor_id,
        },
    )
    return ask_in_dialog(
        request,
        form,
        lambda: actions.move_test_drive(
            test_drive_id=test_drive_id, actor=request.actor, **form.cleaned_data
        ),
        title=_("Rebook"),
        done=_("The test drive is rebooked."),
    )


@signed_in
def test_drive_hand_out(request: HttpRequest, test_drive_id: int) -> HttpResponse:
    drive = queries.get_test_drive(test_drive_id=test_drive_id, actor=request.actor)
    form = HandOutForm(
        request.POST or None,
        actor=request.actor,
        initial={
            "driver_name": drive.customer.name,
            "mileage_before": queries.last_mileage(drive.vehicle_id),
        },
    )
    return ask_in_dialog(
        request,
        form,
        lambda: actions.hand_out_test_drive(
            test_drive_id=test_drive_id, actor=request.actor, **form.cleaned_data
        ),
        title=_("Hand out the car"),
        done=_("The car is on the road."),
        submit=_("Drive off"),
    )


@signed_in
def test_drive_return(request: HttpRequest, test_drive_id: int) -> HttpResponse:
    queries.get_test_drive(test_drive_id=test_drive_id, actor=request.actor)
    form = ReturnForm(request.POST or None, actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: actions.return_test_drive(
            test_drive_id=test_drive_id, actor=request.actor, **form.cleaned_data
        ),
        title=_("Take back the car"),
        done=_("The car is back; the next contact is planned."),
    )


@signed_in
def test_drive_cancel(request: HttpRequest, test_drive_id: int) -> HttpResponse:
    queries.get_test_drive(test_drive_id=test_drive_id, actor=request.actor)
    form = ReasonForm(request.POST or None, actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: actions.cancel_test_drive(
            test_drive_id=test_drive_id, actor=request.actor, **form.cleaned_data
        ),
        title=_("Cancel the test drive"),
        done=_("The test drive is cancelled."),
        danger=True,
    )


@require_POST
@signed_in
def test_drive_miss(request: HttpRequest, test_drive_id: int) -> HttpResponse:
    actions.miss_test_drive(test_drive_id=test_drive_id, actor=request.actor)
    return go_to(
        request, "crm:test_drive_detail", test_drive_id, message=_("The customer did not come.")
    )


@require_POST
@signed_in
def test_drive_licence_reveal(request: HttpRequest, test_drive_id: int) -> HttpResponse:
    """The licence number in full, once; the audit log keeps who asked."""
    number = actions.reveal_licence(test_drive_id=test_drive_id, actor=request.actor)
    return render(request, "crm/_national_id.html", {"number": number})
