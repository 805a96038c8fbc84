"""The rules that hand out leads: read, changed, and tried on the last 90 days."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, change, command, page, record, removal
from api.fields import Body, IdField, NoBody, Representation
from api.v1.stores import store
from apps.crm import actions, queries
from apps.crm.actions.replay import start_set_replay
from apps.crm.actions.rule_sets import plain
from apps.crm.rules.assignment import Strategy
from forecourt.kernel.access import Actor

MANAGE = "crm.manage_assignment"
NUMBER = {"min_value": 1, "max_value": 10_000}


class Conditions(serializers.Serializer):
    """What a lead must be; an empty list asks for nothing."""

    sources = serializers.ListField(child=serializers.CharField(), required=False)
    divisions = serializers.ListField(
        child=serializers.CharField(), required=False, help_text=_("Codes of six digits.")
    )
    brands = serializers.ListField(child=serializers.CharField(), required=False)
    series = serializers.ListField(child=serializers.CharField(), required=False)
    tags = serializers.ListField(
        child=serializers.CharField(), required=False, help_text=_("Names of the customer's tags.")
    )
    hours = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text=_("When the lead comes in, such as 18:00-09:00."),
    )
    positions = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text=_("Codes of positions: those who get it have one of them."),
    )
    departments = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text=_("Names of departments: those who get it work there or below."),
    )


class RuleRow(Representation):
    """A rule; the first that fits a lead decides."""

    expansions = {"store": store()}

    id = IdField()
    name = serializers.CharField()
    sequence = serializers.IntegerField(help_text=_("Its place in the order."))
    is_active = serializers.BooleanField()
    conditions = serializers.DictField()
    store_id = IdField(allow_null=True)
    staff_ids = serializers.ListField(child=IdField())
    strategy = serializers.ChoiceField(Strategy.choices)
    open_lead_cap = serializers.IntegerField(allow_null=True)


class RuleBody(Body):
    name = serializers.CharField(max_length=80)
    strategy = serializers.ChoiceField(Strategy.choices)
    conditions = Conditions(required=False)
    store_id = IdField(
        required=False, allow_null=True, help_text=_("Null: the closest to the customer.")
    )
    staff_ids = serializers.ListField(child=IdField(), required=False)
    open_lead_cap = serializers.IntegerField(required=False, allow_null=True, **NUMBER)


class ChangeRuleBody(RuleBody):
    is_active = serializers.BooleanField()


class RuleOfSetBody(RuleBody):
    """A rule of a set; one without an id is new."""

    rule_id = IdField(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class SetBody(Body):
    rules = RuleOfSetBody(
        many=True, help_text=_("All rules in their order; those left out are retired.")
    )


class OrderBody(Body):
    rule_ids = serializers.ListField(child=IdField())


class ReplayRuleBody(Body):
    """What of the rule would change; the rest stays."""

    name = serializers.CharField(max_length=80, required=False)
    strategy = serializers.ChoiceField(Strategy.choices, required=False)
    conditions = Conditions(required=False)
    store_id = IdField(required=False, allow_null=True)
    staff_ids = serializers.ListField(child=IdField(), required=False)
    open_lead_cap = serializers.IntegerField(required=False, allow_null=True, **NUMBER)


class ReplayRow(Representation):
    """A set of rules tried on the last 90 days; ``result`` is there when it is done."""

    id = IdField()
    state = serializers.CharField()
    done_count = serializers.IntegerField()
    total_count = serializers.IntegerField()
    result = serializers.DictField(
        help_text=_(
            "How many leads were judged and moved; by person and by store: really, with the "
            "present rules, with the changed ones."
        )
    )
    error = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


def _rules(actor: Actor) -> QuerySet:
    actor.require(MANAGE)
    return queries.list_assignment_rules()


def _complete(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"conditions": {}, **values}


def _add(*, actor: Actor, **values: Any) -> Any:
    return actions.save_assignment_rule(actor=actor, **_complete(values))


def _merged(rule_id: int, actor: Actor, values: Mapping[str, Any]) -> dict[str, Any]:
    """The rule's values with those of the body in their place."""
    rule = plain(queries.get_assignment_rule(rule_id=rule_id, actor=actor))
    kept = {name: value for name, value in rule.items() if name not in ("rule_id", "is_active")}
    return {**kept, **values}


def _change(*, rule_id: int, actor: Actor, **values: Any) -> Any:
    is_active = values.pop("is_active", None)
    if values:
        merged = _merged(rule_id, actor, values)
        actions.save_assignment_rule(rule_id=rule_id, actor=actor, **merged)
    if is_active is not None:
        actions.switch_assignment_rule(rule_id=rule_id, is_active=is_active, actor=actor)
    return queries.get_assignment_rule(rule_id=rule_id, actor=actor)


def _order(*, rule_ids: list[int], actor: Actor) -> Any:
    actions.order_assignment_rules(rule_ids=rule_ids, actor=actor)
    return _First(list(queries.list_assignment_rules()))


class _First:
    """The rules in their order, as one answer."""

    def __init__(self, rules: list[Any]) -> None:
        self.rules = rules


class OrderRow(Representation):
    """The rules in their order."""

    rules = RuleRow(many=True)


def _replay(*, rule_id: int, actor: Actor, **values: Any) -> Any:
    merged = _merged(rule_id, actor, values)
    return actions.start_replay(rule_id=rule_id, actor=actor, **merged)


def _replay_set(*, rules: list[Mapping[str, Any]], actor: Actor) -> Any:
    return start_set_replay(rules=[_complete(rule) for rule in rules], actor=actor)


class AssignmentRules(Endpoint):
    tag = "assignment-rules"
    get = page(
        _rules,
        RuleRow,
        name="list_assignment_rules",
        summary=_("The rules that hand out leads, in their order"),
        permission=MANAGE,
        orderings={"sequence": "sequence"},
        default_ordering="sequence",
    )
    post = command(
        _add,
        RuleBody,
        RuleRow,
        name="add_assignment_rule",
        summary=_("Add a rule at the end of the order"),
        permission=MANAGE,
        status=201,
    )


class AssignmentRule(Endpoint):
    tag = "assignment-rules"
    get = record(
        queries.get_assignment_rule,
        RuleRow,
        name="get_assignment_rule",
        summary=_("A rule"),
        permission=MANAGE,
    )
    patch = change(
        _change,
        ChangeRuleBody,
        RuleRow,
        get_row=queries.get_assignment_rule,
        name="change_assignment_rule",
        summary=_("Change a rule, or switch it on or off"),
        permission=MANAGE,
    )
    delete = removal(
        actions.remove_assignment_rule,
        name="remove_assignment_rule",
        summary=_("Retire a rule"),
        permission=MANAGE,
    )


class Order(Endpoint):
    tag = "assignment-rules"
    post = command(
        _order,
        OrderBody,
        OrderRow,
        name="order_assignment_rules",
        summary=_("Put the rules into an order; those not named come after"),
        permission=MANAGE,
    )


class ReplayRule(Endpoint):
    tag = "assignment-rules"
    post = command(
        _replay,
        ReplayRuleBody,
        ReplayRow,
        name="replay_assignment_rule",
        summary=_("Try a change of a rule on the last 90 days"),
        permission=MANAGE,
        status=202,
    )


class ReplaySet(Endpoint):
    tag = "assignment-rules"
    post = command(
        _replay_set,
        SetBody,
        ReplayRow,
        name="replay_assignment_rules",
        summary=_("Try several changed and reordered rules together on the last 90 days"),
        permission=MANAGE,
        status=202,
    )


class Replay(Endpoint):
    tag = "assignment-rules"
    get = record(
        actions.get_replay,
        ReplayRow,
        name="get_assignment_replay",
        summary=_("What changed rules would have done"),
        permission=MANAGE,
    )


class PublishReplay(Endpoint):
    tag = "assignment-rules"
    post = command(
        actions.publish_replay,
        NoBody,
        ReplayRow,
        name="publish_assignment_replay",
        summary=_("Make the change that was tried"),
        permission=MANAGE,
    )
