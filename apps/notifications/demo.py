"""The demo groups' notifications: what their own acts told, spread over the last days."""

from __future__ import annotations

import random
from datetime import timedelta

from apps.notifications.actions import notify
from apps.notifications.models import Notification
from apps.notifications.notifications import STAFF_JOINED
from apps.organisation.models import StaffMember
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now

NEWCOMERS = 6
READ = 0.55
"""So much of what is older than a few hours was read."""


def settle(dice: random.Random) -> None:
    """Spread what loading told over two days, and have people read the older part of it."""
    _tell_headquarters_of_newcomers()
    moment = now()
    rows = list(Notification.objects.order_by("pk"))
    for place, row in enumerate(rows):
        age = timedelta(minutes=(len(rows) - place) * 2880 / max(len(rows), 1))
        row.created_at = moment - age
        if age > timedelta(hours=5) and dice.random() < READ:
            row.read_at = min(moment, row.created_at + timedelta(minutes=dice.randint(2, 240)))
    Notification.objects.bulk_update(rows, ["created_at", "read_at"], batch_size=500)


def _tell_headquarters_of_newcomers() -> None:
    people = StaffMember.objects.filter(state=StaffMember.State.ACTIVE)
    at_headquarters = list(people.filter(home_store__isnull=True).values_list("pk", flat=True))
    newest = people.filter(home_store__isnull=False).select_related("home_store").order_by("-pk")
    for person in newest[:NEWCOMERS]:
        notify(
            STAFF_JOINED,
            recipients=at_headquarters,
            subject=person,
            values={"person": person.name, "store": person.home_store},
            key=str(person.pk),
            actor=system_actor(),
        )
