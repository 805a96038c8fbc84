"""Who gets a lead: pure decisions over facts that the caller has read.

Choosing among candidates is stride scheduling. Everybody has a *turn*, a point on a line; the one
whose turn comes first gets the lead, and her turn moves ahead by a step that is the shorter the
greater her weight. Over time everybody receives leads in proportion to her weight, never more than
about one lead away from it, without chance and without waiting for luck. Who was away (full, on
another store's list, new) takes her place at the present point of the line, so nobody is flooded on
return.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.errors import Invalid


class Strategy(TextChoices):
    WON_RATE = "WON_RATE", _("By won rate")
    ROUND_ROBIN = "ROUND_ROBIN", _("In turn")
    FEWEST_OPEN = "FEWEST_OPEN", _("Fewest open leads")
    REGION = "REGION", _("The closest to the customer first, among them by won rate")


BY_WEIGHT = (Strategy.WON_RATE, Strategy.REGION)
WINDOW_DAYS = 90
"""Won rates look back so far."""
PRIOR_OPPORTUNITIES = 10
"""Everybody is weighed as if so many further opportunities had gone as they do on average."""
DEFAULT_WON_RATE = 0.15
"""What counts as average while a group has decided fewer than ``ENOUGH`` opportunities."""
ENOUGH = 20
WEIGHT_FLOOR = 0.02
"""Nobody's rate counts for less, so that everybody is given the chance to do better."""

LEAD_CONDITIONS = ("sources", "divisions", "brands", "series", "tags", "hours")
"""What a lead must be; hours are times of day such as 18:00-09:00, by the group's clock."""
CANDIDATE_CONDITIONS = ("positions", "departments")
"""What those who may get it must be: positions by code, departments by name."""
CONDITION_KEYS = (*LEAD_CONDITIONS, *CANDIDATE_CONDITIONS)
HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[-–~]\s*([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What assignment may look at."""

    source: str = ""
    division_code: str = ""
    brand: str = ""
    series: str = ""
    store_id: int | None = None
    tags: frozenset[str] = frozenset()
    """Names of the customer's tags; empty while no rule asks for any."""
    minute: int | None = None
    """Of the day, by the group's clock, when the lead came; None while no rule asks for it."""


@dataclass(slots=True)
class Candidate:
    """A person who may get the lead, with her place in the line."""

    staff_id: int
    name: str
    store_id: int
    weight: float = 1.0
    turn: float = 0.0
    served: float = 0.0
    open_leads: int = 0
    region_match: int = 0
    """How close her store lies to the customer, as ``StorePlace`` has it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Who was chosen, and what must be stored of her place in the line."""

    candidate: Candidate
    turn: float
    served: float
    shares: Mapping[int, float] = field(default_factory=dict)


def smoothed_won_rate(*, won: int, opened: int, average: float) -> float:
    """The share of opportunities won, drawn towards the average while there are few of them.

    Somebody without any stands at the average; nobody falls below the floor.
    """
    rate = (won + PRIOR_OPPORTUNITIES * average) / (opened + PRIOR_OPPORTUNITIES)
    return max(rate, WEIGHT_FLOOR)


def average_won_rate(*, won: int, opened: int) -> float:
    return won / opened if opened >= ENOUGH and won else DEFAULT_WON_RATE


def matches(conditions: Mapping[str, Sequence[str]], facts: LeadFacts) -> bool:
    """Whether a rule's conditions hold; an empty list asks for nothing.

    A division matches with everything below it: 310000 means all of Shanghai.
    """
    sources = conditions.get("sources") or ()
    if sources and facts.source not in sources:
        return False
    tags = conditions.get("tags") or ()
    if tags and not facts.tags.intersection(tags):
        return False
    hours = conditions.get("hours") or ()
    if hours and not any(_within(stretch, facts.minute) for stretch in hours):
        return False
    divisions = conditions.get("divisions") or ()
    if divisions and not any(covers(code, facts.division_code) for code in divisions):
        return False
    return _named(facts.brand, conditions.get("brands")) and _named(
        facts.series, conditions.get("series")
    )


def covers(division: str, code: str) -> bool:
    """Whether the division ``code`` lies within ``division`` (both of six digits)."""
    stem = division[:2] if division.endswith("0000") else division.removesuffix("00")
    return bool(code) and code.startswith(stem)


def checked_conditions(raw: Mapping[str, Any]) -> dict[str, list[str]]:
    """Only known keys, as lists of words. Raises Invalid."""
    unknown = set(raw) - set(CONDITION_KEYS)
    if unknown:
        raise Invalid(
            _t("There is no condition “%(name)s”.") % {"name": min(unknown)},
            field="conditions",
        )
    words = {
        key: [str(word).strip() for word in raw[key] if str(word).strip()]
        for key in CONDITION_KEYS
        if raw.get(key)
    }
    for stretch in words.get("hours", ()):
        if not HOURS.fullmatch(stretch):
            raise Invalid(
                _t("“%(word)s” is no time of day; write it as 18:00-09:00.") % {"word": stretch},
                field="hours",
            )
    return words


def choose(candidates: Iterable[Candidate], *, strategy: str, cap: int | None) -> Choice | None:
    """The next one in the line among those below their cap; None when everybody is full."""
    free = [c for c in candidates if cap is None or c.open_leads < cap]
    if not free:
        return None
    if strategy == Strategy.REGION:
        closest = max(c.region_match for c in free)
        free = [c for c in free if c.region_match == closest]
    weights = {c.staff_id: _weight(c, strategy) for c in free}
    total = sum(weights.values())
    present = max(c.served for c in free)

    def turn(candidate: Candidate) -> float:
        return max(candidate.turn, present)

    if strategy == Strategy.FEWEST_OPEN:
        chosen = min(free, key=lambda c: (c.open_leads, turn(c), c.staff_id))
    else:
        chosen = min(free, key=lambda c: (turn(c), c.staff_id))
    served = turn(chosen)
    step = total / len(free) / weights[chosen.staff_id]
    return Choice(
        candidate=chosen,
        served=served,
        turn=served + step,
        shares={staff_id: weight / total for staff_id, weight in weights.items()},
    )


def _weight(candidate: Candidate, strategy: str) -> float:
    return candidate.weight if strategy in BY_WEIGHT else 1.0


def _within(stretch: str, minute: int | None) -> bool:
    """Whether a minute of the day lies in a stretch such as 18:00-09:00, which goes past midnight;
    the same time twice is the whole day."""
    found = HOURS.fullmatch(stretch)
    if found is None or minute is None:
        return False
    hour, past, until_hour, until_past = map(int, found.groups())
    start, end = hour * 60 + past, until_hour * 60 + until_past
    return start <= minute < end if start < end else minute >= start or minute < end


def _named(word: str, wanted: Sequence[str] | None) -> bool:
    return not wanted or word.casefold() in {name.casefold() for name in wanted}
