"""Segments: saved filters over customers, how many they find, and the rules that tag by them."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.endpoints import Endpoint, change, command, listing, page, record, removal
from api.fields import Body, IdField, NoBody, Representation
from api.filters import Filter
from api.v1.customers import CustomerRow
from apps.marketing import actions, queries
from apps.marketing.rules.conditions import OPERATORS
from forecourt.kernel.access import Actor

VIEW, MANAGE = "marketing.view_segment", "marketing.manage_segment"
CONDITIONS = _(
    "Groups of conditions: {match, blocks: [{match, conditions: [{fact, op, values}]}]}, match "
    "being ALL or ANY. What may be asked, and how, is listed under customer-facts."
)


class SegmentRow(Representation):
    """A segment; it holds whoever fits at the moment."""

    id = IdField()
    name = serializers.CharField()
    note = serializers.CharField()
    conditions = serializers.DictField(help_text=CONDITIONS)
    is_shared = serializers.BooleanField()
    owner_id = IdField(allow_null=True)
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()


class SegmentBody(Body):
    name = serializers.CharField(max_length=80)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)
    conditions = serializers.DictField(default=dict, help_text=CONDITIONS)
    is_shared = serializers.BooleanField(default=True)


class ChangeSegmentBody(Body):
    name = serializers.CharField(max_length=80, required=False)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)
    conditions = serializers.DictField(required=False, help_text=CONDITIONS)
    is_shared = serializers.BooleanField(required=False)


class ConditionsBody(Body):
    conditions = serializers.DictField(default=dict, help_text=CONDITIONS)


class CountRow(Representation):
    """How many customers whom the caller may see fit."""

    count = serializers.IntegerField()


class CustomerFactRow(Representation):
    """Something that customers may be asked for by."""

    code = serializers.CharField()
    label = serializers.CharField()
    kind = serializers.CharField()
    operators = serializers.ListField(child=serializers.CharField())


class TagRuleRow(Representation):
    """Whoever is in the segment has the tag."""

    id = IdField()
    segment_id = IdField()
    tag_id = IdField()
    is_on = serializers.BooleanField()
    last_run_at = serializers.DateTimeField(allow_null=True)
    last_put = serializers.IntegerField()
    last_taken = serializers.IntegerField()


class TagRuleBody(Body):
    segment_id = IdField()
    tag_id = IdField()


class SwitchTagRuleBody(Body):
    is_on = serializers.BooleanField()


def _change(*, segment_id: int, actor: Actor, **values: Any) -> Any:
    segment = queries.get_segment(segment_id=segment_id, actor=actor)
    kept = {name: getattr(segment, name) for name in ("name", "note", "conditions", "is_shared")}
    return actions.save_segment(segment_id=segment_id, actor=actor, **{**kept, **values})


def _customers(actor: Actor, segment_id: int) -> QuerySet:
    segment = queries.get_segment(segment_id=segment_id, actor=actor)
    return queries.customers_of(segment, actor).defer("grams", "search_text")


def _count(*, actor: Actor, conditions: Any) -> queries.Glance:
    wanted = queries.conditions_from(conditions, actor)
    return queries.glance(wanted, actor, size=0)


def _facts(*, actor: Actor) -> list[dict[str, Any]]:
    actor.require(VIEW)
    return [
        {
            "code": fact.code,
            "label": str(fact.label),
            "kind": fact.kind.value,
            "operators": [op.value for op in OPERATORS[fact.kind]],
        }
        for fact in queries.known_facts(actor).values()
    ]


def _switch(*, tag_rule_id: int, actor: Actor, **values: Any) -> Any:
    if "is_on" not in values:
        return queries.get_tag_rule(tag_rule_id=tag_rule_id, actor=actor)
    return actions.switch_tag_rule(tag_rule_id=tag_rule_id, is_on=values["is_on"], actor=actor)


class Segments(Endpoint):
    tag = "segments"
    get = page(
        queries.list_segments,
        SegmentRow,
        name="list_segments",
        summary=_("Segments of customers"),
        permission=VIEW,
        filters={"is_shared": Filter(serializers.BooleanField(), "is_shared")},
        orderings={"id": "id", "name": "name"},
        default_ordering="id",
    )
    post = command(
        actions.save_segment,
        SegmentBody,
        SegmentRow,
        name="make_segment",
        summary=_("Make a segment"),
        permission=MANAGE,
        status=201,
    )


class Segment(Endpoint):
    tag = "segments"
    get = record(
        queries.get_segment,
        SegmentRow,
        name="get_segment",
        summary=_("A segment"),
        permission=VIEW,
    )
    patch = change(
        _change,
        ChangeSegmentBody,
        SegmentRow,
        get_row=queries.get_segment,
        name="change_segment",
        summary=_("Change a segment"),
        permission=MANAGE,
    )
    delete = removal(
        actions.remove_segment,
        name="remove_segment",
        summary=_("Remove a segment that nothing uses"),
        permission=MANAGE,
    )


class SegmentCustomers(Endpoint):
    tag = "segments"
    get = page(
        _customers,
        CustomerRow,
        name="list_segment_customers",
        summary=_("The customers of a segment whom you may see"),
        permission="crm.view_customer",
        orderings={"id": "id"},
        default_ordering="-id",
    )


class CountCustomers(Endpoint):
    tag = "segments"
    post = command(
        _count,
        ConditionsBody,
        CountRow,
        name="count_customers",
        summary=_("How many customers fit conditions"),
        permission=VIEW,
    )


class CustomerFacts(Endpoint):
    tag = "segments"
    get = listing(
        _facts,
        CustomerFactRow,
        name="list_customer_facts",
        summary=_("What customers may be asked for by"),
        filters={},
    )


class TagRules(Endpoint):
    tag = "segments"
    get = page(
        queries.list_tag_rules,
        TagRuleRow,
        name="list_tag_rules",
        summary=_("Rules that put tags on customers"),
        permission=VIEW,
        orderings={"id": "id"},
        default_ordering="id",
    )
    post = command(
        actions.add_tag_rule,
        TagRuleBody,
        TagRuleRow,
        name="add_tag_rule",
        summary=_("Let a tag follow a segment"),
        permission=MANAGE,
        status=201,
    )


class TagRule(Endpoint):
    tag = "segments"
    get = record(
        queries.get_tag_rule,
        TagRuleRow,
        name="get_tag_rule",
        summary=_("A rule for a tag"),
        permission=VIEW,
    )
    patch = change(
        _switch,
        SwitchTagRuleBody,
        TagRuleRow,
        get_row=queries.get_tag_rule,
        name="switch_tag_rule",
        summary=_("Switch a rule for a tag on or off"),
        permission=MANAGE,
    )
    delete = removal(
        actions.remove_tag_rule,
        name="remove_tag_rule",
        summary=_("Remove a rule and take its tags back"),
        permission=MANAGE,
    )


class RunTagRule(Endpoint):
    tag = "segments"
    post = command(
        actions.run_tag_rule,
        NoBody,
        TagRuleRow,
        name="run_tag_rule",
        summary=_("Let a rule for a tag run now"),
        permission=MANAGE,
    )
