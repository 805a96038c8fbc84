"""The rules that hand out leads: order, change, switch, try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.crm import actions, queries
from apps.crm.actions.assignment import minute_of_day
from apps.crm.actions.replay import DAYS
from apps.crm.forms import AssignmentRuleForm, TryForm
from apps.crm.rules.assignment import LeadFacts
from apps.crm.rules.explanation import explain
from apps.crm.rules.leads import LEAD_SOURCES, LeadSource
from apps.organisation import queries as organisation
from forecourt.kernel import regions
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.group_settings import all_settings, value_of
from forecourt.kernel.option_lists import values as options
from forecourt.ui.access import requires
from forecourt.ui.forms import check_field
from forecourt.ui.responses import go_to, render_page

PERMISSION = "crm.manage_assignment"


@require_GET
@requires(PERMISSION)
def assignment_rules(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "crm/assignment_rules.html",
        {
            "rules": _described(request.actor),
            "decided": [
                (setting.label, setting.kind.shown(value_of(setting.key)))
                for setting in all_settings()
                if setting.module == "crm" and setting.permission == PERMISSION
            ],
            "may_see_settings": request.actor.can("settings.view_setting"),
            "may_change_all": request.actor.grant(PERMISSION).everything,
            "try_form": TryForm(actor=request.actor, initial={"source": LeadSource.WEB}),
            "advisors": queries.advisor_standings(request.actor),
        },
    )


def _described(actor: Actor) -> list[dict[str, Any]]:
    """Each rule with its conditions and its target in words."""
    rules = list(queries.list_assignment_rules())
    people = organisation.staff_by_id({id_ for rule in rules for id_ in rule.staff_ids})
    return [
        {
            "rule": rule,
            "conditions": conditions_in_words(rule.conditions),
            "people": [
                *people_in_words(rule.conditions),
                *[people[id_].name for id_ in rule.staff_ids if id_ in people],
            ],
            "may_change": actor.grant(PERMISSION).covers(rule.store_id, None),
        }
        for rule in rules
    ]


def conditions_in_words(conditions: Mapping[str, Any]) -> list[str]:
    divisions = [regions.get(code) for code in conditions.get("divisions", ())]
    return [
        *[options.label(LEAD_SOURCES, source) for source in conditions.get("sources", ())],
        *[division.full_name for division in divisions if division],
        *conditions.get("brands", ()),
        *conditions.get("series", ()),
        *conditions.get("hours", ()),
        *conditions.get("tags", ()),
    ]


def people_in_words(conditions: Mapping[str, Any]) -> list[str]:
    """What those who may get the lead must be."""
    codes = conditions.get("positions", ())
    positions = {one.code: one.name for one in organisation.list_positions()} if codes else {}
    return [
        *[positions.get(code, code) for code in codes],
        *conditions.get("departments", ()),
    ]


@requires(PERMISSION)
def assignment_rule_create(request: HttpRequest) -> HttpResponse:
    return _edit(request, None, {"strategy": "WON_RATE"})


@requires(PERMISSION)
def assignment_rule_edit(request: HttpRequest, rule_id: int) -> HttpResponse:
    rule = queries.get_assignment_rule(rule_id=rule_id, actor=request.actor)
    return _edit(request, rule_id, AssignmentRuleForm.initial_of(rule))


def _edit(request: HttpRequest, rule_id: int | None, initial: dict[str, Any]) -> HttpResponse:
    initial = initial | AssignmentRuleForm.typed(request.GET)
    if not initial.get("store_id") and not request.actor.grant(PERMISSION).everything:
        initial["store_id"] = str(request.actor.home_store_id or "")
    form = AssignmentRuleForm(request.POST or None, actor=request.actor, initial=initial)
    if answer := check_field(request, form):
        return answer
    if form.is_valid() and "replay" in request.POST:
        job = form.attempt(
            actions.start_replay, rule_id=rule_id, actor=request.actor, **form.values()
        )
        if job is not None:
            return go_to(request, "crm:assignment_replay", job.pk)
    elif form.is_valid():
        rule = form.attempt(
            actions.save_assignment_rule,
            rule_id=rule_id,
            actor=request.actor,
            **form.values(),
        )
        if rule is not None:
            return go_to(request, "crm:assignment_rules", message=_("Rule saved."))
    return render_page(
        request,
        "crm/assignment_rule_form.html",
        "crm/_assignment_rule_form.html",
        {
            "form": form,
            "is_new": rule_id is None,
            "may_replay": request.actor.grant(PERMISSION).everything,
        },
    )


@require_GET
@requires(PERMISSION)
def assignment_replay(request: HttpRequest, job_id: int) -> HttpResponse:
    """What a changed rule would have done; asks again until the job has ended."""
    job = actions.get_replay(job_id=job_id, actor=request.actor)
    context: dict[str, Any] = {
        "job": job,
        "is_set": "set" in job.params,
        "name": job.params.get("values", {}).get("name", ""),
        "days": DAYS,
    }
    if job.state == job.State.DONE:
        context["replay"] = actions.describe_replay(job, request.actor)
    return render_page(
        request, "crm/assignment_replay.html", "crm/_assignment_replay.html", context
    )


@require_POST
@requires(PERMISSION)
def assignment_replay_publish(request: HttpRequest, job_id: int) -> HttpResponse:
    actions.publish_replay(job_id=job_id, actor=request.actor)
    return go_to(request, "crm:assignment_rules", message=_("The rules are published."))


@require_POST
@requires(PERMISSION)
def assignment_rule_move(request: HttpRequest, rule_id: int) -> HttpResponse:
    actions.move_assignment_rule(
        rule_id=rule_id, up=request.POST.get("direction") == "up", actor=request.actor
    )
    return go_to(request, "crm:assignment_rules")


@require_POST
@requires(PERMISSION)
def assignment_rule_switch(request: HttpRequest, rule_id: int) -> HttpResponse:
    actions.switch_assignment_rule(
        rule_id=rule_id, is_active=request.POST.get("on") == "yes", actor=request.actor
    )
    return go_to(request, "crm:assignment_rules")


@require_GET
@requires(PERMISSION)
def assignment_try(request: HttpRequest) -> HttpResponse:
    """Who would get such a lead, and why; nobody's turn passes."""
    form = TryForm(request.GET, actor=request.actor)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        placement = actions.try_assignment(
            facts=LeadFacts(**form.cleaned_data, minute=minute_of_day(now())), actor=request.actor
        )
        stores = organisation.stores_by_id(placement.explanation.get("store_ids", ()))
        context |= {
            "placement": placement,
            "why": explain(
                placement.explanation,
                stores={id_: store.name for id_, store in stores.items()},
            ),
            "candidates": placement.explanation.get("candidates", ()),
        }
    return render(request, "crm/_assignment_try.html", context)
