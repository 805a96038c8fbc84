"""The life of a lead: states, sources, and how soon somebody must answer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import pgettext_lazy

from apps.crm.errors import TransitionNotAllowed
from forecourt.kernel.hours import OpeningHours, after_open_time


class LeadState(TextChoices):
    NEW = "NEW", pgettext_lazy("lead", "New")
    ASSIGNED = "ASSIGNED", pgettext_lazy("lead", "Assigned")
    CONTACTED = "CONTACTED", pgettext_lazy("lead", "Contacted")
    QUALIFIED = "QUALIFIED", pgettext_lazy("lead", "Qualified")
    INVALID = "INVALID", pgettext_lazy("lead", "Invalid")
    MERGED = "MERGED", pgettext_lazy("lead", "Merged")


LEAD_SOURCES = "lead_sources"
INVALID_REASONS = "invalid_reasons"
"""Option lists: the group renames their values and adds its own (apps/crm/option_lists.py)."""


class LeadSource(StrEnum):
    """The built-in sources; a lead may come from others that the group has added."""

    WEB = "WEB"
    PHONE = "PHONE"
    WALK_IN = "WALK_IN"
    AUTOHOME = "AUTOHOME"
    YICHE = "YICHE"
    DONGCHEDI = "DONGCHEDI"
    MANUFACTURER = "MANUFACTURER"
    REFERRAL = "REFERRAL"
    CAMPAIGN = "CAMPAIGN"
    IMPORT = "IMPORT"
    API = "API"
    OTHER = "OTHER"


class InvalidReason(StrEnum):
    """The built-in reasons."""

    WRONG_NUMBER = "WRONG_NUMBER"
    NO_INTEREST = "NO_INTEREST"
    DUPLICATE = "DUPLICATE"
    OUT_OF_REACH = "OUT_OF_REACH"
    ALREADY_BOUGHT = "ALREADY_BOUGHT"
    TEST = "TEST"
    OTHER = "OTHER"


OPEN_STATES = (LeadState.NEW, LeadState.ASSIGNED, LeadState.CONTACTED)
OWNED_OPEN_STATES = (LeadState.ASSIGNED, LeadState.CONTACTED)

TRANSITIONS: dict[str, frozenset[str]] = {
    LeadState.NEW: frozenset({LeadState.ASSIGNED, LeadState.INVALID, LeadState.MERGED}),
    LeadState.ASSIGNED: frozenset(
        {
            LeadState.NEW,
            LeadState.CONTACTED,
            LeadState.QUALIFIED,
            LeadState.INVALID,
            LeadState.MERGED,
        }
    ),
    LeadState.CONTACTED: frozenset(
        {LeadState.NEW, LeadState.QUALIFIED, LeadState.INVALID, LeadState.MERGED}
    ),
    LeadState.QUALIFIED: frozenset({LeadState.MERGED}),
    LeadState.INVALID: frozenset(),
    LeadState.MERGED: frozenset(),
}


def can_become(*, current: str, target: str) -> bool:
    return target in TRANSITIONS[current]


def require_transition(*, current: str, target: str) -> None:
    """Raises TransitionNotAllowed."""
    if not can_become(current=current, target=target):
        raise TransitionNotAllowed(
            _t("A lead in the state “%(current)s” cannot become “%(target)s”.")
            % {"current": LeadState(current).label, "target": LeadState(target).label}
        )


def require_open(state: str) -> None:
    """Raises TransitionNotAllowed when the lead has ended."""
    if state not in OPEN_STATES:
        raise TransitionNotAllowed(
            _t("This lead is closed: %(state)s.") % {"state": LeadState(state).label}
        )


def response_due_at(
    *,
    since: datetime,
    minutes: int,
    opens_at: time,
    closes_at: time,
    zone: ZoneInfo,
    closed: Collection[date] = (),
) -> datetime:
    """When the first answer is due: ``minutes`` of business hours after ``since``; there are none
    on the ``closed`` days."""
    return after_open_time(
        since=since,
        length=timedelta(minutes=minutes),
        hours=OpeningHours(opens_at, closes_at, zone, frozenset(closed)),
    )
