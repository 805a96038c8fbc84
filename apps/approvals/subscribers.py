"""What approvals add to acts of the organisation."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.approvals.actions import telling
from apps.approvals.actions.delegation import hand_over_tasks
from apps.approvals.actions.waiting import request_changed
from apps.approvals.events import (
    ApprovalAsked,
    ApprovalDelegated,
    ApprovalEscalated,
    ApprovalGranted,
    ApprovalRejected,
    ApprovalReminded,
    ApprovalReturned,
    ApprovalWithdrawn,
)
from apps.approvals.queries.requests import count_tasks_of
from apps.organisation import hooks, logbook
from forecourt.kernel import events

logbook.register_kind("approvals.approvalrequest", _("Approval"), page="approvals:approval_detail")
logbook.register_kind("approvals.approvalflow", _("Approval flow"), page="approvals:flow_detail")
logbook.register_kind("approvals.requestkind", _("Kind of request"))
logbook.register_kind("approvals.absence", _("Absence"))


@events.subscribe(ApprovalAsked)
@events.subscribe(ApprovalGranted)
@events.subscribe(ApprovalRejected)
@events.subscribe(ApprovalReturned)
@events.subscribe(ApprovalWithdrawn)
@events.subscribe(ApprovalEscalated)
@events.subscribe(ApprovalDelegated)
def _count_anew(event: Any) -> None:
    request_changed(event.request_id)


for event, tell in (
    (ApprovalAsked, telling.tell_asked),
    (ApprovalGranted, telling.tell_granted),
    (ApprovalRejected, telling.tell_rejected),
    (ApprovalReturned, telling.tell_returned),
    (ApprovalReminded, telling.tell_reminded),
    (ApprovalEscalated, telling.tell_escalated),
    (ApprovalDelegated, telling.tell_delegated),
):
    events.subscribe(event)(tell)

hooks.register_handover(
    hooks.Handover(
        "approvals.tasks",
        _("Approvals that wait for a decision"),
        count_tasks_of,
        hand_over_tasks,
    )
)
