"""Handing out leads: reads the facts, lets the rules choose, remembers who was served.

Rows of ``AssignmentShare`` are locked in the order of people, before anything else of a lead is
written, so two leads never see the same line and no two transactions wait for one another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Q

from apps.approvals.queries.requests import away_on
from apps.crm.models import AssignmentRule, AssignmentShare, Lead, Opportunity
from apps.crm.rules import assignment as rules
from apps.crm.rules import leads as lead_rules
from apps.crm.rules.assignment import Candidate, LeadFacts, Strategy
from apps.crm.rules.opportunities import WON_STAGES
from apps.organisation import queries as organisation
from apps.organisation.brands import standard_name, standard_names
from apps.organisation.group_settings import CLOSED_DAYS
from apps.organisation.queries import StorePlace
from forecourt.kernel.clock import today
from forecourt.kernel.group_settings import Values, current_values, value_of
from forecourt.kernel.remembered import Remembered

ADVISOR_ROLE = "sales_advisor"
EXPLAINED_CANDIDATES = 8
EXPLAINED_STORES = 8

LOCK_SHARES = """
    SELECT staff_id, weight, weighed_date, turn, served FROM crm_assignmentshare
    WHERE staff_id = ANY(%s) ORDER BY staff_id FOR UPDATE
"""
READ_SHARES = LOCK_SHARES.replace("FOR UPDATE", "")
COUNT_OPEN = """
    SELECT owner_id, count(*) FROM crm_lead
    WHERE owner_id = ANY(%s) AND state IN ('ASSIGNED', 'CONTACTED') GROUP BY owner_id
"""
REMEMBER = "UPDATE crm_assignmentshare SET turn = %s, served = %s WHERE staff_id = %s"


class WeightsOutdated(Exception):
    """Somebody in the line has no weight of today: weigh, then take the transaction again."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An active assignment rule as read from its row."""

    rule_id: int
    name: str
    conditions: dict[str, list[str]]
    store_id: int | None
    staff_ids: frozenset[int]
    strategy: str
    open_lead_cap: int | None


@dataclass(slots=True)
class Placement:
    """Where a lead goes: to a person, or only to a store, and why."""

    store: StorePlace | None
    owner_id: int | None
    owner_name: str = ""
    explanation: dict[str, Any] = field(default_factory=dict)

    def response_due_at(self, moment: datetime, decided: Values, *, brand: str) -> datetime | None:
        if self.owner_id is None or self.store is None:
            return None
        return lead_rules.response_due_at(
            since=moment,
            minutes=decided.of("crm.response_minutes", store_id=self.store.store_id, brand=brand),
            opens_at=self.store.opens_at,
            closes_at=self.store.closes_at,
            zone=ZoneInfo(self.store.time_zone),
            closed=decided.of(CLOSED_DAYS, store_id=self.store.store_id),
        )


@dataclass(frozen=True, slots=True)
class _Sought:
    """Which stores a lead may go to, as ``organisation.nearest_stores`` is asked."""

    division_code: str = ""
    brand: str = ""
    store_id: int | None = None
    include_farther: bool = False


class Dispatcher:
    """Places leads one after another within one transaction; for one lead or for thousands."""

    def __init__(self, rules_instead: list[Rule] | None = None) -> None:
        """By the group's active rules and whoever is there today, or for a replay by other rules
        and everybody."""
        self.decided = current_values()
        self.rules = rules_instead if rules_instead is not None else ACTIVE_RULES.get()
        self.away = away_on(today()) if rules_instead is None else frozenset()
        self._eligible: dict[int, frozenset[int] | None] = {}
        self._places: dict[_Sought, list[StorePlace]] = {}
        self._rule_of: dict[LeadFacts, Rule | None] = {}
        self._line: dict[int, Candidate] = {}
        self._served: set[int] = set()

    def prepare(self, all_facts: Iterable[LeadFacts], *, today: date, lock: bool = True) -> None:
        """Read, and lock, everything that placing these leads needs. Raises WeightsOutdated."""
        staff: dict[int, str] = {}
        for facts in set(all_facts):
            rule = self._rule_for(facts)
            if rule is None:
                continue
            for place in self._places_for(facts, rule):
                staff.update((id_, name) for id_, name in place.people if self._suits(id_, rule))
        if staff:
            self._read_line(staff, today=today, lock=lock)

    def place(self, facts: LeadFacts) -> Placement:
        """Decide; the line moves on in memory, :meth:`remember` writes it."""
        rule = self._rule_for(facts)
        if rule is None:
            store = self._store(facts.store_id)
            return Placement(store, None, explanation={"how": "no_rule", **self._asked(facts)})
        places = self._places_for(facts, rule)
        by_store = {place.store_id: place for place in places}
        candidates: dict[int, Candidate] = {}
        for place in places:
            for staff_id, _name in place.people:
                candidate = self._line.get(staff_id)
                is_there = staff_id not in candidates and self._suits(staff_id, rule)
                if candidate is not None and is_there:
                    candidate.store_id = place.store_id
                    candidate.region_match = place.region_match
                    candidates[staff_id] = candidate
        cap = rule.open_lead_cap or self.decided.of("crm.open_lead_cap")
        explanation = {**_explain(rule, places, candidates.values(), cap), **self._asked(facts)}
        choice = rules.choose(candidates.values(), strategy=rule.strategy, cap=cap)
        if choice is None:
            explanation["how"] = "nobody"
            return Placement(places[0] if places else None, None, explanation=explanation)
        chosen = choice.candidate
        explanation["how"] = "rule"
        explanation["candidates"] = _explain_choice(choice, candidates.values())
        if rule.strategy == Strategy.REGION:
            explanation["store_ids"] = [chosen.store_id]
            explanation["region_match"] = chosen.region_match
        chosen.turn, chosen.served = choice.turn, choice.served
        chosen.open_leads += 1
        self._served.add(chosen.staff_id)
        return Placement(
            by_store[chosen.store_id], chosen.staff_id, chosen.name, explanation=explanation
        )

    def asks_for(self, condition: str) -> bool:
        """Whether any rule looks at this, so that it is worth finding out."""
        return any(rule.conditions.get(condition) for rule in self.rules)

    def begin_anew(self, open_leads: Mapping[int, int]) -> None:
        """For a replay: everybody at the start of the line, with these open leads."""
        for candidate in self._line.values():
            candidate.turn = candidate.served = 0.0
            candidate.open_leads = open_leads.get(candidate.staff_id, 0)

    def release(self, staff_id: int) -> None:
        """For a replay: one of the person's leads has ended."""
        self._line[staff_id].open_leads -= 1

    def remember(self) -> None:
        """Write who was served; belongs in the transaction that writes the leads."""
        if not self._served:
            return
        rows = [(self._line[id_].turn, self._line[id_].served, id_) for id_ in sorted(self._served)]
        with connection.cursor() as cursor:
            if len(rows) == 1:
                cursor.execute(REMEMBER, rows[0])
            else:
                cursor.executemany(REMEMBER, rows)
        self._served.clear()

    def _rule_for(self, facts: LeadFacts) -> Rule | None:
        if facts not in self._rule_of:
            wanted = replace(facts, brand=standard_name(facts.brand))
            self._rule_of[facts] = next(
                (rule for rule in self.rules if rules.matches(_standard(rule), wanted)), None
            )
        return self._rule_of[facts]

    def _suits(self, staff_id: int, rule: Rule) -> bool:
        """Whether somebody is there today and is one of those whom the rule means."""
        if staff_id in self.away or (rule.staff_ids and staff_id not in rule.staff_ids):
            return False
        if rule.rule_id not in self._eligible:
            positions = rule.conditions.get("positions") or ()
            departments = rule.conditions.get("departments") or ()
            self._eligible[rule.rule_id] = (
                organisation.staff_employed(positions=positions, departments=departments)
                if positions or departments
                else None
            )
        eligible = self._eligible[rule.rule_id]
        return eligible is None or staff_id in eligible

    def _places_for(self, facts: LeadFacts, rule: Rule) -> list[StorePlace]:
        """A store that was asked for stands above the rule's, and that above the region."""
        store_id = facts.store_id or rule.store_id
        sought = (
            _Sought(store_id=store_id)
            if store_id
            else _Sought(
                division_code=facts.division_code,
                brand=facts.brand,
                include_farther=rule.strategy == Strategy.REGION,
            )
        )
        if sought not in self._places:
            self._places[sought] = organisation.nearest_stores(role=ADVISOR_ROLE, **asdict(sought))
        return self._places[sought]

    def _asked(self, facts: LeadFacts) -> dict[str, Any]:
        """What a replay of the rules must know, and what the lead does not say by itself."""
        asked: dict[str, Any] = {"asked_store_id": facts.store_id or 0}
        if self.asks_for("tags"):
            asked["tags"] = sorted(facts.tags)
        return asked

    def _store(self, store_id: int | None) -> StorePlace | None:
        if store_id is None:
            return None
        found = organisation.nearest_stores(role=ADVISOR_ROLE, store_id=store_id)
        return found[0] if found else None

    def _read_line(self, staff: dict[int, str], *, today: date, lock: bool) -> None:
        ids = sorted(staff)
        with connection.cursor() as cursor:
            cursor.execute(LOCK_SHARES if lock else READ_SHARES, [ids])
            shares = cursor.fetchall()
            if len(shares) < len(ids) or any(row[2] < today for row in shares):
                raise WeightsOutdated
            # A second statement, so that it sees what was committed while we waited for the lock.
            cursor.execute(COUNT_OPEN, [ids])
            open_leads = dict(cursor.fetchall())
        for staff_id, weight, _day, turn, served in shares:
            self._line[staff_id] = Candidate(
                staff_id=staff_id,
                name=staff[staff_id],
                store_id=0,
                weight=weight,
                turn=turn,
                served=served,
                open_leads=open_leads.get(staff_id, 0),
            )


def _standard(rule: Rule) -> dict[str, list[str]]:
    """A rule's conditions, in which a brand is one under all of its names."""
    brands = rule.conditions.get("brands")
    return {**rule.conditions, "brands": standard_names(brands)} if brands else rule.conditions


def _read_rules() -> list[Rule]:
    return [
        Rule(
            rule_id=row.pk,
            name=row.name,
            conditions=row.conditions,
            store_id=row.store_id,
            staff_ids=frozenset(row.staff_ids),
            strategy=row.strategy,
            open_lead_cap=row.open_lead_cap,
        )
        for row in AssignmentRule.objects.filter(is_active=True).order_by("sequence")
    ]


ACTIVE_RULES = Remembered("crm.assignment_rules", _read_rules)
"""The group's active rules in their order."""


def minute_of_day(moment: datetime) -> int:
    """By the group's clock."""
    local = moment.astimezone(ZoneInfo(value_of("organisation.time_zone")))
    return local.hour * 60 + local.minute


def weigh_advisors(*, today: date) -> None:
    """Give every active sales advisor a weight from the last 90 days; newcomers join the line."""
    advisors = sorted(
        organisation.active_people(ADVISOR_ROLE).values_list("pk", flat=True).distinct()
    )
    since = today - timedelta(days=rules.WINDOW_DAYS)
    counts = {
        row["owner_id"]: row
        for row in Opportunity.objects.filter(opened_date__gt=since)
        .values("owner_id")
        .annotate(opened=Count("id"), won=Count("id", filter=Q(stage__in=WON_STAGES)))
    }
    average = rules.average_won_rate(
        won=sum(row["won"] for row in counts.values()),
        opened=sum(row["opened"] for row in counts.values()),
    )
    nothing = {"won": 0, "opened": 0}
    AssignmentShare.objects.bulk_create(
        [
            AssignmentShare(
                staff_id=staff_id,
                weight=rules.smoothed_won_rate(
                    won=found["won"], opened=found["opened"], average=average
                ),
                won_count=found["won"],
                opened_count=found["opened"],
                weighed_date=today,
            )
            for staff_id in advisors
            for found in (counts.get(staff_id, nothing),)
        ],
        update_conflicts=True,
        unique_fields=["staff"],
        update_fields=["weight", "won_count", "opened_count", "weighed_date"],
    )


def open_lead_count(staff_id: int, *, lock: bool = False) -> int:
    """How many open leads a person has; with ``lock`` nobody else hands her one meanwhile."""
    if lock:
        list(AssignmentShare.objects.select_for_update().filter(staff_id=staff_id))
    return Lead.objects.filter(owner_id=staff_id, state__in=lead_rules.OWNED_OPEN_STATES).count()


def _explain(
    rule: Rule, places: list[StorePlace], candidates: Collection[Candidate], cap: int
) -> dict[str, Any]:
    return {
        "rule": {"id": rule.rule_id, "name": rule.name},
        "strategy": rule.strategy,
        "cap": cap,
        "store_ids": [place.store_id for place in places[:EXPLAINED_STORES]],
        "region_match": places[0].region_match if places else 0,
        "sells_brand": places[0].sells_brand if places else False,
        "candidate_count": len(candidates),
        "full_count": sum(c.open_leads >= cap for c in candidates),
    }


def _explain_choice(choice: rules.Choice, candidates: Iterable[Candidate]) -> list[dict[str, Any]]:
    """The chosen one first, then those with the greatest shares."""
    chosen = choice.candidate
    ranked = sorted(
        candidates,
        key=lambda c: (c is not chosen, -choice.shares.get(c.staff_id, 0.0), c.staff_id),
    )
    return [
        {
            "id": c.staff_id,
            "name": c.name,
            "share": round(choice.shares.get(c.staff_id, 0.0), 3),
            "weight": round(c.weight, 4),
            "open": c.open_leads,
        }
        for c in ranked[:EXPLAINED_CANDIDATES]
    ]
