"""Everything that happened with a customer, in one row of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.crm.hooks import Happening, happenings_of
from apps.crm.models import Customer, Interaction, Lead, Opportunity, TestDrive, Visit
from apps.crm.queries.duplicates import family_of
from apps.crm.rules.leads import OPEN_STATES, LeadState
from apps.crm.rules.opportunities import OPEN_STAGES, Stage
from apps.crm.rules.visits import VisitState
from apps.notifications.queries import Sent, sent_to
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound

AUDIENCE = "crm.customer"
"""Under which customers are known to notifications."""


def in_progress(*, customer: Customer, actor: Actor) -> dict[str, Any]:
    """The open lead and opportunities of a customer that the reader may see."""
    leads = Lead.objects.visible_to(actor).filter(customer=customer, state__in=OPEN_STATES)
    deals = Opportunity.objects.visible_to(actor).filter(
        customer=customer, stage__in=(*OPEN_STAGES, Stage.ORDERED)
    )
    return {"open_lead": leads.first(), "opportunities": list(deals.order_by("-id")[:5])}


def require_timeline(*, customer_id: int, actor: Actor) -> None:
    """Raises NotFound for whoever sees neither the customer, nor a lead or opportunity of hers, nor
    a lead that waits and that she may claim."""
    for model, field in ((Customer, "pk"), (Lead, "customer"), (Opportunity, "customer")):
        if model.objects.visible_to(actor).filter(**{field: customer_id}).exists():
            return
    waiting = Lead.objects.visible_to(actor, "crm.claim_lead").filter(state=LeadState.NEW)
    if waiting.filter(customer=customer_id).exists():
        return
    raise NotFound(_("No such record."))


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """Something that happened with a customer; ``row`` is an interaction, a lead, an opportunity,
    a visit, a test drive, a message to her, or what a module above tells of."""

    at: datetime
    row: Interaction | Lead | Opportunity | Visit | TestDrive | Sent | Happening


def timeline(
    *, customer_id: int, before: datetime | None = None, size: int = 30
) -> tuple[list[TimelineItem], datetime | None]:
    """A page of everything about a customer whom the reader may see, the newest first.

    The second value is ``before`` of the next page, None at the end. Seven queries, and one
    for each module above that tells of something. What happened with customers who were merged
    into this one is hers.
    """
    family = family_of(customer_id)
    sources = (
        (Interaction.objects.select_related("author"), "happened_at"),
        (Lead.objects.select_related("owner", "store"), "received_at"),
        (Opportunity.objects.select_related("owner", "store"), "opened_at"),
        (
            Visit.objects.exclude(state=VisitState.VOID).select_related("advisor", "store"),
            "arrived_at",
        ),
        (TestDrive.objects.select_related("advisor", "store"), "starts_at"),
    )
    items: list[TimelineItem] = []
    for rows, moment in sources:
        found = rows.filter(customer_id__in=family)
        if before is not None:
            found = found.filter(**{f"{moment}__lt": before})
        items += [
            TimelineItem(getattr(row, moment), row)
            for row in found.order_by(f"-{moment}")[: size + 1]
        ]
    messages = sent_to(AUDIENCE, family, before=before, size=size + 1)
    items += [TimelineItem(message.at, message) for message in messages]
    told = happenings_of(family, before=before, size=size + 1)
    items += [TimelineItem(one.at, one) for one in told]
    # What happened in the same moment stands in the order in which one leads to the other.
    order = {Visit: 0, Lead: 1, Opportunity: 2, TestDrive: 3, Interaction: 4, Sent: 5, Happening: 6}
    items.sort(key=lambda item: (item.at, order[type(item.row)]), reverse=True)
    if len(items) <= size:
        return items, None
    # A page ends between two moments: the next one begins before the last that it shows.
    page = [item for item in items[:size] if item.at > items[size].at]
    if not page:
        return timeline(customer_id=customer_id, before=before, size=size * 2)
    return page, page[-1].at
