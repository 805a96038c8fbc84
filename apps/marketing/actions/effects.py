"""What followed a message: put down to the last campaign that reached the customer in time."""

from __future__ import annotations

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

LOOKED_AT = 10
LONGEST_WINDOW = timedelta(days=90)


def note_opened(reach_id: int) -> str:
    """Note that the link was followed, the first time, and answer where it leads; else nothing."""
    reach = Reach.objects.filter(pk=reach_id).select_related("campaign").first()
    if reach is None or reach.campaign is None:
        return ""
    Reach.objects.filter(pk=reach_id, opened_at=None).update(opened_at=now())
    return reach.campaign.link_url


def note_effect(customer_id: int, column: str) -> None:
    """Note once, at the last campaign whose days of effect have not passed, what she did."""
    moment = now()
    lately = Reach.objects.filter(
        customer_id=customer_id,
        campaign__isnull=False,
        state__in=[ReachState.QUEUED, ReachState.DONE],
        done_at__gt=moment - LONGEST_WINDOW,
    ).select_related("campaign")
    for reach in lately.order_by("-done_at")[:LOOKED_AT]:
        assert reach.campaign is not None and reach.done_at is not None
        if reach.done_at + timedelta(days=reach.campaign.window_days) > moment:
            Reach.objects.filter(pk=reach.pk, **{f"{column}__isnull": True}).update(
                **{column: moment}
            )
            return


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
