"""Leads: the list, the form at the counter, the page, and what is done on it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.crm import actions, queries
from apps.crm.forms import (
    ContactForm,
    FollowUpForm,
    InvalidForm,
    LeadForm,
    ReassignForm,
    WishesForm,
    brand_names,
)
from apps.crm.models import Lead
from apps.crm.phones import call_url, phone_of
from apps.crm.rules.explanation import explain
from apps.crm.rules.leads import LEAD_SOURCES, LeadState
from apps.crm.views.cells import (
    DisplayColumn,
    DueColumn,
    NameColumn,
    PhoneColumn,
    advisor_filter_choices,
    store_filter_choices,
)
from apps.crm.views.dialogs import ask_in_dialog, show_dialog
from apps.organisation import queries as organisation
from forecourt.kernel import regions, text
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.ui.access import requires, signed_in
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.figures import FigureFilter
from forecourt.ui.forms import check_field, combobox_options
from forecourt.ui.lists import (
    BooleanFilter,
    BulkAction,
    ChoiceFilter,
    Column,
    DateColumn,
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

TABS = (Tab("timeline", gettext_lazy("Timeline"), "crm/_lead_overview.html"), HISTORY)


def reassign_one(row_id: int, actor: Actor, *, owner_id: int, reason: str) -> None:
    actions.reassign_leads(lead_ids=[row_id], owner_id=owner_id, reason=reason, actor=actor)


def list_context(actor: Actor) -> dict[str, Any]:
    """What stands above both lists of leads."""
    may_claim = actor.can("crm.claim_lead")
    return {
        "may_register": actor.can("crm.register_lead"),
        "may_see_all": actor.can("crm.view_lead"),
        "may_claim": may_claim,
        "may_work": actor.can("crm.work_lead"),
        "waiting_count": queries.list_waiting_leads(actor).in_focus(actor).count()
        if may_claim
        else 0,
    }


class LeadList(ListPage):
    name = "crm.leads"
    custom_host = "lead"
    permission = "crm.view_lead"
    export_permission = "crm.export_customer"
    title = gettext_lazy("Leads")
    template = "crm/lead_list.html"
    columns = (
        NameColumn("customer", gettext_lazy("Customer"), always=True),
        PhoneColumn("customer.primary_phone", gettext_lazy("Phone"), mono=True),
        StatusColumn("state", gettext_lazy("State")),
        Column("wish", gettext_lazy("Wants")),
        DisplayColumn("source", gettext_lazy("Source")),
        Column("campaign_code", gettext_lazy("Campaign"), default=False),
        Column("store", gettext_lazy("Store")),
        Column("owner", gettext_lazy("Owner")),
        DueColumn("next_due_at", gettext_lazy("Due"), relative=True),
        NumberColumn("repeat_count", gettext_lazy("Repeats"), default=False),
        Column("number", gettext_lazy("Lead no."), default=False, mono=True),
        DateColumn("received_at", gettext_lazy("Received on"), sort="id"),
    )
    filters = (
        SearchFilter(
            gettext_lazy("Name, phone, lead no."), find=queries.search_leads, for_actor=True
        ),
        ChoiceFilter("state", gettext_lazy("State"), LeadState),
        OptionFilter("source", gettext_lazy("Source"), LEAD_SOURCES),
        StoreFilter(store_filter_choices),
        RelatedFilter("owner", gettext_lazy("Owner"), advisor_filter_choices, field="owner_id"),
        BooleanFilter("overdue", gettext_lazy("Overdue"), yes=lambda _actor: queries.late()),
        BooleanFilter("clash", gettext_lazy("Clash of owners"), yes=queries.clashing()),
        DateRangeFilter("received", gettext_lazy("Received on"), field="received_date"),
        FigureFilter("crm:lead_list"),
    )
    default_sort = "-received_at"
    bulk_actions = (
        BulkAction(
            "reassign",
            gettext_lazy("Give to somebody"),
            run=reassign_one,
            permission="crm.reassign_lead",
            icon="switch-horizontal",
            form=ReassignForm,
        ),
    )
    empty = Empty(
        gettext_lazy("No leads yet"),
        gettext_lazy("Enter the first enquiry, import a file, or let your website send them in."),
        icon="target",
        url_name="crm:lead_create",
        label=gettext_lazy("New lead"),
        permission="crm.register_lead",
    )

    def get_queryset(self, actor: Actor) -> QuerySet:
        return queries.list_leads(actor).in_focus(actor)

    def row_url(self, row: Lead) -> str:
        return reverse("crm:lead_detail", args=[row.pk])

    def row_label(self, row: Lead) -> str:
        return str(row.customer)

    def context(self) -> dict[str, Any]:
        return list_context(self.actor)


class WaitingLeadList(ListPage):
    name = "crm.waiting_leads"
    permission = "crm.claim_lead"
    title = gettext_lazy("Waiting leads")
    subtitle = gettext_lazy("Nobody has these yet. Who claims one first, has it.")
    template = "crm/lead_list.html"
    columns = (
        NameColumn("customer", gettext_lazy("Customer"), always=True),
        Column("wish", gettext_lazy("Wants")),
        DisplayColumn("source", gettext_lazy("Source")),
        Column("store", gettext_lazy("Store")),
        NumberColumn("repeat_count", gettext_lazy("Repeats"), default=False),
        DateTimeColumn("received_at", gettext_lazy("Received on"), sort="id", relative=True),
    )
    filters = (
        OptionFilter("source", gettext_lazy("Source"), LEAD_SOURCES),
        StoreFilter(store_filter_choices),
    )
    default_sort = "received_at"
    bulk_actions = (
        BulkAction(
            "claim",
            gettext_lazy("Claim"),
            run=lambda row_id, actor: actions.claim_lead(lead_id=row_id, actor=actor),
            permission="crm.claim_lead",
            icon="user-check",
        ),
        BulkAction(
            "reassign",
            gettext_lazy("Give to somebody"),
            run=reassign_one,
            permission="crm.reassign_lead",
            icon="switch-horizontal",
            form=ReassignForm,
        ),
    )
    empty = Empty(
        gettext_lazy("Nothing is waiting"),
        gettext_lazy("Every lead has somebody who looks after it."),
        icon="circle-check",
    )

    def get_queryset(self, actor: Actor) -> QuerySet:
        return queries.list_waiting_leads(actor).in_focus(actor)

    def row_url(self, row: Lead) -> str:
        return reverse("crm:lead_detail", args=[row.pk])

    def row_label(self, row: Lead) -> str:
        return str(row.customer)

    def context(self) -> dict[str, Any]:
        return list_context(self.actor)


@requires("crm.register_lead")
def lead_create(request: HttpRequest) -> HttpResponse:
    form = LeadForm(request.POST or None, actor=request.actor)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        registered = form.attempt(actions.register_lead, actor=request.actor, **form.values())
        if registered is not None:
            return _after_registering(request, registered)
    return render_page(
        request,
        "crm/lead_form.html",
        "crm/_lead_form.html",
        {"form": form, "brand_names": brand_names(request.actor)},
    )


def _after_registering(request: HttpRequest, registered: actions.RegisteredLead) -> HttpResponse:
    lead = registered.lead
    owner = organisation.staff_by_id([lead.owner_id]).get(lead.owner_id) if lead.owner_id else None
    if registered.is_repeat:
        message = _("The customer has an open lead already; the enquiry was added to it.")
    elif owner is None:
        message = _("The lead waits: nobody can take it at the moment.")
    elif "clash" in lead.assignment:
        message = _("The customer has an owner already: %(name)s has the lead.") % {
            "name": owner.name
        }
    else:
        message = _("%(name)s has the lead.") % {"name": owner.name}
    if request.actor.grant("crm.view_lead").covers(lead.store_id, lead.owner_id):
        return go_to(request, "crm:lead_detail", lead.pk, message=message)
    return go_to(request, "crm:lead_create", message=message)


@require_GET
@requires("crm.register_lead")
def known_customer(request: HttpRequest) -> HttpResponse:
    """Who has the number that is being typed, for the form of a new lead."""
    phone = text.phone_or_none(request.GET.get("phone", ""))
    customer = queries.find_by_phone(phone) if phone else None
    context: dict[str, Any] = {"customer": customer}
    if customer is not None:
        context["open_lead"] = queries.open_lead_of(customer)
        context["may_open"] = request.actor.grant("crm.view_customer").covers(
            customer.home_store_id, customer.owner_id
        )
    return render(request, "crm/_known_customer.html", context)


@require_GET
@signed_in
def division_options(request: HttpRequest) -> HttpResponse:
    found = regions.search(request.GET.get("q", ""))
    return combobox_options(
        request, [(division.code, division.full_name, division.code) for division in found]
    )


@signed_in
def lead_detail(request: HttpRequest, lead_id: int) -> HttpResponse:
    actor = request.actor
    lead = queries.get_lead_or_waiting(lead_id=lead_id, actor=actor)
    stores = organisation.stores_by_id(lead.assignment.get("store_ids", ()))
    context = {
        "lead": lead,
        "customer": lead.customer,
        "phone": phone_of(lead.customer, actor),
        "call_url": call_url(lead.customer, actor),
        "division": regions.get(lead.division_code) if lead.division_code else None,
        "why": explain(lead.assignment, stores={id_: store.name for id_, store in stores.items()}),
        "follow_up": queries.open_follow_up(lead=lead),
        "opportunity": queries.opportunity_of(lead),
        **_rights(actor, lead),
    }
    return detail_page(request, lead, "crm/lead_detail.html", TABS, context)


def _rights(actor: Actor, lead: Lead) -> dict[str, bool]:
    """What the page offers; the actions decide again."""
    owner = (lead.store_id, lead.owner_id)
    works = lead.owner_id is not None and actor.grant("crm.work_lead").covers(*owner)
    may_open_customer = actor.grant("crm.view_customer").covers(
        lead.customer.home_store_id, lead.customer.owner_id
    )
    return {
        "may_work": works and lead.is_open,
        "may_close": lead.is_open and actor.grant("crm.work_lead").covers(*owner),
        "may_claim": lead.state == LeadState.NEW
        and actor.staff_id is not None
        and actor.grant("crm.claim_lead").covers(*owner),
        "may_reassign": lead.is_open and actor.grant("crm.reassign_lead").covers(*owner),
        "may_open_customer": may_open_customer,
        "is_late": lead.is_clock_running and lead.response_due_at < now(),
    }


@signed_in
def lead_contact(request: HttpRequest, lead_id: int) -> HttpResponse:
    """The dialog in which a contact is logged and the next one stands proposed."""
    lead = queries.get_lead(lead_id=lead_id, actor=request.actor)
    proposed = queries.propose_next_contact(store_id=lead.store_id, brand=lead.brand)
    form = ContactForm(
        request.POST or None,
        actor=request.actor,
        initial={
            "kind": request.GET.get("kind", "CALL"),
            "next_at": proposed,
            "proposed_at": proposed,
        },
    )
    return ask_in_dialog(
        request,
        form,
        lambda: actions.log_interaction(lead_id=lead_id, actor=request.actor, **form.values()),
        title=_("Log a contact"),
        done=_("Contact logged."),
    )


@signed_in
def lead_follow_up(request: HttpRequest, lead_id: int) -> HttpResponse:
    lead = queries.get_lead(lead_id=lead_id, actor=request.actor)
    planned = queries.open_follow_up(lead=lead)
    form = FollowUpForm(
        request.POST or None,
        actor=request.actor,
        initial={
            "due_at": planned.due_at
            if planned
            else queries.propose_next_contact(store_id=lead.store_id, brand=lead.brand),
            "purpose": planned.purpose if planned else "",
        },
    )
    return ask_in_dialog(
        request,
        form,
        lambda: actions.schedule_follow_up(
            lead_id=lead_id, actor=request.actor, **form.cleaned_data
        ),
        title=_("Plan the next contact"),
        done=_("Next contact planned."),
    )


@signed_in
def lead_qualify(request: HttpRequest, lead_id: int) -> HttpResponse:
    lead = queries.get_lead(lead_id=lead_id, actor=request.actor)
    form = WishesForm(
        request.POST or None,
        actor=request.actor,
        initial={"level": "B", "brand": lead.brand, "series": lead.series},
    )
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        opportunity = form.attempt(
            actions.qualify_lead, lead_id=lead_id, actor=request.actor, **form.values()
        )
        if opportunity is not None:
            return go_to(
                request,
                "crm:opportunity_detail",
                opportunity.pk,
                message=_("The lead has become an opportunity."),
            )
    return show_dialog(request, form, title=_("Qualify the lead"), submit=_("Qualify"))


@signed_in
def lead_invalid(request: HttpRequest, lead_id: int) -> HttpResponse:
    queries.get_lead_or_waiting(lead_id=lead_id, actor=request.actor)
    form = InvalidForm(request.POST or None, actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: actions.mark_invalid(lead_id=lead_id, actor=request.actor, **form.cleaned_data),
        title=_("Mark as invalid"),
        done=_("The lead is closed."),
        danger=True,
    )


@signed_in
def lead_reassign(request: HttpRequest, lead_id: int) -> HttpResponse:
    queries.get_lead_or_waiting(lead_id=lead_id, actor=request.actor)
    form = ReassignForm(request.POST or None, actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: reassign_one(lead_id, request.actor, **form.cleaned_data),
        title=_("Give the lead to somebody"),
        done=_("The lead has a new owner."),
    )


@require_POST
@signed_in
def lead_claim(request: HttpRequest, lead_id: int) -> HttpResponse:
    actions.claim_lead(lead_id=lead_id, actor=request.actor)
    return go_to(request, "crm:lead_detail", lead_id, message=_("The lead is yours."))
