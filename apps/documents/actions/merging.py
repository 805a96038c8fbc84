"""Documents of two records that turn out to be one, and of the two again."""

from __future__ import annotations

from django.db import transaction

from apps.documents.models import DocumentLink


@transaction.atomic
def follow_merge(*, subject: str, kept_id: int, merged_id: int) -> None:
    """Let the kept record have the merged one's documents too; the merge itself is logged."""
    links = DocumentLink.objects.filter(subject=subject)
    brought = links.filter(subject_id=merged_id).values_list("document_id", flat=True)
    DocumentLink.objects.bulk_create(
        [
            DocumentLink(
                document_id=document_id, subject=subject, subject_id=kept_id, merged_from=merged_id
            )
            for document_id in brought
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def undo_merge(*, subject: str, kept_id: int, merged_id: int) -> None:
    """Take from the kept record what only the merge had brought it."""
    links = DocumentLink.objects.filter(subject=subject, subject_id=kept_id)
    links.filter(merged_from=merged_id).delete()
