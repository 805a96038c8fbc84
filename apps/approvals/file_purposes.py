"""What approvals hold files for."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from apps.approvals.models import ApprovalAct
from apps.approvals.queries.attachments import kept_in_the_old_way
from forecourt.kernel.files import PAPERS, FilePurpose, StoredFile, declare_holder, declare_purpose
from forecourt.kernel.files.holders import declare_holding
from forecourt.kernel.files.purposes import MEGABYTE

ATTACHMENT = "approvals.attachment"


def _adopted_ids() -> Iterable[int]:
    keys = [act.old_file_key for act in kept_in_the_old_way()]
    return StoredFile.objects.filter(key__in=keys).values_list("pk", flat=True)


declare_purpose(
    FilePurpose(
        code=ATTACHMENT,
        label=_("Approvals"),
        types=(*PAPERS, "docx", "xlsx"),
        largest_bytes=10 * MEGABYTE,
        permission="approvals.view_request",
    )
)
declare_holder(ApprovalAct, "file", ATTACHMENT)
declare_holding(_adopted_ids, ATTACHMENT)
