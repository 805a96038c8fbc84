"""What other systems may hear of complaints."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.feed import FeedEvent, declare

COMPLAINT = {
    "subject": "care.complaint",
    "permission": "care.view_complaint",
    "address": "api:complaint",
}

declare(
    FeedEvent(
        "complaint.registered", actions=("complained",), label=_("Complaint taken in"), **COMPLAINT
    ),
    FeedEvent(
        "complaint.given",
        actions=("given out", "rated"),
        label=_("Complaint given to somebody, or its severity changed"),
        **COMPLAINT,
    ),
    FeedEvent(
        "complaint.worked_on",
        actions=("replied", "noted", "compensation asked", "compensated", "compensation declined"),
        label=_("Something was done about a complaint"),
        **COMPLAINT,
    ),
    FeedEvent(
        "complaint.solved",
        actions=("solved",),
        label=_("Solution of a complaint told"),
        **COMPLAINT,
    ),
    FeedEvent("complaint.closed", actions=("settled",), label=_("Complaint closed"), **COMPLAINT),
    FeedEvent(
        "complaint.reopened",
        actions=("reopened",),
        label=_("Complaint opened again"),
        **COMPLAINT,
    ),
)
