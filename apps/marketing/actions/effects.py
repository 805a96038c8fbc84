"""What followed a message: put down to the last campaign that reached the customer in time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from apps.marketing import queries
from apps.marketing.models import Reach
from apps.marketing.rules.states import HeldReason, ReachState
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotFound

LONGEST_WINDOW = timedelta(days=90)


def note_opened(reach_id: int) -> str:
    """Note that the link was followed, the first time, and answer where it leads; else nothing."""
    reach = Reach.objects.filter(pk=reach_id).select_related("campaign").first()
    if reach is None or reach.campaign is None:
        return ""
    Reach.objects.filter(pk=reach_id, opened_at=None).update(opened_at=now())
    return reach.campaign.link_url


def note_effect(customer_ids: Collection[int], column: str) -> None:
    """Note once for each, at the last campaign whose days of effect have not passed, what she did.

    Two statements for any number of customers, one while no campaign has reached any of them.
    """
    moment = now()
    lately = Reach.objects.filter(
        customer__in=customer_ids,
        campaign__isnull=False,
        state__in=[ReachState.QUEUED, ReachState.DONE],
        done_at__gt=moment - LONGEST_WINDOW,
    ).values_list("customer_id", "pk", "done_at", "campaign__window_days")
    last: dict[int, int] = {}
    for customer_id, pk, done_at, days in lately.order_by("-done_at"):
        if done_at + timedelta(days=days) > moment:
            last.setdefault(customer_id, pk)
    if last:
        reached = Reach.objects.filter(pk__in=last.values(), **{f"{column}__isnull": True})
        reached.update(**{column: moment})


@transaction.atomic
def record_reply(*, campaign_id: int, customer_id: int, actor: Actor) -> Reach:
    """Note that a customer has answered a campaign, for channels that tell of it.

    Again is no fault. Raises NotFound, NotPermitted.
    """
    actor.require("marketing.manage_campaign")
    campaign = queries.get_campaign(campaign_id=campaign_id, actor=actor)
    reaches = queries.list_reaches(actor, campaign=campaign).filter(customer_id=customer_id)
    reach = reaches.exclude(state__in=[ReachState.WAITING, ReachState.HELD]).first()
    if reach is None:
        raise NotFound(_("The campaign has not reached this customer."))
    if reach.replied_at is None:
        reach.replied_at = now()
        reach.save(update_fields=["replied_at"])
        audit.record(actor, "replied", campaign, {"customer": [None, str(reach.customer)]})
    return reach


def note_delivery(reach_id: int, *, is_sent: bool, reason: str) -> None:
    """What became of the message, told by whoever sends it."""
    rows = Reach.objects.filter(pk=reach_id)
    if is_sent:
        rows.update(state=ReachState.DONE, reason="")
    else:
        rows.update(state=ReachState.HELD, reason=reason or HeldReason.INTERRUPTED)
