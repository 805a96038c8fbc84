"""Everything that changes customers, leads, opportunities, visits and test drives."""

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
from apps.crm.actions.tags import (
    choose_tags,
    follow_rule,
    put_tags,
    save_tag,
    switch_tag,
    tag_customer,
)
from apps.crm.actions.test_drives import (
    book_test_drive,
    cancel_test_drive,
    hand_out_test_drive,
    miss_test_drive,
    move_test_drive,
    return_test_drive,
    reveal_licence,
)
from apps.crm.actions.visits import (
    end_visit,
    hand_visit,
    identify_visitor,
    register_visit,
    void_visit,
)

__all__ = [
    "Enquiry",
    "LoggedInteraction",
    "RegisteredLead",
    "add_phone",
    "book_test_drive",
    "cancel_test_drive",
    "change_customer",
    "change_opportunity",
    "choose_tags",
    "claim_lead",
    "complete_follow_up",
    "create_customer",
    "describe_replay",
    "dismiss_duplicate",
    "end_visit",
    "enquiry",
    "find_duplicates",
    "follow_rule",
    "gather_strays",
    "get_replay",
    "hand_out_test_drive",
    "hand_visit",
    "identify_visitor",
    "log_interaction",
    "lose_opportunity",
    "mark_invalid",
    "merge_customers",
    "miss_test_drive",
    "move_assignment_rule",
    "move_opportunity",
    "move_test_drive",
    "order_assignment_rules",
    "publish_replay",
    "put_tags",
    "qualify_lead",
    "reassign_leads",
    "register_lead",
    "register_leads",
    "register_visit",
    "remove_assignment_rule",
    "return_test_drive",
    "reveal_licence",
    "reveal_national_id",
    "reveal_phone",
    "save_assignment_rule",
    "save_tag",
    "schedule_follow_up",
    "start_finding",
    "start_replay",
    "switch_assignment_rule",
    "switch_tag",
    "tag_customer",
    "try_assignment",
    "undo_latest_merge",
    "undo_merge",
    "void_visit",
    "win_opportunity",
]
