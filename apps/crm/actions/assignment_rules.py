"""The ordered list of rules that hands out leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils.translation import gettext as _

from apps.crm.actions.assignment import (
    ACTIVE_RULES,
    Dispatcher,
    Placement,
    WeightsOutdated,
    weigh_advisors,
)
from apps.crm.models import AssignmentRule
from apps.crm.rules import assignment as rules
from apps.crm.rules.assignment import LeadFacts, Strategy
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import today
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted

STEP = 10


@transaction.atomic
def save_assignment_rule(
    *,
    actor: Actor,
    name: str,
    strategy: str,
    conditions: Mapping[str, Any],
    store_id: int | None = None,
    staff_ids: Iterable[int] = (),
    open_lead_cap: int | None = None,
    rule_id: int | None = None,
) -> AssignmentRule:
    """Add a rule at the end of the list, or change the one with ``rule_id``.

    Whoever may change rules of some stores only, must name one of them. Raises Invalid, NotFound,
    NotPermitted.
    """
    rule = _lock(rule_id, actor) if rule_id is not None else AssignmentRule(sequence=_last() + STEP)
    before = _facts(rule) if rule_id is not None else {}
    values = checked_rule(
        name=name,
        strategy=strategy,
        conditions=conditions,
        store_id=store_id,
        staff_ids=staff_ids,
        open_lead_cap=open_lead_cap,
    )
    for field, value in values.items():
        setattr(rule, field, value)
    require_manager(actor, store_id)
    rule.save()
    ACTIVE_RULES.forget()
    audit.record(
        actor,
        "changed" if before else "created",
        rule,
        audit.changes_between(before, _facts(rule)),
        store_id=store_id,
    )
    return rule


@transaction.atomic
def move_assignment_rule(*, rule_id: int, up: bool, actor: Actor) -> AssignmentRule:
    """Change places with the rule above or below. Raises NotFound, NotPermitted."""
    ordered = list(AssignmentRule.objects.select_for_update().order_by("sequence"))
    place = next((index for index, rule in enumerate(ordered) if rule.pk == rule_id), None)
    if place is None:
        raise NotFound(_("No such record."))
    rule = ordered[place]
    other_place = place + (-1 if up else 1)
    if not 0 <= other_place < len(ordered):
        return rule
    other = ordered[other_place]
    # The order decides over both rules, so both must be hers to change.
    require_manager(actor, rule.store_id)
    require_manager(actor, other.store_id)
    mine, theirs = rule.sequence, other.sequence
    AssignmentRule.objects.filter(pk=other.pk).update(sequence=_last() + STEP)
    AssignmentRule.objects.filter(pk=rule.pk).update(sequence=theirs)
    AssignmentRule.objects.filter(pk=other.pk).update(sequence=mine)
    ACTIVE_RULES.forget()
    rule.sequence = theirs
    audit.record(actor, "changed", rule, {"sequence": [mine, theirs]}, store_id=rule.store_id)
    return rule


@transaction.atomic
def switch_assignment_rule(*, rule_id: int, is_active: bool, actor: Actor) -> AssignmentRule:
    """Switch a rule on or off. Raises NotFound, NotPermitted."""
    rule = _lock(rule_id, actor)
    before = rule.is_active
    rule.is_active = is_active
    rule.save(update_fields=["is_active"])
    ACTIVE_RULES.forget()
    audit.record(actor, "changed", rule, {"is_active": [before, is_active]}, store_id=rule.store_id)
    return rule


@transaction.atomic
def remove_assignment_rule(*, rule_id: int, actor: Actor) -> None:
    """Take a rule out of the list. Raises NotFound, NotPermitted."""
    rule = _lock(rule_id, actor)
    audit.record(actor, "deleted", rule, _facts(rule), store_id=rule.store_id)
    rule.delete()
    ACTIVE_RULES.forget()


@transaction.atomic
def order_assignment_rules(*, rule_ids: Sequence[int], actor: Actor) -> None:
    """Put the rules into this order; those not named come after. Raises NotPermitted."""
    require_manager(actor, None)
    rules_by_id = {
        rule.pk: rule for rule in AssignmentRule.objects.select_for_update().order_by("sequence")
    }
    named = [rule_id for rule_id in rule_ids if rule_id in rules_by_id]
    order = [*named, *(rule_id for rule_id in rules_by_id if rule_id not in named)]
    if order == list(rules_by_id):
        return
    ACTIVE_RULES.forget()
    # Out of the way first: the database looks at every single number.
    AssignmentRule.objects.update(sequence=F("sequence") + _last() + STEP * len(order))
    for place, rule_id in enumerate(order, start=1):
        rule = rules_by_id[rule_id]
        AssignmentRule.objects.filter(pk=rule_id).update(sequence=place * STEP)
        if rule.sequence != place * STEP:
            audit.record(
                actor,
                "changed",
                rule,
                {"sequence": [rule.sequence, place * STEP]},
                store_id=rule.store_id,
            )


def checked_rule(
    *,
    name: str,
    strategy: str,
    conditions: Mapping[str, Any],
    store_id: int | None = None,
    staff_ids: Iterable[int] = (),
    open_lead_cap: int | None = None,
) -> dict[str, Any]:
    """What a rule says, in the form in which it is kept. Raises Invalid."""
    if not name.strip():
        raise Invalid(_("Give the rule a name."), field="name")
    if strategy not in Strategy.values:
        raise Invalid(_("Choose one of the values offered."), field="strategy")
    if open_lead_cap is not None and open_lead_cap < 1:
        raise Invalid(_("At least one."), field="open_lead_cap")
    return {
        "name": name.strip()[:80],
        "strategy": strategy,
        "conditions": rules.checked_conditions(conditions),
        "store_id": store_id,
        "staff_ids": sorted(set(staff_ids)),
        "open_lead_cap": open_lead_cap,
    }


def try_assignment(*, facts: LeadFacts, actor: Actor) -> Placement:
    """Who would get such a lead now, and why; nothing is written and nobody's turn passes."""
    actor.require("crm.manage_assignment")
    for _attempt in range(2):
        dispatcher = Dispatcher()
        try:
            dispatcher.prepare([facts], today=today(), lock=False)
        except WeightsOutdated:
            with transaction.atomic():
                weigh_advisors(today=today())
        else:
            return dispatcher.place(facts)
    raise RuntimeError("The weights were outdated right after weighing.")


def require_manager(actor: Actor, store_id: int | None) -> None:
    """She may change rules of the store; of None, the whole order. Raises NotPermitted."""
    actor.require("crm.manage_assignment")
    grant = actor.grant("crm.manage_assignment")
    if not grant.everything and (store_id is None or store_id not in grant.store_ids):
        raise NotPermitted(_("You may only change rules of your own stores."))


def _lock(rule_id: int, actor: Actor) -> AssignmentRule:
    actor.require("crm.manage_assignment")
    rule = AssignmentRule.objects.select_for_update().filter(pk=rule_id).first()
    if rule is None:
        raise NotFound(_("No such record."))
    require_manager(actor, rule.store_id)
    return rule


def _last() -> int:
    return AssignmentRule.objects.aggregate(last=Max("sequence"))["last"] or 0


def _facts(rule: AssignmentRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "strategy": rule.strategy,
        "conditions": rule.conditions,
        "store": rule.store_id,
        "staff_ids": rule.staff_ids,
        "open_lead_cap": rule.open_lead_cap,
    }
