"""Ten thousand leads through the function that chooses: shares follow the weights."""

import random

from apps.crm.rules.assignment import (
    DEFAULT_WON_RATE,
    WEIGHT_FLOOR,
    Candidate,
    Strategy,
    choose,
    smoothed_won_rate,
)

LEADS, CAP, NEWCOMER_COMES = 10_000, 25, 2_000
WON = {1: (30, 100), 2: (20, 100), 3: (18, 120), 4: (9, 90), 5: (4, 80), 6: (0, 60)}
NEWCOMER = 7


def team():
    records = {**WON, NEWCOMER: (0, 0)}
    return {
        staff_id: Candidate(
            staff_id=staff_id,
            name=str(staff_id),
            store_id=1,
            weight=smoothed_won_rate(won=won, opened=opened, average=DEFAULT_WON_RATE),
        )
        for staff_id, (won, opened) in records.items()
    }


def serve(candidates, people, *, cap=None):
    """One lead among those who are there; answers who got it."""
    choice = choose([people[one] for one in candidates], strategy=Strategy.WON_RATE, cap=cap)
    if choice is None:
        return None
    chosen = choice.candidate
    chosen.turn, chosen.served = choice.turn, choice.served
    chosen.open_leads += 1
    return chosen.staff_id


def test_each_share_is_within_three_points_of_the_weight_and_a_newcomer_gets_the_average():
    people = team()
    served = dict.fromkeys(people, 0)
    for number in range(LEADS):
        there = [one for one in people if one != NEWCOMER or number >= NEWCOMER_COMES]
        served[serve(there, people)] += 1

    while_seven = LEADS - NEWCOMER_COMES
    total = sum(person.weight for person in people.values())
    six = total - people[NEWCOMER].weight
    for staff_id, person in people.items():
        before = 0 if staff_id == NEWCOMER else NEWCOMER_COMES * person.weight / six
        expected = before + while_seven * person.weight / total
        assert abs(served[staff_id] - expected) <= 0.03 * LEADS, staff_id
    floor = WEIGHT_FLOOR / total
    assert min(served[one] for one in WON) / LEADS >= floor
    assert served[NEWCOMER] / while_seven >= people[NEWCOMER].weight / total - 0.03 > floor
    assert sum(served.values()) == LEADS


def test_under_caps_and_shifts_nobody_is_over_served_and_shares_stay_fair():
    """Everybody works three days of four; leads end after a while; each has a cap."""
    chance = random.Random(20260504)
    people = team()
    served = dict.fromkeys(people, 0)
    present = dict.fromkeys(people, 0.0)
    ends: list[tuple[int, int]] = []
    unserved = 0
    for number in range(LEADS):
        while ends and ends[0][0] <= number:
            people[ends.pop(0)[1]].open_leads -= 1
        day = number // 50
        there = [one for one in people if (day + one) % 4]
        free = [one for one in there if people[one].open_leads < CAP]
        weights = sum(people[one].weight for one in free)
        for one in free:
            present[one] += people[one].weight / weights
        chosen = serve(there, people, cap=CAP)
        if chosen is None:
            unserved += 1
            assert not free
            continue
        assert chosen in free
        served[chosen] += 1
        ends.append((number + 90 + chance.randrange(10), chosen))
        ends.sort()

    assert unserved == 0
    assert max(person.open_leads for person in people.values()) <= CAP
    for staff_id in people:
        assert abs(served[staff_id] - present[staff_id]) <= 0.03 * LEADS, (staff_id, served)
