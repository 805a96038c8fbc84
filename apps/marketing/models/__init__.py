"""Segments, rules for tags, automations, campaigns, and whom they reach."""

from apps.marketing.models.automations import Automation
from apps.marketing.models.campaigns import Campaign
from apps.marketing.models.reaches import Reach
from apps.marketing.models.segments import Segment, TagRule

__all__ = ["Automation", "Campaign", "Reach", "Segment", "TagRule"]
