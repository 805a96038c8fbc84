"""What other systems may hear of requests for approval."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.feed import FeedEvent, declare

REQUEST = {
    "subject": "approvals.approvalrequest",
    "permission": "approvals.view_request",
    "address": "api:approval",
}

declare(
    FeedEvent(
        "approval.submitted",
        actions=("submitted", "pending"),
        label=_("Approval submitted, or again after a change"),
        **REQUEST,
    ),
    FeedEvent(
        "approval.step_approved",
        actions=("approved step",),
        label=_("Step of an approval approved"),
        **REQUEST,
    ),
    FeedEvent("approval.approved", actions=("approved",), label=_("Approval granted"), **REQUEST),
    FeedEvent("approval.rejected", actions=("rejected",), label=_("Approval refused"), **REQUEST),
    FeedEvent(
        "approval.returned",
        actions=("returned",),
        label=_("Approval returned for change"),
        **REQUEST,
    ),
    FeedEvent(
        "approval.delegated",
        actions=("delegated",),
        label=_("Approval given to somebody else to decide"),
        **REQUEST,
    ),
    FeedEvent(
        "approval.withdrawn", actions=("withdrawn",), label=_("Approval withdrawn"), **REQUEST
    ),
)
