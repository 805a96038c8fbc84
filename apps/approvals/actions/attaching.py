"""Files of requests: added by those involved, and carried over from how they were kept before."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from apps.approvals.actions.record import note
from apps.approvals.file_purposes import ATTACHMENT
from apps.approvals.models import ApprovalAct, ApprovalRequest
from apps.approvals.queries.attachments import attachments_of, kept_in_the_old_way
from apps.approvals.queries.requests import get_request, lock_request
from apps.approvals.rules.states import ActKind
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.files import StoredFile, adopt
from forecourt.kernel.files.own import brought_by
from forecourt.kernel.inspection.kinds import kind_of_name

MAX_FILES = 20
logger = logging.getLogger(__name__)


@transaction.atomic
def attach(*, approval_id: int, file_ids: Iterable[int], actor: Actor) -> list[ApprovalAct]:
    """Add files that the actor has uploaded, for everybody involved.

    Raises NotFound, Invalid (not hers, refused, too many), or Conflict for one that was added
    before.
    """
    get_request(approval_id=approval_id, actor=actor)
    request = lock_request(approval_id=approval_id)
    brought = brought_by(actor, file_ids, purpose=ATTACHMENT)
    if attachments_of(request).count() + len(brought) > MAX_FILES:
        raise Invalid(_("At most %(count)s files.") % {"count": MAX_FILES}, field="file")
    # Whoever adds the same file elsewhere at this moment waits here.
    list(StoredFile.objects.select_for_update(no_key=True).filter(pk__in=[f.pk for f in brought]))
    if ApprovalAct.objects.filter(file__in=brought).exists():
        raise Conflict(_("This file has been added already."))
    return [_add(request, file, actor) for file in brought]


def _add(request: ApprovalRequest, file: StoredFile, actor: Actor) -> ApprovalAct:
    act = note(
        request, ActKind.ATTACHED, actor, file=file, file_name=file.name, size_bytes=file.size
    )
    audit.record(actor, "file added", request, {"file": [None, file.name]})
    return act


def carry_over() -> int:
    """Take files that were kept in the old way into the file store; answers how many.

    An act never changes: its file is found by the key that stood in its old name. Each file is a
    transaction of its own, so the work can be cut off anywhere and goes on when it is run again.
    Raises StorageUnavailable.
    """
    waiting = {act.old_file_key: act for act in kept_in_the_old_way()}
    done = StoredFile.objects.filter(key__in=waiting).values_list("key", flat=True)
    count = 0
    for key in waiting.keys() - set(done):
        try:
            _carry_over(waiting[key])
        except FileNotFoundError:
            # The record still says what was there; a backup may bring the bytes back.
            logger.warning("a file of an approval is gone", extra={"act_id": waiting[key].pk})
        else:
            count += 1
    return count


@transaction.atomic
def _carry_over(act: ApprovalAct) -> None:
    kind = kind_of_name(act.file_name)
    adopt(
        purpose=ATTACHMENT,
        name=act.file_name,
        stored_name=act.stored_name,
        content_type=kind.content_type if kind else "application/octet-stream",
        key=act.old_file_key,
    )
