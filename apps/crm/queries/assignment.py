"""The rules that hand out leads, and how the advisors stand."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from apps.crm.models import AssignmentRule, AssignmentShare
from apps.crm.queries.rows import one
from apps.crm.rules.leads import OWNED_OPEN_STATES
from forecourt.kernel.access import Actor


def list_assignment_rules() -> QuerySet[AssignmentRule]:
    return AssignmentRule.objects.select_related("store").order_by("sequence")


def get_assignment_rule(*, rule_id: int, actor: Actor) -> AssignmentRule:
    """Raises NotFound."""
    return one(AssignmentRule.objects.visible_to(actor), rule_id)


def advisor_standings(actor: Actor) -> QuerySet[AssignmentShare]:
    """The sales advisors within reach, their weight of today and their open leads."""
    grant = actor.grant("crm.manage_assignment")
    standings = AssignmentShare.objects.select_related("staff__home_store").annotate(
        open_count=Count("staff__leads", filter=Q(staff__leads__state__in=OWNED_OPEN_STATES))
    )
    if not grant.everything:
        standings = standings.filter(staff__home_store_id__in=grant.store_ids)
    if actor.focus_store_ids:
        standings = standings.filter(staff__home_store_id__in=actor.focus_store_ids)
    return standings.filter(staff__state="ACTIVE").order_by(
        "staff__home_store__code", "staff__name_pinyin", "staff_id"
    )
