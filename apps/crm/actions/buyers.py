"""Customers who bought: taken over from the history of sales, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from apps.crm.actions.lifecycle import refresh_lifecycle
from apps.crm.models import Customer, CustomerPhone
from apps.crm.rules.customers import CustomerKind, Gender, search_keys
from apps.crm.rules.leads import LeadSource
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.text import normalise


@dataclass(frozen=True, slots=True)
class Buyer:
    """Somebody who bought a car, as an earlier record names her.

    ``phone`` is in E.164 form or empty; ``local_phone`` holds digits that lack the area code: they
    help to recognise her and to find her, but are no number that can be called.
    """

    name: str
    store_id: int
    bought_date: date
    phone: str = ""
    local_phone: str = ""
    gender: str = Gender.UNKNOWN
    note: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        """One customer per phone; without a full one, per name and local digits."""
        return ("", self.phone) if self.phone else (normalise(self.name), self.local_phone)


@transaction.atomic
def take_over_buyers(*, buyers: Sequence[Buyer], actor: Actor) -> list[int]:
    """Find or make the customer of each buyer and note the purchase; answers their ids in order.

    A handful of statements, whatever the number. Raises NotPermitted.
    """
    actor.require("crm.import_customer")
    known = _known(buyers)
    new: dict[tuple[str, str], Customer] = {}
    for buyer in buyers:
        if buyer.identity not in known and buyer.identity not in new:
            new[buyer.identity] = _customer(buyer)
    _write(list(new.values()), actor)
    known |= {identity: customer.pk for identity, customer in new.items()}
    ids = [known[buyer.identity] for buyer in buyers]
    _note_purchases(buyers, ids)
    refresh_lifecycle(set(ids))
    return ids


def _known(buyers: Sequence[Buyer]) -> dict[tuple[str, str], int]:
    """Customers on record, by the identity that a buyer would have."""
    phones = {buyer.phone for buyer in buyers if buyer.phone}
    found: dict[tuple[str, str], int] = {
        ("", phone): customer_id
        for phone, customer_id in CustomerPhone.objects.filter(phone__in=phones).values_list(
            "phone", "customer_id"
        )
    }
    sort_keys = {
        search_keys(name=buyer.name, phones=[]).name_sort for buyer in buyers if not buyer.phone
    }
    nameless = Customer.objects.filter(name_sort__in=sort_keys, primary_phone="").order_by("-id")
    for pk, name, words in nameless.values_list("pk", "name", "search_text"):
        for word in (*words.split(), ""):
            found[normalise(name), word] = pk
    return found


def _customer(buyer: Buyer) -> Customer:
    number = buyer.phone or buyer.local_phone
    keys = search_keys(name=buyer.name, phones=[number] if number else [])
    moment = now()
    return Customer(
        kind=CustomerKind.PERSON,
        name=buyer.name,
        name_sort=keys.name_sort,
        search_text=keys.search_text,
        grams=keys.grams,
        primary_phone=buyer.phone,
        gender=buyer.gender,
        source=LeadSource.IMPORT,
        home_store_id=buyer.store_id,
        note=buyer.note,
        created_at=moment,
    )


def _write(customers: list[Customer], actor: Actor) -> None:
    Customer.objects.bulk_create(customers, batch_size=1000)
    CustomerPhone.objects.bulk_create(
        CustomerPhone(customer=customer, phone=customer.primary_phone, is_primary=True)
        for customer in customers
        if customer.primary_phone
    )
    audit.record_many(actor, "imported", customers)


def _note_purchases(buyers: Sequence[Buyer], ids: Sequence[int]) -> None:
    """Keep the latest purchase of each; rows are locked in the order of their ids."""
    latest: dict[int, date] = {}
    for buyer, customer_id in zip(buyers, ids, strict=True):
        latest[customer_id] = max(buyer.bought_date, latest.get(customer_id, date.min))
    rows = list(Customer.objects.select_for_update().filter(pk__in=latest).order_by("pk"))
    for row in rows:
        row.last_purchase_date = max(row.last_purchase_date or date.min, latest[row.pk])
    Customer.objects.bulk_update(rows, ["last_purchase_date"], batch_size=1000)
