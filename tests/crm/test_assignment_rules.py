"""Who gets a lead: the decisions alone, without a database."""

from collections import Counter

import pytest

from apps.crm.rules.assignment import (
    Candidate,
    LeadFacts,
    Strategy,
    average_won_rate,
    checked_conditions,
    choose,
    covers,
    matches,
    smoothed_won_rate,
)
from forecourt.kernel.errors import Invalid


def hand_out(
    candidates: list[Candidate], leads: int, strategy: str, cap: int | None = None
) -> Counter:
    """Whom ``leads`` leads go to, one after another."""
    got: Counter = Counter()
    for _lead in range(leads):
        choice = choose(candidates, strategy=strategy, cap=cap)
        if choice is None:
            break
        choice.candidate.turn, choice.candidate.served = choice.turn, choice.served
        choice.candidate.open_leads += 1
        got[choice.candidate.staff_id] += 1
    return got


def line(*weights: float) -> list[Candidate]:
    return [
        Candidate(staff_id=number, name=str(number), store_id=1, weight=weight)
        for number, weight in enumerate(weights, start=1)
    ]


def test_a_thousand_leads_fall_within_five_points_of_the_weights():
    weights = [0.05, 0.12, 0.18, 0.30, 0.02]

    got = hand_out(line(*weights), 1000, Strategy.WON_RATE)

    for number, weight in enumerate(weights, start=1):
        assert got[number] / 1000 == pytest.approx(weight / sum(weights), abs=0.005)


def test_the_same_facts_give_the_same_choice():
    first, second = line(0.2, 0.1, 0.15), line(0.2, 0.1, 0.15)

    assert [hand_out(first, n, Strategy.WON_RATE) for n in range(20)] == [
        hand_out(second, n, Strategy.WON_RATE) for n in range(20)
    ]


def test_in_turn_everybody_gets_as_many():
    assert set(hand_out(line(0.4, 0.1, 0.01), 300, Strategy.ROUND_ROBIN).values()) == {100}


def test_fewest_open_fills_up_those_behind():
    candidates = line(1, 1)
    candidates[0].open_leads = 4

    got = hand_out(candidates, 6, Strategy.FEWEST_OPEN)

    assert got == {1: 1, 2: 5}


def test_nobody_is_served_above_the_cap():
    got = hand_out(line(0.9, 0.1), 100, Strategy.WON_RATE, cap=3)

    assert got == {1: 3, 2: 3}


def test_who_comes_back_is_not_flooded():
    present, away = line(0.1, 0.1)
    for _lead in range(100):
        hand_out([present], 1, Strategy.WON_RATE)

    got = hand_out([present, away], 10, Strategy.WON_RATE)

    assert got[away.staff_id] <= 6


def test_a_newcomer_stands_at_the_average_and_nobody_below_the_floor():
    average = average_won_rate(won=30, opened=200)

    assert smoothed_won_rate(won=0, opened=0, average=average) == pytest.approx(0.15)
    assert smoothed_won_rate(won=0, opened=1000, average=average) == 0.02
    assert 0.15 < smoothed_won_rate(won=8, opened=20, average=average) < 0.4


def test_a_division_covers_what_lies_below_it():
    assert covers("310000", "310115")
    assert covers("320100", "320102")
    assert covers("320102", "320102")
    assert not covers("320100", "320500")
    assert not covers("320100", "")


def test_conditions_hold_together_and_empty_ones_ask_nothing():
    facts = LeadFacts(source="WEB", division_code="310115", brand="比亚迪", series="汉")

    assert matches({}, facts)
    assert matches({"sources": ["WEB"], "divisions": ["310000"], "brands": ["比亚迪"]}, facts)
    assert not matches({"sources": ["WEB"], "series": ["唐"]}, facts)


def test_an_unknown_condition_is_refused():
    with pytest.raises(Invalid):
        checked_conditions({"weather": ["rain"]})
