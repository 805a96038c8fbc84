"""Complaints on the customer's timeline."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.care.models import Complaint
from apps.crm.hooks import Happening, happenings
from forecourt.kernel.access import Actor


@happenings
def complaints(
    customer_ids: Collection[int], before: datetime | None, size: int
) -> Iterator[Happening]:
    rows = Complaint.objects.filter(customer__in=customer_ids).select_related("owner", "store")
    if before is not None:
        rows = rows.filter(reported_at__lt=before)
    for row in rows.order_by("-reported_at")[:size]:
        yield Happening(
            at=row.reported_at,
            title=_("Complaint: %(title)s") % {"title": row.title},
            who=row.owner.name if row.owner else "",
            text=f"{row.number} · {row.get_state_display()} · {row.store.name}",
            icon="message-circle",
            tone="success" if not row.is_open else "danger",
            url=reverse("care:complaint_detail", args=[row.pk]),
            may_open=_may_open(row),
        )


def _may_open(row: Complaint) -> Callable[[Actor], bool]:
    def may_open(actor: Actor) -> bool:
        grant = actor.grant("care.view_complaint")
        return any(
            grant.covers(row.store_id, person) for person in (row.owner_id, row.received_by_id)
        )

    return may_open
