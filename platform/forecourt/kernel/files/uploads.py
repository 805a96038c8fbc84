"""Bringing a file: it is announced, sent straight to the store, and then given to the check.

The group's processes see names and sizes and none of the bytes. Whoever calls these functions has
asked for the right before; what is refused is refused beside the field ``file``.
"""

from __future__ import annotations

import math
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid, NotFound
from forecourt.kernel.files.checking import check_file
from forecourt.kernel.files.keeping import remove
from forecourt.kernel.files.names import clean_name
from forecourt.kernel.files.purposes import (
    FIELD,
    MEGABYTE,
    Limits,
    allowed,
    purpose_of,
    require_allowed,
)
from forecourt.kernel.files.quota import require_room
from forecourt.kernel.models import StoredFile
from forecourt.kernel.models.files import INCOMING
from forecourt.kernel.storage import DirectRequest, StorageUnavailable, group_storage
from forecourt.kernel.tasks import enqueue

State = StoredFile.State
REQUEST_LIVES = timedelta(minutes=15)
"""A request that is not begun by then is asked for again."""
UPLOAD_LIVES = timedelta(days=1)
"""An upload that is not complete by then is given up."""
WHOLE_BYTES = 16 * MEGABYTE
"""Larger files go in parts, so that a lost connection costs one part."""
PART_BYTES = 8 * MEGABYTE
MOST_REQUESTS = 100
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Upload:
    """How to send the bytes of ``file``: by one ``request``, or in ``part_count`` parts.

    Every part but the last has ``part_size`` bytes; :func:`request_parts` gives the requests.
    """

    file: StoredFile
    request: DirectRequest | None
    part_size: int = 0
    part_count: int = 0


def begin_upload(
    *,
    actor: Actor | None,
    purpose: str,
    name: str,
    size: int,
    content_type: str = "",
    sha256: str = "",
    limits: Limits | None = None,
) -> Upload:
    """Announce a file and get the request that sends it.

    ``sha256`` is compared with what arrives, where it is given. Raises Invalid for a kind or a
    size that is not accepted, OverQuota, and StorageUnavailable.
    """
    cleaned = clean_name(name)
    kind = require_allowed(
        allowed(purpose_of(purpose), limits), name=cleaned, size=size, content_type=content_type
    )
    if sha256 and not SHA256.fullmatch(sha256.lower()):
        raise Invalid(_("A SHA-256 sum has 64 digits from 0 to f."), field="sha256")
    require_room(size)
    file = StoredFile(
        key=secrets.token_hex(16),
        purpose=purpose,
        name=cleaned,
        content_type=kind.content_type,
        size=size,
        sha256=sha256.lower(),
        uploaded_by_id=actor.staff_id if actor else None,
        created_at=now(),
        due_at=now() + UPLOAD_LIVES,
    )
    if size > WHOLE_BYTES:
        file.upload_id = group_storage().begin_parts(
            file.incoming_name, content_type=file.content_type
        )
    file.save()
    return _upload(file)


def resume_upload(*, file: StoredFile) -> Upload:
    """The same upload with a fresh request, after a pause. Raises Conflict once it is complete."""
    _require_uploading(file)
    return _upload(file)


def request_parts(*, file: StoredFile, numbers: Iterable[int]) -> dict[int, DirectRequest]:
    """The requests that send some parts, by number from 1; a part may be sent again.

    Raises Invalid for a number that the file does not have, Conflict once it is complete.
    """
    _require_uploading(file)
    wanted = sorted(set(numbers))
    count = _part_count(file)
    if not file.upload_id or len(wanted) > MOST_REQUESTS or not set(wanted) <= _numbers(count):
        raise Invalid(_("The file has no such part."), field="numbers")
    storage = group_storage()
    return {
        number: storage.part_request(
            file.incoming_name,
            file.upload_id,
            number,
            size=_part_size(file, number),
            expires=REQUEST_LIVES,
        )
        for number in wanted
    }


def arrived_parts(*, file: StoredFile) -> list[int]:
    """The numbers of the parts that need not be sent (again)."""
    if not file.upload_id or file.state != State.UPLOADING:
        return []
    parts = group_storage().parts_of(file.incoming_name, file.upload_id)
    return [number for number, size in parts.items() if size == _part_size(file, number)]


def complete_upload(*, file: StoredFile) -> StoredFile:
    """Say that all bytes are there; the store is asked, and the file goes to the check.

    Said a second time it changes nothing. Raises Invalid when bytes are missing: what has arrived
    stays, and the rest can be sent until the upload is given up.
    """
    if file.state != State.UPLOADING:
        return file
    _require_arrived(file)
    with transaction.atomic():
        locked = StoredFile.objects.select_for_update(no_key=True).filter(pk=file.pk).first()
        if locked is None:
            raise NotFound(_("This upload was given up."))
        if locked.state == State.UPLOADING:
            locked.state, locked.due_at = State.CHECKING, now()
            locked.save(update_fields=["state", "due_at"])
            enqueue(check_file, file_id=locked.pk)
    file.refresh_from_db()
    return file


def abandon_upload(*, file: StoredFile) -> None:
    """Give an upload up: its row goes, and what has arrived of it. Raises Conflict when checked."""
    with transaction.atomic():
        locked = StoredFile.objects.select_for_update().filter(pk=file.pk).first()
        if locked is None:
            return
        if locked.is_ready:
            raise Conflict(_("The file has arrived already."))
        remove(file=locked)


def is_awaited(name: str) -> bool:
    """Whether bytes under this name of the store are still expected from somebody."""
    folder, _slash, key = name.partition("/")
    return folder == INCOMING and StoredFile.objects.filter(key=key, state=State.UPLOADING).exists()


def _upload(file: StoredFile) -> Upload:
    if file.upload_id:
        return Upload(file, None, PART_BYTES, _part_count(file))
    request = group_storage().upload_request(
        file.incoming_name, size=file.size, content_type=file.content_type, expires=REQUEST_LIVES
    )
    return Upload(file, request)


def _require_uploading(file: StoredFile) -> None:
    if file.state != State.UPLOADING:
        raise Conflict(_("The file has arrived already."))


def _require_arrived(file: StoredFile) -> None:
    storage = group_storage()
    size = storage.size_of(file.incoming_name)
    if size is None and file.upload_id:
        missing = _numbers(_part_count(file)) - set(arrived_parts(file=file))
        if missing:
            raise Invalid(
                _("%(count)s parts of the file have not arrived yet.") % {"count": len(missing)},
                field=FIELD,
            )
        storage.finish_parts(file.incoming_name, file.upload_id)
        size = storage.size_of(file.incoming_name)
    if size is None and (state := storage.state()) != "ok":
        raise StorageUnavailable(_("The file store cannot be used at present."), reason=state)
    if size != file.size:
        raise Invalid(_("The file has not arrived as a whole. Send it again."), field=FIELD)


def _part_count(file: StoredFile) -> int:
    return math.ceil(file.size / PART_BYTES)


def _part_size(file: StoredFile, number: int) -> int:
    return min(PART_BYTES, file.size - (number - 1) * PART_BYTES)


def _numbers(count: int) -> set[int]:
    return set(range(1, count + 1))
