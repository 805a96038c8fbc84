"""The discussion of a record, for the tab of its page."""

from __future__ import annotations

from django import template
from django.db.models import Model
from django.urls import reverse

from apps.discussions.subjects import subject_for

register = template.Library()


@register.inclusion_tag("discussions/_slot.html")
def discussion_of(record: Model) -> dict[str, str]:
    """Where the discussion of the record arrives. Raises LookupError for other records."""
    subject = subject_for(type(record))
    return {"url": reverse("discussions:panel", args=[subject.code, record.pk])}
