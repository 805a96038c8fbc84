"""Pages of stores, companies and regions."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.organisation import actions, brands, hooks, queries
from apps.organisation.errors import StoreNotEmpty
from apps.organisation.forms import CompanyForm, RegionForm, StoreForm
from apps.organisation.models import Store
from apps.organisation.rules import STORE_TRANSITIONS
from apps.organisation.views.form_page import form_page
from billing import stores
from billing.gateway import StripeUnreachable
from forecourt.kernel import regions
from forecourt.kernel.access import Actor
from forecourt.kernel.money import Money
from forecourt.ui.access import requires
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.forms import check_field, combobox_options
from forecourt.ui.lists import (
    ChoiceFilter,
    Column,
    DateColumn,
    Empty,
    ListPage,
    RelatedFilter,
    SearchFilter,
    StatusColumn,
    TagsColumn,
)
from forecourt.ui.responses import done_in_dialog, go_to

VIEW = "organisation.view_store"
MANAGE = "organisation.manage_store"
TABS = (
    Tab("facts", gettext_lazy("Facts"), "organisation/_store_facts.html"),
    Tab(
        "people",
        gettext_lazy("People"),
        "organisation/_store_people.html",
        permission="organisation.view_staff",
    ),
    HISTORY,
)


class StoreList(ListPage):
    """The group's stores."""

    name = "organisation.stores"
    custom_host = "store"
    permission = VIEW
    title = gettext_lazy("Stores")
    columns = [
        Column("name", gettext_lazy("Store"), sort="name_zh", always=True),
        Column("code", gettext_lazy("Code"), sort="code", mono=True),
        Column("region.name", gettext_lazy("Region"), sort="region__sequence"),
        TagsColumn(
            "brand_names",
            gettext_lazy("Brands"),
            value=lambda row: brands.all_shown(row.brand_names),
        ),
        Column("legal_entity.name", gettext_lazy("Company"), sort="legal_entity__name_zh"),
        StatusColumn("state", gettext_lazy("State"), sort="state"),
        Column("phone", gettext_lazy("Telephone"), default=False),
        Column("address", gettext_lazy("Address"), default=False),
        DateColumn(
            "opening_date", gettext_lazy("Opening date"), sort="opening_date", default=False
        ),
    ]
    filters = [
        SearchFilter(
            gettext_lazy("Name, code, address"), fields=["name_zh", "name_en", "code", "address"]
        ),
        ChoiceFilter("state", gettext_lazy("State"), Store.State),
        RelatedFilter(
            "region",
            gettext_lazy("Region"),
            lambda actor: [(region.pk, region.name) for region in queries.list_regions()],
            field="region_id",
        ),
    ]
    default_sort = "code"
    empty = Empty(
        gettext_lazy("No stores yet"),
        gettext_lazy("Add the first one: everything else belongs to a store."),
        icon="building-store",
        url_name="organisation:store_create",
        label=gettext_lazy("Add a store"),
        permission=MANAGE,
    )
    template = "organisation/store_list.html"

    def get_queryset(self, actor: Actor) -> QuerySet[Store]:
        return queries.list_stores(actor).in_focus(actor)

    def row_url(self, row: Store) -> str:
        return reverse("organisation:store_detail", args=[row.pk])

    def context(self) -> dict[str, Any]:
        return {"may_add": self.actor.grant(MANAGE).everything}


@require_GET
@requires(VIEW)
def store_detail(request: HttpRequest, store_id: int) -> HttpResponse:
    store = queries.get_store(store_id=store_id, actor=request.actor)
    people = queries.list_people_of(store, request.actor)
    context = {
        "store": store,
        "people": people,
        "brands": brands.all_shown(store.brand_names),
        "division": regions.get(store.division_code),
        "may_manage": request.actor.can(MANAGE, store_id=store.pk),
        "may_invite": request.actor.can("organisation.manage_staff", store_id=store.pk),
        "next_states": [
            (state, label)
            for state, label in _state_acts()
            if state in STORE_TRANSITIONS[store.state]
        ],
    }
    return detail_page(
        request,
        store,
        "organisation/store_detail.html",
        TABS,
        context,
        counts={"people": len(people)},
    )


def _state_acts() -> list[tuple[str, str]]:
    return [
        ("OPEN", _("Open the store")),
        ("SUSPENDED", _("Suspend the store")),
        ("CLOSED", _("Close the store")),
        ("OPENING", _("Prepare to open again")),
    ]


@requires(MANAGE)
def store_create(request: HttpRequest) -> HttpResponse:
    form = StoreForm(request.POST or None, actor=request.actor)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        store = form.attempt(actions.add_store, actor=request.actor, **form.cleaned_data)
        if store is not None:
            return go_to(
                request, "organisation:store_detail", store.pk, message=_("The store is added.")
            )
    crumbs = [(_("Stores"), reverse("organisation:store_list"))]
    cost = reverse("organisation:store_cost")
    return form_page(request, form, _("Add a store"), crumbs, note_url=cost)


@require_GET
@requires(MANAGE)
def store_cost(request: HttpRequest) -> HttpResponse:
    """What one more store costs, asked of the payment service while the form is filled in."""
    return render(request, "organisation/_store_cost.html", _cost_of(1))


def _cost_of(change: int) -> dict[str, Any]:
    """What the page says of the cost of one store more (1) or fewer (-1)."""
    try:
        cost = stores.cost_of_change(change)
    except StripeUnreachable as error:
        return {"unknown": error.message}
    if cost is None or change > 0:
        return {"cost": cost}
    return {"saving": cost, "saved": _positive(cost.more), "credit": _positive(cost.rest)}


def _positive(amount: Money) -> Money:
    return Money(abs(amount.amount), amount.currency)


COUNTED = {"CLOSED": -1, "OPENING": 1}
"""The states by which the number of stores changes that are paid for."""


@require_GET
@never_cache
@requires(MANAGE)
def store_state_ask(request: HttpRequest, store_id: int) -> HttpResponse:
    """Asks, with what it costs or saves, whether to close a store or to prepare it again."""
    state = request.GET.get("state") or "CLOSED"
    if state not in COUNTED:
        return HttpResponse(status=400)
    context = {
        "store": queries.get_store(store_id=store_id, actor=request.actor),
        "state": state,
        "title": dict(_state_acts())[state],
        **_cost_of(COUNTED[state]),
    }
    return render(request, "organisation/_store_state.html", context)


@requires(MANAGE)
def store_edit(request: HttpRequest, store_id: int) -> HttpResponse:
    store = queries.get_store(store_id=store_id, actor=request.actor)
    request.actor.require(MANAGE, store_id=store.pk)
    initial = {name: getattr(store, name) for name in StoreForm.base_fields}
    initial |= {"custom": store.custom}
    form = StoreForm(request.POST or None, actor=request.actor, initial=initial)
    if answer := check_field(request, form):
        return answer
    page = reverse("organisation:store_detail", args=[store.pk])
    if form.is_valid():
        saved = form.attempt(
            actions.edit_store, store_id=store.pk, actor=request.actor, **form.cleaned_data
        )
        if saved is not None:
            return go_to(request, page, message=_("Saved."))
    heading = _("Change %(name)s") % {"name": store.name}
    crumbs = [(_("Stores"), reverse("organisation:store_list")), (store.name, page)]
    return form_page(request, form, heading, crumbs)


@require_POST
@requires(MANAGE)
def store_state(request: HttpRequest, store_id: int) -> HttpResponse:
    """Move the store to another state; what keeps it from closing is listed with links."""
    state = request.POST.get("state", "")
    try:
        if state not in Store.State.values:
            return HttpResponse(status=400)
        actions.change_store_state(store_id=store_id, state=state, actor=request.actor)
    except StoreNotEmpty as refusal:
        store = queries.get_store(store_id=store_id, actor=request.actor)
        context = {"store": store, "left": refusal.left}
        return render(request, "organisation/store_left.html", context, status=refusal.status)
    return go_to(request, "organisation:store_detail", store_id, message=_("Saved."))


@require_GET
@requires(MANAGE)
def store_left(request: HttpRequest, store_id: int) -> HttpResponse:
    """What keeps the store from closing."""
    store = queries.get_store(store_id=store_id, actor=request.actor)
    context = {"store": store, "left": hooks.left_in(store.pk)}
    return render(request, "organisation/store_left.html", context)


@require_GET
@requires(VIEW)
def division_options(request: HttpRequest) -> HttpResponse:
    """Administrative divisions by a part of their name."""
    found = regions.search(request.GET.get("q", "").strip()[:30], limit=20)
    return combobox_options(
        request, [(division.code, division.full_name, division.code) for division in found]
    )


# --- Companies and regions ----------------------------------------------------------------------


@require_GET
@requires(VIEW)
def structure(request: HttpRequest) -> HttpResponse:
    """The group's companies and regions, with their stores."""
    context = {
        "companies": queries.list_legal_entities().prefetch_related("stores"),
        "regions": queries.list_regions().prefetch_related("stores"),
        "may_manage": request.actor.grant(MANAGE).everything,
    }
    return render(request, "organisation/structure.html", context)


@requires(MANAGE)
def company_create(request: HttpRequest) -> HttpResponse:
    form = CompanyForm(request.POST or None)
    return _in_dialog(request, form, _("Add a company"), actions.add_company)


@requires(MANAGE)
def company_edit(request: HttpRequest, company_id: int) -> HttpResponse:
    company = queries.get_company(company_id=company_id)
    form = CompanyForm(
        request.POST or None,
        initial={name: getattr(company, name) for name in CompanyForm.base_fields},
    )
    return _in_dialog(request, form, company.name, actions.edit_company, company_id=company.pk)


@requires(MANAGE)
def region_create(request: HttpRequest) -> HttpResponse:
    form = RegionForm(request.POST or None)
    return _in_dialog(request, form, _("Add a region"), actions.add_region)


@requires(MANAGE)
def region_edit(request: HttpRequest, region_id: int) -> HttpResponse:
    region = queries.get_region(region_id=region_id)
    form = RegionForm(
        request.POST or None,
        initial={name: getattr(region, name) for name in RegionForm.base_fields},
    )
    return _in_dialog(request, form, region.name, actions.edit_region, region_id=region.pk)


def _in_dialog(
    request: HttpRequest, form: Any, title: str, action: Any, **identity: int
) -> HttpResponse:
    """A form of one action in a dialog."""
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        saved = form.attempt(action, actor=request.actor, **identity, **form.cleaned_data)
        if saved is not None:
            return done_in_dialog(request, message=_("Saved."))
    context = {"form": form, "title": title, "action": request.path}
    status = 422 if form.errors else 200
    return render(request, "organisation/_form_dialog.html", context, status=status)
