"""Everything that changes customers, leads and opportunities."""

from apps.crm.actions.assignment_rules import (
    move_assignment_rule,
    order_assignment_rules,
    remove_assignment_rule,
    save_assignment_rule,
    switch_assignment_rule,
    try_assignment,
)
from apps.crm.actions.contacts import (
    LoggedInteraction,
    complete_follow_up,
    log_interaction,
    schedule_follow_up,
)
from apps.crm.actions.customers import (
    add_phone,
    change_customer,
    create_customer,
    reveal_national_id,
    reveal_phone,
)
from apps.crm.actions.duplicates import dismiss_duplicate, find_duplicates, start_finding
from apps.crm.actions.enquiries import Enquiry, enquiry
from apps.crm.actions.leads import claim_lead, mark_invalid, qualify_lead, reassign_leads
from apps.crm.actions.merging import (
    gather_strays,
    merge_customers,
    undo_latest_merge,
    undo_merge,
)
from apps.crm.actions.opportunities import (
    change_opportunity,
    lose_opportunity,
    move_opportunity,
    win_opportunity,
)
from apps.crm.actions.registration import (
    RegisteredLead,
    register_lead,
    register_leads,
)
from apps.crm.actions.replay import (
    describe_replay,
    get_replay,
    publish_replay,
    start_replay,
)

__all__ = [
    "Enquiry",
    "LoggedInteraction",
    "RegisteredLead",
    "add_phone",
    "change_customer",
    "change_opportunity",
    "claim_lead",
    "complete_follow_up",
    "create_customer",
    "describe_replay",
    "dismiss_duplicate",
    "enquiry",
    "find_duplicates",
    "gather_strays",
    "get_replay",
    "log_interaction",
    "lose_opportunity",
    "mark_invalid",
    "merge_customers",
    "move_assignment_rule",
    "move_opportunity",
    "order_assignment_rules",
    "publish_replay",
    "qualify_lead",
    "reassign_leads",
    "register_lead",
    "register_leads",
    "remove_assignment_rule",
    "reveal_national_id",
    "reveal_phone",
    "save_assignment_rule",
    "schedule_follow_up",
    "start_finding",
    "start_replay",
    "switch_assignment_rule",
    "try_assignment",
    "undo_latest_merge",
    "undo_merge",
    "win_opportunity",
]
