"""What approvals add to acts of the organisation."""

from django.utils.translation import gettext_lazy as _

from apps.approvals.actions.delegation import hand_over_tasks
from apps.approvals.queries.requests import count_tasks_of
from apps.organisation import hooks, logbook

logbook.register_kind("approvals.approvalrequest", _("Approval"), page="approvals:approval_detail")
logbook.register_kind("approvals.approvalflow", _("Approval flow"), page="approvals:flow_detail")
logbook.register_kind("approvals.requestkind", _("Kind of request"))
logbook.register_kind("approvals.absence", _("Absence"))

hooks.register_handover(
    hooks.Handover(
        "approvals.tasks",
        _("Approvals that wait for a decision"),
        count_tasks_of,
        hand_over_tasks,
    )
)
