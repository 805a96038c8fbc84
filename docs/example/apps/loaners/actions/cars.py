"""The fleet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from apps.loaners.models import LoanerCar
from forecourt.kernel import audit
from forecourt.kernel.access import Actor


@dataclass(frozen=True, slots=True)
class CarRecord:
    plate_number: str
    name: str
    store_id: int


@transaction.atomic
def record_cars(*, records: Sequence[CarRecord], actor: Actor) -> list[LoanerCar]:
    """Add cars to the fleets of their stores, in two statements. Raises NotPermitted."""
    for store_id in {record.store_id for record in records}:
        actor.require("loaners.import_car", store_id=store_id)
    cars = LoanerCar.objects.bulk_create(
        LoanerCar(plate_number=record.plate_number, name=record.name, store_id=record.store_id)
        for record in records
    )
    audit.record_many(actor, "imported", cars)
    return cars
