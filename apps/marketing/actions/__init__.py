"""Everything that changes segments, rules for tags, automations and campaigns."""

from apps.marketing.actions.segments import (
    remove_segment,
    save_segment,
)
from apps.marketing.actions.tag_rules import (
    add_tag_rule,
    remove_tag_rule,
    run_tag_rule,
    run_tag_rules,
    switch_tag_rule,
)

__all__ = [
    "add_tag_rule",
    "remove_segment",
    "remove_tag_rule",
    "run_tag_rule",
    "run_tag_rules",
    "save_segment",
    "switch_tag_rule",
]
