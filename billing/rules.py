"""In what state a group is: decided from a few facts and the time, and nothing else.

A group that stops paying is not cut off: it is warned, then read-only, then closed to everybody but
the owner, then closed; each step ends with a day of the group's own calendar.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

TRIAL_DAYS = 14
PAST_DUE_DAYS = 14
RESTRICTED_DAYS = 14
SUSPENDED_DAYS = 30
CLOSED_DAYS = 90
"""How long the data of a closed group is kept."""
TOLD_DAYS_AHEAD = (7, 3, 1)
PAYING = {"active", "trialing"}
"""What Stripe calls a subscription that is in order."""
FAILING = {"past_due", "unpaid"}
WAITING = {"incomplete"}
"""The first payment has not come through: there is no subscription yet."""


SHORTEST_CARRIED = timedelta(hours=49)
"""Stripe takes no trial that ends within two days; an hour is for whoever takes time to pay."""


class State(StrEnum):
    TRIALING = "TRIALING"
    ACTIVE = "ACTIVE"
    PAST_DUE = "PAST_DUE"
    RESTRICTED = "RESTRICTED"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a group's payment.

    ``status`` is Stripe's word for the subscription that counts, empty where there never was one;
    ``unpaid_since`` is when the oldest open invoice was due; ``ended_at`` when the subscription
    ended; ``cancels_at`` when it will; ``held_at`` since when an operator keeps it suspended.
    """

    trial_ends_at: datetime
    status: str = ""
    unpaid_since: datetime | None = None
    ended_at: datetime | None = None
    cancels_at: datetime | None = None
    held_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The state at a moment, and what follows it when: both None where it lasts."""

    state: State
    then: State | None = None
    until: datetime | None = None


def standing_of(facts: Facts, moment: datetime, zone: str) -> Standing:
    """The state of a group at ``moment``; ``zone`` is the group's own time zone (IANA).

    A group that is held is suspended until it is let go, and closed no later than it would be.
    """
    standing = _by_payment(facts, moment, zone)
    if facts.held_at is None or standing.state is State.CLOSED:
        return standing
    ends = standing.until if standing.then is State.CLOSED else None
    return Standing(State.SUSPENDED, State.CLOSED if ends else None, ends)


def lasting_trial(facts: Facts) -> Standing:
    """The state where nobody can pay: a trial that does not end, or held."""
    return Standing(State.TRIALING if facts.held_at is None else State.SUSPENDED)


def _by_payment(facts: Facts, moment: datetime, zone: str) -> Standing:
    if facts.status in PAYING and facts.unpaid_since is None:
        if facts.cancels_at is None:
            return Standing(State.ACTIVE)
        return Standing(State.ACTIVE, State.RESTRICTED, facts.cancels_at)
    steps = _steps(facts, zone)
    for (state, until), (then, _end) in pairwise(steps):
        if moment < until:
            return Standing(state, then, until)
    return Standing(State.CLOSED)


def _steps(facts: Facts, zone: str) -> list[tuple[State, datetime]]:
    """The states that follow one another while nobody pays, each with its end."""
    if facts.unpaid_since is not None:
        begin = facts.unpaid_since + timedelta(days=PAST_DUE_DAYS)
        steps = [(State.PAST_DUE, end_of_day(begin, zone))]
    elif facts.ended_at is not None and facts.ended_at > facts.trial_ends_at:
        begin = facts.ended_at
        steps = []
    else:
        begin = facts.trial_ends_at
        steps = [(State.TRIALING, end_of_day(begin, zone))]
    for state, days in ((State.RESTRICTED, RESTRICTED_DAYS), (State.SUSPENDED, SUSPENDED_DAYS)):
        begin += timedelta(days=days)
        steps.append((state, end_of_day(begin, zone)))
    return [*steps, (State.CLOSED, datetime.max.replace(tzinfo=UTC))]


def end_of_day(moment: datetime, zone: str) -> datetime:
    """The midnight that ends the day of ``moment``: whoever begins a day has all of it."""
    local = moment.astimezone(ZoneInfo(zone))
    return datetime.combine(local.date() + timedelta(days=1), time(0), local.tzinfo)


def carried_trial(trial_ends_at: datetime, moment: datetime) -> datetime | None:
    """Until when whoever subscribes now pays nothing, because her trial goes on; None: she pays."""
    return trial_ends_at if trial_ends_at - moment >= SHORTEST_CARRIED else None


def days_left(standing: Standing, moment: datetime) -> int | None:
    """Whole days until the next state, rounded up."""
    if standing.until is None:
        return None
    return max(0, -((moment - standing.until) // timedelta(days=1)))


def notice_due(standing: Standing, moment: datetime) -> int | None:
    """How many days ahead the next state is to be told of by now: 7, 3 or 1; else None."""
    left = days_left(standing, moment)
    if left is None:
        return None
    return min((days for days in TOLD_DAYS_AHEAD if left <= days), default=None)


def next_look(standing: Standing, moment: datetime) -> datetime | None:
    """When something is to be done next: tell ahead, or change the state; None for never.

    A change that Stripe must make and has not told of is asked for again in an hour.
    """
    if standing.until is None:
        return None
    ahead = [standing.until - timedelta(days=days) for days in TOLD_DAYS_AHEAD]
    coming = [each for each in (*ahead, standing.until) if each > moment]
    return min(coming, default=moment + timedelta(hours=1))
