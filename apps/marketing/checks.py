"""What must always be true of automations and campaigns."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q

from apps.crm.queries import AUDIENCE
from apps.marketing.models import Campaign, Reach
from apps.marketing.queries import result_of
from apps.marketing.rules.states import CampaignState, ReachState
from apps.notifications.queries import over_cap
from forecourt.kernel.clock import now
from forecourt.kernel.verify import Problem, check

STUCK = timedelta(hours=6)
EFFECTS = ("opened_at", "replied_at", "lead_at", "visited_at", "ordered_at")


@check("no customer had more messages in seven days than are allowed")
def _budget() -> Iterable[Problem]:
    for customer_id, count in over_cap(AUDIENCE):
        yield Problem(f"customer {customer_id}", f"had {count} messages in seven days")


@check("figures of campaigns agree with their rows")
def _figures() -> Iterable[Problem]:
    for campaign in Campaign.objects.exclude(state=CampaignState.DRAFT):
        result = result_of(campaign)
        rows = list(Reach.objects.filter(campaign=campaign).values_list("state", *EFFECTS))
        counted = (
            len(rows),
            sum(row[0] == ReachState.DONE for row in rows),
            sum(row[0] == ReachState.HELD for row in rows),
            *(sum(row[place] is not None for row in rows) for place in range(1, 6)),
        )
        said = (
            result.meant,
            result.sent,
            result.held,
            result.opened,
            result.replied,
            result.leads,
            result.visited,
            result.ordered,
        )
        if said != counted:
            yield Problem(f"campaign {campaign.pk}", f"says {said} and has {counted}")


@check("nothing follows a message that never left")
def _effects() -> Iterable[Problem]:
    followed = Q(*[(f"{name}__isnull", False) for name in EFFECTS], _connector=Q.OR)
    for reach in Reach.objects.filter(followed, state=ReachState.WAITING)[:20]:
        yield Problem(f"reach {reach.pk}", "was followed by something and still waits")


@check("campaigns that are over have nobody waiting")
def _ended() -> Iterable[Problem]:
    ended = [CampaignState.STOPPED, CampaignState.DONE]
    for reach in Reach.objects.filter(campaign__state__in=ended, state=ReachState.WAITING)[:20]:
        yield Problem(f"reach {reach.pk}", "waits for a campaign that is over")


@check("what automations left undone for being late was noted")
def _late() -> Iterable[Problem]:
    waiting = Reach.objects.filter(
        state=ReachState.WAITING, expires_at__lt=now() - STUCK, due_at__lte=now()
    ).filter(Q(automation__is_on=True) | Q(campaign__state=CampaignState.RUNNING))
    if waiting.exists():
        yield Problem("reaches", f"{waiting.count()} wait hours after it was too late")
