"""Test drives: their states, when they may be booked, and what the odometer may say."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import pgettext_lazy

from apps.crm.errors import TransitionNotAllowed
from forecourt.kernel.errors import Invalid


class TestDriveState(TextChoices):
    BOOKED = "BOOKED", pgettext_lazy("test drive", "Booked")
    OUT = "OUT", pgettext_lazy("test drive", "On the road")
    RETURNED = "RETURNED", pgettext_lazy("test drive", "Returned")
    CANCELLED = "CANCELLED", pgettext_lazy("test drive", "Cancelled")
    NO_SHOW = "NO_SHOW", pgettext_lazy("test drive", "Did not come")


S = TestDriveState
HOLDING = (S.BOOKED, S.OUT)
"""In these states a drive holds its car and its advisor for its time."""

TRANSITIONS: dict[str, frozenset[str]] = {
    S.BOOKED: frozenset({S.OUT, S.CANCELLED, S.NO_SHOW}),
    S.OUT: frozenset({S.RETURNED}),
    S.RETURNED: frozenset(),
    S.CANCELLED: frozenset(),
    S.NO_SHOW: frozenset(),
}

TEST_DRIVE_ROUTES = "test_drive_routes"
"""Option list: every store has its own roads, so the group adds to it."""


class TestDriveRoute(StrEnum):
    """The built-in routes."""

    CITY = "CITY"
    MOTORWAY = "MOTORWAY"
    MIXED = "MIXED"
    OTHER = "OTHER"


QUARTER = timedelta(minutes=15)
MINUTES = (15, 30, 45, 60, 90, 120)
"""How long a drive may be booked for."""
USUAL_MINUTES = 30
FURTHEST = timedelta(days=60)
LATE_ENTRY = timedelta(minutes=15)
"""A drive that begins at once is booked for the quarter that has begun."""
LONGEST_DISTANCE = 500
"""Kilometres; more than this is a slip of the finger."""
BEST_RATING = 5


def require_step(*, current: str, target: str) -> None:
    """Raises TransitionNotAllowed."""
    if target not in TRANSITIONS[current]:
        raise TransitionNotAllowed(
            _t("A test drive in the state “%(current)s” cannot become “%(target)s”.")
            % {"current": S(current).label, "target": S(target).label}
        )


def require_booked(state: str) -> None:
    """Raises TransitionNotAllowed for a drive that has begun or will not take place."""
    if state != S.BOOKED:
        raise TransitionNotAllowed(
            _t("A test drive in the state “%(state)s” cannot be moved.") % {"state": S(state).label}
        )


def require_slot(
    *,
    starts_at: datetime,
    minutes: int,
    now: datetime,
    opens_at: time,
    closes_at: time,
    zone: ZoneInfo,
) -> datetime:
    """When the drive ends. Raises Invalid for a time that cannot be booked.

    Drives begin on the quarter of an hour, and end before the store closes.
    """
    if minutes not in MINUTES:
        raise Invalid(_t("Choose one of the values offered."), field="minutes")
    local = starts_at.astimezone(zone)
    if local.minute % 15 or local.second or local.microsecond:
        raise Invalid(_t("Test drives begin on the quarter of an hour."), field="starts_at")
    if starts_at < now - LATE_ENTRY:
        raise Invalid(_t("Choose a time from now on."), field="starts_at")
    if starts_at > now + FURTHEST:
        raise Invalid(
            _t("Book at most %(days)s days ahead.") % {"days": FURTHEST.days}, field="starts_at"
        )
    ends = local + timedelta(minutes=minutes)
    if local.time() < opens_at or ends.date() != local.date() or ends.time() > closes_at:
        raise Invalid(
            _t("The store is open from %(opens)s to %(closes)s.")
            % {"opens": f"{opens_at:%H:%M}", "closes": f"{closes_at:%H:%M}"},
            field="starts_at",
        )
    return starts_at + timedelta(minutes=minutes)


def require_mileage(*, before: int, after: int) -> None:
    """Raises Invalid when the odometer ran backwards, or further than any test drive goes."""
    if after < before:
        raise Invalid(
            _t("It was %(before)s km when the car left.") % {"before": before},
            field="mileage_after",
        )
    if after - before > LONGEST_DISTANCE:
        raise Invalid(
            _t("That would be a drive of %(distance)s km. Look at the odometer again.")
            % {"distance": after - before},
            field="mileage_after",
        )


def quarter_of(moment: datetime) -> datetime:
    """The beginning of the quarter of an hour in which the moment lies."""
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
