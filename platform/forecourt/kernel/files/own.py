"""One's own uploads: what a person brings before a record holds it.

A form shows an upload of its own for a purpose that allows it (``FilePurpose.permission``) and
hands the ids of what has arrived to its module's action, which asks :func:`brought_by` for them.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.files.purposes import FIELD, purpose_of
from forecourt.kernel.files.uploads import Upload, begin_upload
from forecourt.kernel.models import StoredFile


def begin_own_upload(
    *, actor: Actor, purpose: str, name: str, size: int, content_type: str = "", sha256: str = ""
) -> Upload:
    """Announce a file for a purpose that the person may bring files for by herself.

    Raises what :func:`begin_upload` raises, and NotPermitted.
    """
    permission = purpose_of(purpose).permission
    if not permission:
        raise NotPermitted(_("Files of this use are brought with their record."))
    actor.require(permission)
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
    if file is None or actor.staff_id is None or not purpose_of(file.purpose).permission:
        raise NotFound(_("There is no such upload."))
    return file


def brought_by(actor: Actor, file_ids: Iterable[int], *, purpose: str) -> list[StoredFile]:
    """The files that a form handed in, in that order: the person's own, arrived, not refused.

    Raises Invalid beside the field ``file``. Whether another record holds one already is for the
    caller's unique constraint to say.
    """
    wanted = list(dict.fromkeys(file_ids))
    found = StoredFile.objects.filter(
        pk__in=wanted, purpose=purpose, uploaded_by_id=actor.staff_id
    ).exclude(state__in=[StoredFile.State.UPLOADING, StoredFile.State.REFUSED])
    by_id = found.in_bulk()
    if len(by_id) != len(wanted):
        raise Invalid(_("A file is missing. Choose it again."), field=FIELD)
    return [by_id[pk] for pk in wanted]
