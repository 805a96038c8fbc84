"""What discussions hold files for."""

from django.utils.translation import gettext_lazy as _

from apps.discussions.models import PostFile
from forecourt.kernel.files import OFFICE, PAPERS, FilePurpose, declare_holder, declare_purpose

DISCUSSION = "discussions.file"

declare_purpose(
    FilePurpose(
        code=DISCUSSION,
        label=_("Discussions"),
        types=(*PAPERS, *OFFICE),
        largest_bytes=20 * 2**20,
        permission="discussions.take_part",
    )
)
declare_holder(PostFile, "file", DISCUSSION)
