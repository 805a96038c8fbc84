"""The documents of a record, for the tab of its page."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import Model
from django.urls import reverse

from apps.documents import subjects
from apps.documents.models import DocumentKind
from apps.documents.rules.types import FileType

register = template.Library()


@register.inclusion_tag("documents/_panel_slot.html")
def documents_of(record: Model) -> dict[str, Any]:
    """Where the panel of the record's documents arrives. Raises LookupError for other records."""
    subject = subjects.subject_for(type(record))
    if subject is None:
        raise LookupError(f"{type(record).__name__} declares no documents.")
    return {"url": reverse("documents:panel", args=[subject.code, record.pk])}


@register.filter
def kind_icon(kind: DocumentKind) -> str:
    """What stands where there is no small picture: a lock for what is not shown in passing."""
    if kind.is_sensitive:
        return "shield-lock"
    return "photo" if kind.types == [FileType.IMAGE] else "file"
