"""One's own uploads: what a person brings before a record holds it.

A form shows an upload of its own for a purpose that allows it (``FilePurpose.permission``) and
hands the ids of what has arrived to its module's action, which asks :func:`brought_by` for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid, NotFound
from forecourt.kernel.files.purposes import FIELD, purpose_of
from forecourt.kernel.files.uploads import Upload, begin_upload
from forecourt.kernel.models import StoredFile

State = StoredFile.State
HANDED_IN_WITHIN = timedelta(days=1)
"""Later a file may be about to be tidied away as one that nobody holds."""


def begin_own_upload(
    *, actor: Actor, purpose: str, name: str, size: int, content_type: str = "", sha256: str = ""
) -> Upload:
    """Announce a file for a purpose that the person may bring files for by herself.

    Raises what :func:`begin_upload` raises, and NotPermitted.
    """
    purpose_of(purpose).require_brought_by(actor)
    return begin_upload(
        actor=actor,
        purpose=purpose,
        name=name,
        size=size,
        content_type=content_type,
        sha256=sha256,
    )


def get_own_upload(*, upload_id: int, actor: Actor) -> StoredFile:
    """A file that the person brought herself for such a purpose. Raises NotFound."""
    file = StoredFile.objects.filter(pk=upload_id, uploaded_by_id=actor.staff_id).first()
    if file is None or actor.staff_id is None or not purpose_of(file.purpose).is_brought_by_people:
        raise NotFound(_("There is no such upload."))
    return file


def list_own_uploads(actor: Actor, file_ids: Iterable[int], *, purpose: str) -> list[StoredFile]:
    """Those of the files that the person has brought for this and that were not refused."""
    wanted = list(dict.fromkeys(file_ids))
    found = (
        StoredFile.objects.filter(pk__in=wanted, purpose=purpose, uploaded_by_id=actor.staff_id)
        .exclude(state=State.REFUSED)
        .in_bulk()
        if wanted and actor.staff_id is not None
        else {}
    )
    return [found[pk] for pk in wanted if pk in found]


def brought_by(actor: Actor, file_ids: Iterable[int], *, purpose: str) -> list[StoredFile]:
    """The files that a form handed in, in that order: the person's own, arrived, not refused.

    Raises Invalid beside the field ``file``, with the reason where one was refused. Whether another
    record holds one already is for the caller's unique constraint to say.
    """
    wanted = list(dict.fromkeys(file_ids))
    mine = StoredFile.objects.filter(
        purpose=purpose,
        uploaded_by_id=actor.staff_id,
        created_at__gt=now() - HANDED_IN_WITHIN,
    )
    found = mine.exclude(state=State.UPLOADING).in_bulk(wanted) if actor.staff_id else {}
    if len(found) != len(wanted):
        raise Invalid(_("A file is missing. Choose it again."), field=FIELD)
    for file in found.values():
        if file.state == State.REFUSED:
            raise Invalid(f"{file.name}: {file.get_refusal_display()}", field=FIELD)
    return [found[pk] for pk in wanted]
