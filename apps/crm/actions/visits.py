"""The reception desk: visitors come, are received, and leave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.crm import queries
from apps.crm.actions.contacts import record_meeting
from apps.crm.actions.customers import add_visitor
from apps.crm.actions.enquiries import checked_campaign, checked_phone, enquiry
from apps.crm.actions.leads import give_leads
from apps.crm.actions.registration import register_arrival
from apps.crm.actions.telling import tell_of_visitor
from apps.crm.errors import NotAnAdvisor
from apps.crm.events import VisitRegistered
from apps.crm.models import Customer, Lead, Opportunity, Visit
from apps.crm.rules import visits as rules
from apps.crm.rules.leads import LeadSource, LeadState
from apps.crm.rules.visits import VISIT_REASONS, VisitState
from apps.organisation import queries as organisation
from forecourt.kernel import audit, events, summaries
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid
from forecourt.kernel.groups import current_schema
from forecourt.kernel.option_lists import values as options

MEASURE = "visits"
DAYS_UNTIL_CALLED = 1
"""Whoever was in the showroom is called the next day at the latest."""
LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True)
class Visitor:
    """What the desk was told of who came; all of it may be missing."""

    customer_id: int | None = None
    phone: str = ""
    name: str = ""
    gender: str = ""
    plate_number: str = ""
    brand: str = ""
    series: str = ""
    source: str = LeadSource.WALK_IN
    campaign_code: str = ""

    @property
    def is_named(self) -> bool:
        return self.customer_id is not None or bool(self.phone)


@dataclass(frozen=True, slots=True)
class _Received:
    """Who the visitor is in the books, and who receives her."""

    customer: Customer | None = None
    lead: Lead | None = None
    opportunity: Opportunity | None = None
    advisor_id: int | None = None
    takes_turn: bool = False


@transaction.atomic
def register_visit(
    *,
    actor: Actor,
    store_id: int,
    reason: str,
    headcount: int = 1,
    advisor_id: int | None = None,
    note: str = "",
    **visitor: object,
) -> Visit:
    """A party has come; ``visitor`` are fields of :class:`Visitor`.

    Whoever is known by phone, plate or choice is that customer; an unknown phone makes one, with a
    lead for those who want to buy. The customer's own advisor receives them if she is there, else
    whose turn it is. Raises Invalid, NotAnAdvisor, NotFound, NotPermitted.
    """
    actor.require("crm.register_visit", store_id=store_id)
    store = organisation.get_working_store(store_id=store_id)
    options.require(VISIT_REASONS, reason, field="reason")
    if not 1 <= headcount <= rules.MOST_HEADS:
        raise Invalid(
            _("Between 1 and %(most)s people.") % {"most": rules.MOST_HEADS}, field="headcount"
        )
    came = _checked(Visitor(**visitor))
    note = note.strip()[:LONGEST_NOTE]
    _hold_line(store_id)
    received = _receive(came, store_id, reason, advisor_id, note, actor)
    moment = now()
    visit = Visit.objects.create(
        store_id=store_id,
        customer=received.customer,
        lead=received.lead,
        opportunity=received.opportunity,
        advisor_id=received.advisor_id,
        takes_turn=received.takes_turn,
        reason=reason,
        headcount=headcount,
        plate_number=came.plate_number,
        campaign_code=came.campaign_code or (received.lead.campaign_code if received.lead else ""),
        note=note,
        arrived_at=moment,
        arrived_date=timezone.localdate(moment, ZoneInfo(store.time_zone)),
    )
    _meet(received, store_id, actor)
    summaries.add(MEASURE, store_id, visit.arrived_date, quantity=1)
    audit.record(actor, "arrived", visit, {"reason": [None, reason]}, store_id=store_id)
    events.publish(VisitRegistered(visit.pk, store_id, visit.customer_id, visit.advisor_id))
    tell_of_visitor(visit, actor)
    return visit


@transaction.atomic
def identify_visitor(*, visit_id: int, actor: Actor, **visitor: object) -> Visit:
    """The visitor has said who she is; ``visitor`` are fields of :class:`Visitor`.

    Raises Invalid (nothing was said, or it is known already), NotFound, NotPermitted.
    """
    visit = queries.lock(Visit, pk=visit_id, actor=actor, permission="crm.register_visit")
    came = _checked(Visitor(**visitor))
    if not came.is_named:
        raise Invalid(_("Enter the phone number."), field="phone")
    if visit.customer_id is not None or visit.state == VisitState.VOID:
        raise Invalid(_("This visitor is known already."), field="phone")
    _hold_line(visit.store_id)
    received = _receive(came, visit.store_id, visit.reason, visit.advisor_id, visit.note, actor)
    visit.customer, visit.lead = received.customer, received.lead
    visit.opportunity, visit.advisor_id = received.opportunity, received.advisor_id
    visit.takes_turn = received.takes_turn
    visit.plate_number = came.plate_number or visit.plate_number
    visit.save()
    _meet(received, visit.store_id, actor)
    audit.record(actor, "identified", visit, store_id=visit.store_id)
    return visit


@transaction.atomic
def hand_visit(*, visit_id: int, advisor_id: int, actor: Actor) -> Visit:
    """Somebody else receives the visitor; the turn is hers then.

    Raises TransitionNotAllowed, NotAnAdvisor, NotFound, NotPermitted.
    """
    visit = queries.lock(Visit, pk=visit_id, actor=actor, permission="crm.register_visit")
    rules.require_present(visit.state)
    line = {turn.staff_id: turn for turn in queries.line_of(visit.store_id)}
    _require_in_line(advisor_id, line)
    before = line.get(visit.advisor_id)
    visit.advisor_id = advisor_id
    visit.save(update_fields=["advisor"])
    audit.record(
        actor,
        "handed_on",
        visit,
        {"advisor": [before.name if before else None, line[advisor_id].name]},
        store_id=visit.store_id,
    )
    tell_of_visitor(visit, actor)
    return visit


@transaction.atomic
def end_visit(*, visit_id: int, actor: Actor, note: str = "") -> Visit:
    """The visitors have left. Raises TransitionNotAllowed, NotFound, NotPermitted."""
    visit = queries.lock(Visit, pk=visit_id, actor=actor, permission="crm.register_visit")
    rules.require_present(visit.state)
    _close(visit, now(), note)
    audit.record(actor, "left", visit, store_id=visit.store_id)
    return visit


@transaction.atomic
def void_visit(*, visit_id: int, actor: Actor, reason: str) -> Visit:
    """The visit was entered by mistake: it counts nowhere, and the turn is given back.

    What came of it (a customer, a lead) stays. Raises Invalid, TransitionNotAllowed, NotFound,
    NotPermitted.
    """
    reason = reason.strip()
    if not reason:
        raise Invalid(_("Say why."), field="reason")
    visit = queries.lock(Visit, pk=visit_id, actor=actor, permission="crm.register_visit")
    if visit.state == VisitState.VOID:
        rules.require_present(visit.state)
    visit.state = VisitState.VOID
    visit.left_at = visit.left_at or now()
    visit.save(update_fields=["state", "left_at"])
    summaries.add(MEASURE, visit.store_id, visit.arrived_date, quantity=-1)
    audit.record(actor, "voided", visit, {"reason": [None, reason]}, store_id=visit.store_id)
    return visit


@transaction.atomic
def close_forgotten_visits() -> int:
    """Let visitors of earlier days have left when their store closed; answers how many."""
    forgotten = list(
        queries.visits_left_open().select_for_update(of=("self",), skip_locked=True).order_by("pk")
    )
    for visit in forgotten:
        local = visit.arrived_at.astimezone(ZoneInfo(visit.store.time_zone))
        closing = datetime.combine(local.date(), visit.store.closes_at, local.tzinfo)
        _close(visit, max(visit.arrived_at, closing), "")
    return len(forgotten)


def _close(visit: Visit, moment: datetime, note: str) -> None:
    visit.state = VisitState.LEFT
    visit.left_at = moment
    visit.note = note.strip()[:LONGEST_NOTE] or visit.note
    visit.save(update_fields=["state", "left_at", "note"])


def _checked(came: Visitor) -> Visitor:
    """Raises Invalid."""
    return replace(
        came,
        phone=checked_phone(came.phone) if came.phone.strip() else "",
        name=" ".join(came.name.split()),
        plate_number=rules.cleaned_plate(came.plate_number),
        campaign_code=checked_campaign(came.campaign_code),
    )


def _hold_line(store_id: int) -> None:
    """One visitor after the other gets her advisor, so that no turn is given twice."""
    name = f"{current_schema()}:showroom:{store_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _receive(
    came: Visitor, store_id: int, reason: str, advisor_id: int | None, note: str, actor: Actor
) -> _Received:
    """Find or make the customer and the lead, and choose who receives her."""
    customer = _known(came, actor)
    lead, opportunity = queries.pursued_with(customer.pk, store_id) if customer else (None, None)
    buys = rules.wants_to_buy(reason)
    advisor_id, is_own = _receiver(customer, store_id, advisor_id, buys)
    phone = came.phone or (customer.primary_phone if customer else "")
    if buys and phone and lead is None and opportunity is None:
        lead = _open_lead(came, phone, store_id, advisor_id, note, actor)
        customer = lead.customer
    elif customer is None and phone:
        customer = add_visitor(
            actor=actor, name=came.name, phone=phone, gender=came.gender, store_id=store_id
        )
    elif lead is not None and lead.state == LeadState.NEW and advisor_id is not None:
        _take(lead, advisor_id, store_id, actor)
    return _Received(customer, lead, opportunity, advisor_id, buys and not is_own)


def _known(came: Visitor, actor: Actor) -> Customer | None:
    """The customer whom the desk means. Raises NotFound for one that it could not have found."""
    if came.customer_id is not None:
        by_plate = queries.customers_with_plate(came.plate_number) if came.plate_number else []
        named = next((known for known in by_plate if known.pk == came.customer_id), None)
        if named is None and came.phone:
            found = queries.find_by_phone(came.phone)
            named = found if found and found.pk == came.customer_id else None
        return named or queries.get_customer(customer_id=came.customer_id, actor=actor)
    return queries.find_by_phone(came.phone) if came.phone else None


def _receiver(
    customer: Customer | None, store_id: int, wanted_id: int | None, buys: bool
) -> tuple[int | None, bool]:
    """Who receives the visitor, and whether she is the customer's own advisor already."""
    line = queries.line_of(store_id)
    by_id = {turn.staff_id: turn for turn in line}
    owner = by_id.get(customer.owner_id) if customer and customer.owner_id else None
    if wanted_id is not None:
        _require_in_line(wanted_id, by_id)
        return wanted_id, owner is not None and owner.staff_id == wanted_id
    if owner is not None and not owner.is_away:
        return owner.staff_id, True
    if not buys:
        return None, False
    turn = rules.next_in_line(line)
    return (turn.staff_id if turn else None), turn is None


def _require_in_line(advisor_id: int, line: dict[int, rules.Turn]) -> None:
    if advisor_id not in line:
        raise NotAnAdvisor(_("This person receives no visitors here."), field="advisor_id")


def _open_lead(
    came: Visitor, phone: str, store_id: int, advisor_id: int | None, note: str, actor: Actor
) -> Lead:
    taken = enquiry(
        source=came.source,
        campaign_code=came.campaign_code,
        phone=phone,
        name=came.name,
        gender=came.gender,
        brand=came.brand,
        series=came.series,
        message=note,
        store_id=store_id,
        owner_id=advisor_id,
    )
    registered = register_arrival(actor=actor, taken=replace(taken, owner_by="turn"))
    return Lead.objects.select_for_update().select_related("customer").get(pk=registered.lead.pk)


def _take(lead: Lead, advisor_id: int, store_id: int, actor: Actor) -> None:
    """A lead that nobody had is hers who receives the customer."""
    person = organisation.staff_by_id([advisor_id])[advisor_id]
    give_leads(
        [lead],
        owner=person,
        store_id=store_id,
        explanation={"how": "turn"},
        actor=actor,
        action="claimed",
    )


def _meet(received: _Received, store_id: int, actor: Actor) -> None:
    customer, lead, opportunity = received.customer, received.lead, received.opportunity
    pursued = opportunity or lead
    if customer is None or received.advisor_id is None or pursued is None:
        return
    if pursued.owner_id is None:
        return
    record_meeting(
        actor=actor,
        customer_id=customer.pk,
        store_id=pursued.store_id,
        owner_id=pursued.owner_id,
        lead=lead,
        opportunity=opportunity,
        next_at=queries.next_contact_in(DAYS_UNTIL_CALLED, store_id=store_id),
        purpose=_("After the visit"),
    )
