"""Custom fields on the page of a record."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from forecourt.kernel.custom_fields.definition import Kind
from forecourt.kernel.custom_fields.hosts import host_of, people
from forecourt.kernel.custom_fields.registry import visible
from forecourt.ui.custom.lists import shown

register = template.Library()


@register.inclusion_tag("custom/_facts.html", takes_context=True)
def custom_facts(context: template.Context, row: Any) -> dict[str, Any]:
    """A card with the custom fields of the record that the reader sees, by section."""
    actor = context["request"].actor
    host = host_of(type(row))
    fields = visible(host.name, actor) if host else []
    if host is None or not fields:
        return {"sections": []}
    ids = {
        row.custom[field.code]
        for field in fields
        if field.kind == Kind.STAFF and field.code in row.custom
    }
    names = people().names_of(ids) if ids else {}
    sections: dict[str, list[dict[str, Any]]] = {}
    for field in fields:
        value = row.custom.get(field.code)
        fact = {"label": field.label, "value": shown(field, value, names), "file_url": ""}
        if field.kind == Kind.FILE and value:
            fact["file_url"] = reverse("custom_fields:file", args=[host.name, row.pk, field.code])
        sections.setdefault(field.section, []).append(fact)
    may_change = any(field.is_editable_by(actor) for field in fields) and host.may_change(
        row.pk, actor
    )
    return {
        "sections": list(sections.items()),
        "edit_url": reverse("custom_fields:values", args=[host.name, row.pk]) if may_change else "",
    }
