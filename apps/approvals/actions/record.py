"""The record of a request: acts, comments, files."""

from __future__ import annotations

import secrets
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import storages
from django.db import transaction
from django.utils.translation import gettext as _

from apps.approvals.events import ApprovalCommented
from apps.approvals.models import ApprovalAct, ApprovalRequest
from apps.approvals.queries.requests import get_request
from apps.approvals.rules.states import ActKind
from forecourt.kernel import audit, events
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid

MAX_TEXT = 1000
MAX_FILE = 10 * 2**20
MAX_FILES = 20
FILE_KINDS = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "xlsx": (b"PK\x03\x04",),
    "docx": (b"PK\x03\x04",),
}
"""Endings of files that may be added, each with how such a file begins."""


def note(
    request: ApprovalRequest,
    kind: ActKind,
    actor: Actor | None,
    *,
    step_index: int | None = None,
    text: str = "",
    for_name: str = "",
    **file: Any,
) -> ApprovalAct:
    """Append to the record; without an actor the flow itself did it."""
    return ApprovalAct.objects.create(
        request=request,
        kind=kind,
        happened_at=now(),
        round=request.round,
        step_index=step_index,
        actor_id=actor.staff_id if actor else None,
        actor_name=actor.name if actor else "",
        for_name=for_name,
        text=text[:MAX_TEXT],
        **file,
    )


def clean_text(text: str, *, field: str) -> str:
    """Raises Invalid for a text that the record has no room for."""
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise Invalid(_("At most %(count)s characters.") % {"count": MAX_TEXT}, field=field)
    return text


def clean_reason(text: str) -> str:
    """Raises Invalid where no reason is given."""
    text = clean_text(text, field="reason")
    if not text:
        raise Invalid(_("Say why."), field="reason")
    return text


@transaction.atomic
def comment(*, approval_id: int, actor: Actor, text: str) -> ApprovalRequest:
    """Say something to everybody involved. Raises NotFound or Invalid."""
    request = get_request(approval_id=approval_id, actor=actor)
    text = clean_text(text, field="text")
    if not text:
        raise Invalid(_("Write something."), field="text")
    note(request, ActKind.COMMENTED, actor, text=text)
    events.publish(ApprovalCommented(request.pk, actor.staff_id))
    return request


@transaction.atomic
def attach(*, approval_id: int, actor: Actor, file: File) -> ApprovalAct:
    """Add a file for everybody involved. Raises NotFound or Invalid (kind, size, too many)."""
    request = get_request(approval_id=approval_id, actor=actor)
    name = PurePosixPath((file.name or "").replace("\\", "/")).name[-200:]
    content = _clean_file(name, file)
    if request.acts.filter(kind=ActKind.ATTACHED).count() >= MAX_FILES:
        raise Invalid(_("At most %(count)s files.") % {"count": MAX_FILES}, field="file")
    ending = name.rsplit(".", 1)[-1].lower()
    stored = storages["default"].save(
        f"approvals/{request.pk}/{secrets.token_hex(16)}.{ending}", ContentFile(content)
    )
    act = note(
        request,
        ActKind.ATTACHED,
        actor,
        file_name=name,
        stored_name=stored,
        size_bytes=len(content),
    )
    audit.record(actor, "file added", request, {"file": [None, name]})
    return act


def _clean_file(name: str, file: File) -> bytes:
    begins = FILE_KINDS.get(name.rsplit(".", 1)[-1].lower() if "." in name else "")
    if begins is None:
        raise Invalid(
            _("Choose a file of the kind %(kinds)s.") % {"kinds": ", ".join(FILE_KINDS)},
            field="file",
        )
    content = file.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise Invalid(
            _("The file is larger than %(size)s MB.") % {"size": MAX_FILE // 2**20}, field="file"
        )
    if not content.startswith(begins):
        raise Invalid(_("The file is not what its name says."), field="file")
    return content
