"""Complaints in the search over everything."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from apps.care import queries
from forecourt.kernel.access import Actor
from forecourt.kernel.search import Hit, SearchSource, register


def _complaints(query: str, actor: Actor, limit: int) -> Iterable[Hit]:
    for complaint in queries.find_complaints(actor, query)[:limit]:
        parts = (complaint.number, complaint.get_state_display(), complaint.title, complaint.owner)
        yield Hit(
            title=str(complaint.customer),
            detail=" · ".join(str(part) for part in parts if part),
            url=reverse_lazy("care:complaint_detail", args=[complaint.pk]),
            keys=(complaint.number,),
            is_own=complaint.owner_id == actor.staff_id,
        )


register(
    SearchSource(
        name="care.complaints",
        label=_("Complaints"),
        icon="message-circle",
        permission="care.view_complaint",
        find=_complaints,
        order=27,
    )
)
