"""A line of what was done about a complaint, and who is told."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.care.models import Complaint, ComplaintStep
from apps.care.rules.complaints import StepKind
from apps.notifications.actions import notify
from apps.notifications.registry import Event
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid

LONGEST_TEXT = 2000
NO_NAME = gettext_lazy("No name given")


def write_step(
    complaint: Complaint,
    kind: StepKind,
    actor: Actor,
    text: str = "",
    amount: Decimal | None = None,
) -> ComplaintStep:
    return ComplaintStep.objects.create(
        complaint=complaint,
        kind=kind,
        author_id=actor.staff_id,
        text=text[:LONGEST_TEXT],
        amount=amount,
        happened_at=now(),
    )


def required_text(text: str, *, field: str, longest: int = LONGEST_TEXT) -> str:
    """Raises Invalid for nothing, or for too much."""
    text = text.strip()
    if not text:
        raise Invalid(_("Write a few words."), field=field)
    if len(text) > longest:
        raise Invalid(_("At most %(count)s characters.") % {"count": longest}, field=field)
    return text


def tell(
    event: Event,
    complaint: Complaint,
    actor: Actor,
    recipients: Collection[int],
    *,
    key: str = "",
    **more: Any,
) -> None:
    notify(
        event,
        recipients=recipients,
        subject=complaint,
        values={
            "complaint": complaint.number,
            "customer": complaint.customer.name or NO_NAME,
            "title": complaint.title,
            "severity": complaint.get_severity_display(),
            **more,
        },
        key=f"{complaint.pk}:{key or f'{now():%Y%m%d%H%M%S}'}",
        store_id=complaint.store_id,
        actor=actor,
    )


def in_charge(complaint: Complaint) -> set[int]:
    """Those who give out complaints in the store."""
    return organisation.people_in_charge("care.dispatch_complaint", complaint.store_id)
