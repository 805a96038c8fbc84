"""What is done with an opportunity: change its wishes, move it, win it, lose it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.approvals.subjects import Outcome
from apps.crm import queries
from apps.crm.actions.competitors import kept_competitors
from apps.crm.actions.interests import checked_interests
from apps.crm.actions.lifecycle import refresh_lifecycle
from apps.crm.actions.loss_approval import (
    Loss,
    ask_for_confirmation,
    give_up_loss,
    lock_opportunity,
)
from apps.crm.events import OpportunityLost, OpportunityMoved, OpportunityWon
from apps.crm.models import Customer, FollowUp, Opportunity
from apps.crm.rules import opportunities as rules
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.interests import as_kept, spoken
from apps.crm.rules.opportunities import LOST_REASONS, PaymentWay, Stage
from apps.organisation import queries as organisation
from forecourt.kernel import audit, custom_fields, events, summaries
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.option_lists import values as options

CHANGEABLE = (
    "level",
    "brand",
    "series",
    "interests",
    "other_models",
    "colour",
    "buys_by",
    "decision_maker",
    "wishes",
    "budget_amount",
    "payment_way",
    "has_trade_in",
    "competitor",
)


@transaction.atomic
def move_opportunity(*, opportunity_id: int, stage: str, actor: Actor) -> Opportunity:
    """Put an opportunity into another stage; ORDERED wins it.

    A deal is lost by :func:`lose_opportunity`, which wants a reason. Raises Invalid,
    TransitionNotAllowed, NotFound, NotPermitted.
    """
    if stage not in Stage.values:
        raise Invalid(_("There is no such stage."), field="stage")
    if stage == Stage.LOST:
        raise Invalid(_("Say why the deal is lost."), field="reason")
    opportunity = _lock(opportunity_id, actor)
    rules.require_move(current=opportunity.stage, target=stage)
    give_up_loss(opportunity, actor)
    write_stage(opportunity, stage, actor)
    return opportunity


def win_opportunity(*, opportunity_id: int, actor: Actor) -> Opportunity:
    """The customer has ordered. Raises as :func:`move_opportunity`."""
    return move_opportunity(opportunity_id=opportunity_id, stage=Stage.ORDERED, actor=actor)


@transaction.atomic
def lose_opportunity(
    *,
    opportunity_id: int,
    reason: str,
    actor: Actor,
    note: str = "",
    competitor: str | None = None,
) -> Opportunity:
    """Close a deal that went elsewhere, or have that confirmed where the group's flow says so.

    Until it is confirmed the deal stays in its stage. Without a word on the competitor it is the
    one that the customer compared with. Raises Invalid, TransitionNotAllowed,
    UnderApproval, NotFound, NotPermitted.
    """
    options.require(LOST_REASONS, reason, field="reason")
    opportunity = _lock(opportunity_id, actor)
    rules.require_move(current=opportunity.stage, target=Stage.LOST)
    loss = Loss(
        reason=reason,
        note=note.strip()[:500],
        competitor=kept_competitors(opportunity.competitor if competitor is None else competitor),
    )
    if not ask_for_confirmation(opportunity, loss, actor):
        write_loss(opportunity, loss, actor)
    opportunity.refresh_from_db()
    return opportunity


def write_loss(opportunity: Opportunity, loss: Loss, actor: Actor) -> None:
    """Close a locked deal that the rules allow to be lost."""
    write_stage(
        opportunity,
        Stage.LOST,
        actor,
        lost_reason=loss.reason,
        lost_note=loss.note,
        competitor=loss.competitor,
    )
    events.publish(
        OpportunityLost(opportunity.pk, opportunity.customer_id, opportunity.store_id, loss.reason)
    )


def lose_by_flow(outcome: Outcome) -> None:
    """The loss is confirmed. Raises TransitionNotAllowed where the deal went on meanwhile."""
    opportunity = lock_opportunity(outcome.subject_id)
    rules.require_move(current=opportunity.stage, target=Stage.LOST)
    write_loss(opportunity, Loss(**outcome.payload), outcome.actor)


@transaction.atomic
def change_opportunity(
    *,
    opportunity_id: int,
    actor: Actor,
    custom: Mapping[str, Any] | None = None,
    **wishes: Any,
) -> Opportunity:
    """Change what the customer wants; ``wishes`` are named in ``CHANGEABLE``.

    A day of purchase without a level, or with an empty one, sets it by the group's table. A closer
    level brings the planned contact forward.

    Raises Invalid, NotFound, NotPermitted, and what custom values are refused for.
    """
    unknown = set(wishes) - set(CHANGEABLE)
    if unknown:
        raise LookupError(f"An opportunity has no {min(unknown)} to change.")
    opportunity = _lock(opportunity_id, actor)
    if not wishes.get("level"):
        wishes["level"] = (
            level_wished(wishes.get("buys_by"), opportunity.store_id, opportunity.brand)
            or opportunity.level
        )
    check_wishes(
        level=wishes["level"],
        payment_way=wishes.get("payment_way", opportunity.payment_way),
        budget_amount=wishes.get("budget_amount", opportunity.budget_amount),
    )
    if "interests" in wishes:
        chosen, first = checked_interests(wishes["interests"])
        wishes |= {"interests": as_kept(chosen), **first}
    if "competitor" in wishes:
        wishes["competitor"] = kept_competitors(wishes["competitor"])
    before = _told(opportunity, wishes)
    for name, value in wishes.items():
        setattr(opportunity, name, value.strip() if isinstance(value, str) else value)
    opportunity.save(update_fields=list(wishes))
    changes = audit.changes_between(before, _told(opportunity, wishes))
    changes |= custom_fields.save_values(opportunity, custom, actor=actor)
    if changes:
        audit.record(actor, "changed", opportunity, changes)
    if "level" in changes and rules.is_open(opportunity.stage):
        _bring_forward(opportunity)
    return opportunity


def _told(opportunity: Opportunity, names: Iterable[str]) -> dict[str, Any]:
    """The wishes as the history tells them."""
    return {
        name: spoken(opportunity.interested_in)
        if name == "interests"
        else getattr(opportunity, name)
        for name in names
    }


def level_wished(buys_by: date | None, store_id: int, brand: str) -> str:
    """The level of the day of purchase; nothing without one."""
    return queries.level_of(buys_by, store_id=store_id, brand=brand) if buys_by else ""


def _bring_forward(opportunity: Opportunity) -> None:
    """Nobody waits longer than her level allows from now on."""
    due_at = queries.propose_next_contact(
        store_id=opportunity.store_id, level=opportunity.level, brand=opportunity.brand
    )
    FollowUp.objects.filter(
        opportunity=opportunity, state=FollowUpState.OPEN, due_at__gt=due_at
    ).update(due_at=due_at)


def check_wishes(*, level: str, payment_way: str, budget_amount: Decimal | None) -> None:
    """Raises Invalid."""
    if level not in rules.IntentLevel.values:
        raise Invalid(_("Choose an intent level."), field="level")
    if payment_way not in PaymentWay.values:
        raise Invalid(_("Choose one of the values offered."), field="payment_way")
    if budget_amount is not None and budget_amount <= 0:
        raise Invalid(_("A budget is more than nothing."), field="budget_amount")


def write_stage(opportunity: Opportunity, stage: str, actor: Actor, **fields: Any) -> None:
    """Write a stage that the rules have allowed on a locked row, and all that follows from it."""
    moment = now()
    before, won_before = opportunity.stage, opportunity.won_date
    opportunity.stage = stage
    opportunity.stage_changed_at = moment
    if rules.is_won(stage):
        opportunity.won_date = won_before or _local_day(opportunity)
    else:
        opportunity.won_date = None
    is_lost = stage == Stage.LOST
    opportunity.lost_at = moment if is_lost else None
    opportunity.lost_reason = ""
    opportunity.wake_date = _wakes_on(opportunity) if is_lost else None
    for name, value in fields.items():
        setattr(opportunity, name, value)
    opportunity.save(
        update_fields=[
            "stage",
            "stage_changed_at",
            "won_date",
            "lost_at",
            "lost_reason",
            "wake_date",
            *[name for name in fields if name != "lost_reason"],
        ]
    )
    _settle_plans(opportunity, moment)
    refresh_lifecycle([opportunity.customer_id])
    Customer.objects.filter(pk=opportunity.customer_id).update(touched_at=moment)
    audit.record(
        actor,
        "moved",
        opportunity,
        {"stage": [before, stage], **{name: [None, value] for name, value in fields.items()}},
    )
    _count_win(opportunity, won_before)
    events.publish(
        OpportunityMoved(
            opportunity.pk, opportunity.customer_id, opportunity.store_id, before, stage
        )
    )
    if opportunity.won_date and not won_before:
        events.publish(
            OpportunityWon(
                opportunity.pk,
                opportunity.customer_id,
                opportunity.store_id,
                opportunity.owner_id,
            )
        )


def _lock(opportunity_id: int, actor: Actor) -> Opportunity:
    return queries.lock(
        Opportunity,
        pk=opportunity_id,
        actor=actor,
        permission="crm.work_opportunity",
    )


def _wakes_on(opportunity: Opportunity) -> date | None:
    """The day on which a deal lost now is called to mind again; None is never."""
    days = value_of("crm.lost_sleep_days", store_id=opportunity.store_id, brand=opportunity.brand)
    return _local_day(opportunity) + timedelta(days=days) if days else None


def _settle_plans(opportunity: Opportunity, moment: Any) -> None:
    """A lost deal has nothing planned; one that wakes, or falls back, has."""
    planned = FollowUp.objects.filter(opportunity=opportunity, state=FollowUpState.OPEN)
    if opportunity.stage == Stage.LOST:
        planned.update(state=FollowUpState.SKIPPED, completed_at=moment, skip_reason=_("Deal lost"))
    elif rules.is_open(opportunity.stage) and not planned.exists():
        FollowUp.objects.create(
            customer_id=opportunity.customer_id,
            opportunity=opportunity,
            owner_id=opportunity.owner_id,
            store_id=opportunity.store_id,
            due_at=queries.propose_next_contact(
                store_id=opportunity.store_id, level=opportunity.level, brand=opportunity.brand
            ),
            created_at=moment,
        )


def _count_win(opportunity: Opportunity, won_before: Any) -> None:
    if opportunity.won_date == won_before:
        return
    if won_before:
        summaries.add("leads_won", opportunity.store_id, won_before, quantity=-1)
    if opportunity.won_date:
        summaries.add("leads_won", opportunity.store_id, opportunity.won_date, quantity=1)


def _local_day(opportunity: Opportunity) -> Any:
    store = organisation.stores_by_id([opportunity.store_id])[opportunity.store_id]
    return timezone.localdate(now(), ZoneInfo(store.time_zone))
