"""Forms of this module: they parse input and offer choices."""

from apps.marketing.forms.segments import SegmentForm, TagRuleForm

__all__ = ["SegmentForm", "TagRuleForm"]
