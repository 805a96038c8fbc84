"""The reception desk: who comes, who receives them, who is in the showroom now."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.crm import actions, queries
from apps.crm.forms import HandVisitForm, IdentifyForm, LeaveForm, ReasonForm, VisitForm
from apps.crm.models import Customer, Visit
from apps.crm.phones import phone_of
from apps.crm.rules.visits import VISIT_REASONS, VisitState
from apps.crm.views.cells import (
    DisplayColumn,
    NameColumn,
    PhoneColumn,
    advisor_filter_choices,
    store_filter_choices,
)
from apps.crm.views.dialogs import ask_in_dialog
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import today
from forecourt.kernel.errors import NotFound
from forecourt.ui.access import requires, signed_in
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.figures import FigureFilter
from forecourt.ui.forms import check_field
from forecourt.ui.lists import (
    BooleanColumn,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    DateTimeColumn,
    Empty,
    ListPage,
    NumberColumn,
    OptionFilter,
    RelatedFilter,
    SearchFilter,
    StatusColumn,
    StoreFilter,
)
from forecourt.ui.responses import go_to, render_page

DESK = "crm.register_visit"
TABS = (Tab("facts", gettext_lazy("Visit"), "crm/_visit_facts.html"), HISTORY)


class VisitList(ListPage):
    name = "crm.visits"
    permission = "crm.view_visit"
    export_permission = "crm.export_customer"
    title = gettext_lazy("Visits")
    template = "crm/visit_list.html"
    columns = (
        DateTimeColumn("arrived_at", gettext_lazy("Came"), sort="id", always=True),
        NameColumn("customer", gettext_lazy("Customer")),
        PhoneColumn("customer.primary_phone", gettext_lazy("Phone"), mono=True),
        DisplayColumn("reason", gettext_lazy("Reason of the visit")),
        NumberColumn("headcount", pgettext_lazy("visit", "People")),
        BooleanColumn("is_return", gettext_lazy("Came again")),
        Column("advisor", pgettext_lazy("visit", "Received by")),
        StatusColumn("state", gettext_lazy("State")),
        DateTimeColumn("left_at", gettext_lazy("Left at")),
        Column("store", gettext_lazy("Store"), default=False),
        Column("plate_number", gettext_lazy("Number plate"), default=False, mono=True),
        Column("campaign_code", gettext_lazy("Campaign"), default=False),
        Column("note", gettext_lazy("Note"), default=False),
    )
    filters = (
        SearchFilter(
            gettext_lazy("Name, phone, number plate"), find=queries.search_visits, for_actor=True
        ),
        ChoiceFilter("state", gettext_lazy("State"), VisitState),
        OptionFilter("reason", gettext_lazy("Reason of the visit"), VISIT_REASONS),
        StoreFilter(store_filter_choices),
        RelatedFilter(
            "advisor",
            pgettext_lazy("visit", "Received by"),
            advisor_filter_choices,
            field="advisor_id",
        ),
        DateRangeFilter("arrived", gettext_lazy("Came"), field="arrived_date"),
        FigureFilter("crm:visit_list"),
    )
    default_sort = "-arrived_at"
    empty = Empty(
        gettext_lazy("No visits yet"),
        gettext_lazy("Whoever is received at the desk appears here."),
        icon="building-store",
        url_name="crm:reception",
        label=gettext_lazy("Reception"),
        permission=DESK,
    )

    def get_queryset(self, actor: Actor) -> QuerySet:
        return queries.list_visits(actor).in_focus(actor)

    def row_url(self, row: Visit) -> str:
        return reverse("crm:visit_detail", args=[row.pk])

    def row_label(self, row: Visit) -> str:
        return str(row.customer or row)

    def context(self) -> dict[str, Any]:
        return {"may_register": self.actor.can(DESK)}


def desk_of(request: HttpRequest, permission: str) -> tuple[Any, list[Any]]:
    """The store that is meant, and those that the actor may choose; None while there is no store.

    Raises NotFound for one that is not hers to choose.
    Whose right reaches her own rows alone chooses among the stores that she works in.
    """
    actor = request.actor
    stores = organisation.stores_in_scope(actor, permission)
    if not stores and actor.grant(permission).owner_ids:
        stores = list(organisation.stores_by_id(sorted(actor.store_ids)).values())
    stores = [store for store in stores if store.is_working]
    wanted = request.GET.get("store") or actor.home_store_id
    chosen = next((store for store in stores if str(store.pk) == str(wanted)), None)
    if chosen is None and "store" not in request.GET:
        chosen = next(iter(stores), None)
    if chosen is None and stores:
        raise NotFound(_("No such record."))
    return chosen, stores


def no_store(request: HttpRequest, title: str) -> HttpResponse:
    """Where there is no open store there is no desk either."""
    return render(request, "crm/no_store.html", {"title": title})


@requires(DESK)
def reception(request: HttpRequest) -> HttpResponse:
    actor = request.actor
    store, stores = desk_of(request, DESK)
    if store is None:
        return no_store(request, _("Reception"))
    line = queries.line_of(store.pk)
    form = VisitForm(request.POST or None, actor=actor, line=line)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        visit = form.attempt(
            actions.register_visit, actor=actor, store_id=store.pk, **form.values()
        )
        if visit is not None:
            return go_to(
                request,
                f"{reverse('crm:reception')}?store={store.pk}",
                message=_told(visit, {turn.staff_id: turn.name for turn in line}),
            )
    context = {
        "form": form,
        "desk": store,
        "stores": stores,
        **_chosen(request.POST, actor),
        **_now(store, actor, line),
    }
    return render_page(request, "crm/reception.html", "crm/_visit_form.html", context)


def _told(visit: Visit, names: dict[int, str]) -> str:
    if visit.advisor_id is None:
        return _("The visit is noted.")
    return _("%(name)s receives the visitor.") % {"name": names[visit.advisor_id]}


def _chosen(query: Any, actor: Actor) -> dict[str, Any]:
    """The customer who was chosen among those found for what was typed."""
    wanted = query.get("customer_id", "")
    found = queries.find_visitors(query.get("who", ""), actor) if wanted else []
    chosen = next((one for one in found if str(one.pk) == wanted), None)
    return {"chosen": _visitor(chosen, actor) if chosen else None}


def _visitor(customer: Customer, actor: Actor) -> dict[str, Any]:
    return {"customer": customer, "phone": phone_of(customer, actor)}


def _now(store: Any, actor: Actor, line: list[Any]) -> dict[str, Any]:
    present = queries.present_in(store.pk, actor)
    return {
        "line": line,
        "present": present,
        "day": queries.showroom_day(store.pk, today()),
        "people_now": sum(visit.headcount for visit in present),
        "may_drive": actor.can("crm.work_test_drive"),
    }


@require_GET
@requires(DESK)
def showroom_now(request: HttpRequest) -> HttpResponse:
    """Who is in the showroom, asked again every few seconds."""
    store, _stores = desk_of(request, DESK)
    if store is None:
        raise NotFound(_("No such record."))
    context = _now(store, request.actor, queries.line_of(store.pk))
    return render(request, "crm/_showroom.html", {"desk": store, **context})


@require_GET
@requires(DESK)
def visitor_find(request: HttpRequest) -> HttpResponse:
    """Whom the desk may mean, while it types."""
    who = request.GET.get("who", "")
    found = [_visitor(one, request.actor) for one in queries.find_visitors(who, request.actor)]
    return render(request, "crm/_visitors_found.html", {"found": found, "who": who.strip()})


@require_GET
@requires(DESK)
def visitor_choose(request: HttpRequest, customer_id: int) -> HttpResponse:
    """One of those who were found is the visitor."""
    query = {"customer_id": str(customer_id), "who": request.GET.get("who", "")}
    context = _chosen(query, request.actor)
    if context["chosen"] is None:
        raise NotFound(_("No such record."))
    return render(request, "crm/_visitors_found.html", context)


@signed_in
def visit_detail(request: HttpRequest, visit_id: int) -> HttpResponse:
    actor = request.actor
    visit = queries.get_visit(visit_id=visit_id, actor=actor)
    may_change = actor.grant(DESK).covers(visit.store_id, visit.advisor_id)
    customer = visit.customer
    context = {
        "visit": visit,
        "customer": customer,
        "phone": phone_of(customer, actor) if customer else "",
        "may_change": may_change and visit.state != VisitState.VOID,
        "may_open_customer": customer is not None
        and actor.grant("crm.view_customer").covers(customer.home_store_id, customer.owner_id),
        "may_drive": customer is not None and actor.can("crm.work_test_drive"),
    }
    return detail_page(request, visit, "crm/visit_detail.html", TABS, context)


@signed_in
def visit_identify(request: HttpRequest, visit_id: int) -> HttpResponse:
    queries.get_visit(visit_id=visit_id, actor=request.actor)
    form = IdentifyForm(request.POST or None, actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: actions.identify_visitor(
            visit_id=visit_id, actor=request.actor, **form.cleaned_data
        ),
        title=_("Who is it?"),
        done=_("The visitor is known now."),
    )


@signed_in
def visit_hand(request: HttpRequest, visit_id: int) -> HttpResponse:
    visit = queries.get_visit(visit_id=visit_id, actor=request.actor)
    form = HandVisitForm(
        request.POST or None,
        actor=request.actor,
        line=[turn for turn in queries.line_of(visit.store_id) if not turn.is_away],
    )
    return ask_in_dialog(
        request,
        form,
        lambda: actions.hand_visit(visit_id=visit_id, actor=request.actor, **form.cleaned_data),
        title=_("Somebody else receives them"),
        done=_("Somebody else receives the visitor now."),
    )


@signed_in
def visit_leave(request: HttpRequest, visit_id: int) -> HttpResponse:
    """With a note in a dialog; :func:`visit_end` is the one tap."""
    visit = queries.get_visit(visit_id=visit_id, actor=request.actor)
    form = LeaveForm(request.POST or None, actor=request.actor, initial={"note": visit.note})
    return ask_in_dialog(
        request,
        form,
        lambda: actions.end_visit(visit_id=visit_id, actor=request.actor, **form.cleaned_data),
        title=_("They leave"),
        done=_("The visit is over."),
    )


@require_POST
@signed_in
def visit_end(request: HttpRequest, visit_id: int) -> HttpResponse:
    visit = actions.end_visit(visit_id=visit_id, actor=request.actor)
    return go_to(
        request,
        f"{reverse('crm:reception')}?store={visit.store_id}",
        message=_("The visit is over."),
    )


@signed_in
def visit_void(request: HttpRequest, visit_id: int) -> HttpResponse:
    queries.get_visit(visit_id=visit_id, actor=request.actor)
    form = ReasonForm(request.POST or None, actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: actions.void_visit(visit_id=visit_id, actor=request.actor, **form.cleaned_data),
        title=_("Entered by mistake"),
        done=_("The visit no longer counts."),
        danger=True,
    )
