"""Kinds of documents, documents with their versions, and the records they belong to."""

from apps.documents.models.documents import Document, DocumentLink, DocumentVersion
from apps.documents.models.kinds import DocumentKind

__all__ = ["Document", "DocumentKind", "DocumentLink", "DocumentVersion"]
