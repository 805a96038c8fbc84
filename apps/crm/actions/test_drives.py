"""Test drives: booked, moved, handed out, taken back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.crm import hooks, queries
from apps.crm.actions.contacts import record_meeting
from apps.crm.actions.telling import tell_managers_of_test_drives, tell_of_test_drives
from apps.crm.errors import AlreadyBooked, NotAnAdvisor
from apps.crm.events import TestDriveBooked, TestDriveReturned
from apps.crm.models import Customer, TestDrive
from apps.crm.models.test_drives import ADVISOR_TAKEN, CAR_OUT, CAR_TAKEN
from apps.crm.rules import test_drives as rules
from apps.crm.rules.test_drives import TEST_DRIVE_ROUTES, TestDriveRoute, TestDriveState
from apps.organisation import queries as organisation
from forecourt.kernel import audit, events, summaries
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.crypto import Secret
from forecourt.kernel.errors import Invalid
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.numbering import next_number
from forecourt.kernel.option_lists import values as options

MEASURE = "test_drives"
NUMBER_KIND = "TD"
WORK = "crm.work_test_drive"
_LICENCE = re.compile(r"[A-Z0-9]{6,20}")
_SPACES = re.compile(r"[\s-]")
AT_MOST = 500


@transaction.atomic
def book_test_drive(
    *,
    actor: Actor,
    store_id: int,
    customer_id: int,
    vehicle_id: int,
    starts_at: datetime,
    minutes: int = rules.USUAL_MINUTES,
    route: str = TestDriveRoute.MIXED,
    advisor_id: int | None = None,
    note: str = "",
) -> TestDrive:
    """Keep a demo car and an advisor for a customer; without ``advisor_id`` her own, else oneself.

    Raises AlreadyBooked (saying what clashes), Invalid, NotAnAdvisor, NotFound, NotPermitted.
    """
    actor.require(WORK)
    store = organisation.get_working_store(store_id=store_id)
    customer = queries.get_customer(customer_id=customer_id, actor=actor)
    advisor_id = _advisor(advisor_id, customer, store_id, actor)
    actor.require(WORK, store_id=store_id, owner_id=advisor_id)
    options.require(TEST_DRIVE_ROUTES, route, field="route")
    car = _car(vehicle_id, store_id)
    lead, opportunity = queries.pursued_with(customer.pk, store_id)
    drive = TestDrive(
        store_id=store_id,
        customer=customer,
        lead=lead,
        opportunity=opportunity,
        advisor_id=advisor_id,
        vehicle_id=car.id,
        vehicle_name=car.name[:200],
        route=route,
        starts_at=starts_at,
        ends_at=_ends_at(store, starts_at, minutes),
        note=note.strip()[:500],
        created_at=now(),
    )
    day = timezone.localdate(starts_at, ZoneInfo(store.time_zone))
    with _held_once(drive):
        drive.number = next_number(NUMBER_KIND, store.code, day)
        drive.save()
    audit.record(actor, "booked", drive, store_id=store_id)
    events.publish(TestDriveBooked(drive.pk, store_id, customer.pk, car.id))
    tell_of_test_drives([drive], actor)
    return drive


@transaction.atomic
def move_test_drive(
    *,
    test_drive_id: int,
    actor: Actor,
    vehicle_id: int | None = None,
    starts_at: datetime | None = None,
    minutes: int | None = None,
    advisor_id: int | None = None,
    route: str | None = None,
) -> TestDrive:
    """Book another time, car, advisor or route; what is left out stays.

    Raises AlreadyBooked, Invalid, NotAnAdvisor, TransitionNotAllowed, NotFound, NotPermitted.
    """
    drive = _lock(test_drive_id, actor)
    rules.require_booked(drive.state)
    if route is not None:
        options.require(TEST_DRIVE_ROUTES, route, field="route", keep=drive.route)
    store = organisation.stores_by_id([drive.store_id])[drive.store_id]
    wanted: dict[str, Any] = {"route": route or drive.route}
    if vehicle_id is not None and vehicle_id != drive.vehicle_id:
        car = _car(vehicle_id, drive.store_id)
        wanted |= {"vehicle_id": car.id, "vehicle_name": car.name[:200]}
    if advisor_id is not None and advisor_id != drive.advisor_id:
        wanted["advisor_id"] = _advisor(advisor_id, drive.customer, drive.store_id, actor)
        actor.require(WORK, store_id=drive.store_id, owner_id=advisor_id)
    if starts_at is not None or minutes is not None:
        begin = starts_at or drive.starts_at
        length = minutes or int((drive.ends_at - drive.starts_at).total_seconds() // 60)
        wanted |= {"starts_at": begin, "ends_at": _ends_at(store, begin, length)}
    before = {name: getattr(drive, name) for name in wanted}
    changes = audit.changes_between(before, wanted)
    if not changes:
        return drive
    for name, value in wanted.items():
        setattr(drive, name, value)
    with _held_once(drive):
        drive.save(update_fields=list(wanted))
    audit.record(actor, "rebooked", drive, changes, store_id=drive.store_id)
    tell_of_test_drives([drive], actor)
    return drive


@transaction.atomic
def hand_out_test_drive(
    *,
    test_drive_id: int,
    actor: Actor,
    driver_name: str,
    licence_number: str,
    mileage_before: int,
) -> TestDrive:
    """The customer drives off: who drives, on which licence, from which mileage.

    Raises AlreadyBooked (the car or the advisor is not back yet), Invalid, TransitionNotAllowed,
    NotFound, NotPermitted.
    """
    drive = _lock(test_drive_id, actor)
    rules.require_step(current=drive.state, target=TestDriveState.OUT)
    driver_name = " ".join(driver_name.split())
    if not driver_name:
        raise Invalid(_("Enter the driver's name."), field="driver_name")
    number = checked_licence(licence_number)
    _car(drive.vehicle_id, drive.store_id)
    last = queries.last_mileage(drive.vehicle_id)
    if last is not None and mileage_before < last:
        raise Invalid(
            _("The car came back from its last drive with %(mileage)s km.") % {"mileage": last},
            field="mileage_before",
        )
    drive.state = TestDriveState.OUT
    drive.driver_name = driver_name[:100]
    drive.licence_number = Secret(number)
    drive.mileage_before = mileage_before
    drive.out_at = now()
    with _held_once(drive):
        drive.save(
            update_fields=["state", "driver_name", "licence_number", "mileage_before", "out_at"]
        )
    audit.record(
        actor,
        "handed_out",
        drive,
        {"mileage_before": [None, mileage_before]},
        store_id=drive.store_id,
    )
    return drive


@transaction.atomic
def return_test_drive(
    *,
    test_drive_id: int,
    actor: Actor,
    mileage_after: int,
    rating: int | None = None,
    feedback: str = "",
) -> TestDrive:
    """The car is back. The opportunity is test-driven, and a contact is planned by itself.

    Raises Invalid, TransitionNotAllowed, NotFound, NotPermitted.
    """
    drive = _lock(test_drive_id, actor)
    rules.require_step(current=drive.state, target=TestDriveState.RETURNED)
    rules.require_mileage(before=drive.mileage_before or 0, after=mileage_after)
    if rating is not None and not 1 <= rating <= rules.BEST_RATING:
        raise Invalid(_("Choose one of the values offered."), field="rating")
    store = organisation.stores_by_id([drive.store_id])[drive.store_id]
    drive.state = TestDriveState.RETURNED
    drive.mileage_after, drive.rating = mileage_after, rating
    drive.feedback = feedback.strip()[:1000]
    drive.returned_at = now()
    drive.driven_date = timezone.localdate(drive.returned_at, ZoneInfo(store.time_zone))
    _follow_up(drive, actor)
    drive.save()
    summaries.add(MEASURE, drive.store_id, drive.driven_date, quantity=1)
    audit.record(
        actor,
        "taken_back",
        drive,
        {"mileage_after": [None, mileage_after]},
        store_id=drive.store_id,
    )
    events.publish(
        TestDriveReturned(
            drive.pk, drive.store_id, drive.customer_id, drive.vehicle_id, mileage_after
        )
    )
    return drive


@transaction.atomic
def cancel_test_drive(*, test_drive_id: int, actor: Actor, reason: str) -> TestDrive:
    """Raises Invalid (no reason), TransitionNotAllowed, NotFound, NotPermitted."""
    reason = reason.strip()
    if not reason:
        raise Invalid(_("Say why."), field="reason")
    drive = _lock(test_drive_id, actor)
    _give_up(drive, TestDriveState.CANCELLED, reason)
    audit.record(actor, "cancelled", drive, {"reason": [None, reason]}, store_id=drive.store_id)
    return drive


@transaction.atomic
def miss_test_drive(*, test_drive_id: int, actor: Actor) -> TestDrive:
    """The customer did not come. Raises Invalid, TransitionNotAllowed, NotFound, NotPermitted."""
    drive = _lock(test_drive_id, actor)
    if drive.starts_at > now():
        raise Invalid(_("The drive has not begun yet."))
    _give_up(drive, TestDriveState.NO_SHOW)
    audit.record(actor, "missed", drive, store_id=drive.store_id)
    return drive


@transaction.atomic
def reveal_licence(*, test_drive_id: int, actor: Actor) -> str:
    """A driver's licence number in full, to somebody who may see it; always logged.

    Raises NotFound, NotPermitted.
    """
    drive = queries.lock(TestDrive, pk=test_drive_id, actor=actor, permission="crm.see_national_id")
    audit.record(actor, "licence_revealed", drive, store_id=drive.store_id)
    return drive.licence_number.reveal() if drive.licence_number else ""


@transaction.atomic
def tell_managers_of_missed_follow_ups() -> int:
    """Tell managers of customers whom nobody called after a drive, once for each.

    Answers how many drives it were.
    """
    found = list(
        queries.drives_not_followed_up()
        .select_related("customer", "follow_up")
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("pk")[:AT_MOST]
    )
    TestDrive.objects.filter(pk__in=[drive.pk for drive in found]).update(manager_told_at=now())
    owners = organisation.staff_by_id({drive.follow_up.owner_id for drive in found})
    tell_managers_of_test_drives(found, owners, system_actor())
    return len(found)


def checked_licence(raw: str) -> str:
    """The number in capitals without spaces. Raises Invalid."""
    number = _SPACES.sub("", unicodedata.normalize("NFKC", raw)).upper()
    if not _LICENCE.fullmatch(number):
        raise Invalid(_("A licence number has 6 to 20 letters and digits."), field="licence_number")
    return number


@contextmanager
def _held_once(drive: TestDrive) -> Iterator[None]:
    """Raises AlreadyBooked where the database says that the car or the advisor is taken."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if not any(name in str(error) for name in (CAR_TAKEN, ADVISOR_TAKEN, CAR_OUT)):
            raise
        raise _clash(drive, CAR_OUT in str(error)) from error


def _clash(drive: TestDrive, is_out: bool) -> AlreadyBooked:
    other = (
        queries.drive_under_way(vehicle_id=drive.vehicle_id)
        if is_out
        else queries.clashing_drive(
            vehicle_id=drive.vehicle_id,
            advisor_id=drive.advisor_id,
            starts_at=drive.starts_at,
            ends_at=drive.ends_at,
            but=drive.pk,
        )
    )
    if other is None:
        return AlreadyBooked(_("Somebody booked the car or the advisor a moment ago. Try again."))
    store = organisation.stores_by_id([drive.store_id])[drive.store_id]
    zone = ZoneInfo(store.time_zone)
    facts = {
        "car": other.vehicle_name,
        "name": other.advisor.name,
        "number": other.number,
        "from": f"{other.starts_at.astimezone(zone):%m-%d %H:%M}",
        "to": f"{other.ends_at.astimezone(zone):%H:%M}",
    }
    if is_out:
        return AlreadyBooked(
            _("%(car)s is still out with %(name)s (%(number)s).") % facts, field="vehicle_id"
        )
    if other.vehicle_id == drive.vehicle_id:
        return AlreadyBooked(
            _("%(car)s is booked from %(from)s to %(to)s by %(name)s (%(number)s).") % facts,
            field="vehicle_id",
        )
    return AlreadyBooked(
        _("%(name)s has a test drive from %(from)s to %(to)s: %(car)s (%(number)s).") % facts,
        field="advisor_id",
    )


def _advisor(wanted_id: int | None, customer: Customer, store_id: int, actor: Actor) -> int:
    """Raises NotAnAdvisor for somebody who receives no customers in the store."""
    there = {turn.staff_id for turn in queries.line_of(store_id)}
    for staff_id in (wanted_id,) if wanted_id else (customer.owner_id, actor.staff_id):
        if staff_id in there:
            return staff_id
    raise NotAnAdvisor(_("Choose who accompanies the customer."), field="advisor_id")


def _car(vehicle_id: int, store_id: int) -> hooks.DemoCar:
    """Raises Invalid for a car that is no demo car of the store now."""
    car = next((one for one in hooks.demo_cars_in([store_id]) if one.id == vehicle_id), None)
    if car is None:
        raise Invalid(_("This is no demo car of the store at present."), field="vehicle_id")
    return car


def _ends_at(store: Any, starts_at: datetime, minutes: int) -> datetime:
    return rules.require_slot(
        starts_at=starts_at,
        minutes=minutes,
        now=now(),
        opens_at=store.opens_at,
        closes_at=store.closes_at,
        zone=ZoneInfo(store.time_zone),
    )


def _lock(test_drive_id: int, actor: Actor) -> TestDrive:
    return queries.lock(TestDrive, pk=test_drive_id, actor=actor, permission=WORK)


def _give_up(drive: TestDrive, state: str, reason: str = "") -> None:
    rules.require_step(current=drive.state, target=state)
    drive.state, drive.cancel_reason = state, reason[:200]
    drive.save(update_fields=["state", "cancel_reason"])


def _follow_up(drive: TestDrive, actor: Actor) -> None:
    """What the customer pursues now is test-driven, and the contact after it is planned."""
    lead, opportunity = queries.pursued_with(drive.customer_id, drive.store_id)
    pursued = opportunity or (lead if lead is not None and lead.owner_id else None)
    days = value_of("crm.test_drive_follow_up_days", store_id=drive.store_id)
    drive.lead = lead if lead is not None else drive.lead
    drive.opportunity = opportunity or drive.opportunity
    drive.follow_up = record_meeting(
        actor=actor,
        customer_id=drive.customer_id,
        store_id=pursued.store_id if pursued else drive.store_id,
        owner_id=pursued.owner_id if pursued else drive.advisor_id,
        lead=lead if pursued is lead else None,
        opportunity=opportunity,
        next_at=queries.next_contact_in(days, store_id=drive.store_id),
        purpose=_("After the test drive"),
        driven=True,
    )
