"""Automations: the list, the form, one of them with its dry run."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from apps.crm.facts import all_facts, rewards
from apps.crm.queries import tag_choices
from apps.marketing import actions, queries
from apps.marketing.forms import AutomationForm
from apps.marketing.models import Automation
from apps.marketing.rules.states import Deed, Trigger
from apps.marketing.views.campaigns import channel_label, previews
from forecourt.kernel import feed
from forecourt.kernel.access import Actor
from forecourt.ui.access import requires
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.forms import check_field
from forecourt.ui.lists import (
    BooleanFilter,
    ChoiceFilter,
    Column,
    DateTimeColumn,
    Empty,
    ListPage,
    SearchFilter,
)
from forecourt.ui.responses import go_to, render_page

VIEW, MANAGE = "marketing.view_automation", "marketing.manage_automation"
SHOWN = 30
TABS = (
    Tab("overview", _("Overview"), "marketing/_automation_overview.html"),
    Tab("customers", _("Customers"), "marketing/_reaches.html"),
    HISTORY,
)


def when_of(automation: Automation) -> str:
    """When it acts, in words."""
    if automation.trigger == Trigger.EVENT:
        named = feed.named([automation.event])
        return str(named[0].label) if named else automation.event
    fact = all_facts().get(automation.fact)
    label, days = str(fact.label) if fact else automation.fact, automation.offset_days
    if days == 0:
        return _t("%(date)s: on the day") % {"date": label}
    said = (
        ngettext("%(date)s: a day before", "%(date)s: %(days)s days before", -days)
        if days < 0
        else ngettext("%(date)s: a day after", "%(date)s: %(days)s days after", days)
    )
    return said % {"date": label, "days": abs(days)}


class AutomationList(ListPage):
    name = "marketing.automations"
    permission = VIEW
    title = _("Automations")
    subtitle = _("What happens by itself when something happens, or a date comes near.")
    template = "marketing/automation_list.html"
    columns = (
        Column("name", pgettext_lazy("thing", "Name"), sort="name", always=True),
        Column("is_on", _("State"), value=lambda row: _("On") if row.is_on else _("Off")),
        Column("when", pgettext_lazy("automation", "When"), value=when_of),
        Column("segment", _("Only for")),
        Column("deed", _("What is done"), value=lambda row: row.get_deed_display()),
        Column("store", _("Store"), value=lambda row: row.store or _("The whole group")),
        DateTimeColumn("changed_at", _("Changed"), sort="changed_at", relative=True),
    )
    filters = (
        SearchFilter(pgettext_lazy("thing", "Name"), fields=["name"]),
        BooleanFilter("on", _("Switched on"), field="is_on"),
        ChoiceFilter("deed", _("What is done"), Deed),
    )
    default_sort = "name"
    empty = Empty(
        _("No automations yet"),
        _("Greet customers on their birthday, call after a test drive, tag who came twice."),
        icon="bolt",
        url_name="marketing:automation_create",
        label=_("New automation"),
        permission=MANAGE,
    )

    def get_queryset(self, actor: Actor) -> QuerySet[Automation]:
        return queries.list_automations(actor)

    def row_url(self, row: Automation) -> str:
        return reverse("marketing:automation_detail", args=[row.pk])

    def context(self) -> dict[str, Any]:
        return {"may_manage": self.actor.can(MANAGE)}


@requires(MANAGE)
def automation_create(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@requires(MANAGE)
def automation_edit(request: HttpRequest, automation_id: int) -> HttpResponse:
    return _edit(request, queries.get_automation(automation_id=automation_id, actor=request.actor))


def _edit(request: HttpRequest, automation: Automation | None) -> HttpResponse:
    form = AutomationForm(
        request.POST or None,
        actor=request.actor,
        here=request.path,
        initial={**(_initial(automation) if automation else {}), **request.GET.dict()},
    )
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        saved = form.attempt(
            actions.save_automation,
            automation_id=automation.pk if automation else None,
            actor=request.actor,
            **form.values(),
        )
        if saved is not None:
            return go_to(
                request, "marketing:automation_detail", saved.pk, message=_t("Automation saved.")
            )
    return render_page(
        request,
        "marketing/automation_form.html",
        "marketing/_form.html",
        {"form": form, "automation": automation, "cancel": reverse("marketing:automation_list")},
    )


def _initial(automation: Automation) -> dict[str, Any]:
    kept = ("name", "store_id", "trigger", "event", "fact", "segment_id", "deed")
    bounds = ("daily_cap", "rest_days", "valid_days")
    return {
        **{name: getattr(automation, name) for name in (*kept, *bounds)},
        **automation.options,
        "days": abs(automation.offset_days),
        "side": "before" if automation.offset_days < 0 else "after",
    }


@require_GET
@requires(VIEW)
def automation_detail(request: HttpRequest, automation_id: int) -> HttpResponse:
    actor = request.actor
    automation = queries.get_automation(automation_id=automation_id, actor=actor)
    reaches = queries.list_reaches(actor, automation=automation)
    options = automation.options
    is_message = automation.deed == Deed.MESSAGE
    context = {
        "automation": automation,
        "when": when_of(automation),
        "channel": channel_label(options.get("channel", "")) if is_message else "",
        "tag": dict(tag_choices(actor)).get(options.get("tag_id")),
        "reward": _reward_label(options, actor) if automation.deed == Deed.REWARD else "",
        "counts": queries.counts_of(reaches),
        "previews": previews(
            options["title"],
            options["text"],
            queries.customers_meant(automation, actor),
            with_link=False,
        )
        if is_message
        else [],
        "reaches": list(reaches.order_by("-created_at", "-pk")[:SHOWN]),
        "may_manage": actor.grant(MANAGE).covers(automation.store_id, None),
    }
    return detail_page(request, automation, "marketing/automation_detail.html", TABS, context)


def _reward_label(options: dict[str, Any], actor: Actor) -> str:
    """What is given, and which; the bare codes where the module that gave it is gone."""
    code, value = options["reward"], options.get("value", "")
    reward = rewards().get(code)
    if reward is None:
        return f"{code} · {value}"
    return f"{reward.label} · {dict(reward.choices(actor)).get(value, value)}"


@require_GET
@requires(VIEW)
def automation_dry_run(request: HttpRequest, automation_id: int) -> HttpResponse:
    """Whom it would reach today, and who is held back and why."""
    automation = queries.get_automation(automation_id=automation_id, actor=request.actor)
    context = {"outlook": queries.dry_run(automation, request.actor), "automation": automation}
    return render(request, "marketing/_outlook.html", context)


@require_POST
@requires(MANAGE)
def automation_switch(request: HttpRequest, automation_id: int) -> HttpResponse:
    automation = queries.get_automation(automation_id=automation_id, actor=request.actor)
    actions.switch_automation(
        automation_id=automation_id, is_on=not automation.is_on, actor=request.actor
    )
    said = _t("The automation is off.") if automation.is_on else _t("The automation is on.")
    return go_to(request, "marketing:automation_detail", automation_id, message=said)


@require_POST
@requires(MANAGE)
def automation_remove(request: HttpRequest, automation_id: int) -> HttpResponse:
    actions.remove_automation(automation_id=automation_id, actor=request.actor)
    return go_to(request, "marketing:automation_list", message=_t("Automation removed."))
