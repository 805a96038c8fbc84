"""What is done with a lead: claim, give away, qualify, throw out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.crm import queries
from apps.crm.actions.assignment import open_lead_count
from apps.crm.actions.competitors import kept_competitors
from apps.crm.actions.interests import checked_interests
from apps.crm.actions.lifecycle import refresh_lifecycle
from apps.crm.actions.opportunities import check_wishes, level_wished
from apps.crm.actions.telling import tell_of_waiting, tell_owners
from apps.crm.errors import LeadAlreadyTaken, NotAnAdvisor, OverCap
from apps.crm.events import LeadAssigned, LeadMarkedInvalid, LeadQualified, LeadReturned
from apps.crm.models import Customer, FollowUp, Lead, Opportunity
from apps.crm.rules import leads as rules
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.interests import as_kept
from apps.crm.rules.leads import INVALID_REASONS, LeadState
from apps.crm.rules.opportunities import OPEN_STAGES, PaymentWay, Stage
from apps.organisation import queries as organisation
from apps.organisation.group_settings import CLOSED_DAYS
from forecourt.kernel import audit, custom_fields, events, summaries
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid, NotFound
from forecourt.kernel.group_settings import Values, current_values, value_of
from forecourt.kernel.option_lists import values as options

LARGEST_BULK = 1000


@transaction.atomic
def claim_lead(*, lead_id: int, actor: Actor) -> Lead:
    """Take a lead that nobody has. Of two who claim at once, one gets it.

    Raises LeadAlreadyTaken (naming who has it), OverCap, NotAnAdvisor, NotFound, NotPermitted.
    """
    actor.require("crm.claim_lead")
    person = organisation.staff_by_id([actor.staff_id]).get(actor.staff_id)
    if person is None:
        raise NotAnAdvisor(_("Only people can claim leads."))
    lead = queries.lock(Lead, pk=lead_id, actor=actor, permission="crm.claim_lead")
    if lead.owner_id is not None:
        owner = organisation.staff_by_id([lead.owner_id])[lead.owner_id]
        raise LeadAlreadyTaken(_("%(name)s already has this lead.") % {"name": owner.name})
    rules.require_open(lead.state)
    cap = value_of("crm.open_lead_cap")
    if open_lead_count(person.pk, lock=True) >= cap:
        raise OverCap(
            _("You have %(count)s open leads already; finish some first.") % {"count": cap}
        )
    give_leads(
        [lead],
        owner=person,
        store_id=lead.store_id or person.home_store_id,
        explanation={"how": "claimed"},
        actor=actor,
        action="claimed",
    )
    return lead


@transaction.atomic
def reassign_leads(
    *, lead_ids: Iterable[int], owner_id: int, reason: str, actor: Actor
) -> list[Lead]:
    """Give open leads, with their customers and plans, to another person; all of them or none.

    Whoever has one already keeps it, and a clash over it is settled so. Raises Invalid (no reason),
    NotAnAdvisor, NotFound, NotPermitted, TransitionNotAllowed.
    """
    actor.require("crm.reassign_lead")
    reason = checked_reason(reason)
    owner = person_to_give_to(owner_id, actor)
    wanted = sorted(set(lead_ids))
    if not wanted or len(wanted) > LARGEST_BULK:
        raise Invalid(
            _("Choose between 1 and %(count)s leads.") % {"count": LARGEST_BULK}, field="leads"
        )
    leads = list(
        Lead.objects.visible_to(actor, "crm.reassign_lead")
        .select_for_update(of=("self",))
        .filter(pk__in=wanted)
        .order_by("pk")
    )
    if len(leads) != len(wanted):
        raise NotFound(_("No such record."))
    for lead in leads:
        rules.require_open(lead.state)
    moved = [lead for lead in leads if lead.owner_id != owner.pk]
    settle_clashes([lead for lead in leads if lead.owner_id == owner.pk], reason, actor)
    reassign_locked(moved, owner=owner, reason=reason, actor=actor)
    return leads


def reassign_locked(leads: list[Lead], *, owner: Any, reason: str, actor: Actor) -> None:
    """Give locked open leads to a person and to her store, by somebody's decision."""
    give_leads(
        leads,
        owner=owner,
        store_id=owner.home_store_id,
        explanation={"how": "reassigned", "by": actor.name, "reason": reason},
        actor=actor,
        action="reassigned",
        reason=reason,
    )


def checked_reason(reason: str) -> str:
    """Why something is given to somebody else, as it is kept. Raises Invalid for none."""
    reason = reason.strip()
    if not reason:
        raise Invalid(_("Say why."), field="reason")
    return reason


def person_to_give_to(owner_id: int, actor: Actor) -> Any:
    """The person, whom the actor may give customers to. Raises NotAnAdvisor, NotFound."""
    owner = organisation.staff_by_id([owner_id]).get(owner_id)
    if owner is None or owner.state != owner.State.ACTIVE or owner.home_store_id is None:
        raise NotAnAdvisor(_("This person cannot take leads."), field="owner_id")
    if not actor.grant("crm.reassign_lead").covers(owner.home_store_id, owner.pk):
        raise NotFound(_("No such record."), field="owner_id")
    return owner


def settle_clashes(leads: Iterable[Lead], reason: str, actor: Actor) -> None:
    """Somebody has decided who looks after the customers of these locked leads, which stay with
    their owners: no clash is left."""
    settled = [lead for lead in leads if "clash" in lead.assignment]
    for lead in settled:
        lead.assignment = {key: said for key, said in lead.assignment.items() if key != "clash"}
    Lead.objects.bulk_update(settled, ["assignment"])
    change = {"reason": [None, reason]}
    audit.append([audit.entry(actor, "clash_settled", lead, change) for lead in settled])


@transaction.atomic
def mark_invalid(*, lead_id: int, reason: str, note: str = "", actor: Actor) -> Lead:
    """Close a lead that leads nowhere.

    Raises Invalid, TransitionNotAllowed, NotFound, NotPermitted.
    """
    options.require(INVALID_REASONS, reason, field="reason")
    lead = queries.lock(Lead, pk=lead_id, actor=actor, permission="crm.work_lead")
    rules.require_transition(current=lead.state, target=LeadState.INVALID)
    before = lead.state
    moment = now()
    lead.state = LeadState.INVALID
    lead.invalid_reason = reason
    lead.invalid_note = note.strip()[:500]
    lead.closed_at = moment
    lead.save(update_fields=["state", "invalid_reason", "invalid_note", "closed_at"])
    FollowUp.objects.filter(lead=lead, state=FollowUpState.OPEN).update(
        state=FollowUpState.SKIPPED, completed_at=moment, skip_reason=_("Lead closed")
    )
    refresh_lifecycle([lead.customer_id])
    audit.record(
        actor,
        "marked invalid",
        lead,
        {"state": [before, lead.state], "reason": [None, reason], "note": [None, note]},
    )
    events.publish(LeadMarkedInvalid(lead.pk, lead.customer_id, reason))
    return lead


@transaction.atomic
def qualify_lead(
    *,
    lead_id: int,
    level: str = "",
    actor: Actor,
    brand: str | None = None,
    series: str | None = None,
    interests: Iterable[Mapping[str, Any]] = (),
    other_models: str = "",
    colour: str = "",
    buys_by: date | None = None,
    decision_maker: str = "",
    wishes: str = "",
    budget_amount: Decimal | None = None,
    payment_way: str = PaymentWay.UNKNOWN,
    has_trade_in: bool = False,
    competitor: str = "",
    custom: Mapping[str, Any] | None = None,
) -> Opportunity:
    """Make an opportunity of a lead; its next contact goes with it.

    ``brand`` and ``series`` are those of the first interest; left out they are taken from the lead,
    and a level from the day of purchase. ``interests`` are as :func:`checked_interests` takes them.
    Raises Invalid, TransitionNotAllowed, NotFound, NotPermitted, and what custom values are refused
    for.
    """
    lead = queries.lock(Lead, pk=lead_id, actor=actor, permission="crm.work_lead")
    rules.require_transition(current=lead.state, target=LeadState.QUALIFIED)
    chosen, first = checked_interests(interests)
    wish = {
        "brand": lead.brand if brand is None else brand.strip(),
        "series": lead.series if series is None else series.strip(),
        **first,
    }
    level = level or level_wished(buys_by, lead.store_id, wish["brand"])
    check_wishes(level=level, payment_way=payment_way, budget_amount=budget_amount)
    before = lead.state
    moment = now()
    store = organisation.stores_by_id([lead.store_id])[lead.store_id]
    zone = ZoneInfo(store.time_zone)
    lead.state = LeadState.QUALIFIED
    lead.closed_at = moment
    lead.first_response_at = lead.first_response_at or moment
    lead.save(update_fields=["state", "closed_at", "first_response_at"])
    opportunity = Opportunity.objects.create(
        lead=lead,
        customer_id=lead.customer_id,
        owner_id=lead.owner_id,
        store_id=lead.store_id,
        level=level,
        stage=Stage.NEW if before == LeadState.ASSIGNED else Stage.CONTACTED,
        **wish,
        interests=as_kept(chosen),
        other_models=other_models.strip(),
        colour=colour.strip(),
        buys_by=buys_by,
        decision_maker=decision_maker.strip(),
        wishes=wishes.strip(),
        budget_amount=budget_amount,
        payment_way=payment_way,
        has_trade_in=has_trade_in,
        competitor=kept_competitors(competitor),
        opened_at=moment,
        opened_date=timezone.localdate(moment, zone),
        stage_changed_at=moment,
    )
    kept = FollowUp.objects.filter(lead=lead, state=FollowUpState.OPEN).update(
        lead=None, opportunity=opportunity
    )
    if not kept:
        FollowUp.objects.create(
            customer_id=lead.customer_id,
            opportunity=opportunity,
            owner_id=lead.owner_id,
            store_id=lead.store_id,
            due_at=queries.propose_next_contact(
                store_id=lead.store_id, level=level, brand=opportunity.brand
            ),
            created_at=moment,
        )
    refresh_lifecycle([lead.customer_id])
    Customer.objects.filter(pk=lead.customer_id).update(touched_at=moment)
    audit.record(actor, "qualified", lead, {"state": [before, lead.state]})
    changes = custom_fields.save_values(opportunity, custom, actor=actor, is_new=True)
    audit.record(actor, "created", opportunity, {"level": [None, level], **changes})
    summaries.add("opportunities_opened", opportunity.store_id, opportunity.opened_date, quantity=1)
    events.publish(LeadQualified(lead.pk, opportunity.pk, lead.customer_id, opportunity.store_id))
    return opportunity


def answer_due_at(*, since: datetime, store: Any, decided: Values, brand: str) -> datetime:
    """When an answer is due in a store, counted from ``since`` in its hours of business."""
    return rules.response_due_at(
        since=since,
        minutes=decided.of("crm.response_minutes", store_id=store.pk, brand=brand),
        opens_at=store.opens_at,
        closes_at=store.closes_at,
        zone=ZoneInfo(store.time_zone),
        closed=decided.of(CLOSED_DAYS, store_id=store.pk),
    )


def return_leads(leads: list[Lead], *, actor: Actor, how: str = "returned") -> None:
    """Let locked leads wait for everybody, for nobody has answered them or (``pooled``) their
    customers were neglected; they say who had them.

    The customer is left to whoever takes the lead, unless an opportunity of hers is under way.
    """
    moment = now()
    people = organisation.staff_by_id({lead.owner_id for lead in leads}) if leads else {}
    pursued = Opportunity.objects.filter(customer=OuterRef("pk"), stage__in=OPEN_STAGES)
    for lead in leads:
        rules.require_transition(current=lead.state, target=LeadState.NEW)
        owner = people[lead.owner_id]
        owned = Customer.objects.filter(pk=lead.customer_id, owner=owner)
        owned.exclude(Exists(pursued)).update(owner=None)
        FollowUp.objects.filter(lead=lead, state=FollowUpState.OPEN).update(
            state=FollowUpState.SKIPPED, completed_at=moment, skip_reason=_("Lead given back")
        )
        lead.state, lead.owner, lead.assigned_at = LeadState.NEW, None, None
        lead.response_due_at = lead.reminded_at = lead.escalated_at = None
        lead.assignment = {"how": how, "name": owner.name}
        lead.save(
            update_fields=[
                "state",
                "owner",
                "assigned_at",
                "response_due_at",
                "reminded_at",
                "escalated_at",
                "assignment",
            ]
        )
        audit.record(actor, "returned", lead, {"owner": [owner.name, None]})
        events.publish(LeadReturned(lead.pk, lead.customer_id, lead.store_id, owner.pk))
    tell_of_waiting(leads, {lead.customer_id: lead.customer.name for lead in leads}, actor)


def give_leads(
    leads: list[Lead],
    *,
    owner: Any,
    store_id: int,
    explanation: dict[str, Any],
    actor: Actor,
    action: str,
    reason: str = "",
) -> None:
    """Write the new owner of locked leads, and all that follows from it."""
    if not leads:
        return
    moment = now()
    store = organisation.stores_by_id([store_id])[store_id]
    former = {
        staff_id: person.name
        for staff_id, person in organisation.staff_by_id(
            {lead.owner_id for lead in leads} - {None}
        ).items()
    }
    decided = current_values()
    entries, measures, published = [], [], []
    for lead in leads:
        previous_id, previous_store_id = lead.owner_id, lead.store_id
        lead.owner_id, lead.store_id = owner.pk, store_id
        if lead.state == LeadState.NEW:
            lead.state = LeadState.ASSIGNED
        lead.assigned_at = moment
        lead.assignment = explanation
        if lead.first_response_at is None:
            lead.reminded_at = lead.escalated_at = None
            lead.response_due_at = answer_due_at(
                since=moment, store=store, decided=decided, brand=lead.brand
            )
        entries.append(
            audit.entry(
                actor,
                action,
                lead,
                {"owner": [former.get(previous_id), owner.name], "reason": [None, reason]},
            )
        )
        if previous_store_id != store_id:
            if previous_store_id is not None:
                measures.append(
                    ("leads_new", previous_store_id, lead.received_date, -1, Decimal("0.00"))
                )
            measures.append(("leads_new", store_id, lead.received_date, 1, Decimal("0.00")))
        published.append(LeadAssigned(lead.pk, lead.customer_id, store_id, owner.pk, previous_id))
    Lead.objects.bulk_update(
        leads,
        [
            "owner",
            "store",
            "state",
            "assigned_at",
            "assignment",
            "response_due_at",
            "reminded_at",
            "escalated_at",
        ],
    )
    Customer.objects.filter(pk__in=[lead.customer_id for lead in leads]).update(
        owner=owner, home_store_id=store_id, touched_at=moment, pooled_at=None
    )
    FollowUp.objects.filter(lead__in=leads, state=FollowUpState.OPEN).update(
        owner=owner, store_id=store_id
    )
    audit.append(entries)
    if measures:
        summaries.add_many(measures)
    for event in published:
        events.publish(event)
    if owner.pk != actor.staff_id:
        customers = Customer.objects.filter(pk__in=[lead.customer_id for lead in leads])
        tell_owners(leads, dict(customers.values_list("pk", "name")), actor)
