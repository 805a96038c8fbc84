"""What other systems may hear of segments, automations and campaigns."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.feed import FeedEvent, declare

SEGMENT = {
    "subject": "marketing.segment",
    "permission": "marketing.view_segment",
    "address": "api:segment",
}

AUTOMATION = {
    "subject": "marketing.automation",
    "permission": "marketing.view_automation",
    "address": "api:automation",
}
CAMPAIGN = {
    "subject": "marketing.campaign",
    "permission": "marketing.view_campaign",
    "address": "api:campaign",
}

declare(
    FeedEvent("segment.made", actions=("made",), label=_("Segment made"), **SEGMENT),
    FeedEvent("segment.changed", actions=("changed",), label=_("Segment changed"), **SEGMENT),
    FeedEvent("segment.removed", actions=("removed",), label=_("Segment removed"), **SEGMENT),
    FeedEvent(
        "automation.changed",
        actions=(
            "automation_made",
            "automation_changed",
            "automation_switched",
            "automation_removed",
        ),
        label=_("Automation changed"),
        **AUTOMATION,
    ),
    FeedEvent(
        "campaign.changed",
        actions=("campaign_made", "campaign_changed", "campaign_removed"),
        label=_("Campaign changed"),
        **CAMPAIGN,
    ),
    FeedEvent(
        "campaign.started", actions=("campaign_started",), label=_("Campaign started"), **CAMPAIGN
    ),
    FeedEvent(
        "campaign.ended",
        actions=("campaign_paused", "campaign_stopped", "campaign_finished"),
        label=_("Campaign paused or ended"),
        **CAMPAIGN,
    ),
    FeedEvent(
        "campaign.replied",
        actions=("replied",),
        label=_("Customer replied to a campaign"),
        **CAMPAIGN,
    ),
)
