"""Several assignment rules changed together: a draft of one's own, tried before it counts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.crm.actions import replay, rule_sets
from apps.crm.forms import AssignmentRuleForm
from apps.crm.rules.assignment import Strategy
from apps.crm.views.assignment import PERMISSION, conditions_in_words, people_in_words
from apps.organisation import queries as organisation
from forecourt.ui.access import requires
from forecourt.ui.forms import check_field
from forecourt.ui.responses import go_to, render_page


@require_GET
@requires(PERMISSION)
def assignment_draft(request: HttpRequest) -> HttpResponse:
    """The draft as a list: moved, switched, changed, added to; nothing of it counts yet."""
    rules = rule_sets.draft_of(request.actor)
    present = rule_sets.present_set()
    stores = organisation.stores_by_id({rule["store_id"] for rule in rules if rule["store_id"]})
    people = organisation.staff_by_id({id_ for rule in rules for id_ in rule["staff_ids"]})
    by_id = {rule["rule_id"]: rule for rule in present}
    rows = [
        {
            "rule": rule,
            "conditions": conditions_in_words(rule["conditions"]),
            "store": stores.get(rule["store_id"] or 0),
            "people": [
                *people_in_words(rule["conditions"]),
                *[people[id_].name for id_ in rule["staff_ids"] if id_ in people],
            ],
            "strategy": Strategy(rule["strategy"]).label,
            "is_new": rule["rule_id"] is None,
            "is_changed": rule["rule_id"] is not None and by_id.get(rule["rule_id"]) != rule,
        }
        for rule in rules
    ]
    kept = {rule["rule_id"] for rule in rules}
    context = {
        "rows": rows,
        "removed": [rule["name"] for rule in present if rule["rule_id"] not in kept],
        "is_changed": rules != present,
    }
    return render(request, "crm/assignment_draft.html", context)


@requires(PERMISSION)
def assignment_draft_add(request: HttpRequest) -> HttpResponse:
    rule_sets.draft_of(request.actor)
    return _edit(request, None, {"strategy": Strategy.WON_RATE.value})


@requires(PERMISSION)
def assignment_draft_edit(request: HttpRequest, place: int) -> HttpResponse:
    rule = rule_sets.rule_at(rule_sets.draft_of(request.actor), place)
    return _edit(request, place, AssignmentRuleForm.initial_of(SimpleNamespace(**rule)))


def _edit(request: HttpRequest, place: int | None, initial: dict[str, Any]) -> HttpResponse:
    initial = initial | AssignmentRuleForm.typed(request.GET)
    form = AssignmentRuleForm(request.POST or None, actor=request.actor, initial=initial)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        form.attempt(rule_sets.change_draft, place=place, values=form.values(), actor=request.actor)
        if not form.errors:
            return go_to(request, "crm:assignment_draft", message=_("The draft is changed."))
    return render_page(
        request,
        "crm/assignment_draft_form.html",
        "crm/_assignment_draft_form.html",
        {"form": form, "is_new": place is None},
    )


@require_POST
@requires(PERMISSION)
def assignment_draft_move(request: HttpRequest, place: int) -> HttpResponse:
    up = request.POST.get("direction") == "up"
    rule_sets.move_in_draft(place=place, up=up, actor=request.actor)
    return go_to(request, "crm:assignment_draft")


@require_POST
@requires(PERMISSION)
def assignment_draft_switch(request: HttpRequest, place: int) -> HttpResponse:
    is_active = request.POST.get("on") == "yes"
    rule_sets.switch_in_draft(place=place, is_active=is_active, actor=request.actor)
    return go_to(request, "crm:assignment_draft")


@require_POST
@requires(PERMISSION)
def assignment_draft_remove(request: HttpRequest, place: int) -> HttpResponse:
    rule_sets.remove_from_draft(place=place, actor=request.actor)
    return go_to(request, "crm:assignment_draft")


@require_POST
@requires(PERMISSION)
def assignment_draft_discard(request: HttpRequest) -> HttpResponse:
    rule_sets.forget_draft(actor=request.actor)
    return go_to(request, "crm:assignment_rules", message=_("The draft is discarded."))


@require_POST
@requires(PERMISSION)
def assignment_draft_replay(request: HttpRequest) -> HttpResponse:
    """Try the whole draft on the last 90 days."""
    rules = rule_sets.draft_of(request.actor)
    job = replay.start_set_replay(rules=rules, actor=request.actor)
    return go_to(request, "crm:assignment_replay", job.pk)
