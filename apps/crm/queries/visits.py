"""Visits: who is in the showroom, who comes next in line, and who a visitor is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from apps.approvals.queries.requests import away_on
from apps.crm import hooks
from apps.crm.models import Customer, Lead, Opportunity, TestDrive, Visit
from apps.crm.queries.customers import customers_found, find_by_phone, find_customers
from apps.crm.queries.duplicates import kept_ids_of
from apps.crm.queries.rows import one
from apps.crm.rules.identity import check_plate
from apps.crm.rules.leads import OPEN_STATES
from apps.crm.rules.opportunities import OPEN_STAGES
from apps.crm.rules.test_drives import TestDriveState
from apps.crm.rules.visits import Turn, VisitState, line_up
from apps.organisation import queries as organisation
from forecourt.kernel import text
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now, today

ADVISOR_ROLE = "sales_advisor"
TURNS_LOOKED_AT = timedelta(days=30)
"""Whoever received nobody for so long has waited longest, however long it was."""
SHOWN_CUSTOMERS = 5
FEWEST_CHARACTERS = 2
LEFT_OPEN_AFTER = timedelta(hours=16)


def list_visits(actor: Actor) -> QuerySet[Visit]:
    """The visits that the actor may see, each with ``is_return``: whether they had come before."""
    return (
        Visit.objects.visible_to(actor)
        .select_related("customer", "advisor", "store")
        .annotate(is_return=is_return())
    )


def is_return() -> Exists:
    """Of visits: an earlier one of the same customer to the same store."""
    before = Visit.objects.filter(
        customer=OuterRef("customer"), store=OuterRef("store"), pk__lt=OuterRef("pk")
    )
    return Exists(before.exclude(state=VisitState.VOID))


def get_visit(*, visit_id: int, actor: Actor) -> Visit:
    """Raises NotFound."""
    return one(list_visits(actor), visit_id)


def search_visits(visits: QuerySet[Visit], search: str, actor: Actor) -> QuerySet[Visit]:
    """By the customer's name, pinyin or phone, or by a whole number plate."""
    plate = check_plate(search)
    if plate.valid:
        return visits.filter(plate_number=plate.plate)
    return visits.filter(customer__in=customers_found(search, actor))


def present_in(store_id: int, actor: Actor) -> list[Visit]:
    """Who is in the showroom now, as far as the actor may see; who came first stands first."""
    present = list_visits(actor).filter(store=store_id, state=VisitState.PRESENT)
    return list(present.order_by("arrived_at", "pk"))


def line_of(store_id: int) -> list[Turn]:
    """The store's sales advisors in the order in which they receive the next visitors."""
    people = (
        organisation.active_people(ADVISOR_ROLE)
        .filter(Q(home_store=store_id) | Q(stores=store_id))
        .distinct()
        .values_list("pk", "name")
    )
    away = away_on(today())
    visits = Visit.objects.filter(store=store_id)
    turns = visits.filter(takes_turn=True, arrived_at__gte=now() - TURNS_LOOKED_AT)
    last = dict(
        turns.exclude(state=VisitState.VOID)
        .order_by()
        .values_list("advisor")
        .annotate(Max("arrived_at"))
    )
    busy = set(visits.filter(state=VisitState.PRESENT).values_list("advisor", flat=True))
    busy |= set(
        TestDrive.objects.filter(store=store_id, state=TestDriveState.OUT).values_list(
            "advisor", flat=True
        )
    )
    return line_up(
        Turn(
            staff_id=staff_id,
            name=name,
            last_turn_at=last.get(staff_id),
            is_busy=staff_id in busy,
            is_away=staff_id in away,
        )
        for staff_id, name in people
    )


def find_visitors(search: str, actor: Actor) -> list[Customer]:
    """Whom the desk may mean: by a whole phone or plate in the whole group, else within sight."""
    words = search.strip()
    if phone := text.phone_or_none(words):
        known = find_by_phone(phone)
        return [known] if known else []
    plate = check_plate(words)
    if plate.valid:
        return customers_with_plate(plate.plate)
    if len(words) < FEWEST_CHARACTERS:
        return []
    return list(find_customers(actor, words).select_related("home_store")[:SHOWN_CUSTOMERS])


def customers_with_plate(plate: str) -> list[Customer]:
    """Those who bought a car that has the plate, then those who came in one."""
    came = Visit.objects.filter(plate_number=plate, customer__isnull=False).order_by("-pk")
    ids = [*hooks.holders_of(plate), *came.values_list("customer", flat=True)[:SHOWN_CUSTOMERS]]
    order = list(dict.fromkeys(kept_ids_of(ids).values()))[:SHOWN_CUSTOMERS]
    found = Customer.objects.select_related("owner", "home_store").in_bulk(order)
    return [found[pk] for pk in order if pk in found]


def pursued_with(customer_id: int, store_id: int) -> tuple[Lead | None, Opportunity | None]:
    """The open lead, or the open opportunity, of a customer who stands in the store; locked.

    Of several opportunities the one of this store counts, then the latest.
    """
    deals = Opportunity.objects.select_for_update().filter(
        customer=customer_id, stage__in=OPEN_STAGES
    )
    found = sorted(deals, key=lambda deal: (deal.store_id == store_id, deal.pk))
    if found:
        return None, found[-1]
    leads = Lead.objects.select_for_update().filter(customer=customer_id, state__in=OPEN_STATES)
    return leads.first(), None


@dataclass(frozen=True, slots=True)
class ShowroomDay:
    """How many parties came to a store on a day, how many people, how many of them before."""

    visits: int
    people: int
    returned: int
    known: int


def showroom_day(store_id: int, day: date) -> ShowroomDay:
    """For whoever may register visits there."""
    came = Visit.objects.filter(store=store_id, arrived_date=day).exclude(state=VisitState.VOID)
    counts = came.annotate(is_return=is_return()).aggregate(
        visits=Count("pk"),
        people=Sum("headcount", default=0),
        returned=Count("pk", filter=Q(is_return=True)),
        known=Count("pk", filter=Q(customer__isnull=False)),
    )
    return ShowroomDay(**counts)


def visits_left_open() -> QuerySet[Visit]:
    """Visits of an earlier day at whose end nobody pressed the button."""
    return Visit.objects.filter(
        state=VisitState.PRESENT, arrived_at__lt=now() - LEFT_OPEN_AFTER
    ).select_related("store")


def has_visits_left_open() -> bool:
    return visits_left_open().exists()
