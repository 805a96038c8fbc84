"""Campaigns: the list with what came of them, the form, one of them, its customers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.marketing import actions, links, queries
from apps.marketing.actions.reaching import values_for
from apps.marketing.forms import CampaignForm, SpendingForm
from apps.marketing.forms.campaigns import channel_choices
from apps.marketing.models import Campaign
from apps.marketing.rules.states import CampaignState, ReachState
from apps.marketing.views.dialogs import ask_in_dialog
from apps.notifications.rules.texts import fill
from forecourt.kernel.access import Actor
from forecourt.kernel.groups import current_group
from forecourt.ui.access import requires
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.forms import check_field
from forecourt.ui.lists import (
    ChoiceFilter,
    Column,
    DateColumn,
    Empty,
    ListPage,
    MoneyColumn,
    SearchFilter,
    StatusColumn,
)
from forecourt.ui.responses import go_to, render_page

VIEW, MANAGE = "marketing.view_campaign", "marketing.manage_campaign"
PREVIEWED = 3
SHOWN = 30
TABS = (
    Tab("overview", _("Overview"), "marketing/_campaign_overview.html"),
    Tab("customers", _("Customers"), "marketing/_reaches.html"),
    HISTORY,
)


class CampaignList(ListPage):
    name = "marketing.campaigns"
    permission = VIEW
    title = _("Campaigns")
    template = "marketing/campaign_list.html"
    columns = (
        Column("name", pgettext_lazy("thing", "Name"), sort="name", always=True),
        StatusColumn("state", _("State")),
        Column("segment", _("Segment")),
        Column("channel", _("Channel"), value=lambda row: channel_label(row.channel)),
        Column("store", _("Store"), value=lambda row: row.store or _("The whole group")),
        DateColumn("starts_on", _("From"), sort="starts_on"),
        DateColumn("ends_on", _("Until")),
        MoneyColumn("budget_amount", _("Budget")),
    )
    filters = (
        SearchFilter(pgettext_lazy("thing", "Name"), fields=["name"]),
        ChoiceFilter("state", _("State"), CampaignState),
        ChoiceFilter("channel", _("Channel"), lambda _actor: channel_choices()),
    )
    default_sort = "-starts_on"
    empty = Empty(
        _("No campaigns yet"),
        _("Write once to the customers of a segment, and see who answers, visits and orders."),
        icon="send",
        url_name="marketing:campaign_create",
        label=_("New campaign"),
        permission=MANAGE,
    )

    def get_queryset(self, actor: Actor) -> QuerySet[Campaign]:
        return queries.list_campaigns(actor)

    def row_url(self, row: Campaign) -> str:
        return reverse("marketing:campaign_detail", args=[row.pk])

    def context(self) -> dict[str, Any]:
        results = queries.results_by_channel(self.actor)
        return {
            "may_manage": self.actor.can(MANAGE),
            "by_channel": [(channel_label(code), result) for code, result in results.items()],
        }


def channel_label(code: str) -> str:
    return str(dict(channel_choices()).get(code, code))


@requires(MANAGE)
def campaign_create(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@requires(MANAGE)
def campaign_edit(request: HttpRequest, campaign_id: int) -> HttpResponse:
    return _edit(request, queries.get_campaign(campaign_id=campaign_id, actor=request.actor))


def _edit(request: HttpRequest, campaign: Campaign | None) -> HttpResponse:
    actor = request.actor
    initial: dict[str, Any] = {"segment_id": request.GET.get("segment", "")}
    if campaign is not None:
        initial = {name: getattr(campaign, name) for name in CampaignForm.base_fields}
    form = CampaignForm(request.POST or None, actor=actor, initial=initial)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        saved = form.attempt(
            actions.save_campaign,
            campaign_id=campaign.pk if campaign else None,
            actor=actor,
            **form.cleaned_data,
        )
        if saved is not None:
            return go_to(
                request, "marketing:campaign_detail", saved.pk, message=_t("Campaign saved.")
            )
    return render_page(
        request,
        "marketing/campaign_form.html",
        "marketing/_form.html",
        {"form": form, "campaign": campaign, "cancel": reverse("marketing:campaign_list")},
    )


@require_GET
@requires(VIEW)
def campaign_detail(request: HttpRequest, campaign_id: int) -> HttpResponse:
    actor = request.actor
    campaign = queries.get_campaign(campaign_id=campaign_id, actor=actor)
    is_draft = campaign.state == CampaignState.DRAFT
    outlook = queries.campaign_outlook(campaign, actor) if is_draft else None
    meant = queries.customers_meant_by(campaign, actor)
    state = request.GET.get("state", "")
    reaches = queries.list_reaches(actor, campaign=campaign).order_by("-done_at", "-pk")
    if state in ReachState.values:
        reaches = reaches.filter(state=state)
    context = {
        "campaign": campaign,
        "channel": channel_label(campaign.channel),
        "outlook": outlook,
        "result": queries.result_of(campaign),
        "previews": previews(
            campaign.title, campaign.text, meant, with_link=bool(campaign.link_url)
        ),
        "reaches": list(reaches[:SHOWN]),
        "states": ReachState.choices,
        "state": state,
        "may_manage": actor.grant(MANAGE).covers(campaign.store_id, None),
    }
    return detail_page(request, campaign, "marketing/campaign_detail.html", TABS, context)


def previews(
    title: str, text: str, customers: QuerySet, *, with_link: bool
) -> list[dict[str, Any]]:
    """The message as real customers would read it, whom the reader may see."""
    group = current_group()
    shown = customers.select_related("owner", "home_store").order_by("-pk")[:PREVIEWED]
    found = []
    for customer in shown:
        values = {
            **values_for(customer, link=links.EXAMPLE if with_link else ""),
            "group": group.name if group else "",
            "opt_out": _t("(her own way out)"),
        }
        found.append(
            {"customer": customer, "title": fill(title, values), "text": fill(text, values)}
        )
    return found


@requires(MANAGE)
def campaign_spending(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = queries.get_campaign(campaign_id=campaign_id, actor=request.actor)
    form = SpendingForm(
        request.POST or None,
        actor=request.actor,
        initial={"spent_amount": campaign.spent_amount},
    )
    return ask_in_dialog(
        request,
        form,
        lambda: actions.note_spending(
            campaign_id=campaign_id, actor=request.actor, **form.cleaned_data
        ),
        title=_t("What the campaign has cost"),
        done=_t("Campaign saved."),
    )


def _step(act: Callable[..., Any], said: Any) -> Callable[..., HttpResponse]:
    """A view that takes one step of a campaign."""

    @require_POST
    @requires(MANAGE)
    def view(request: HttpRequest, campaign_id: int) -> HttpResponse:
        act(campaign_id=campaign_id, actor=request.actor)
        return go_to(request, "marketing:campaign_detail", campaign_id, message=str(said))

    return view


campaign_start = _step(actions.start_campaign, _("The campaign is running."))
campaign_pause = _step(actions.pause_campaign, _("The campaign is paused."))
campaign_stop = _step(actions.stop_campaign, _("The campaign is stopped."))


@require_POST
@requires(MANAGE)
def campaign_reply(request: HttpRequest, campaign_id: int, customer_id: int) -> HttpResponse:
    """A customer has answered by a way that tells nobody, such as a call."""
    actions.record_reply(campaign_id=campaign_id, customer_id=customer_id, actor=request.actor)
    return go_to(
        request,
        f"{reverse('marketing:campaign_detail', args=[campaign_id])}?tab=customers",
        message=_t("The reply is noted."),
    )


@require_POST
@requires(MANAGE)
def campaign_remove(request: HttpRequest, campaign_id: int) -> HttpResponse:
    actions.remove_campaign(campaign_id=campaign_id, actor=request.actor)
    return go_to(request, "marketing:campaign_list", message=_t("Campaign removed."))


@require_GET
def follow_link(request: HttpRequest, token: str) -> HttpResponse:
    """A customer follows the link of a message; nobody need sign in."""
    reach_id = links.read(token)
    address = actions.note_opened(reach_id) if reach_id is not None else ""
    if address:
        return HttpResponseRedirect(address)
    return render(request, "marketing/link_gone.html", status=404)
