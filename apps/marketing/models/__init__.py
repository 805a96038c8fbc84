"""Segments of customers, and the rules that put tags on by them."""

from apps.marketing.models.segments import Segment, TagRule

__all__ = ["Segment", "TagRule"]
