"""The state of a group, from facts and time alone."""

from datetime import UTC, datetime, timedelta

import pytest

from billing import rules
from billing.rules import Facts, State, standing_of

ZONE = "Asia/Shanghai"
DAY = timedelta(days=1)
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
"""Noon in Shanghai."""
MIDNIGHT = datetime(2026, 3, 1, 16, tzinfo=UTC)
"""The end of that day in Shanghai."""
TRIAL = Facts(trial_ends_at=NOON)
UNPAID = Facts(trial_ends_at=NOON - 300 * DAY, status="past_due", unpaid_since=NOON)
ENDED = Facts(trial_ends_at=NOON - 300 * DAY, status="canceled", ended_at=NOON)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("facts", "moment", "state"),
    [
        (TRIAL, NOON - 5 * DAY, State.TRIALING),
        (TRIAL, MIDNIGHT - SECOND, State.TRIALING),
        (TRIAL, MIDNIGHT, State.RESTRICTED),
        (TRIAL, MIDNIGHT + 14 * DAY - SECOND, State.RESTRICTED),
        (TRIAL, MIDNIGHT + 14 * DAY, State.SUSPENDED),
        (TRIAL, MIDNIGHT + 44 * DAY, State.CLOSED),
        (UNPAID, NOON, State.PAST_DUE),
        (UNPAID, MIDNIGHT + 14 * DAY - SECOND, State.PAST_DUE),
        (UNPAID, MIDNIGHT + 14 * DAY, State.RESTRICTED),
        (UNPAID, MIDNIGHT + 28 * DAY, State.SUSPENDED),
        (UNPAID, MIDNIGHT + 58 * DAY - SECOND, State.SUSPENDED),
        (UNPAID, MIDNIGHT + 58 * DAY, State.CLOSED),
        (ENDED, NOON, State.RESTRICTED),
        (ENDED, MIDNIGHT + 14 * DAY, State.SUSPENDED),
        (ENDED, MIDNIGHT + 44 * DAY, State.CLOSED),
        (Facts(trial_ends_at=NOON, status="active"), NOON + 900 * DAY, State.ACTIVE),
    ],
)
def test_each_state_ends_with_a_day_of_the_groups_own_calendar(facts, moment, state):
    assert standing_of(facts, moment, ZONE).state is state


def test_the_same_moment_is_another_day_elsewhere():
    assert standing_of(TRIAL, MIDNIGHT, ZONE).state is State.RESTRICTED
    assert standing_of(TRIAL, MIDNIGHT, "Europe/London").state is State.TRIALING


def test_whoever_ends_a_subscription_within_her_trial_keeps_the_trial():
    facts = Facts(trial_ends_at=NOON, status="canceled", ended_at=NOON - 5 * DAY)
    assert standing_of(facts, NOON - 4 * DAY, ZONE).state is State.TRIALING


def test_every_change_is_told_seven_three_and_one_days_ahead_and_looked_at_in_time():
    standing = standing_of(TRIAL, NOON - 10 * DAY, ZONE)
    moment, told = NOON - 10 * DAY, []
    while moment < MIDNIGHT:
        told.append(rules.notice_due(standing, moment))
        moment = rules.next_look(standing, moment)
    assert told == [None, 7, 3, 1]
    assert moment == MIDNIGHT
    cancelled = Facts(trial_ends_at=NOON, status="active", cancels_at=NOON + 3 * DAY)
    standing = standing_of(cancelled, NOON, ZONE)
    assert (standing.state, standing.then) == (State.ACTIVE, State.RESTRICTED)
    assert rules.notice_due(standing, NOON) == 3
