"""What documents hold files for."""

from django.utils.translation import gettext_lazy as _

from apps.documents.models import DocumentVersion
from apps.documents.rules.types import LARGEST_MEGABYTES, file_codes
from forecourt.kernel.files import FilePurpose, declare_holder, declare_purpose

DOCUMENT = "documents.document"

declare_purpose(
    FilePurpose(
        code=DOCUMENT,
        label=_("Documents"),
        types=file_codes(()),
        largest_bytes=LARGEST_MEGABYTES * 2**20,
    )
)
declare_holder(DocumentVersion, "file", DOCUMENT)
