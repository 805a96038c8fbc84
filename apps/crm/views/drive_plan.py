"""A store's demo cars over one day, as a table with a column for each quarter of an hour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apps.crm.hooks import DemoCar
from apps.crm.models import TestDrive
from apps.crm.rules.test_drives import QUARTER, quarter_of
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now


@dataclass(frozen=True, slots=True)
class Cell:
    """A stretch of the day: a drive or, without one, a quarter that may be booked unless past."""

    starts_at: datetime
    span: int = 1
    drive: TestDrive | None = None
    is_shown: bool = False
    """Whether the reader may see whose drive it is."""
    is_past: bool = False

    @property
    def is_hour(self) -> bool:
        return self.starts_at.minute == 0


@dataclass(frozen=True, slots=True)
class Row:
    car: str
    vehicle_id: int
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Plan:
    hours: list[tuple[str, int]]
    rows: list[Row]


def plan_of(
    store: Any, day: date, cars: Iterable[DemoCar], drives: list[TestDrive], actor: Actor
) -> Plan:
    """Cars that are driven on the day stand in the plan even if they are demo cars no longer."""
    zone = ZoneInfo(store.time_zone)
    opens = quarter_of(datetime.combine(day, store.opens_at, zone))
    closes = datetime.combine(day, store.closes_at, zone)
    names = {car.id: car.name for car in cars}
    for drive in drives:
        names.setdefault(drive.vehicle_id, drive.vehicle_name)
    grant = actor.grant(TestDrive.access.view)
    rows = []
    for vehicle_id, name in names.items():
        own = [drive for drive in drives if drive.vehicle_id == vehicle_id]
        shown = {drive.pk for drive in own if grant.covers(drive.store_id, drive.advisor_id)}
        rows.append(Row(name, vehicle_id, list(_cells(own, shown, opens, closes, zone))))
    return Plan(list(_hours(opens, closes)), rows)


def _cells(
    drives: list[TestDrive], shown: set[int], opens: datetime, closes: datetime, zone: ZoneInfo
) -> Iterator[Cell]:
    """Drives in their order with the free quarters between them; each takes its booked time."""
    moment = now()
    at = opens
    for drive in drives:
        begin = max(drive.starts_at.astimezone(zone), at)
        end = min(drive.ends_at.astimezone(zone), closes)
        if end <= begin:
            continue
        yield from _free(at, begin, moment)
        yield Cell(begin, -(-(end - begin) // QUARTER), drive, drive.pk in shown)
        at = end
    yield from _free(at, closes, moment)


def _free(begin: datetime, end: datetime, moment: datetime) -> Iterator[Cell]:
    while begin < end:
        yield Cell(begin, is_past=begin + QUARTER <= moment)
        begin += QUARTER


def _hours(opens: datetime, closes: datetime) -> Iterator[tuple[str, int]]:
    """The head of the table: each hour and how many quarters of it there are."""
    at = opens
    while at < closes:
        end = min(at.replace(minute=0) + timedelta(hours=1), closes)
        yield f"{at:%H:%M}", -(-(end - at) // QUARTER)
        at = end
