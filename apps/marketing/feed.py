"""What other systems may hear of segments, automations and campaigns."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.feed import FeedEvent, declare

SEGMENT = {
    "subject": "marketing.segment",
    "permission": "marketing.view_segment",
    "address": "api:segment",
}

declare(
    FeedEvent("segment.made", actions=("made",), label=_("Segment made"), **SEGMENT),
    FeedEvent("segment.changed", actions=("changed",), label=_("Segment changed"), **SEGMENT),
    FeedEvent("segment.removed", actions=("removed",), label=_("Segment removed"), **SEGMENT),
)
