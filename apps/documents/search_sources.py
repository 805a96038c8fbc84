"""Documents in the search over everything."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from apps.documents.queries.documents import find_documents
from forecourt.kernel.access import Actor
from forecourt.kernel.search import Hit, SearchSource, register


def _documents(query: str, actor: Actor, limit: int) -> Iterator[Hit]:
    for document in find_documents(actor, query)[:limit]:
        parts = (document.kind.name, document.folder, document.store)
        yield Hit(
            title=document.title,
            detail=" · ".join(str(part) for part in parts if part),
            url=reverse_lazy("documents:document_detail", args=[document.pk]),
            is_own=document.added_by_id == actor.staff_id,
        )


register(
    SearchSource(
        name="documents.document",
        label=_("Documents"),
        icon="file",
        permission="documents.view_document",
        find=_documents,
        order=60,
    )
)
