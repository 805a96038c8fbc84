"""What a changed set of assignment rules would have done with the leads of the last 90 days.

Both sets, the present one and the changed one, hand out the same leads in the order in which they
came, everybody beginning at the start of the line and with the open leads that she had then; a
lead counts as open until the day on which it really ended. So the two differ by the change alone.
Nothing is written but the job's result. People, weights and stores are those of today.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from apps.crm import queries
from apps.crm.actions.assignment import (
    Dispatcher,
    Placement,
    Rule,
    WeightsOutdated,
    minute_of_day,
    weigh_advisors,
)
from apps.crm.actions.assignment_rules import checked_rule, require_manager, save_assignment_rule
from apps.crm.actions.rule_sets import (
    PlainRule,
    active_rules,
    checked_set,
    forget_draft,
    present_set,
    save_rule_set,
)
from apps.crm.models import AssignmentRule, Lead
from apps.crm.queries.tags import tags_set_on
from apps.crm.rules.assignment import LeadFacts
from apps.crm.rules.leads import LeadSource, LeadState
from apps.organisation import queries as organisation
from forecourt.kernel import jobs
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import today
from forecourt.kernel.errors import Conflict, NotFound
from forecourt.kernel.models import Job

REPLAY = "crm.replay_assignment"
DAYS = 90
STEP = 500
MOVED_AT_MOST = 500
BY_RULES = ("rule", "nobody", "no_rule")
"""How a lead was placed that the rules decided; owners' and chosen people's are not theirs."""
NO_RULE = 0
NOBODY = 0


@dataclass
class Tally:
    """What the replay has counted: per person and per store, really, now and with the change."""

    people: dict[str, Counter[int]] = field(
        default_factory=lambda: {"really": Counter(), "present": Counter(), "changed": Counter()}
    )
    stores: dict[str, Counter[int]] = field(
        default_factory=lambda: {"really": Counter(), "present": Counter(), "changed": Counter()}
    )
    judged: int = 0
    moved: int = 0
    moves: list[dict[str, int]] = field(default_factory=list)

    def add(self, lead: Lead, present: Placement, changed: Placement) -> None:
        self.judged += 1
        self._count("really", lead.owner_id, lead.store_id)
        self._count("present", present.owner_id, _store_of(present))
        self._count("changed", changed.owner_id, _store_of(changed))
        if present.owner_id == changed.owner_id and _store_of(present) == _store_of(changed):
            return
        self.moved += 1
        if len(self.moves) < MOVED_AT_MOST:
            self.moves.append(
                {
                    "lead": lead.pk,
                    "from_person": present.owner_id or NOBODY,
                    "from_store": _store_of(present),
                    "to_person": changed.owner_id or NOBODY,
                    "to_store": _store_of(changed),
                    "rule": changed.explanation.get("rule", {}).get("id", NO_RULE),
                }
            )

    def result(self) -> dict[str, Any]:
        """As JSON can hold it: ``{"people": {id: [really, present, changed]}, …}``."""
        return {
            "judged": self.judged,
            "moved": self.moved,
            "moves": self.moves,
            "people": _beside(self.people),
            "stores": _beside(self.stores),
        }

    def _count(self, column: str, owner_id: int | None, store_id: int | None) -> None:
        self.people[column][owner_id or NOBODY] += 1
        self.stores[column][store_id or NOBODY] += 1


class _Line:
    """One set of rules handing out leads; leads that have ended leave their person's count."""

    def __init__(self, rules: list[Rule], facts: set[LeadFacts], open_then: Mapping[int, int]):
        self.dispatcher = Dispatcher(rules)
        self.dispatcher.prepare(facts, today=today(), lock=False)
        self.dispatcher.begin_anew(open_then)
        self._ends: list[tuple[datetime, int]] = []

    def place(self, lead: Lead, facts: LeadFacts) -> Placement:
        while self._ends and self._ends[0][0] <= lead.received_at:
            self.dispatcher.release(heapq.heappop(self._ends)[1])
        placement = self.dispatcher.place(facts)
        if placement.owner_id is not None and lead.closed_at is not None:
            heapq.heappush(self._ends, (lead.closed_at, placement.owner_id))
        return placement


def start_replay(*, actor: Actor, rule_id: int | None = None, **values: Any) -> Job:
    """Try a new rule, or a change of the one with ``rule_id``, on the last 90 days.

    ``values`` are those of :func:`save_assignment_rule`, and refused as there. The whole order of
    rules decides, so only who may change all of it may try. Raises Invalid, NotFound, NotPermitted.
    """
    require_manager(actor, None)
    if rule_id is not None:
        queries.get_assignment_rule(rule_id=rule_id, actor=actor)
    rule = checked_rule(**values)
    wanted = present_set()
    if rule_id is None:
        wanted.append({"rule_id": None, "is_active": True, **rule})
    else:
        wanted = [{**one, **rule} if one["rule_id"] == rule_id else one for one in wanted]
    return _start(wanted, {"rule_id": rule_id, "values": rule}, actor)


def start_set_replay(*, rules: Sequence[Mapping[str, Any]], actor: Actor) -> Job:
    """Try a whole set of rules, changed and reordered together, on the last 90 days.

    ``rules`` are those of :func:`apps.crm.actions.rule_sets.save_rule_set`, and refused as there.
    """
    require_manager(actor, None)
    wanted = checked_set(rules)
    return _start(wanted, {"set": wanted}, actor)


def _start(wanted: list[PlainRule], change: Mapping[str, Any], actor: Actor) -> Job:
    base, changed = active_rules(present_set()), active_rules(wanted)
    return jobs.start(REPLAY, {"base": base, "changed": changed, **change}, actor)


def get_replay(*, job_id: int, actor: Actor) -> Job:
    """One of her own. Raises NotFound, NotPermitted."""
    job = jobs.get_job(job_id=job_id, actor=actor)
    if job.kind != REPLAY:
        raise NotFound(_("No such record."))
    require_manager(actor, None)
    return job


@transaction.atomic
def publish_replay(*, job_id: int, actor: Actor) -> Job:
    """Make the change that was tried.

    Raises Conflict while the replay runs and when the rules have been changed since, and as
    :func:`save_assignment_rule`.
    """
    job = get_replay(job_id=job_id, actor=actor)
    if job.state != Job.State.DONE:
        raise Conflict(_("The replay has not come to its end."))
    list(AssignmentRule.objects.select_for_update().order_by("sequence"))
    if job.params["base"] != active_rules(present_set()):
        raise Conflict(_("The rules have been changed since. Try the change again."))
    if "set" in job.params:
        save_rule_set(rules=job.params["set"], actor=actor)
        forget_draft(actor=actor)
    else:
        save_assignment_rule(rule_id=job.params["rule_id"], actor=actor, **job.params["values"])
    return job


@jobs.runs(REPLAY)
def replay(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """The job's work; beginning again after a lost worker does no harm."""
    present, changed = _rules(job.params["base"]), _rules(job.params["changed"])
    since = today() - timedelta(days=DAYS)
    leads = Lead.objects.filter(received_date__gt=since)
    judged = leads.filter(assignment__how__in=BY_RULES)
    progress.total(judged.count())
    asked_for = {
        name for rule in (*present, *changed) for name, words in rule.conditions.items() if words
    }
    facts = {told for _lead, told in _with_facts(judged, asked_for)}
    open_then = _open_at(since)
    with transaction.atomic():
        lines = _prepared([present, changed], facts, open_then)
    tally = Tally()
    for lead, told in _with_facts(judged, asked_for):
        tally.add(lead, *(line.place(lead, told) for line in lines))
        if tally.judged % STEP == 0:
            progress.step(tally.judged)
    progress.step(tally.judged)
    others = leads.exclude(assignment__how__in=BY_RULES)
    return {
        **tally.result(),
        "by_hand": others.filter(assignment__how__in=["claimed", "reassigned"]).count(),
        "owners": others.filter(assignment__how__in=["owner", "chosen"]).count(),
        "since": since.isoformat(),
    }


FACTS = (
    "customer_id",
    "source",
    "division_code",
    "brand",
    "series",
    "store_id",
    "owner_id",
    "assignment",
    "received_at",
    "closed_at",
)


def _in_order(leads: Any) -> Iterator[Lead]:
    yield from leads.only(*FACTS).order_by("received_at", "id").iterator(STEP)


def _prepared(
    sets: list[list[Rule]], facts: set[LeadFacts], open_then: Mapping[int, int]
) -> list[_Line]:
    try:
        return [_Line(rules, facts, open_then) for rules in sets]
    except WeightsOutdated:
        weigh_advisors(today=today())
        return [_Line(rules, facts, open_then) for rules in sets]


def _with_facts(leads: Any, asked_for: Collection[str]) -> Iterator[tuple[Lead, LeadFacts]]:
    """Each lead with what the rules looked at, or would have looked at, when it came in."""
    in_order = _in_order(leads)
    while some := list(islice(in_order, STEP)):
        tags = _tags_then(some) if "tags" in asked_for else {}
        for lead in some:
            yield lead, _facts(lead, tags.get(lead.pk, frozenset()), "hours" in asked_for)


def _tags_then(leads: Sequence[Lead]) -> dict[int, frozenset[str]]:
    """The customers' tags when the leads came in, by lead.

    They are noted with the lead where a rule asked for tags at the time. Else they are those that
    the customer had by then and still has: what was taken off her since is not known any more.
    """
    unknown = {lead.customer_id for lead in leads if "tags" not in lead.assignment}
    since = tags_set_on(unknown) if unknown else {}
    return {
        lead.pk: frozenset(
            lead.assignment["tags"]
            if "tags" in lead.assignment
            else (
                name
                for moment, name in since.get(lead.customer_id, ())
                if moment <= lead.received_at
            )
        )
        for lead in leads
    }


def _facts(lead: Lead, tags: frozenset[str], with_hours: bool) -> LeadFacts:
    """What the rules looked at when the lead came in.

    Whether a store was asked for is noted with the lead; leads from before that are taken to have
    asked for their store when the customer came to it.
    """
    asked = lead.assignment.get("asked_store_id")
    if asked is None and lead.source == LeadSource.WALK_IN:
        asked = lead.store_id
    return LeadFacts(
        source=lead.source,
        division_code=lead.division_code,
        brand=lead.brand,
        series=lead.series,
        store_id=asked or None,
        tags=tags,
        minute=minute_of_day(lead.received_at) if with_hours else None,
    )


def _open_at(day: Any) -> dict[int, int]:
    """How many open leads everybody had when the days began."""
    still_open = Q(closed_at__isnull=True) | Q(closed_at__date__gt=day)
    rows = (
        Lead.objects.filter(still_open, received_date__lte=day, owner__isnull=False)
        .exclude(state=LeadState.MERGED)
        .values_list("owner_id")
        .annotate(Count("pk"))
    )
    return dict(rows)


def _rules(plain: list[dict[str, Any]]) -> list[Rule]:
    return [Rule(**{**rule, "staff_ids": frozenset(rule["staff_ids"])}) for rule in plain]


def _store_of(placement: Placement) -> int:
    return placement.store.store_id if placement.store else NOBODY


def _beside(columns: Mapping[str, Counter[int]]) -> dict[str, list[int]]:
    """``{id: [really, present, changed]}``, those with the most leads first."""
    counters = list(columns.values())
    ids = sorted(set().union(*counters), key=lambda one: (-counters[2][one], one))
    return {str(one): [counter[one] for counter in counters] for one in ids}


@dataclass(frozen=True, slots=True)
class Compared:
    """One person or store: how many leads she really got, would get now, and with the change."""

    name: str
    note: str
    really: int
    present: int
    changed: int

    @property
    def difference(self) -> int:
        return self.changed - self.present


@dataclass(frozen=True, slots=True)
class Moved:
    """A lead that would have gone elsewhere."""

    lead: Lead
    before: str
    after: str
    rule: str


@dataclass(frozen=True, slots=True)
class ReplayResult:
    people: list[Compared]
    stores: list[Compared]
    moves: list[Moved]


def describe_replay(job: Job, actor: Actor) -> ReplayResult:
    """The result with names; of the leads those that the reader may see."""
    result = job.result
    people = organisation.staff_by_id({int(one) for one in result["people"]})
    stores = organisation.stores_by_id({int(one) for one in result["stores"]})
    ids = [move["lead"] for move in result["moves"]]
    leads = queries.list_leads(actor).in_bulk(ids)
    nobody = _("Nobody, waits to be claimed")

    def place(person_id: int, store_id: int) -> str:
        store = stores[store_id].name if store_id in stores else ""
        person = people[person_id].name if person_id in people else nobody
        return " · ".join(filter(None, (person, store)))

    names = {rule["rule_id"]: rule["name"] for rule in job.params["changed"]}
    return ReplayResult(
        people=[
            Compared(
                people[int(one)].name if int(one) in people else nobody,
                str(stores.get(people[int(one)].home_store_id or 0, ""))
                if int(one) in people
                else "",
                *counts,
            )
            for one, counts in result["people"].items()
        ],
        stores=[
            Compared(
                stores[int(one)].name if int(one) in stores else _("No store"),
                stores[int(one)].code if int(one) in stores else "",
                *counts,
            )
            for one, counts in result["stores"].items()
        ],
        moves=[
            Moved(
                leads[move["lead"]],
                place(move["from_person"], move["from_store"]),
                place(move["to_person"], move["to_store"]),
                names.get(move["rule"], ""),
            )
            for move in result["moves"]
            if move["lead"] in leads
        ],
    )
