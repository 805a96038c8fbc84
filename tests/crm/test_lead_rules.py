"""Answer times and next contacts, by the hours of a store."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from apps.crm.errors import TransitionNotAllowed
from apps.crm.rules.contacts import DAYS_UNTIL_NEXT, next_follow_up_at
from apps.crm.rules.leads import LeadState, require_transition, response_due_at

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = {"opens_at": time(9), "closes_at": time(18), "zone": SHANGHAI}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("since", "due"),
    [
        (at(2, 10), at(2, 10, 30)),
        (at(2, 7), at(2, 9, 30)),
        (at(2, 17, 45), at(3, 9, 15)),
        (at(2, 23), at(3, 9, 30)),
    ],
)
def test_an_answer_is_due_half_an_hour_of_business_later(since, due):
    assert response_due_at(since=since, minutes=30, **HOURS) == due


@pytest.mark.parametrize(
    ("level", "result", "due"),
    [
        ("H", "REACHED", at(3, 10)),
        ("A", "REACHED", at(5, 10)),
        ("B", "REACHED", at(9, 10)),
        ("C", "REACHED", at(17, 10)),
        ("", "NO_ANSWER", at(2, 14)),
    ],
)
def test_the_next_contact_follows_the_level(level, result, due):
    days = DAYS_UNTIL_NEXT.get(level, 2)

    assert next_follow_up_at(after=at(2, 10), days=days, result=result, **HOURS) == due


def test_no_answer_late_in_the_day_is_tried_next_morning():
    assert next_follow_up_at(after=at(2, 16), days=1, result="NO_ANSWER", **HOURS) == at(3, 9)


def test_a_closed_lead_stays_closed():
    with pytest.raises(TransitionNotAllowed):
        require_transition(current=LeadState.INVALID, target=LeadState.ASSIGNED)
