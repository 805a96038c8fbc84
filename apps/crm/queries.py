"""Reads of customers, leads, opportunities and what is planned with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.utils.translation import gettext as _

from apps.crm.models import (
    AssignmentRule,
    AssignmentShare,
    Customer,
    FollowUp,
    Interaction,
    Lead,
    Opportunity,
)
from apps.crm.rules import contacts as contact_rules
from apps.crm.rules import customers as customer_rules
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.leads import OPEN_STATES, OWNED_OPEN_STATES, LeadState
from apps.crm.rules.opportunities import OPEN_STAGES, WON_STAGES, Stage
from apps.notifications.queries import Sent, sent_to
from apps.organisation import queries as organisation
from forecourt.kernel import text
from forecourt.kernel.access import Actor, ScopedModel
from forecourt.kernel.citizen_id import check_citizen_id
from forecourt.kernel.clock import now, today
from forecourt.kernel.crypto import blind_index
from forecourt.kernel.errors import NotFound, NotPermitted
from forecourt.kernel.group_settings import value_of

Row = TypeVar("Row", bound=ScopedModel)
AUDIENCE = "crm.customer"
"""Under which customers are known to notifications."""
DEFAULT_OPENING, DEFAULT_CLOSING = time(9), time(18)
"""For customers of no store."""
LATEST_ESCALATION = timedelta(days=2)
"""Older ones are no news: they stand in the manager's list of overdue leads."""
CUSTOMER_HIT = ("name", "primary_phone", "lifecycle", "home_store_id", "owner__name")
"""What the palette shows of a customer; Django takes longer over the rest than the search does."""
GONE_BY = timedelta(hours=1)
"""How far the sweep for contacts whose time has passed looks back; it comes every 15 minutes."""


def get_lead(*, lead_id: int, actor: Actor) -> Lead:
    """Raises NotFound."""
    return _one(list_leads(actor), lead_id)


def list_leads(actor: Actor) -> QuerySet[Lead]:
    """The leads that the actor may see, with customer, owner, store and the next contact's time."""
    return (
        Lead.objects.visible_to(actor)
        .select_related("customer", "owner", "store")
        .annotate(next_due_at=_next_due("lead"))
    )


def late_answers() -> QuerySet[Lead]:
    """Leads whose first answer is overdue and whose owner has not been told."""
    return Lead.objects.filter(
        state=LeadState.ASSIGNED,
        first_response_at__isnull=True,
        response_due_at__lt=now(),
        reminded_at__isnull=True,
    )


def has_late_answers() -> bool:
    return late_answers().exists()


def answers_to_escalate() -> QuerySet[Lead]:
    """Leads whose owner was told, and has not answered within the time to answer once more.

    The time is the group's and runs on the clock, not by business hours: the owner was told when
    the store was open.
    """
    limit = timedelta(minutes=value_of("crm.response_minutes"))
    return Lead.objects.filter(
        state=LeadState.ASSIGNED,
        first_response_at__isnull=True,
        response_due_at__isnull=False,
        reminded_at__range=(now() - LATEST_ESCALATION, now() - limit),
        escalated_at__isnull=True,
    )


def has_answers_to_escalate() -> bool:
    return answers_to_escalate().exists()


def contacts_gone_by() -> QuerySet[FollowUp]:
    """Planned contacts whose time passed within the last hour."""
    moment = now()
    return FollowUp.objects.filter(
        state=FollowUpState.OPEN, due_at__range=(moment - GONE_BY, moment)
    ).select_related("customer")


def has_contacts_gone_by() -> bool:
    return contacts_gone_by().exists()


def overdue_contacts_by_owner() -> dict[int, int]:
    """``{owner: how many}`` of planned contacts that are overdue for a day or more."""
    overdue = FollowUp.objects.filter(
        state=FollowUpState.OPEN, due_at__lt=now() - timedelta(days=1)
    )
    return dict(overdue.values_list("owner").annotate(Count("pk")).order_by())


def list_waiting_leads(actor: Actor) -> QuerySet[Lead]:
    """Leads that nobody has yet and that the actor may claim."""
    return (
        Lead.objects.visible_to(actor, "crm.claim_lead")
        .filter(state=LeadState.NEW)
        .select_related("customer", "owner", "store")
    )


def get_lead_or_waiting(*, lead_id: int, actor: Actor) -> Lead:
    """A lead that the actor may see or, while nobody has it, may claim. Raises NotFound."""
    lead = list_leads(actor).filter(pk=lead_id).first()
    return lead or _one(list_waiting_leads(actor), lead_id)


def opportunity_of(lead: Lead) -> Opportunity | None:
    """What became of a qualified lead."""
    if lead.state != LeadState.QUALIFIED:
        return None
    return Opportunity.objects.filter(lead=lead).first()


def get_opportunity(*, opportunity_id: int, actor: Actor) -> Opportunity:
    """Raises NotFound."""
    return _one(list_opportunities(actor), opportunity_id)


def list_opportunities(actor: Actor) -> QuerySet[Opportunity]:
    return (
        Opportunity.objects.visible_to(actor)
        .select_related("customer", "owner", "store", "lead")
        .annotate(next_due_at=_next_due("opportunity"))
    )


def get_customer(*, customer_id: int, actor: Actor) -> Customer:
    """Raises NotFound."""
    return _one(list_customers(actor), customer_id)


def list_customers(actor: Actor, search: str = "") -> QuerySet[Customer]:
    """``search`` takes a part of the name (two characters do), pinyin initials, part of a phone."""
    customers = Customer.objects.visible_to(actor).select_related("owner", "home_store")
    return matching(customers, search, actor) if search.strip() else customers


def search_leads(leads: QuerySet[Lead], search: str, actor: Actor) -> QuerySet[Lead]:
    """By a lead's number, or by the customer's name, pinyin or phone."""
    if "-LD-" in search.upper():
        return leads.filter(number__startswith=search.upper())
    return leads.filter(customer__in=customers_found(search, actor))


def search_opportunities(
    opportunities: QuerySet[Opportunity], search: str, actor: Actor
) -> QuerySet[Opportunity]:
    """By the customer's name, pinyin or phone."""
    return opportunities.filter(customer__in=customers_found(search, actor))


def late() -> Q:
    """Of leads: the first answer or the next contact is overdue at the moment of the question."""
    moment = now()
    missed = FollowUp.objects.filter(
        lead=OuterRef("pk"), state=FollowUpState.OPEN, due_at__lt=moment
    )
    return Q(
        state=LeadState.ASSIGNED, first_response_at__isnull=True, response_due_at__lt=moment
    ) | Q(Exists(missed), state__in=OPEN_STATES)


def is_planned() -> Q:
    """Customers with whom a contact is planned."""
    return Q(
        Exists(
            FollowUp.objects.filter(customer=OuterRef("pk"), state=FollowUpState.OPEN).values("pk")
        )
    )


def national_id_index(number: str) -> str:
    """What a customer with this identity number is found by; the column holds no number."""
    return blind_index(number, "crm.customer.national_id")


def matching(customers: QuerySet[Customer], search: str, actor: Actor) -> QuerySet[Customer]:
    """Narrowed by the grams' index, then rechecked in what the index has found.

    Whoever may not see a customer's phone finds her by what the mask leaves of it, the last four
    digits, and by no other: else a number could be found out digit by digit. A whole identity
    number finds her who has it, for those who may see it.
    """
    identity = check_citizen_id(search, today=today())
    if identity.valid:
        may_see = Customer.access.reached_by(actor.grant("crm.see_national_id"))
        return customers.filter(may_see, national_id_index=national_id_index(identity.number))
    grams = text.query_grams(search)
    if not grams:
        return customers.none()
    found = customers.filter(grams__contains=grams)
    for word in text.words_of(search):
        found = found.filter(_has_word(word, actor))
    return found


def customers_found(search: str, actor: Actor) -> QuerySet[Customer]:
    """Whoever of the group's customers is found so, to narrow rows that are within a scope."""
    return matching(Customer.objects.all(), search, actor)


def _has_word(word: str, actor: Actor) -> Q:
    """The condition that a customer is found by this word, for the eyes of the actor."""
    found = Q(search_text__contains=word)
    sees_phones = actor.grant("crm.see_phone")
    if sees_phones.everything or not word.isdigit():
        return found
    found &= Customer.access.reached_by(sees_phones)
    found |= Q(name__icontains=word)
    if len(word) == customer_rules.SHOWN_DIGITS:
        found |= Q(primary_phone__endswith=word)
    return found


def find_customers(actor: Actor, search: str) -> QuerySet[Customer]:
    """For the palette: who is called just so first, then one's own, then the latest."""
    found = matching(Customer.objects.visible_to(actor), search, actor)
    return (
        found.select_related("owner")
        .only(*CUSTOMER_HIT)
        .order_by(
            Case(When(name=search.strip(), then=0), default=1),
            Case(When(owner_id=actor.staff_id, then=0), default=1),
            "-id",
        )
    )


def find_open_opportunities(actor: Actor, search: str) -> QuerySet[Opportunity]:
    """Open ones by the customer's name or phone, one's own first."""
    return (
        Opportunity.objects.visible_to(actor)
        .select_related("customer", "owner")
        .only("stage", "brand", "series", "customer__name", "owner__name")
        .filter(stage__in=OPEN_STAGES, customer__in=customers_found(search, actor))
        .order_by(Case(When(owner_id=actor.staff_id, then=0), default=1), "-id")
    )


def find_open_leads(actor: Actor, search: str) -> QuerySet[Lead]:
    """Leads by number, or open ones by the customer's name or phone."""
    leads = (
        Lead.objects.visible_to(actor)
        .select_related("customer", "owner")
        .only("number", "state", "brand", "series", "customer__name", "owner__name")
        .order_by("-id")
    )
    if "-LD-" in search.upper():
        return leads.filter(number__startswith=search.upper())
    return leads.filter(state__in=OPEN_STATES, customer__in=customers_found(search, actor))


def get_follow_up(*, follow_up_id: int, actor: Actor) -> FollowUp:
    """One that is still open. Raises NotFound."""
    return _one(list_follow_ups(actor), follow_up_id)


def list_follow_ups(actor: Actor) -> QuerySet[FollowUp]:
    """What is planned and still open."""
    return (
        FollowUp.objects.visible_to(actor)
        .filter(state=FollowUpState.OPEN)
        .select_related("customer", "owner", "lead", "opportunity")
    )


def list_interactions(*, customer: Customer) -> QuerySet[Interaction]:
    """All contacts with a customer whom the reader may see, the newest first."""
    return (
        Interaction.objects.filter(customer=customer)
        .select_related("author")
        .order_by("-happened_at", "-id")
    )


def list_assignment_rules() -> QuerySet[AssignmentRule]:
    return AssignmentRule.objects.select_related("store").order_by("sequence")


def get_assignment_rule(*, rule_id: int, actor: Actor) -> AssignmentRule:
    """Raises NotFound."""
    return _one(AssignmentRule.objects.visible_to(actor), rule_id)


def advisor_standings(actor: Actor) -> QuerySet[AssignmentShare]:
    """The sales advisors within reach, their weight of today and their open leads."""
    grant = actor.grant("crm.manage_assignment")
    standings = AssignmentShare.objects.select_related("staff__home_store").annotate(
        open_count=Count("staff__leads", filter=Q(staff__leads__state__in=OWNED_OPEN_STATES))
    )
    if not grant.everything:
        standings = standings.filter(staff__home_store_id__in=grant.store_ids)
    if actor.focus_store_ids:
        standings = standings.filter(staff__home_store_id__in=actor.focus_store_ids)
    return standings.filter(staff__state="ACTIVE").order_by(
        "staff__home_store__code", "staff__name_pinyin", "staff_id"
    )


def find_by_phone(phone: str) -> Customer | None:
    """Whose number this is, in the whole group: who enters a lead must know that it is known."""
    return (
        Customer.objects.filter(phones__phone=phone).select_related("owner", "home_store").first()
    )


def open_lead_of(customer: Customer) -> Lead | None:
    return Lead.objects.filter(customer=customer, state__in=OPEN_STATES).first()


def days_until_next(level: str, *, store_id: int | None, brand: str = "") -> int:
    """After how many days somebody of an intent level is contacted again in this store."""
    decided = value_of("crm.follow_up_days", store_id=store_id, brand=brand)
    return int(decided.get(level, contact_rules.UNKNOWN_LEVEL_DAYS))


def propose_next_contact(
    *, store_id: int | None, level: str = "", brand: str = "", result: str = ""
) -> datetime:
    """When the rules would have the customer contacted next, in the hours of the store."""
    store = organisation.stores_by_id([store_id]).get(store_id) if store_id else None
    return contact_rules.next_follow_up_at(
        after=now(),
        days=days_until_next(level, store_id=store_id, brand=brand),
        result=result,
        opens_at=store.opens_at if store else DEFAULT_OPENING,
        closes_at=store.closes_at if store else DEFAULT_CLOSING,
        zone=ZoneInfo(store.time_zone if store else settings.TIME_ZONE),
    )


def open_follow_up(
    *, lead: Lead | None = None, opportunity: Opportunity | None = None
) -> FollowUp | None:
    """What is planned next with a lead or an opportunity."""
    planned = FollowUp.objects.filter(state=FollowUpState.OPEN)
    if lead is not None:
        return planned.filter(lead=lead).first()
    return planned.filter(opportunity=opportunity).first()


def in_progress(*, customer: Customer, actor: Actor) -> dict[str, Any]:
    """The open lead and opportunities of a customer that the reader may see."""
    leads = Lead.objects.visible_to(actor).filter(customer=customer, state__in=OPEN_STATES)
    deals = Opportunity.objects.visible_to(actor).filter(
        customer=customer, stage__in=(*OPEN_STAGES, Stage.ORDERED)
    )
    return {"open_lead": leads.first(), "opportunities": list(deals.order_by("-id")[:5])}


def phones_of(customer: Customer) -> list[str]:
    """All numbers, the main one first."""
    numbers = customer.phones.order_by("-is_primary", "id")
    return list(numbers.values_list("phone", flat=True))


def list_board(actor: Actor, won_days: int = 31, size: int = 500) -> QuerySet[Opportunity]:
    """What stands on the board: all that is open, and what was won of late; the urgent first."""
    since = now() - timedelta(days=won_days)
    return (
        list_opportunities(actor)
        .in_focus(actor)
        .filter(Q(stage__in=OPEN_STAGES) | Q(stage__in=WON_STAGES, stage_changed_at__gte=since))
        .order_by("level", F("next_due_at").asc(nulls_last=True), "id")[:size]
    )


def require_timeline(*, customer_id: int, actor: Actor) -> None:
    """Raises NotFound for whoever sees neither the customer, nor a lead or opportunity of hers."""
    for model, field in ((Customer, "pk"), (Lead, "customer"), (Opportunity, "customer")):
        if model.objects.visible_to(actor).filter(**{field: customer_id}).exists():
            return
    raise NotFound(_("No such record."))


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """Something that happened with a customer; ``row`` is an interaction, a lead, an opportunity
    or a message to her."""

    at: datetime
    row: Interaction | Lead | Opportunity | Sent


def timeline(
    *, customer_id: int, before: datetime | None = None, size: int = 30
) -> tuple[list[TimelineItem], datetime | None]:
    """A page of everything about a customer whom the reader may see, the newest first.

    The second value is ``before`` of the next page, None at the end. Four queries.
    """
    sources = (
        (Interaction.objects.select_related("author"), "happened_at"),
        (Lead.objects.select_related("owner", "store"), "received_at"),
        (Opportunity.objects.select_related("owner", "store"), "opened_at"),
    )
    items: list[TimelineItem] = []
    for rows, moment in sources:
        found = rows.filter(customer_id=customer_id)
        if before is not None:
            found = found.filter(**{f"{moment}__lt": before})
        items += [
            TimelineItem(getattr(row, moment), row)
            for row in found.order_by(f"-{moment}")[: size + 1]
        ]
    messages = sent_to(AUDIENCE, customer_id, before=before, size=size + 1)
    items += [TimelineItem(message.at, message) for message in messages]
    # What happened in the same moment stands in the order in which one leads to the other.
    order = {Lead: 0, Opportunity: 1, Interaction: 2, Sent: 3}
    items.sort(key=lambda item: (item.at, order[type(item.row)]), reverse=True)
    page = items[:size]
    return page, page[-1].at if len(items) > size else None


@dataclass(frozen=True, slots=True)
class Day:
    """An advisor's day: who came and waits for a first answer, what is overdue, what is due."""

    waiting: list[Lead]
    overdue: list[FollowUp]
    due: list[FollowUp]
    later: list[FollowUp]


def my_day(*, actor: Actor, until: datetime, size: int = 100) -> Day:
    """What the actor herself has to do; ``until`` is the end of her day."""
    moment = now()
    waiting = (
        Lead.objects.filter(
            owner_id=actor.staff_id,
            state=LeadState.ASSIGNED,
            first_response_at__isnull=True,
        )
        .select_related("customer", "store")
        .order_by("response_due_at", "id")
    )
    planned = list(
        FollowUp.objects.filter(owner_id=actor.staff_id, state=FollowUpState.OPEN)
        .select_related("customer", "lead", "opportunity")
        .order_by("due_at", "id")[: 2 * size]
    )
    return Day(
        waiting=list(waiting[:size]),
        overdue=[row for row in planned if row.due_at < moment],
        due=[row for row in planned if moment <= row.due_at < until],
        later=[row for row in planned if row.due_at >= until],
    )


# --- What a store or a person has still to do ----------------------------------------------------


def open_leads_in(store_id: int) -> QuerySet[Lead]:
    return Lead.objects.filter(store_id=store_id, state__in=OPEN_STATES)


def open_opportunities_in(store_id: int) -> QuerySet[Opportunity]:
    return Opportunity.objects.filter(store_id=store_id, stage__in=OPEN_STAGES)


def open_follow_ups_in(store_id: int) -> QuerySet[FollowUp]:
    return FollowUp.objects.filter(store_id=store_id, state=FollowUpState.OPEN)


def customers_of(staff_id: int) -> QuerySet[Customer]:
    return Customer.objects.filter(owner_id=staff_id)


def open_leads_of(staff_id: int) -> QuerySet[Lead]:
    return Lead.objects.filter(owner_id=staff_id, state__in=OWNED_OPEN_STATES)


def open_opportunities_of(staff_id: int) -> QuerySet[Opportunity]:
    return Opportunity.objects.filter(owner_id=staff_id, stage__in=OPEN_STAGES)


def open_follow_ups_of(staff_id: int) -> QuerySet[FollowUp]:
    return FollowUp.objects.filter(owner_id=staff_id, state=FollowUpState.OPEN)


# --- For actions --------------------------------------------------------------------------------


def lock(model: Any, *, pk: int, actor: Actor, permission: str) -> Any:
    """The row of ``model``, locked, if the actor may do this to it.

    Raises NotFound for a row outside her sight, NotPermitted for one that she may only see.
    """
    actor.require(permission)
    reachable = model.objects.visible_to(actor, permission)
    row = reachable.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        if model.objects.visible_to(actor).filter(pk=pk).exists():
            raise NotPermitted(_("You may not do this with this record."))
        raise NotFound(_("No such record."))
    return row


def lifecycles(customer_ids: Iterable[int] | None = None) -> Iterable[tuple[int, str, str]]:
    """(customer id, lifecycle as kept, lifecycle as it follows from the facts)."""
    deals = Opportunity.objects.filter(customer=OuterRef("pk"))
    customers = Customer.objects.annotate(
        has_won=Q(last_purchase_date__isnull=False) | Exists(deals.filter(stage__in=WON_STAGES)),
        has_open_opportunity=Exists(deals.filter(stage__in=OPEN_STAGES)),
        has_lost=Exists(deals.filter(stage=Stage.LOST)),
        has_open_lead=Exists(Lead.objects.filter(customer=OuterRef("pk"), state__in=OPEN_STATES)),
    )
    if customer_ids is not None:
        customers = customers.filter(pk__in=list(customer_ids))
    for customer_id, kept, won, opened, lost, lead in customers.values_list(
        "pk", "lifecycle", "has_won", "has_open_opportunity", "has_lost", "has_open_lead"
    ).iterator(chunk_size=5000):
        yield (
            customer_id,
            kept,
            customer_rules.lifecycle(
                has_won=won, has_open_opportunity=opened, has_lost=lost, has_open_lead=lead
            ),
        )


def _next_due(subject: str) -> Subquery:
    return Subquery(
        FollowUp.objects.filter(**{subject: OuterRef("pk")}, state=FollowUpState.OPEN).values(
            "due_at"
        )[:1]
    )


def _one(queryset: QuerySet[Row], pk: int) -> Row:
    row = queryset.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("No such record."))
    return row


def has_budgets() -> bool:
    """Whether any opportunity says what the customer would spend."""
    return Opportunity.objects.filter(budget_amount__isnull=False).exists()
