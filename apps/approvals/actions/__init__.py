"""What can be done with approvals. Other modules call :func:`start` and the functions beside it."""

from apps.approvals.actions.absences import end_absence, plan_absence
from apps.approvals.actions.attaching import attach
from apps.approvals.actions.decisions import approve, reject, return_for_change
from apps.approvals.actions.delegation import delegate
from apps.approvals.actions.flows import (
    add_flow,
    add_request_kind,
    change_request_kind,
    publish_flow,
    replace_draft,
    retire_flow,
)
from apps.approvals.actions.record import comment
from apps.approvals.actions.replay import get_flow_replay, start_flow_replay
from apps.approvals.actions.submission import (
    close_with_subject,
    resubmit,
    resubmit_own,
    start,
    submit_own,
    withdraw,
)
from apps.approvals.actions.waiting import approve_by_rule, waiting_changed

__all__ = [
    "add_flow",
    "add_request_kind",
    "approve",
    "approve_by_rule",
    "attach",
    "change_request_kind",
    "close_with_subject",
    "comment",
    "delegate",
    "end_absence",
    "get_flow_replay",
    "plan_absence",
    "publish_flow",
    "reject",
    "replace_draft",
    "resubmit",
    "resubmit_own",
    "retire_flow",
    "return_for_change",
    "start",
    "start_flow_replay",
    "submit_own",
    "waiting_changed",
    "withdraw",
]
