"""Rules for tags: who is in a segment has the tag, by night and on demand."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.crm import queries as crm
from apps.crm.actions import follow_rule
from apps.marketing import queries
from apps.marketing.errors import RuleExists
from apps.marketing.models import TagRule
from forecourt.kernel import audit
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid

MANAGE = "marketing.manage_segment"


@transaction.atomic
def add_tag_rule(*, segment_id: int, tag_id: int, actor: Actor) -> TagRule:
    """Let a tag follow a shared segment from now on, and at once.

    It reaches the customers of the whole group, so it takes the right for the whole group. Raises
    Invalid, NotFound, NotPermitted, RuleExists.
    """
    _require_all(actor)
    segment = queries.get_segment(segment_id=segment_id, actor=actor)
    if not segment.is_shared:
        raise Invalid(_("Share the segment first: everybody sees the tag."), field="segment_id")
    if not crm.active_tags().filter(pk=tag_id).exists():
        raise Invalid(_("Choose one of the tags in use."), field="tag_id")
    rule = TagRule(segment=segment, tag_id=tag_id, created_at=now())
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        raise RuleExists(_("This segment gives this tag already."), field="tag_id") from error
    audit.record(actor, "made", rule, {"segment": [None, segment.name]}, label=_label(rule))
    return _run(rule, actor)


@transaction.atomic
def switch_tag_rule(*, tag_rule_id: int, is_on: bool, actor: Actor) -> TagRule:
    """Let a rule run by itself, or leave the tag as it is. Raises NotFound, NotPermitted."""
    rule = _lock(tag_rule_id, actor)
    if rule.is_on != is_on:
        rule.is_on = is_on
        rule.save(update_fields=["is_on"])
        changes = {"is_on": [not is_on, is_on]}
        audit.record(actor, "changed", rule, changes, label=_label(rule))
    return rule


@transaction.atomic
def run_tag_rule(*, tag_rule_id: int, actor: Actor) -> TagRule:
    """Let the rule follow its segment now. Raises NotFound, NotPermitted."""
    return _run(_lock(tag_rule_id, actor), actor)


@transaction.atomic
def remove_tag_rule(*, tag_rule_id: int, actor: Actor) -> None:
    """Remove a rule, and take its tag back from whom it was put on by it.

    Raises NotFound, NotPermitted.
    """
    rule = _lock(tag_rule_id, actor)
    nobody = crm.list_customers(system_actor()).none()
    follow_rule(tag_id=rule.tag_id, rule_id=rule.pk, customers=nobody, actor=actor)
    audit.record(actor, "removed", rule, {"segment": [rule.segment.name, None]}, label=_label(rule))
    rule.delete()


def run_tag_rules() -> None:
    """Every rule that is on, each in a transaction of its own."""
    system = system_actor()
    for rule_id in list(queries.rules_to_run().values_list("pk", flat=True)):
        with transaction.atomic():
            _run(_lock(rule_id, system), system)


def _require_all(actor: Actor) -> None:
    actor.require(MANAGE)
    if not actor.grant(MANAGE).everything:
        actor.require(MANAGE, store_id=0)


def _lock(tag_rule_id: int, actor: Actor) -> TagRule:
    _require_all(actor)
    queries.get_tag_rule(tag_rule_id=tag_rule_id, actor=actor)
    rows = TagRule.objects.select_for_update(of=("self",)).select_related("segment", "tag")
    return rows.get(pk=tag_rule_id)


def _run(rule: TagRule, actor: Actor) -> TagRule:
    customers = queries.customers_of(rule.segment, system_actor())
    put, taken = follow_rule(tag_id=rule.tag_id, rule_id=rule.pk, customers=customers, actor=actor)
    rule.last_run_at, rule.last_put, rule.last_taken = now(), put, taken
    rule.save(update_fields=["last_run_at", "last_put", "last_taken"])
    if put or taken or not actor.is_system:
        changes = {"put": [None, put], "taken": [None, taken]}
        audit.record(actor, "followed", rule, changes, label=_label(rule))
    return rule


def _label(rule: TagRule) -> str:
    return f"{rule.segment.name} → {rule.tag.name}"
