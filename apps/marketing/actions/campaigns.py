"""Campaigns are prepared, started, paused and stopped."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from apps.marketing import queries
from apps.marketing.actions.planning import Occasion, write_down
from apps.marketing.errors import WrongState
from apps.marketing.models import Campaign, Reach
from apps.marketing.rules.states import (
    CHANGEABLE,
    CHANNELS,
    STARTABLE,
    STOPPABLE,
    CampaignState,
    HeldReason,
    ReachState,
)
from apps.marketing.rules.texts import require_whole
from forecourt.kernel import audit
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Invalid

MANAGE = "marketing.manage_campaign"
KEPT = (
    "name",
    "store_id",
    "segment_id",
    "channel",
    "title",
    "text",
    "provider_template",
    "link_url",
    "budget_amount",
    "spent_amount",
    "starts_on",
    "ends_on",
    "window_days",
)
LONGEST = timedelta(days=365)


@transaction.atomic
def save_campaign(*, actor: Actor, campaign_id: int | None = None, **values: Any) -> Campaign:
    """Prepare a campaign, or change one that has not started; ``values`` are named in ``KEPT``.

    Raises Invalid, NotFound, NotPermitted, WrongState.
    """
    if campaign_id is None:
        campaign = Campaign(created_at=now(), created_by=actor.name)
    else:
        campaign = _lock(campaign_id, actor)
        if campaign.state not in CHANGEABLE:
            raise WrongState(_("It has started: what was sent is not changed any more."))
    before = {name: getattr(campaign, name) for name in KEPT}
    for name, value in _checked({**before, **values}, actor).items():
        setattr(campaign, name, value)
    campaign.save()
    changes = audit.changes_between(before, {name: getattr(campaign, name) for name in KEPT})
    audit.record(
        actor,
        "campaign_made" if campaign_id is None else "campaign_changed",
        campaign,
        changes,
    )
    return campaign


@transaction.atomic
def note_spending(*, campaign_id: int, spent_amount: Decimal | None, actor: Actor) -> Campaign:
    """Note what it has cost, also while it runs. Raises Invalid, NotFound, NotPermitted."""
    campaign = _lock(campaign_id, actor)
    _check_amount(spent_amount, "spent_amount")
    before = campaign.spent_amount
    campaign.spent_amount = spent_amount
    campaign.save(update_fields=["spent_amount"])
    changes = {"spent_amount": [str(before), str(spent_amount)]}
    audit.record(actor, "campaign_changed", campaign, changes)
    return campaign


@transaction.atomic
def start_campaign(*, campaign_id: int, actor: Actor) -> Campaign:
    """Start it, or let it go on after a pause.

    Whom it reaches is decided when it first starts. Raises Invalid, NotFound, NotPermitted,
    WrongState.
    """
    campaign = _lock(campaign_id, actor)
    if campaign.state not in STARTABLE:
        raise WrongState(_("It cannot be started now."))
    if campaign.ends_on < today():
        raise Invalid(_("It is over already: choose a later day."), field="ends_on")
    if campaign.state == CampaignState.DRAFT:
        campaign.started_at = now()
        campaign.state = CampaignState.RUNNING
        campaign.save()
        count = write_down(
            queries.customers_meant_by(campaign, system_actor()), _occasion(campaign)
        )
        changes = {"customers": [None, count]}
    else:
        campaign.state = CampaignState.RUNNING
        campaign.save(update_fields=["state"])
        changes = {}
    audit.record(actor, "campaign_started", campaign, changes)
    return campaign


def _occasion(campaign: Campaign) -> Occasion:
    zone = get_current_timezone()
    begin = datetime.combine(campaign.starts_on, time(), zone)
    end = datetime.combine(campaign.ends_on, time(), zone) + timedelta(days=1)
    return Occasion(campaign, "", max(begin, now()), end, is_spread=True)


@transaction.atomic
def pause_campaign(*, campaign_id: int, actor: Actor) -> Campaign:
    """Let nothing leave until it is started again. Raises NotFound, NotPermitted, WrongState."""
    campaign = _lock(campaign_id, actor)
    if campaign.state != CampaignState.RUNNING:
        raise WrongState(_("It is not running."))
    campaign.state = CampaignState.PAUSED
    campaign.save(update_fields=["state"])
    audit.record(actor, "campaign_paused", campaign)
    return campaign


@transaction.atomic
def stop_campaign(*, campaign_id: int, actor: Actor) -> Campaign:
    """Send nothing more of it, for good. Raises NotFound, NotPermitted, WrongState."""
    campaign = _lock(campaign_id, actor)
    if campaign.state not in STOPPABLE:
        raise WrongState(_("It is not running."))
    Reach.objects.filter(campaign=campaign, state=ReachState.WAITING).update(
        state=ReachState.HELD, reason=HeldReason.STOPPED, done_at=now()
    )
    campaign.state, campaign.ended_at = CampaignState.STOPPED, now()
    campaign.save(update_fields=["state", "ended_at"])
    audit.record(actor, "campaign_stopped", campaign)
    return campaign


@transaction.atomic
def remove_campaign(*, campaign_id: int, actor: Actor) -> None:
    """Remove a draft. Raises NotFound, NotPermitted, WrongState."""
    campaign = _lock(campaign_id, actor)
    if campaign.state not in CHANGEABLE:
        raise WrongState(_("It has started: what was sent is not changed any more."))
    audit.record(actor, "campaign_removed", campaign, {"name": [campaign.name, None]})
    campaign.delete()


def finish_campaigns() -> int:
    """Close those for which nobody waits any more; answers how many."""
    waiting = Reach.objects.filter(
        campaign=OuterRef("pk"), state__in=[ReachState.WAITING, ReachState.QUEUED]
    )
    ended = Campaign.objects.filter(state=CampaignState.RUNNING).exclude(Exists(waiting))
    count = 0
    for campaign_id in list(ended.values_list("pk", flat=True)):
        with transaction.atomic():
            campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
            if campaign.state == CampaignState.RUNNING:
                campaign.state, campaign.ended_at = CampaignState.DONE, now()
                campaign.save(update_fields=["state", "ended_at"])
                audit.record(system_actor(), "campaign_finished", campaign)
                count += 1
    return count


def _lock(campaign_id: int, actor: Actor) -> Campaign:
    campaign = queries.lock_campaign(campaign_id=campaign_id, actor=actor)
    actor.require(MANAGE, store_id=campaign.store_id or 0)
    return campaign


def _checked(values: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """The values as they are kept. Raises Invalid, NotFound, NotPermitted."""
    actor.require(MANAGE, store_id=values["store_id"] or 0)
    values["name"] = " ".join(str(values["name"]).split())[:80]
    if not values["name"]:
        raise Invalid(_("Give the campaign a name."), field="name")
    segment = queries.get_segment(segment_id=values["segment_id"] or 0, actor=actor)
    if not segment.is_shared and values["store_id"] is None:
        raise Invalid(_("Share the segment first."), field="segment_id")
    if values["channel"] not in CHANNELS:
        raise Invalid(_("Choose a channel."), field="channel")
    link = values["link_url"] = str(values["link_url"] or "").strip()
    if link and (urlsplit(link).scheme != "https" or not urlsplit(link).hostname):
        raise Invalid(_("Give an address that begins with https://."), field="link_url")
    require_whole(values["text"], field="text", has_link=bool(link))
    if values["channel"] == "email":
        require_whole(values["title"], field="title", has_link=bool(link))
    _check_amount(values["budget_amount"], "budget_amount")
    _check_amount(values["spent_amount"], "spent_amount")
    _check_dates(values)
    return values


def _check_dates(values: dict[str, Any]) -> None:
    first, last = values["starts_on"], values["ends_on"]
    if first is None or last is None:
        raise Invalid(_("Choose a day."), field="ends_on" if first else "starts_on")
    if last < first:
        raise Invalid(_("It ends before it begins."), field="ends_on")
    if last < today():
        raise Invalid(_("Choose a day from today on."), field="ends_on")
    if last - first > LONGEST:
        raise Invalid(_("A year at most."), field="ends_on")
    if not 1 <= int(values["window_days"]) <= 90:
        said = _("Give a whole number from %(low)s to %(high)s.") % {"low": 1, "high": 90}
        raise Invalid(said, field="window_days")


def _check_amount(amount: Decimal | None, field: str) -> None:
    if amount is not None and not 0 <= amount < Decimal(10) ** 12:
        raise Invalid(_("Give an amount of nothing or more."), field=field)
