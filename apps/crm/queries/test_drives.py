"""Test drives: in sight, on a day, clashing, and not followed up."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from apps.crm.models import TestDrive
from apps.crm.queries.customers import customers_found
from apps.crm.queries.rows import one
from apps.crm.rules.contacts import FollowUpState
from apps.crm.rules.test_drives import HOLDING, TestDriveState
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now

MANAGER_HEARS_AFTER = timedelta(hours=4)
"""So long the advisor has to make up for it before her manager is told."""
LATEST_ESCALATION = timedelta(days=14)
"""Older ones are no news."""


def list_test_drives(actor: Actor) -> QuerySet[TestDrive]:
    return TestDrive.objects.visible_to(actor).select_related("customer", "advisor", "store")


def get_test_drive(*, test_drive_id: int, actor: Actor) -> TestDrive:
    """Raises NotFound."""
    return one(list_test_drives(actor), test_drive_id)


def search_test_drives(
    drives: QuerySet[TestDrive], search: str, actor: Actor
) -> QuerySet[TestDrive]:
    """By the number, or by the customer's name, pinyin or phone."""
    if "-TD-" in search.upper():
        return drives.filter(number__startswith=search.upper())
    return drives.filter(customer__in=customers_found(search, actor))


def drives_of_day(store_id: int, day: date) -> list[TestDrive]:
    """All of a store's drives on a day by its clock, whoever asks; cancelled ones are left out.

    Whoever books must see what is taken. Whose drive it is, is shown to those who may see it.
    """
    store = organisation.stores_by_id([store_id])[store_id]
    midnight = datetime.combine(day, time.min, ZoneInfo(store.time_zone))
    drives = TestDrive.objects.filter(
        store=store_id, starts_at__gte=midnight, starts_at__lt=midnight + timedelta(days=1)
    ).exclude(state=TestDriveState.CANCELLED)
    return list(drives.select_related("customer", "advisor").order_by("starts_at", "pk"))


def my_test_drives(*, actor: Actor, until: datetime) -> list[TestDrive]:
    """The actor's own drives that are on the road, or begin before the end of her day."""
    due = Q(state=TestDriveState.OUT) | Q(state=TestDriveState.BOOKED, starts_at__lt=until)
    drives = TestDrive.objects.filter(due, advisor=actor.staff_id)
    return list(drives.select_related("customer").order_by("starts_at", "pk"))


def clashing_drive(
    *, vehicle_id: int, advisor_id: int, starts_at: datetime, ends_at: datetime, but: int | None
) -> TestDrive | None:
    """What holds the car, else the advisor, in this time; ``but`` is the drive that asks."""
    held = TestDrive.objects.filter(
        Q(vehicle_id=vehicle_id) | Q(advisor_id=advisor_id),
        state__in=HOLDING,
        starts_at__lt=ends_at,
        ends_at__gt=starts_at,
    )
    found = held.exclude(pk=but).select_related("advisor").order_by("starts_at")
    return min(found, key=lambda drive: drive.vehicle_id != vehicle_id, default=None)


def drive_under_way(*, vehicle_id: int) -> TestDrive | None:
    """The drive that a car is out on."""
    out = TestDrive.objects.filter(vehicle_id=vehicle_id, state=TestDriveState.OUT)
    return out.select_related("advisor").first()


def last_mileage(vehicle_id: int) -> int | None:
    """What the odometer said when the car last came back from a drive."""
    back = TestDrive.objects.filter(vehicle_id=vehicle_id, state=TestDriveState.RETURNED)
    return back.order_by("-starts_at").values_list("mileage_after", flat=True).first()


def drives_not_followed_up() -> QuerySet[TestDrive]:
    """Drives after which the planned contact is overdue, and the manager does not know yet."""
    moment = now()
    return TestDrive.objects.filter(
        follow_up__state=FollowUpState.OPEN,
        follow_up__due_at__range=(moment - LATEST_ESCALATION, moment - MANAGER_HEARS_AFTER),
        manager_told_at__isnull=True,
    )


def has_drives_not_followed_up() -> bool:
    return drives_not_followed_up().exists()


def booked_drives_of(staff_id: int) -> QuerySet[TestDrive]:
    """What a person has still to drive."""
    return TestDrive.objects.filter(advisor=staff_id, state__in=HOLDING)


def booked_drives_in(store_id: int) -> QuerySet[TestDrive]:
    """What is still to be driven in a store."""
    return TestDrive.objects.filter(store=store_id, state__in=HOLDING)
