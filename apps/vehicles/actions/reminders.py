"""Reservations that have run out: they stay until somebody releases them, and that is called to
mind."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from apps.vehicles import queries
from apps.vehicles.actions import telling
from forecourt.kernel.access import system_actor


@transaction.atomic
def remind_of_expired_reservations(*, day: date) -> int:
    """Tell people of reservations whose last day lies before ``day``; answers how many people."""
    return telling.tell_expired(queries.expired_reservations(day), system_actor())
