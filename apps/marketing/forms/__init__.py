"""Forms of this module: they parse input and offer choices."""

from apps.marketing.forms.campaigns import AutomationForm, CampaignForm, SpendingForm
from apps.marketing.forms.segments import SegmentForm, TagRuleForm

__all__ = ["AutomationForm", "CampaignForm", "SegmentForm", "SpendingForm", "TagRuleForm"]
