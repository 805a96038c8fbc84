"""Files of requests, and the way to them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.approvals.models import ApprovalAct, ApprovalRequest
from apps.approvals.queries.requests import get_request
from apps.approvals.rules.states import ActKind
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound
from forecourt.kernel.files import StoredFile, link_to
from forecourt.kernel.files.keeping import LINK_LIVES
from forecourt.kernel.storage import group_storage


def attachments_of(request: ApprovalRequest) -> QuerySet[ApprovalAct]:
    """The files of a request."""
    return request.acts.filter(kind=ActKind.ATTACHED).select_related("file")


def list_attachments(actor: Actor, *, approval_id: int) -> QuerySet[ApprovalAct]:
    """The files of a request that the person may see. Raises NotFound."""
    return attachments_of(get_request(approval_id=approval_id, actor=actor))


def get_attachment(*, approval_id: int, act_id: int, actor: Actor) -> ApprovalAct:
    """A file of a request that the person may see. Raises NotFound."""
    request = get_request(approval_id=approval_id, actor=actor)
    act = attachments_of(request).filter(pk=act_id).first()
    if act is None:
        raise NotFound(_("No such file."))
    return act


def link_to_attachment(*, approval_id: int, act_id: int, actor: Actor) -> str:
    """An address that hands the file out for some minutes, to be saved.

    Raises NotFound, and NotReady while it is checked or when it was refused.
    """
    act = get_attachment(approval_id=approval_id, act_id=act_id, actor=actor)
    file = act.file or StoredFile.objects.filter(key=act.old_file_key).first()
    if file is not None:
        return link_to(file)
    return group_storage().download_link(
        act.stored_name,
        filename=act.file_name,
        content_type="application/octet-stream",
        inline=False,
        expires=LINK_LIVES,
    )


def kept_in_the_old_way() -> QuerySet[ApprovalAct]:
    """Files that were added before files came straight to the store; acts never change."""
    return ApprovalAct.objects.filter(kind=ActKind.ATTACHED, file__isnull=True)
