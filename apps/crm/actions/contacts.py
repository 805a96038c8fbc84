"""Contacts with customers: what was said, and when to speak again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.crm import queries
from apps.crm.actions.opportunities import write_stage
from apps.crm.errors import TransitionNotAllowed
from apps.crm.events import LeadContacted
from apps.crm.models import Customer, FollowUp, Interaction, Lead, Opportunity
from apps.crm.rules import contacts as rules
from apps.crm.rules import opportunities as opportunity_rules
from apps.crm.rules.contacts import FollowUpState, InteractionKind, InteractionResult
from apps.crm.rules.leads import LeadState
from apps.crm.rules.opportunities import IntentLevel
from forecourt.kernel import audit, events
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class LoggedInteraction:
    """A contact as written, and the next one that was planned with it."""

    interaction: Interaction
    next_follow_up: FollowUp | None


@dataclass(slots=True)
class _Subject:
    """Whom a contact is about: a customer by way of a lead, an opportunity, or alone."""

    customer_id: int
    store_id: int | None
    owner_id: int | None
    lead: Lead | None = None
    opportunity: Opportunity | None = None

    @property
    def is_pursued(self) -> bool:
        """Whether a next contact must always be planned."""
        if self.lead is not None:
            return self.lead.is_open and self.lead.owner_id is not None
        return self.opportunity is not None and opportunity_rules.is_open(self.opportunity.stage)

    @property
    def level(self) -> str:
        return self.opportunity.level if self.opportunity is not None else ""

    @property
    def brand(self) -> str:
        wish = self.opportunity or self.lead
        return wish.brand if wish is not None else ""


@transaction.atomic
def log_interaction(
    *,
    actor: Actor,
    kind: str,
    result: str,
    note: str = "",
    lead_id: int | None = None,
    opportunity_id: int | None = None,
    customer_id: int | None = None,
    happened_at: datetime | None = None,
    next_at: datetime | None = None,
    next_purpose: str = "",
    level: str | None = None,
) -> LoggedInteraction:
    """Append a contact about a lead, an opportunity, or just a customer.

    The first one stops a lead's response clock; having spoken makes it contacted. The open
    follow-up is done by it, and a next one is planned: at ``next_at`` or, left out, when the intent
    level asks for it. Raises Invalid, NotFound, NotPermitted, TransitionNotAllowed.
    """
    moment = now()
    happened_at = happened_at or moment
    if kind not in rules.LOGGED_BY_HAND:
        raise Invalid(_("Choose how you were in touch."), field="kind")
    if result not in InteractionResult.values or result == InteractionResult.CAME_IN:
        raise Invalid(_("Choose what came of it."), field="result")
    if level is not None and level not in IntentLevel.values:
        raise Invalid(_("Choose an intent level."), field="level")
    rules.require_past(happened_at=happened_at, now=moment)
    if next_at is not None:
        rules.require_future(due_at=next_at, now=moment)
    subject = _subject(actor, lead_id, opportunity_id, customer_id)
    interaction = Interaction.objects.create(
        customer_id=subject.customer_id,
        lead=subject.lead,
        opportunity=subject.opportunity,
        store_id=subject.store_id,
        author_id=actor.staff_id,
        kind=kind,
        result=result,
        note=note.strip()[:1000],
        happened_at=happened_at,
        recorded_at=moment,
    )
    if subject.lead is not None:
        _answer(subject.lead, result, moment)
    if subject.opportunity is not None:
        _advance(subject.opportunity, kind, result, level, actor)
    Customer.objects.filter(pk=subject.customer_id).update(touched_at=moment)
    _close_open(subject, moment)
    follow_up = None
    if next_at is not None or subject.is_pursued:
        follow_up = _plan(
            subject,
            next_at
            or queries.propose_next_contact(
                store_id=subject.store_id,
                level=subject.level,
                brand=subject.brand,
                result=result,
            ),
            next_purpose,
            actor,
            moment,
        )
    audit.record(
        actor,
        "contacted",
        subject.lead or subject.opportunity or Customer(pk=subject.customer_id),
        {"kind": [None, kind], "result": [None, result]},
        store_id=subject.store_id,
    )
    return LoggedInteraction(interaction, follow_up)


def record_meeting(
    *,
    actor: Actor,
    customer_id: int,
    store_id: int,
    owner_id: int | None,
    lead: Lead | None,
    opportunity: Opportunity | None,
    next_at: datetime,
    purpose: str = "",
    driven: bool = False,
) -> FollowUp | None:
    """The customer was met in the showroom or, with ``driven``, drove a car; rows are locked.

    A lead is answered by it and an early opportunity carried on. A visit brings the planned contact
    forward to ``next_at``, for what came of it is still to be logged; a drive settles the planned
    contact, and one at ``next_at`` is always planned.
    """
    moment = now()
    subject = _Subject(customer_id, store_id, owner_id, lead, opportunity)
    if lead is not None:
        _answer(lead, InteractionResult.REACHED, moment)
    if opportunity is not None:
        target = opportunity_rules.stage_after(
            current=opportunity.stage, visited=True, talked=True, driven=driven
        )
        if target != opportunity.stage:
            write_stage(opportunity, target, actor)
    Customer.objects.filter(pk=customer_id).update(touched_at=moment)
    if driven:
        _close_open(subject, moment)
        return _plan(subject, next_at, purpose, actor, moment)
    if not subject.is_pursued:
        return None
    planned = _open_follow_ups(subject).first()
    if planned is None:
        return _plan(subject, next_at, purpose, actor, moment)
    if planned.due_at > next_at:
        planned.due_at = next_at
        planned.save(update_fields=["due_at"])
    return planned


@transaction.atomic
def schedule_follow_up(
    *,
    actor: Actor,
    due_at: datetime,
    purpose: str = "",
    lead_id: int | None = None,
    opportunity_id: int | None = None,
    customer_id: int | None = None,
) -> FollowUp:
    """Plan the next contact, or move the one that is planned.

    Raises Invalid, NotFound, NotPermitted, TransitionNotAllowed (a closed lead or opportunity).
    """
    moment = now()
    rules.require_future(due_at=due_at, now=moment)
    subject = _subject(actor, lead_id, opportunity_id, customer_id)
    if (subject.lead or subject.opportunity) and not subject.is_pursued:
        raise TransitionNotAllowed(_("Nothing more is planned with what is closed."))
    planned = _open_follow_ups(subject).first() if customer_id is None else None
    if planned is None:
        return _plan(subject, due_at, purpose, actor, moment)
    before = planned.due_at
    planned.due_at = due_at
    planned.purpose = purpose.strip()[:200] or planned.purpose
    planned.save(update_fields=["due_at", "purpose"])
    audit.record(
        actor, "rescheduled", planned, {"due_at": [before, due_at]}, store_id=planned.store_id
    )
    return planned


@transaction.atomic
def reschedule_follow_up(
    *, follow_up_id: int, actor: Actor, due_at: datetime | None = None, purpose: str | None = None
) -> FollowUp:
    """Move a planned contact. Raises Invalid, NotFound, NotPermitted, TransitionNotAllowed."""
    follow_up = queries.lock(FollowUp, pk=follow_up_id, actor=actor, permission="crm.work_lead")
    if follow_up.state != FollowUpState.OPEN:
        raise TransitionNotAllowed(_("This follow-up is already settled."))
    before = {"due_at": follow_up.due_at, "purpose": follow_up.purpose}
    if due_at is not None:
        rules.require_future(due_at=due_at, now=now())
        follow_up.due_at = due_at
    if purpose is not None:
        follow_up.purpose = purpose.strip()[:200]
    after = {"due_at": follow_up.due_at, "purpose": follow_up.purpose}
    if changes := audit.changes_between(before, after):
        follow_up.save(update_fields=["due_at", "purpose"])
        audit.record(actor, "rescheduled", follow_up, changes, store_id=follow_up.store_id)
    return follow_up


@transaction.atomic
def complete_follow_up(
    *,
    follow_up_id: int,
    actor: Actor,
    skip_reason: str = "",
    next_at: datetime | None = None,
) -> FollowUp:
    """Tick a planned contact off as done or, with a reason, as skipped.

    While its lead or opportunity is open the next one is planned at once. Raises Invalid, NotFound,
    NotPermitted, TransitionNotAllowed.
    """
    moment = now()
    if next_at is not None:
        rules.require_future(due_at=next_at, now=moment)
    follow_up = queries.lock(FollowUp, pk=follow_up_id, actor=actor, permission="crm.work_lead")
    if follow_up.state != FollowUpState.OPEN:
        raise TransitionNotAllowed(_("This follow-up is already settled."))
    skip_reason = skip_reason.strip()
    follow_up.state = FollowUpState.SKIPPED if skip_reason else FollowUpState.DONE
    follow_up.skip_reason = skip_reason[:200]
    follow_up.completed_at = moment
    follow_up.save(update_fields=["state", "skip_reason", "completed_at"])
    subject = _Subject(
        customer_id=follow_up.customer_id,
        store_id=follow_up.store_id,
        owner_id=follow_up.owner_id,
        lead=follow_up.lead,
        opportunity=follow_up.opportunity,
    )
    if subject.is_pursued:
        _plan(
            subject,
            next_at
            or queries.propose_next_contact(
                store_id=subject.store_id, level=subject.level, brand=subject.brand
            ),
            "",
            actor,
            moment,
        )
    audit.record(
        actor,
        "skipped" if skip_reason else "done",
        follow_up,
        {"reason": [None, skip_reason]} if skip_reason else None,
        store_id=follow_up.store_id,
    )
    return follow_up


def _subject(
    actor: Actor, lead_id: int | None, opportunity_id: int | None, customer_id: int | None
) -> _Subject:
    """The one thing that was named, locked and within the actor's reach."""
    if sum(value is not None for value in (lead_id, opportunity_id, customer_id)) != 1:
        raise Invalid(_("Say whom this is about: a lead, an opportunity or a customer."))
    if lead_id is not None:
        lead = queries.lock(Lead, pk=lead_id, actor=actor, permission="crm.work_lead")
        return _Subject(lead.customer_id, lead.store_id, lead.owner_id, lead=lead)
    if opportunity_id is not None:
        opportunity = queries.lock(
            Opportunity,
            pk=opportunity_id,
            actor=actor,
            permission="crm.work_opportunity",
        )
        return _Subject(
            opportunity.customer_id,
            opportunity.store_id,
            opportunity.owner_id,
            opportunity=opportunity,
        )
    customer = queries.lock(Customer, pk=customer_id, actor=actor, permission="crm.work_lead")
    return _Subject(customer.pk, customer.home_store_id, customer.owner_id)


def _answer(lead: Lead, result: str, moment: datetime) -> None:
    """Stop the response clock; whoever was spoken with is contacted."""
    changed = []
    if lead.is_open and lead.owner_id is not None and lead.first_response_at is None:
        lead.first_response_at = moment
        changed.append("first_response_at")
    if lead.state == LeadState.ASSIGNED and result in rules.TALKED:
        lead.state = LeadState.CONTACTED
        changed.append("state")
        events.publish(LeadContacted(lead.pk, lead.customer_id, lead.owner_id))
    if changed:
        lead.save(update_fields=changed)


def _advance(
    opportunity: Opportunity, kind: str, result: str, level: str | None, actor: Actor
) -> None:
    """A talk or a visit carries an early opportunity forward by itself; the level is as told."""
    if level is not None and level != opportunity.level:
        opportunity.level = level
        opportunity.save(update_fields=["level"])
    target = opportunity_rules.stage_after(
        current=opportunity.stage,
        visited=kind == InteractionKind.VISIT,
        talked=result in rules.TALKED,
    )
    if target != opportunity.stage:
        write_stage(opportunity, target, actor)


def _open_follow_ups(subject: _Subject):
    return FollowUp.objects.select_for_update().filter(
        customer_id=subject.customer_id,
        lead=subject.lead,
        opportunity=subject.opportunity,
        state=FollowUpState.OPEN,
    )


def _close_open(subject: _Subject, moment: datetime) -> None:
    FollowUp.objects.filter(
        customer_id=subject.customer_id,
        lead=subject.lead,
        opportunity=subject.opportunity,
        state=FollowUpState.OPEN,
    ).update(state=FollowUpState.DONE, completed_at=moment)


def _plan(
    subject: _Subject, due_at: datetime, purpose: str, actor: Actor, moment: datetime
) -> FollowUp:
    return FollowUp.objects.create(
        customer_id=subject.customer_id,
        lead=subject.lead,
        opportunity=subject.opportunity,
        owner_id=subject.owner_id or actor.staff_id,
        store_id=subject.store_id,
        due_at=due_at,
        purpose=purpose.strip()[:200],
        created_at=moment,
    )
