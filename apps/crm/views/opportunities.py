"""Opportunities: list, board, page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.crm import actions, hooks, queries
from apps.crm.actions.loss_approval import is_loss_open, is_loss_waiting
from apps.crm.forms import ContactForm, FollowUpForm, LoseForm, WishesForm, car_code
from apps.crm.models import Opportunity
from apps.crm.phones import call_url, phone_of
from apps.crm.rules.opportunities import BOARD_STAGES, LOST_REASONS, IntentLevel, Stage, can_move
from apps.crm.views.cells import (
    DisplayColumn,
    DueColumn,
    NameColumn,
    PhoneColumn,
    advisor_filter_choices,
    store_filter_choices,
)
from apps.crm.views.dialogs import ask_in_dialog
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid
from forecourt.ui import values
from forecourt.ui.access import requires, signed_in
from forecourt.ui.boards import Board, Card, Lane
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.figures import FigureFilter
from forecourt.ui.forms import combobox_options
from forecourt.ui.lists import (
    ChoiceFilter,
    Column,
    DateColumn,
    DateRangeFilter,
    Empty,
    ListPage,
    MoneyColumn,
    OptionFilter,
    RelatedFilter,
    SearchFilter,
    StatusColumn,
    StoreFilter,
)
from forecourt.ui.responses import go_to, moved_card

TABS = (Tab("timeline", gettext_lazy("Timeline"), "crm/_opportunity_overview.html"), HISTORY)
LEVEL_TONES = {"H": "danger", "A": "warning", "B": "info", "C": "neutral"}
WON_SHOWN_DAYS = 31
MOVES = {
    current: tuple(stage for stage in BOARD_STAGES if can_move(current=current, target=stage))
    for current in BOARD_STAGES
}
"""Where a card may go from each lane."""
CARS_FOUND = 20
LONGEST_WORDS = 60
"""More is not looked for in the catalogue."""
LONGEST_KEY = 18
OFFERED = 6


class LevelColumn(Column):
    """The intent level as its letter, which the whole trade knows; exports say it in full."""

    def show(self, value: str, row: Opportunity) -> SafeString:
        return values.badge(value, LEVEL_TONES[value])

    def plain(self, value: str, row: Opportunity) -> str:
        return values.choice_label(row, "level")


class OpportunityDueColumn(DueColumn):
    def value(self, row: Opportunity) -> object:
        return row.next_due_at


class LostReasonColumn(DisplayColumn):
    """Why a deal was lost; nothing of the others."""

    def plain(self, value: str, row: Opportunity) -> str:
        return super().plain(value, row) if value else ""


class OpportunityList(ListPage):
    name = "crm.opportunities"
    custom_host = "opportunity"
    permission = "crm.view_opportunity"
    export_permission = "crm.export_customer"
    title = gettext_lazy("Opportunities")
    template = "crm/opportunity_list.html"
    columns = (
        NameColumn("customer", gettext_lazy("Customer"), always=True),
        PhoneColumn("customer.primary_phone", gettext_lazy("Phone"), mono=True),
        LevelColumn("level", pgettext_lazy("opportunity", "Level")),
        StatusColumn("stage", gettext_lazy("Stage")),
        Column("wish", gettext_lazy("Wants")),
        MoneyColumn("budget_amount", gettext_lazy("Budget"), default=False),
        Column("store", gettext_lazy("Store")),
        Column("owner", gettext_lazy("Owner")),
        OpportunityDueColumn("next_due_at", gettext_lazy("Due"), relative=True),
        DateColumn("opened_at", gettext_lazy("Opened"), sort="id"),
        DateColumn("won_date", gettext_lazy("Ordered on"), default=False),
        LostReasonColumn("lost_reason", gettext_lazy("Lost reason"), default=False),
        Column("competitors_shown", gettext_lazy("Competitor"), default=False),
    )
    filters = (
        SearchFilter(
            gettext_lazy("Name or phone"), find=queries.search_opportunities, for_actor=True
        ),
        ChoiceFilter("stage", gettext_lazy("Stage"), Stage),
        ChoiceFilter("level", gettext_lazy("Intent level"), IntentLevel),
        OptionFilter("lost_reason", gettext_lazy("Lost reason"), LOST_REASONS),
        StoreFilter(store_filter_choices),
        RelatedFilter("owner", gettext_lazy("Owner"), advisor_filter_choices, field="owner_id"),
        DateRangeFilter("opened", gettext_lazy("Opened"), field="opened_date"),
        DateRangeFilter("won", gettext_lazy("Ordered"), field="won_date"),
        FigureFilter("crm:opportunity_list"),
    )
    default_sort = "-opened_at"
    empty = Empty(
        gettext_lazy("No opportunities yet"),
        gettext_lazy("Qualify a lead, and it stands here with its stage and its next contact."),
        icon="briefcase",
        url_name="crm:lead_list",
        label=gettext_lazy("Leads"),
        permission="crm.view_lead",
    )

    def get_queryset(self, actor: Actor) -> QuerySet:
        return queries.list_opportunities(actor).in_focus(actor)

    def row_url(self, row: Opportunity) -> str:
        return reverse("crm:opportunity_detail", args=[row.pk])

    def row_label(self, row: Opportunity) -> str:
        return str(row.customer)


@requires("crm.view_opportunity")
def opportunity_board(request: HttpRequest) -> HttpResponse:
    return render(request, "crm/opportunity_board.html", {"board": _board(_cards(request.actor))})


@require_POST
@requires("crm.work_opportunity")
def opportunity_move(request: HttpRequest) -> HttpResponse:
    """A card was dropped in another lane, or sent there from its menu: it alone is drawn anew."""
    card = request.POST.get("card", "")
    if not card.isdecimal() or len(card) > LONGEST_KEY:
        raise Invalid(_("Choose a card."))
    actor, stage = request.actor, request.POST.get("lane", "")
    actions.move_opportunity(opportunity_id=int(card), stage=stage, actor=actor)
    row = queries.get_card(opportunity_id=int(card), actor=actor)
    lane = Lane(key=stage, label="", cards=[_card(row, MOVES[stage], now())])
    counts = queries.count_board(actor)
    return moved_card(
        request, _board({}), lane, {stage: counts.get(stage, 0) for stage in BOARD_STAGES}
    )


def _cards(actor: Actor) -> dict[str, list[Card]]:
    """By stage."""
    cards: dict[str, list[Card]] = defaultdict(list)
    works, moment = actor.grant("crm.work_opportunity"), now()
    for row in queries.list_board(actor):
        may_move = works.covers(row.store_id, row.owner_id)
        cards[row.stage].append(_card(row, MOVES[row.stage] if may_move else (), moment))
    return cards


def _board(cards: Mapping[str, list[Card]]) -> Board:
    return Board(
        id="opportunity-board",
        label=_("Opportunities by stage"),
        move_url=reverse("crm:opportunity_move"),
        lanes=[
            Lane(
                key=stage,
                label=Stage(stage).label,
                cards=cards.get(stage, ()),
                note=_("last %(days)s days") % {"days": WON_SHOWN_DAYS}
                if stage == Stage.DELIVERED
                else "",
            )
            for stage in BOARD_STAGES
        ],
    )


def _card(row: Opportunity, moves: tuple[str, ...], moment: datetime) -> Card:
    badges = [(row.level, LEVEL_TONES[row.level])]
    if row.next_due_at and row.next_due_at < moment and row.is_open:
        badges.append((_("overdue"), "danger"))
    return Card(
        id=row.pk,
        title=row.customer,
        url=reverse("crm:opportunity_detail", args=[row.pk]),
        text=" · ".join(part for part in (row.wish, row.owner.name) if part),
        badges=badges,
        moves=moves,
    )


@signed_in
def opportunity_detail(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    actor = request.actor
    row = queries.get_opportunity(opportunity_id=opportunity_id, actor=actor)
    works = actor.grant("crm.work_opportunity").covers(row.store_id, row.owner_id)
    context = {
        "opportunity": row,
        "customer": row.customer,
        "phone": phone_of(row.customer, actor),
        "call_url": call_url(row.customer, actor),
        "budget": values.money(row.budget_amount),
        "follow_up": queries.open_follow_up(opportunity=row),
        "level_tone": LEVEL_TONES[row.level],
        "skipped_count": queries.skipped_contacts(row),
        "may_work": works and row.is_open,
        "may_lose": works
        and can_move(current=row.stage, target=Stage.LOST)
        and not is_loss_waiting(row),
        "loss": row.loss_approval if is_loss_open(row) else None,
        "moves": [
            (stage, Stage(stage).label)
            for stage in BOARD_STAGES
            if works and can_move(current=row.stage, target=stage)
        ],
        "may_change": works,
        "may_give": row.is_open and actor.grant("crm.reassign_lead").covers(*_of_customer(row)),
        "may_drive": row.is_open and actor.can("crm.work_test_drive"),
        "may_open_customer": actor.grant("crm.view_customer").covers(*_of_customer(row)),
    }
    return detail_page(request, row, "crm/opportunity_detail.html", TABS, context)


def _of_customer(row: Opportunity) -> tuple[int | None, int | None]:
    return row.customer.home_store_id, row.customer.owner_id


@require_POST
@signed_in
def opportunity_stage(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    actions.move_opportunity(
        opportunity_id=opportunity_id,
        stage=request.POST.get("stage", ""),
        actor=request.actor,
    )
    return go_to(
        request, "crm:opportunity_detail", opportunity_id, message=_("The stage is changed.")
    )


@signed_in
def opportunity_contact(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    row = queries.get_opportunity(opportunity_id=opportunity_id, actor=request.actor)
    proposed = queries.propose_next_contact(store_id=row.store_id, level=row.level, brand=row.brand)
    form = ContactForm(
        request.POST or None,
        actor=request.actor,
        with_level=True,
        initial={
            "kind": request.GET.get("kind", "CALL"),
            "level": row.level,
            "next_at": proposed,
            "proposed_at": proposed,
        },
    )
    return ask_in_dialog(
        request,
        form,
        lambda: actions.log_interaction(
            opportunity_id=opportunity_id, actor=request.actor, **form.values()
        ),
        title=_("Log a contact"),
        done=_("Contact logged."),
    )


@signed_in
def opportunity_follow_up(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    row = queries.get_opportunity(opportunity_id=opportunity_id, actor=request.actor)
    planned = queries.open_follow_up(opportunity=row)
    form = FollowUpForm(
        request.POST or None,
        actor=request.actor,
        initial={
            "due_at": planned.due_at
            if planned
            else queries.propose_next_contact(
                store_id=row.store_id, level=row.level, brand=row.brand
            ),
            "purpose": planned.purpose if planned else "",
        },
    )
    return ask_in_dialog(
        request,
        form,
        lambda: actions.schedule_follow_up(
            opportunity_id=opportunity_id, actor=request.actor, **form.cleaned_data
        ),
        title=_("Plan the next contact"),
        done=_("Next contact planned."),
    )


@signed_in
def opportunity_edit(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    row = queries.get_opportunity(opportunity_id=opportunity_id, actor=request.actor)
    form = WishesForm(request.POST or None, actor=request.actor, initial=WishesForm.initial_of(row))
    return ask_in_dialog(
        request,
        form,
        lambda: actions.change_opportunity(
            opportunity_id=opportunity_id, actor=request.actor, **form.values()
        ),
        title=_("Change the wishes"),
        done=_("Wishes changed."),
    )


@require_GET
@requires("crm.view_lead")
def car_options(request: HttpRequest) -> HttpResponse:
    """What of the catalogue is found for the words typed."""
    found = hooks.find_cars(request.GET.get("q", "")[:LONGEST_WORDS], CARS_FOUND)
    return combobox_options(request, [(car_code(car.key), car.name, "") for car in found])


@require_GET
@signed_in
def opportunity_offers(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    """What is in stock and suits, as far as the actor sees it; loaded when the page stands."""
    row = queries.get_opportunity(opportunity_id=opportunity_id, actor=request.actor)
    offers = hooks.offers_for(
        queries.wanted_by(row),
        store_id=row.store_id,
        budget=row.budget_amount,
        actor=request.actor,
        limit=OFFERED,
    )
    return render(request, "crm/_opportunity_offers.html", {"opportunity": row, "offers": offers})


@signed_in
def opportunity_lose(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    row = queries.get_opportunity(opportunity_id=opportunity_id, actor=request.actor)
    form = LoseForm(
        request.POST or None, actor=request.actor, initial={"competitor": row.competitors_shown}
    )
    return ask_in_dialog(
        request,
        form,
        lambda: actions.lose_opportunity(
            opportunity_id=opportunity_id, actor=request.actor, **form.cleaned_data
        ),
        title=_("The deal is lost"),
        done=lambda row: (
            _("The deal is closed as lost.")
            if row.stage == Stage.LOST
            else _("A manager is asked to confirm that the deal is lost.")
        ),
        submit=_("Close as lost"),
        danger=True,
    )
