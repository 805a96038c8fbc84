"""Documents with their kinds, versions and records; templates, papers, signatures."""

from apps.documents.models.documents import Document, DocumentLink, DocumentVersion
from apps.documents.models.kinds import DocumentKind
from apps.documents.models.papers import (
    DocumentTemplate,
    Paper,
    PaperSignature,
    SealCertificate,
    SigningRequest,
)

__all__ = [
    "Document",
    "DocumentKind",
    "DocumentLink",
    "DocumentTemplate",
    "DocumentVersion",
    "Paper",
    "PaperSignature",
    "SealCertificate",
    "SigningRequest",
]
