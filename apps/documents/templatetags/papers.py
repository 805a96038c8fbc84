"""What other pages show of papers: what can be made of a record, and how a paper stands."""

from __future__ import annotations

from typing import Any

from django import template

from apps.documents.models import Document
from apps.documents.papers import papers_for
from apps.documents.queries.papers import paper_of_document

register = template.Library()


@register.inclusion_tag("documents/_make_papers.html", takes_context=True)
def make_papers(context: template.Context, subject: str, subject_id: int) -> dict[str, Any]:
    """Buttons for the papers of a record, where the reader may add documents."""
    may_add = context["request"].actor.can("documents.add_document")
    kinds = papers_for(subject) if may_add else []
    return {"kinds": kinds, "subject_id": subject_id, "request": context["request"]}


@register.inclusion_tag("documents/_signing_button.html")
def signing_button(document: Document) -> dict[str, Any]:
    return {"paper": paper_of_document(document), "document": document}
