"""Campaigns and what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from apps.marketing.models import Campaign, Reach
from apps.marketing.queries.audience import Outlook, outlook
from apps.marketing.queries.segments import customers_of
from apps.marketing.rules.states import CampaignState, ReachState
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.errors import NotFound

CENT = Decimal("0.01")
SENT = Q(state=ReachState.DONE)


def list_campaigns(actor: Actor) -> QuerySet[Campaign]:
    return Campaign.objects.visible_to(actor).select_related("segment", "store")


def get_campaign(*, campaign_id: int, actor: Actor) -> Campaign:
    """Raises NotFound."""
    campaign = list_campaigns(actor).filter(pk=campaign_id).first()
    if campaign is None:
        raise NotFound(_("There is no such campaign."))
    return campaign


def lock_campaign(*, campaign_id: int, actor: Actor) -> Campaign:
    """The campaign for a change, in a transaction. Raises NotFound."""
    get_campaign(campaign_id=campaign_id, actor=actor)
    return Campaign.objects.select_for_update().get(pk=campaign_id)


def has_running() -> bool:
    return Campaign.objects.filter(state=CampaignState.RUNNING).exists()


def customers_meant_by(campaign: Campaign, actor: Actor) -> QuerySet:
    """The customers of its segment, of its store where it is one's, whom the actor may see."""
    customers = customers_of(campaign.segment, actor)
    if campaign.store_id is not None:
        customers = customers.filter(home_store_id=campaign.store_id)
    return customers


def campaign_outlook(campaign: Campaign, actor: Actor) -> Outlook:
    """Whom it would reach if it started now; the sample is of those whom the actor may see."""
    return outlook(
        customers_meant_by(campaign, system_actor()),
        campaign.channel,
        customers_meant_by(campaign, actor),
    )


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one campaign, or of all by one channel. Amounts are in the group's currency."""

    meant: int
    waiting: int
    held: int
    sent: int
    opened: int
    replied: int
    leads: int
    visited: int
    ordered: int
    cost: Decimal | None

    @property
    def cost_per_lead(self) -> Decimal | None:
        return _per(self.cost, self.leads)

    @property
    def cost_per_order(self) -> Decimal | None:
        return _per(self.cost, self.ordered)


def _per(cost: Decimal | None, count: int) -> Decimal | None:
    if cost is None or not count:
        return None
    return (cost / count).quantize(CENT, ROUND_HALF_UP)


COUNTS: dict[str, Any] = {
    "meant": Count("pk"),
    "waiting": Count("pk", filter=Q(state__in=[ReachState.WAITING, ReachState.QUEUED])),
    "held": Count("pk", filter=Q(state=ReachState.HELD)),
    "sent": Count("pk", filter=SENT),
    "opened": Count("opened_at"),
    "replied": Count("replied_at"),
    "leads": Count("lead_at"),
    "visited": Count("visited_at"),
    "ordered": Count("ordered_at"),
}


def result_of(campaign: Campaign) -> Result:
    """One statement. The cost is what was spent, or the budget while nobody has noted that."""
    counts = Reach.objects.filter(campaign=campaign).aggregate(**COUNTS)
    cost = campaign.spent_amount if campaign.spent_amount is not None else campaign.budget_amount
    return Result(**counts, cost=cost)


def results_by_channel(actor: Actor) -> dict[str, Result]:
    """The campaigns that the actor sees and that have started, together by channel."""
    started = Campaign.objects.visible_to(actor).exclude(state=CampaignState.DRAFT)
    costs = dict(
        started.values_list("channel").annotate(cost=Sum(Coalesce("spent_amount", "budget_amount")))
    )
    rows = (
        Reach.objects.filter(campaign__in=started.values("pk"))
        .values_list("campaign__channel")
        .annotate(**COUNTS)
        .order_by("campaign__channel")
    )
    return {
        channel: Result(**dict(zip(COUNTS, counts, strict=True)), cost=costs.get(channel))
        for channel, *counts in rows
    }
