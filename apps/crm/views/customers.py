"""Customers: list, page, changes, phones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_POST

from apps.crm import actions, queries
from apps.crm.forms import BulkTagForm, CustomerForm, PhoneForm, ReassignForm
from apps.crm.models import Customer
from apps.crm.phones import phone_of
from apps.crm.rules.customers import CHANNEL_NAMES, HIDDEN_WITH_PHONE, Lifecycle, spoken_phone
from apps.crm.rules.leads import LEAD_SOURCES
from apps.crm.views.cells import (
    DisplayColumn,
    NameColumn,
    NationalIdColumn,
    PhoneColumn,
    advisor_filter_choices,
    store_filter_choices,
)
from apps.crm.views.dialogs import ask_in_dialog
from apps.crm.views.duplicates import merge_url
from apps.crm.views.tags import TagFilter, TagsColumn, tag_one
from apps.crm.views.timeline import entries
from forecourt.kernel import regions
from forecourt.kernel.access import Actor, masked, may_see, shown
from forecourt.kernel.errors import NotFound
from forecourt.ui.access import signed_in
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.figures import FigureFilter
from forecourt.ui.forms import check_field
from forecourt.ui.lists import (
    BooleanFilter,
    BulkAction,
    ChoiceFilter,
    Column,
    DateColumn,
    DateTimeColumn,
    Empty,
    ListPage,
    OptionFilter,
    RelatedFilter,
    SearchFilter,
    StatusColumn,
    StoreFilter,
)
from forecourt.ui.responses import go_to, render_page

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Moments beyond them are nobody's, and days before or after them cannot be reckoned."""
TABS = (Tab("timeline", gettext_lazy("Timeline"), "crm/_customer_overview.html"), HISTORY)


def give_one(row_id: int, actor: Actor, *, owner_id: int, reason: str) -> None:
    actions.give_customers(customer_ids=[row_id], owner_id=owner_id, reason=reason, actor=actor)


class CustomerList(ListPage):
    name = "crm.customers"
    custom_host = "customer"
    permission = "crm.view_customer"
    export_permission = "crm.export_customer"
    title = gettext_lazy("Customers")
    template = "crm/customer_list.html"
    columns = (
        NameColumn("name_shown", gettext_lazy("Name"), sort="name_sort", always=True),
        PhoneColumn("primary_phone", gettext_lazy("Phone"), mono=True),
        StatusColumn("lifecycle", gettext_lazy("Lifecycle")),
        TagsColumn("tags", gettext_lazy("Tags")),
        DisplayColumn("source", gettext_lazy("Source")),
        Column("home_store", gettext_lazy("Store")),
        Column("owner", gettext_lazy("Owner")),
        NationalIdColumn("national_id", gettext_lazy("National ID"), default=False, mono=True),
        DateTimeColumn("touched_at", gettext_lazy("Last touch"), relative=True),
        DateColumn("created_at", gettext_lazy("Customer since"), sort="id"),
    )
    filters = (
        SearchFilter(
            gettext_lazy("Name, pinyin, phone"),
            find=queries.matching,
            for_actor=True,
        ),
        ChoiceFilter("lifecycle", gettext_lazy("Lifecycle"), Lifecycle),
        OptionFilter("source", gettext_lazy("Source"), LEAD_SOURCES),
        TagFilter("tag", gettext_lazy("Tag"), queries.tag_choices),
        StoreFilter(store_filter_choices, field="home_store_id"),
        RelatedFilter("owner", gettext_lazy("Owner"), advisor_filter_choices, field="owner_id"),
        BooleanFilter("planned", gettext_lazy("Next contact planned"), yes=queries.is_planned()),
        FigureFilter("crm:customer_list"),
    )
    default_sort = "-created_at"
    bulk_actions = (
        BulkAction(
            "tag",
            gettext_lazy("Tag"),
            run=tag_one,
            permission="crm.tag_customer",
            icon="tag",
            form=BulkTagForm,
        ),
        BulkAction(
            "give",
            gettext_lazy("Give to somebody"),
            run=give_one,
            permission="crm.reassign_lead",
            icon="switch-horizontal",
            form=ReassignForm,
        ),
    )
    empty = Empty(
        gettext_lazy("No customers yet"),
        gettext_lazy("They come with their first lead, or with an import."),
        icon="users",
        url_name="crm:lead_create",
        label=gettext_lazy("New lead"),
        permission="crm.register_lead",
    )

    def get_queryset(self, actor: Actor) -> QuerySet:
        return queries.with_tags(queries.list_customers(actor).in_focus(actor))

    def row_url(self, row: Customer) -> str:
        return reverse("crm:customer_detail", args=[row.pk])

    def context(self) -> dict[str, Any]:
        return {
            "may_register": self.actor.can("crm.register_lead"),
            "may_merge": self.actor.can("crm.merge_customer"),
            "may_tag": self.actor.can("crm.manage_tag"),
        }


@signed_in
def customer_detail(request: HttpRequest, customer_id: int) -> HttpResponse:
    actor = request.actor
    try:
        customer = queries.get_customer(customer_id=customer_id, actor=actor)
    except NotFound:
        if kept_id := queries.successor_of(customer_id):
            return redirect("crm:customer_detail", kept_id)
        raise
    where = (customer.home_store_id, customer.owner_id)
    context = {
        "customer": customer,
        "phone": phone_of(customer, actor),
        "phones": _phones(customer, actor),
        **{name: shown(actor, customer, name) for name in HIDDEN_WITH_PHONE},
        "may_reveal": bool(customer.primary_phone)
        and not may_see(actor, customer, "primary_phone")
        and actor.grant("crm.reveal_phone").covers(*where),
        "national_id": masked(customer, "national_id"),
        "may_reveal_id": bool(customer.national_id) and may_see(actor, customer, "national_id"),
        "may_change": actor.grant("crm.change_customer").covers(*where),
        "may_give": actor.grant("crm.reassign_lead").covers(*where),
        "tags": queries.tags_of(customer),
        "may_tag": actor.grant("crm.tag_customer").covers(*where),
        "may_drive": actor.can("crm.work_test_drive"),
        "division": regions.get(customer.division_code) if customer.division_code else None,
        "duplicates": _duplicates(customer, actor),
        "merges": queries.merges_into(customer, actor),
        "consents": _consents(customer),
        "fleets": [
            (fleet, [(car, car.may_open(actor)) for car in fleet.latest], fleet.may_open(actor))
            for fleet in queries.fleets_of_customer(customer)
        ],
        **queries.in_progress(customer=customer, actor=actor),
    }
    return detail_page(request, customer, "crm/customer_detail.html", TABS, context)


def _consents(customer: Customer) -> list[tuple[Any, Any, str]]:
    """(Channel, what the customer has said to it, its colour)."""
    said = {
        None: (pgettext("consent", "Not asked"), "neutral"),
        True: (pgettext("consent", "Agreed"), "success"),
        False: (pgettext("consent", "Refused"), "danger"),
    }
    return [
        (name, *said[customer.consents.get(channel)]) for channel, name in CHANNEL_NAMES.items()
    ]


def _duplicates(customer: Customer, actor: Actor) -> list[dict[str, Any]]:
    """Who may be the same person, for those who may merge them."""
    if not actor.can("crm.merge_customer"):
        return []
    return [
        {
            "other": pair.second if pair.first_id == customer.pk else pair.first,
            "percent": pair.percent,
            "url": merge_url(pair.first_id, pair.second_id),
        }
        for pair in queries.duplicates_of(customer, actor)
    ]


def _phones(customer: Customer, actor: Actor) -> list[str]:
    """All numbers as they are spoken, for whoever may see them."""
    if not may_see(actor, customer, "primary_phone"):
        return []
    return [spoken_phone(phone) for phone in queries.phones_of(customer)]


@require_GET
@signed_in
def customer_timeline(request: HttpRequest, customer_id: int) -> HttpResponse:
    """A page of a timeline, for whoever may see the customer or a lead of hers.

    The newest entries come when the customer's page stands, older ones when they are asked for.
    """
    before = None
    if "before" in request.GET:
        try:
            before = datetime.fromtimestamp(float(request.GET["before"]), tz=UTC)
            if not FIRST_YEAR <= before.year <= LAST_YEAR:
                raise ValueError(before)
        except (ValueError, OverflowError, OSError) as error:
            raise BadRequest from error
    items, older = queries.timeline(customer_id=customer_id, actor=request.actor, before=before)
    return render(
        request,
        "crm/_timeline_page.html",
        {"entries": entries(items, request.actor), "older_url": _older(customer_id, older)},
    )


def _older(customer_id: int, before: datetime | None) -> str:
    if before is None:
        return ""
    address = reverse("crm:customer_timeline", args=[customer_id])
    return f"{address}?before={before.timestamp()}"


@signed_in
def customer_edit(request: HttpRequest, customer_id: int) -> HttpResponse:
    customer = queries.get_customer(customer_id=customer_id, actor=request.actor)
    form = CustomerForm(
        request.POST or None,
        actor=request.actor,
        initial=CustomerForm.initial_of(customer),
    )
    for name in (*HIDDEN_WITH_PHONE, "national_id"):
        if not may_see(request.actor, customer, name):
            del form.fields[name]
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        changed = form.attempt(
            actions.change_customer,
            customer_id=customer_id,
            actor=request.actor,
            **form.values(),
        )
        if changed is not None:
            return go_to(request, "crm:customer_detail", customer_id, message=_("Customer saved."))
    return render_page(
        request,
        "crm/customer_form.html",
        "crm/_customer_form.html",
        {"form": form, "customer": customer},
    )


@signed_in
def customer_give(request: HttpRequest, customer_id: int) -> HttpResponse:
    queries.get_customer(customer_id=customer_id, actor=request.actor)
    form = ReassignForm(request.POST or None, actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: give_one(customer_id, request.actor, **form.cleaned_data),
        title=_("Give to somebody"),
        done=_("The customer has a new owner."),
    )


@signed_in
def customer_phone_add(request: HttpRequest, customer_id: int) -> HttpResponse:
    queries.get_customer(customer_id=customer_id, actor=request.actor)
    form = PhoneForm(request.POST or None, actor=request.actor)
    return ask_in_dialog(
        request,
        form,
        lambda: actions.add_phone(
            customer_id=customer_id, actor=request.actor, **form.cleaned_data
        ),
        title=_("Add a phone number"),
        done=_("Number added."),
    )


@require_POST
@signed_in
def customer_phone_reveal(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The numbers in full, once; the audit log keeps who asked."""
    phones = actions.reveal_phone(customer_id=customer_id, actor=request.actor)
    return render(
        request, "crm/_phones.html", {"phones": [spoken_phone(phone) for phone in phones]}
    )


@require_POST
@signed_in
def customer_national_id_reveal(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The identity number in full, once; the audit log keeps who asked."""
    number = actions.reveal_national_id(customer_id=customer_id, actor=request.actor)
    return render(request, "crm/_national_id.html", {"number": number})
