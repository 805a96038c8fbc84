"""The life of a complaint: states, severities, and how soon it is to be answered and closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import pgettext_lazy

from apps.care.errors import ComplaintStateError
from forecourt.kernel.hours import OpeningHours, after_open_time

COMPLAINT_KINDS = "complaint_kinds"
COMPLAINT_CHANNELS = "complaint_channels"
"""Option lists: the group renames their values and adds its own (apps/care/option_lists.py)."""
BEST_SATISFACTION = 5
SATISFIED_FROM = 3
"""Whoever gives fewer stars is not satisfied, and the complaint is open again."""


class ComplaintKind(StrEnum):
    """The built-in kinds."""

    SALES_SERVICE = "SALES_SERVICE"
    DELIVERY = "DELIVERY"
    CONTRACT = "CONTRACT"
    VEHICLE_QUALITY = "VEHICLE_QUALITY"
    REPAIR_QUALITY = "REPAIR_QUALITY"
    REPAIR_PRICE = "REPAIR_PRICE"
    PARTS = "PARTS"
    ATTITUDE = "ATTITUDE"
    OTHER = "OTHER"


class ComplaintChannel(StrEnum):
    """Where complaints are heard of at first."""

    PHONE = "PHONE"
    IN_PERSON = "IN_PERSON"
    WECHAT = "WECHAT"
    MANUFACTURER = "MANUFACTURER"
    HOTLINE_12315 = "HOTLINE_12315"
    ONLINE = "ONLINE"
    OTHER = "OTHER"


class Severity(TextChoices):
    NORMAL = "NORMAL", pgettext_lazy("complaint", "Normal")
    SERIOUS = "SERIOUS", pgettext_lazy("complaint", "Serious")
    CRITICAL = "CRITICAL", pgettext_lazy("complaint", "Critical")


class ComplaintState(TextChoices):
    NEW = "NEW", pgettext_lazy("complaint", "New")
    IN_HAND = "IN_HAND", pgettext_lazy("complaint", "In hand")
    SOLVED = "SOLVED", pgettext_lazy("complaint", "To be confirmed")
    CLOSED = "CLOSED", pgettext_lazy("complaint", "Closed")


class StepKind(TextChoices):
    """What was done; a reply to the customer stops the first clock."""

    REPLY = "REPLY", pgettext_lazy("complaint", "Replied to the customer")
    NOTE = "NOTE", pgettext_lazy("complaint", "Noted")
    DISPATCHED = "DISPATCHED", pgettext_lazy("complaint", "Given to")
    RATED = "RATED", pgettext_lazy("complaint", "Severity changed")
    OFFERED = "OFFERED", pgettext_lazy("complaint", "Compensation asked for")
    GRANTED = "GRANTED", pgettext_lazy("complaint", "Compensation granted")
    DECLINED = "DECLINED", pgettext_lazy("complaint", "Compensation not granted")
    SOLVED = "SOLVED", pgettext_lazy("complaint", "Solution told")
    CONFIRMED = "CONFIRMED", pgettext_lazy("complaint", "Customer satisfied")
    REOPENED = "REOPENED", pgettext_lazy("complaint", "Opened again")
    ESCALATED = "ESCALATED", pgettext_lazy("complaint", "Manager told: late")


ADDED_BY_HAND = (StepKind.REPLY, StepKind.NOTE)
OPEN_STATES = (ComplaintState.NEW, ComplaintState.IN_HAND, ComplaintState.SOLVED)
UNSOLVED_STATES = (ComplaintState.NEW, ComplaintState.IN_HAND)
REPLY_HOURS = {Severity.NORMAL: 4, Severity.SERIOUS: 2, Severity.CRITICAL: 1}
CLOSE_HOURS = {Severity.NORMAL: 54, Severity.SERIOUS: 27, Severity.CRITICAL: 18}
"""Hours of business, until the group decides otherwise; a store is open for nine of them a day."""


def require_open(state: str) -> None:
    """Raises ComplaintStateError for a complaint that is closed."""
    if state not in OPEN_STATES:
        raise ComplaintStateError(_t("This complaint is closed. Open it again first."))


def require_unsolved(state: str) -> None:
    """Raises ComplaintStateError unless something is still to be done about it."""
    require_open(state)
    if state not in UNSOLVED_STATES:
        raise ComplaintStateError(_t("The solution waits for the customer's answer."))


def require_solved(state: str) -> None:
    """Raises ComplaintStateError unless the customer is being asked whether she is satisfied."""
    require_open(state)
    if state != ComplaintState.SOLVED:
        raise ComplaintStateError(_t("Say first how it was solved."))


def due_at(*, since: datetime, hours: int, open_hours: OpeningHours) -> datetime:
    """The moment at which so many business hours have passed."""
    return after_open_time(since=since, length=timedelta(hours=hours), hours=open_hours)


def is_satisfied(satisfaction: int) -> bool:
    return satisfaction >= SATISFIED_FROM
