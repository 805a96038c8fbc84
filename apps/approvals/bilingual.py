"""What of approvals has a name in both languages."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.approvals.queries.flows import list_flows
from apps.approvals.queries.kinds import list_request_kinds
from forecourt.kernel.bilingual import BilingualSource, register

register(
    BilingualSource(
        name="approvals.approvalflow",
        label=_("Approval flows"),
        permission="approvals.manage_flow",
        rows=list_flows,
        url=lambda row: reverse("approvals:flow_detail", args=[row.pk]),
        order=70,
    ),
    BilingualSource(
        name="approvals.requestkind",
        label=_("Kinds of request"),
        permission="approvals.manage_flow",
        rows=list_request_kinds,
        url=lambda row: reverse("approvals:request_kind_edit", args=[row.pk]),
        group_of=lambda row: row.code,
        order=80,
    ),
)
