"""Customers as messages reach them, and what they take back of it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from apps.crm.events import CustomerChanged
from apps.crm.models import Customer
from apps.notifications.audiences import Person
from forecourt.kernel import audit, events
from forecourt.kernel.access import system_actor


def reachable_customers(customer_ids: Iterable[int]) -> dict[int, Person]:
    """The customers who are there, as messages need them; whoever asks."""
    rows = Customer.objects.filter(pk__in=list(customer_ids))
    return {
        row.pk: Person(
            id=row.pk,
            name=str(row),
            email=row.email,
            mobile=row.primary_phone,
            consents=frozenset(name for name, given in row.consents.items() if given),
            store_id=row.home_store_id,
        )
        for row in rows
    }


@transaction.atomic
def withdraw_consent(customer_id: int, channel: str) -> None:
    """Note that the customer herself wants no more messages by a channel; again is no fault."""
    customer = Customer.objects.select_for_update().get(pk=customer_id)
    if customer.consents.get(channel) is False:
        return
    before = dict(customer.consents)
    customer.consents = {**before, channel: False}
    customer.save(update_fields=["consents"])
    audit.record(
        system_actor(str(customer)),
        "consent_withdrawn",
        customer,
        {"consents": [before, customer.consents]},
    )
    events.publish(CustomerChanged(customer.pk))
