"""Everything that happened with a customer, in one row of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from apps.crm.hooks import Fleet, Happening, fleets_of, happenings_of
from apps.crm.models import Customer, Interaction, Lead, Opportunity, TestDrive, Visit
from apps.crm.queries.duplicates import family_of
from apps.crm.rules.leads import OPEN_STATES, LeadState
from apps.crm.rules.opportunities import OPEN_STAGES, Stage
from apps.crm.rules.visits import VisitState
from apps.documents.queries.documents import Document, documents_at, links_at
from apps.documents.rules.states import DocumentState
from apps.notifications.queries import Sent, sent_to
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound

AUDIENCE = "crm.customer"
"""Under which customers are known to notifications."""
IN_ORDER = (Visit, Lead, Opportunity, TestDrive, Interaction, Sent, Document, Happening)
"""What happened in the same moment stands in the order in which one leads to the other."""
CARS_SHOWN = 20
HAVE_DOCUMENTS = (
    ("crm.lead", Lead),
    ("crm.opportunity", Opportunity),
    ("crm.test_drive", TestDrive),
)


def in_progress(*, customer: Customer, actor: Actor) -> dict[str, Any]:
    """The open lead and opportunities of a customer that the reader may see."""
    leads = Lead.objects.visible_to(actor).filter(customer=customer, state__in=OPEN_STATES)
    deals = Opportunity.objects.visible_to(actor).filter(
        customer=customer, stage__in=(*OPEN_STAGES, Stage.ORDERED)
    )
    return {"open_lead": leads.first(), "opportunities": list(deals.order_by("-id")[:5])}


@dataclass(frozen=True, slots=True)
class _InSight:
    """The customer with all who were merged into her, and whether there are papers of hers."""

    family: list[int]
    has_papers: bool = True


def _in_sight(customer_id: int, actor: Actor) -> _InSight:
    """Raises NotFound for whoever sees neither the customer, nor a lead or opportunity of hers, nor
    a lead that waits and that she may claim."""
    merged = Customer.everybody.filter(merged_into=OuterRef("pk")).order_by().values("pk")
    seen = (
        Customer.objects.visible_to(actor)
        .filter(pk=customer_id)
        .annotate(
            along=ArraySubquery(merged),
            has_papers=Exists(links_at(_places([customer_id]))),
        )
        .values_list("along", "has_papers")
        .first()
    )
    if seen is not None:
        along, has_papers = seen
        return _InSight([customer_id, *along], has_papers)
    for model in (Lead, Opportunity):
        if model.objects.visible_to(actor).filter(customer=customer_id).exists():
            return _InSight(family_of(customer_id))
    waiting = Lead.objects.visible_to(actor, "crm.claim_lead").filter(state=LeadState.NEW)
    if waiting.filter(customer=customer_id).exists():
        return _InSight(family_of(customer_id))
    raise NotFound(_("No such record."))


def fleets_of_customer(customer: Customer) -> list[Fleet]:
    """The cars that she has, also those of customers who were merged into her; the latest ones of
    a company that bought thousands."""
    family = Customer.everybody.filter(Q(pk=customer.pk) | Q(merged_into=customer.pk))
    return [fleet for fleet in fleets_of(customer.pk, family, CARS_SHOWN) if fleet.latest]


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """Something that happened with a customer; ``row`` is an interaction, a lead, an opportunity,
    a visit, a test drive, a message to her, a document, or what a module above tells of."""

    at: datetime
    row: Interaction | Lead | Opportunity | Visit | TestDrive | Sent | Document | Happening


def timeline(
    *, customer_id: int, actor: Actor, before: datetime | None = None, size: int = 30
) -> tuple[list[TimelineItem], datetime | None]:
    """A page of everything about a customer whom the reader may see, the newest first.

    The second value is ``before`` of the next page, None at the end. Seven queries, one more where
    she has papers, and one for each module above that tells of something. What happened with
    customers who were merged into this one is hers. Raises NotFound for whoever sees neither her
    nor a lead or opportunity of hers.
    """
    seen = _in_sight(customer_id, actor)
    family = seen.family
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
    if seen.has_papers:
        items += _documents(family, actor, before, size + 1)
    told = happenings_of(family, before=before, size=size + 1)
    items += [TimelineItem(one.at, one) for one in told]
    order = {kind: place for place, kind in enumerate(IN_ORDER)}
    items.sort(key=lambda item: (item.at, order[type(item.row)]), reverse=True)
    if len(items) <= size:
        return items, None
    # A page ends between two moments: the next one begins before the last that it shows.
    page = [item for item in items[:size] if item.at > items[size].at]
    if not page:
        return timeline(customer_id=customer_id, actor=actor, before=before, size=size * 2)
    return page, page[-1].at


def _places(customer_ids: Sequence[int]) -> dict[str, Any]:
    """Customers and what was done with them, as documents name their records."""
    return {
        "crm.customer": customer_ids,
        **{
            subject: model.objects.filter(customer_id__in=customer_ids).values("pk")
            for subject, model in HAVE_DOCUMENTS
        },
    }


def _documents(
    family: list[int], actor: Actor, before: datetime | None, size: int
) -> list[TimelineItem]:
    """The papers of the customer and of what was done with her, the newest first."""
    found = documents_at(_places(family), actor).filter(state=DocumentState.READY)
    if before is not None:
        found = found.filter(added_at__lt=before)
    return [TimelineItem(one.added_at, one) for one in found.order_by("-added_at")[:size]]
