"""Several assignment rules changed, reordered, added and retired together, as one decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.crm import queries
from apps.crm.actions.assignment import Rule
from apps.crm.actions.assignment_rules import (
    checked_rule,
    order_assignment_rules,
    remove_assignment_rule,
    require_manager,
    save_assignment_rule,
    switch_assignment_rule,
)
from apps.crm.models import AssignmentRule
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid
from forecourt.kernel.models import Preference

MOST_RULES = 200
DRAFT = "crm.rule_set"
"""Under which a person keeps the set that she is changing."""
PlainRule = dict[str, Any]
"""A rule as JSON can hold it: ``rule_id`` (None for a new one), ``is_active``, and its values."""


def present_set() -> list[PlainRule]:
    """All rules in their order, also those that are switched off."""
    return [plain(rule) for rule in queries.list_assignment_rules()]


def plain(rule: AssignmentRule) -> PlainRule:
    return {
        "rule_id": rule.pk,
        "is_active": rule.is_active,
        "name": rule.name,
        "strategy": str(rule.strategy),
        "conditions": rule.conditions,
        "store_id": rule.store_id,
        "staff_ids": sorted(rule.staff_ids),
        "open_lead_cap": rule.open_lead_cap,
    }


def checked_set(rules: Sequence[Mapping[str, Any]]) -> list[PlainRule]:
    """The set in the form in which it is kept. Raises Invalid, naming the rule that is wrong."""
    if len(rules) > MOST_RULES:
        raise Invalid(_("At most %(count)s rules.") % {"count": MOST_RULES}, field="rules")
    known = {rule.pk for rule in queries.list_assignment_rules()}
    found: list[PlainRule] = []
    for number, given in enumerate(rules, start=1):
        values = dict(given)
        rule_id, is_active = values.pop("rule_id", None), values.pop("is_active", True)
        try:
            if rule_id is not None and rule_id not in known:
                raise Invalid(_("There is no such rule, or it is named twice."), field="rule_id")
            checked = checked_rule(**values)
        except Invalid as refusal:
            raise Invalid(
                _("Rule %(number)s: %(message)s") % {"number": number, "message": refusal.message},
                field="rules",
            ) from refusal
        known.discard(rule_id or 0)
        found.append({"rule_id": rule_id, "is_active": bool(is_active), **checked})
    return found


def active_rules(rules: Sequence[PlainRule]) -> list[PlainRule]:
    """What of a set hands out leads, as the dispatcher takes it; new rules count down from -1."""
    return [
        asdict(
            Rule(
                rule_id=rule["rule_id"] or -number,
                **{name: rule[name] for name in rule if name not in ("rule_id", "is_active")},
            )
        )
        for number, rule in enumerate(rules, start=1)
        if rule["is_active"]
    ]


@transaction.atomic
def save_rule_set(*, rules: Sequence[Mapping[str, Any]], actor: Actor) -> None:
    """Make the rules this set in this order; those that it leaves out are removed.

    Raises NotPermitted without the right for the whole order, or Invalid.
    """
    require_manager(actor, None)
    list(AssignmentRule.objects.select_for_update().order_by("sequence"))
    ids = []
    for wanted in checked_set(rules):
        values = {name: wanted[name] for name in wanted if name not in ("rule_id", "is_active")}
        present = wanted["rule_id"]
        rule = AssignmentRule.objects.get(pk=present) if present else None
        if rule is None or plain(rule) != wanted | {"is_active": rule.is_active}:
            rule = save_assignment_rule(rule_id=present, actor=actor, **values)
        if rule.is_active != wanted["is_active"]:
            switch_assignment_rule(rule_id=rule.pk, is_active=wanted["is_active"], actor=actor)
        ids.append(rule.pk)
    for rule in AssignmentRule.objects.exclude(pk__in=ids):
        remove_assignment_rule(rule_id=rule.pk, actor=actor)
    order_assignment_rules(rule_ids=ids, actor=actor)


# --- A person's draft ----------------------------------------------------------------------------


def draft_of(actor: Actor) -> list[PlainRule]:
    """The set that the person is changing; without one, the rules as they are."""
    require_manager(actor, None)
    kept = Preference.objects.filter(owner_id=actor.staff_id, key=DRAFT).first()
    rules: list[PlainRule] = kept.value["rules"] if kept else present_set()
    return rules


def keep_draft(*, rules: Sequence[Mapping[str, Any]], actor: Actor) -> None:
    """Remember the set that the person is changing. Raises NotPermitted or Invalid."""
    require_manager(actor, None)
    Preference.objects.update_or_create(
        owner_id=actor.staff_id, key=DRAFT, defaults={"value": {"rules": checked_set(rules)}}
    )


def forget_draft(*, actor: Actor) -> None:
    Preference.objects.filter(owner_id=actor.staff_id, key=DRAFT).delete()


def change_draft(*, place: int | None, values: Mapping[str, Any], actor: Actor) -> None:
    """Change a rule of the draft, or add one at the end. Raises NotPermitted or Invalid."""
    rules = draft_of(actor)
    if place is None:
        rules.append({"rule_id": None, "is_active": True, **checked_rule(**values)})
    else:
        rule = rule_at(rules, place)
        rules[place] = {**rule, **checked_rule(**values)}
    keep_draft(rules=rules, actor=actor)


def move_in_draft(*, place: int, up: bool, actor: Actor) -> None:
    """Let a rule of the draft change places with its neighbour. Raises NotPermitted or Invalid."""
    rules = draft_of(actor)
    rule_at(rules, place)
    other = place + (-1 if up else 1)
    if 0 <= other < len(rules):
        rules[place], rules[other] = rules[other], rules[place]
    keep_draft(rules=rules, actor=actor)


def switch_in_draft(*, place: int, is_active: bool, actor: Actor) -> None:
    """Switch a rule of the draft on or off. Raises NotPermitted or Invalid."""
    rules = draft_of(actor)
    rules[place] = {**rule_at(rules, place), "is_active": is_active}
    keep_draft(rules=rules, actor=actor)


def remove_from_draft(*, place: int, actor: Actor) -> None:
    """Leave a rule out of the draft. Raises NotPermitted or Invalid."""
    rules = draft_of(actor)
    rules.remove(rule_at(rules, place))
    keep_draft(rules=rules, actor=actor)


def rule_at(rules: Sequence[PlainRule], place: int) -> PlainRule:
    """Raises Invalid for a place that the draft does not have."""
    if not 0 <= place < len(rules):
        raise Invalid(_("There is no such rule."))
    return rules[place]
