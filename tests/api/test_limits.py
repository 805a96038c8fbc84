import pytest
import time_machine

from forecourt.accounts.models import ApiToken
from forecourt.kernel.groups import inside
from tests.factories.organisation import make_staff


@pytest.fixture
def few(settings):
    settings.API_RATE_PER_TOKEN = 2
    settings.API_RATE_PER_GROUP = 3


def test_answers_say_what_is_left(group, caller, few):
    calls = caller(group, make_staff("headquarters"))

    response = calls.get("stores")

    assert response["RateLimit-Limit"] == "2"
    assert response["RateLimit-Remaining"] == "1"
    assert 1 <= int(response["RateLimit-Reset"]) <= 60


def test_too_many_requests_of_a_token_are_429(group, caller, few, minute):
    calls = caller(group, make_staff("headquarters"))
    for _number in range(2):
        assert calls.get("stores").status_code == 200

    response = calls.get("stores")

    assert response.status_code == 429
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "rate_limited"
    assert int(response["Retry-After"]) >= 1
    assert response["RateLimit-Remaining"] == "0"


def test_the_whole_group_has_a_limit_too(group, caller, few, minute):
    people = [caller(group, make_staff("headquarters")) for _number in range(4)]

    statuses = [calls.get("stores").status_code for calls in people]

    assert statuses == [200, 200, 200, 429]


def test_another_groups_calls_count_for_her_alone(group, other_group, caller, few, minute):
    with inside(other_group):
        stranger = make_staff("headquarters")
        text = ApiToken.issue(stranger.user, "test")[1]
    theirs = caller(other_group, token=text)
    assert [theirs.get("stores").status_code for _number in range(3)] == [200, 200, 429]

    assert caller(group, make_staff("headquarters")).get("stores").status_code == 200


def test_a_new_minute_begins_anew(group, caller, few, minute):
    calls = caller(group, make_staff("headquarters"))
    for _number in range(3):
        calls.get("stores")

    minute.shift(60)

    assert calls.get("stores").status_code == 200


@pytest.fixture
def minute():
    with time_machine.travel("2026-11-02T08:00:05Z", tick=False) as moment:
        yield moment
