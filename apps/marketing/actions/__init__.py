"""Everything that changes segments, rules for tags, automations and campaigns."""

from apps.marketing.actions.automations import (
    plan_dates,
    plan_events,
    remove_automation,
    save_automation,
    switch_automation,
)
from apps.marketing.actions.campaigns import (
    finish_campaigns,
    note_spending,
    pause_campaign,
    remove_campaign,
    save_campaign,
    start_campaign,
    stop_campaign,
)
from apps.marketing.actions.effects import (
    note_delivery,
    note_effect,
    note_opened,
    record_reply,
)
from apps.marketing.actions.reaching import carry_out, has_waiting
from apps.marketing.actions.segments import remove_segment, save_segment
from apps.marketing.actions.tag_rules import (
    add_tag_rule,
    remove_tag_rule,
    run_tag_rule,
    run_tag_rules,
    switch_tag_rule,
)

__all__ = [
    "add_tag_rule",
    "carry_out",
    "finish_campaigns",
    "has_waiting",
    "note_delivery",
    "note_effect",
    "note_opened",
    "note_spending",
    "pause_campaign",
    "plan_dates",
    "plan_events",
    "record_reply",
    "remove_automation",
    "remove_campaign",
    "remove_segment",
    "remove_tag_rule",
    "run_tag_rule",
    "run_tag_rules",
    "save_automation",
    "save_campaign",
    "save_segment",
    "start_campaign",
    "stop_campaign",
    "switch_automation",
    "switch_tag_rule",
]
