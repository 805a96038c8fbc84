"""The record of a request: acts and comments."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.approvals.events import ApprovalCommented
from apps.approvals.models import ApprovalAct, ApprovalRequest
from apps.approvals.queries.requests import get_request
from apps.approvals.rules.states import ActKind
from forecourt.kernel import events
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid

MAX_TEXT = 1000


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
