"""Reads of segments, automations and campaigns, and of the customers behind them."""

from apps.marketing.queries.filtering import customers_matching, narrowed
from apps.marketing.queries.segments import (
    Glance,
    conditions_from,
    customers_of,
    filter_of,
    get_segment,
    get_tag_rule,
    glance,
    known_facts,
    labels,
    list_segments,
    list_tag_rules,
    lock_segment,
    rules_to_run,
    segment_choices,
)

__all__ = [
    "Glance",
    "conditions_from",
    "customers_matching",
    "customers_of",
    "filter_of",
    "get_segment",
    "get_tag_rule",
    "glance",
    "known_facts",
    "labels",
    "list_segments",
    "list_tag_rules",
    "lock_segment",
    "narrowed",
    "rules_to_run",
    "segment_choices",
]
