"""Segments, rules for tags, and what there is to ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.crm.facts import Fact, facts_for
from apps.marketing.models import Segment, TagRule
from apps.marketing.queries.filtering import customers_matching
from apps.marketing.rules.conditions import EVERYBODY, Block, Condition, Filter, Op, parse
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.errors import Invalid, NotFound

VIEW = "marketing.view_segment"
SAMPLE = 8
NOBODY = Filter(blocks=(Block(conditions=(Condition("", Op.SET),)),))
"""Asks for a fact that there is not, which holds for nobody."""


def list_segments(actor: Actor) -> QuerySet[Segment]:
    """The shared ones and the actor's own."""
    segments = Segment.objects.visible_to(actor).select_related("owner")
    if actor.is_system:
        return segments
    return segments.filter(Q(is_shared=True) | Q(owner_id=actor.staff_id))


def get_segment(*, segment_id: int, actor: Actor) -> Segment:
    """Raises NotFound."""
    segment = list_segments(actor).filter(pk=segment_id).first()
    if segment is None:
        raise NotFound(_("There is no such segment."))
    return segment


def lock_segment(*, segment_id: int, actor: Actor) -> Segment:
    """The segment for a change, in a transaction. Raises NotFound."""
    get_segment(segment_id=segment_id, actor=actor)
    return Segment.objects.select_for_update().get(pk=segment_id)


def segment_choices(actor: Actor) -> list[tuple[int, str]]:
    return list(list_segments(actor).order_by("name", "pk").values_list("pk", "name"))


def known_facts(actor: Actor) -> dict[str, Fact]:
    """By code what the person may ask for."""
    return {fact.code: fact for fact in facts_for(actor)}


def filter_of(segment: Segment | None) -> Filter:
    """What the segment asks; without one, everybody. What it asks for that no module declares any
    more holds for nobody."""
    if segment is None:
        return EVERYBODY
    try:
        return parse(segment.conditions, known_facts(system_actor()))
    except Invalid:
        return NOBODY


def customers_of(segment: Segment | None, actor: Actor) -> QuerySet:
    """The segment's customers whom the actor may see."""
    return customers_matching(filter_of(segment), actor)


@dataclass(frozen=True, slots=True)
class Glance:
    """How many customers a filter finds in the actor's sight, and some of them."""

    count: int
    customers: list[Any]


def glance(wanted: Filter, actor: Actor, *, size: int = SAMPLE) -> Glance:
    """Counts in the database; the sample are those who came last."""
    found = customers_matching(wanted, actor)
    sample = found.select_related("owner", "home_store").order_by("-pk")[:size]
    return Glance(found.count(), list(sample))


def conditions_from(data: Any, actor: Actor) -> Filter:
    """A filter that the person writes. Raises ConditionInvalid."""
    return parse(data, known_facts(actor))


def list_tag_rules(actor: Actor) -> QuerySet[TagRule]:
    """The rules whose segments the actor sees."""
    rules = TagRule.objects.visible_to(actor).select_related("segment", "tag")
    return rules.filter(segment__in=list_segments(actor).values("pk"))


def get_tag_rule(*, tag_rule_id: int, actor: Actor) -> TagRule:
    """Raises NotFound."""
    rule = list_tag_rules(actor).filter(pk=tag_rule_id).first()
    if rule is None:
        raise NotFound(_("There is no such rule."))
    return rule


def rules_to_run() -> QuerySet[TagRule]:
    """Every rule that runs by itself."""
    return TagRule.objects.filter(is_on=True).select_related("segment", "tag").order_by("pk")


def in_words(conditions: Any, actor: Actor) -> str:
    """What kept conditions ask for, as its history tells it."""
    facts = known_facts(system_actor())
    try:
        wanted = parse(conditions, facts)
    except Invalid:
        return ""
    blocks = [
        " · ".join(sentence(condition, facts, actor) for condition in block.conditions)
        for block in wanted.blocks
    ]
    return " | ".join(blocks)


def sentence(condition: Any, facts: Mapping[str, Fact], actor: Actor) -> str:
    fact = facts.get(condition.fact)
    if fact is None:
        return str(_("something that is no longer known"))
    said = list(condition.values)
    if fact.choices is not None and said:
        names = {str(value): str(label) for value, label in fact.choices(actor)}
        said = [names.get(value, value) for value in said]
    op = str(condition.op.label)
    text = op.replace("…", said[0]) if "…" in op and said else f"{op} {', '.join(said)}"
    return f"{fact.label} {text}".strip()
