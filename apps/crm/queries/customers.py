"""Customers: found by name, pinyin, phone or identity number."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When

from apps.crm.models import Customer, FollowUp, Lead, Opportunity
from apps.crm.queries.rows import one
from apps.crm.rules import customers as customer_rules
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.customers import Lifecycle
from apps.crm.rules.leads import OPEN_STATES
from apps.crm.rules.opportunities import OPEN_STAGES, WON_STAGES, Stage
from forecourt.kernel import text
from forecourt.kernel.access import Actor
from forecourt.kernel.citizen_id import check_citizen_id
from forecourt.kernel.clock import today
from forecourt.kernel.crypto import blind_index

CUSTOMER_HIT = ("name", "primary_phone", "lifecycle", "home_store_id", "owner__name")
"""What the palette shows of a customer; Django takes longer over the rest than the search does."""


def get_customer(*, customer_id: int, actor: Actor) -> Customer:
    """Raises NotFound."""
    return one(list_customers(actor), customer_id)


def list_customers(actor: Actor, search: str = "") -> QuerySet[Customer]:
    """``search`` takes a part of the name (two characters do), pinyin initials, part of a phone."""
    customers = Customer.objects.visible_to(actor).select_related("owner", "home_store")
    return matching(customers, search, actor) if search.strip() else customers


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


def buyers_with_advisor(at_most: int) -> list[Customer]:
    """Customers who have bought and whose store and advisor are known, the latest first."""
    rows = Customer.objects.filter(
        lifecycle=Lifecycle.CUSTOMER, owner__isnull=False, home_store__isnull=False
    )
    return list(rows.select_related("owner", "home_store").order_by("-id")[:at_most])


def find_by_phone(phone: str) -> Customer | None:
    """Whose number this is, in the whole group: who enters a lead must know that it is known."""
    return (
        Customer.objects.filter(phones__phone=phone).select_related("owner", "home_store").first()
    )


def phones_of(customer: Customer) -> list[str]:
    """All numbers, the main one first."""
    numbers = customer.phones.order_by("-is_primary", "id")
    return list(numbers.values_list("phone", flat=True))


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
