"""The figures of the sales floor once more, in plain SQL that shares nothing with the reading."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection

from apps.crm.figures import ADVISOR, COMPETITOR, REASON, SERIES, SETS, SOURCE, STORE, TEAM
from forecourt.kernel import counted
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.counted import MONTH
from forecourt.kernel.periods import Period
from forecourt.kernel.verify import Problem, check

ALWAYS = Period(date(1, 1, 1), date(9999, 12, 31))
CLOSE_ENOUGH = Decimal("0.001")
"""Minutes: a median of floating-point numbers."""
APART = (STORE, TEAM, ADVISOR, SOURCE, SERIES, MONTH)

LEADS = """
    SELECT lead.store_id, staff.department_id, lead.owner_id, lead.source,
           nullif(btrim(lead.brand || ' ' || lead.series), ''),
           date_trunc('month', lead.received_date)::date,
           sum(CASE WHEN lead.state IN ('INVALID', 'MERGED') THEN 0 ELSE 1 END) AS valid,
           sum(CASE WHEN lead.state IN ('CONTACTED', 'QUALIFIED') THEN 1 ELSE 0 END) AS contacted,
           sum(CASE WHEN lead.state IN ('INVALID', 'MERGED') OR came.id IS NULL THEN 0 ELSE 1 END)
               AS visited,
           sum(CASE WHEN clock.runs THEN 1 ELSE 0 END) AS clocked,
           sum(CASE WHEN clock.runs AND lead.first_response_at <= lead.response_due_at THEN 1
               ELSE 0 END) AS in_time,
           sum(CASE WHEN clock.runs AND lead.response_due_at
                         < coalesce(lead.first_response_at, %(now)s) THEN 1 ELSE 0 END) AS late,
           sum(CASE WHEN lead.state = 'ASSIGNED' AND lead.response_due_at < %(now)s
                         AND lead.first_response_at IS NULL THEN 1 ELSE 0 END) AS waiting
    FROM crm_lead lead
    LEFT JOIN organisation_staffmember staff ON staff.id = lead.owner_id
    LEFT JOIN (
        SELECT visit.lead_id AS id FROM crm_visit visit
        WHERE visit.state IN ('PRESENT', 'LEFT') AND visit.lead_id IS NOT NULL
        UNION
        SELECT deal.lead_id FROM crm_visit visit
        JOIN crm_opportunity deal ON deal.id = visit.opportunity_id
        WHERE visit.state IN ('PRESENT', 'LEFT') AND deal.lead_id IS NOT NULL
    ) came ON came.id = lead.id
    CROSS JOIN LATERAL (
        SELECT lead.response_due_at IS NOT NULL AND lead.state NOT IN ('INVALID', 'MERGED') AS runs
    ) clock
    GROUP BY 1, 2, 3, 4, 5, 6
"""
DEALS = """
    SELECT deal.store_id, staff.department_id, deal.owner_id,
           coalesce(nullif(lead.source, ''), nullif(customer.source, '')),
           nullif(btrim(deal.brand || ' ' || deal.series), ''),
           date_trunc('month', {day})::date, count(*)
    FROM crm_opportunity deal
    JOIN crm_customer customer ON customer.id = deal.customer_id
    JOIN organisation_staffmember staff ON staff.id = deal.owner_id
    LEFT JOIN crm_lead lead ON lead.id = deal.lead_id
    WHERE {day} IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5, 6
"""
REASONS = """
    SELECT {apart}, count(*) FROM crm_opportunity WHERE stage = 'LOST' GROUP BY 1
"""
LOST_TO = "split_part(competitor, '、', 1)"
MET = """
    SELECT met.store_id, staff.department_id, met.{person},
           coalesce(nullif(lead.source, ''), nullif(own.source, ''), nullif(customer.source, '')),
           coalesce(nullif(btrim(deal.brand || ' ' || deal.series), ''),
                    nullif(btrim(lead.brand || ' ' || lead.series), '')),
           date_trunc('month', {day})::date, {counts}
    FROM {table} met
    LEFT JOIN organisation_staffmember staff ON staff.id = met.{person}
    LEFT JOIN crm_customer customer ON customer.id = met.customer_id
    LEFT JOIN crm_lead lead ON lead.id = met.lead_id
    LEFT JOIN crm_opportunity deal ON deal.id = met.opportunity_id
    LEFT JOIN crm_lead own ON own.id = deal.lead_id
    WHERE {where}
    GROUP BY 1, 2, 3, 4, 5, 6
"""
CUSTOMERS = """
    SELECT customer.home_store_id, staff.department_id, customer.owner_id,
           nullif(customer.source, ''), NULL,
           date_trunc('month', customer.created_at AT TIME ZONE %(zone)s)::date,
           count(*), sum(CASE WHEN lifecycle = 'CUSTOMER' THEN 1 ELSE 0 END)
    FROM crm_customer customer
    LEFT JOIN organisation_staffmember staff ON staff.id = customer.owner_id
    WHERE merged_into_id IS NULL
    GROUP BY 1, 2, 3, 4, 5, 6
"""
DUE_DAY = "(met.due_at AT TIME ZONE %(zone)s)::date"
DONE_DAY = "(met.completed_at AT TIME ZONE %(zone)s)::date"
PLANNED = f"""count(*),
    sum(CASE WHEN met.state = 'DONE' AND {DONE_DAY} <= {DUE_DAY} THEN 1 ELSE 0 END),
    sum(CASE WHEN met.state = 'DONE' AND {DONE_DAY} > {DUE_DAY} THEN 1
             WHEN met.state = 'OPEN' AND met.due_at < %(now)s THEN 1 ELSE 0 END),
    sum(CASE WHEN met.state = 'SKIPPED' THEN 1 ELSE 0 END)"""
WAITED = """
    SELECT lead.store_id, staff.department_id, lead.owner_id, lead.source,
           nullif(btrim(lead.brand || ' ' || lead.series), ''),
           date_trunc('month', lead.received_date)::date,
           (extract(epoch FROM lead.first_response_at)
            - extract(epoch FROM lead.received_at)) / 60
    FROM crm_lead lead
    LEFT JOIN organisation_staffmember staff ON staff.id = lead.owner_id
    WHERE lead.first_response_at IS NOT NULL AND lead.state NOT IN ('INVALID', 'MERGED')
"""
LEAD_COUNTS = ("valid", "contacted", "visited", "clocked", "in_time", "late", "waiting")
LOST_DAY = "(CASE WHEN stage = 'LOST' THEN lost_at END AT TIME ZONE %(zone)s)"
STATEMENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (LEADS, LEAD_COUNTS),
    (DEALS.format(day="deal.opened_date"), ("opened",)),
    (DEALS.format(day="deal.won_date"), ("won",)),
    (DEALS.format(day=LOST_DAY), ("lost",)),
    (
        MET.format(
            table="crm_visit",
            person="advisor_id",
            day="met.arrived_date",
            counts="count(*)",
            where="met.state <> 'VOID'",
        ),
        ("visits",),
    ),
    (
        MET.format(
            table="crm_testdrive",
            person="advisor_id",
            day="met.driven_date",
            counts="count(*)",
            where="met.state = 'RETURNED'",
        ),
        ("drives",),
    ),
    (
        MET.format(
            table="crm_followup", person="owner_id", day=DUE_DAY, counts=PLANNED, where="true"
        ),
        ("planned", "done_in_time", "overdue", "skipped"),
    ),
    (CUSTOMERS, ("customers", "buyers")),
)
PARTS: Mapping[str, tuple[str, str]] = {
    "valid_leads": ("valid", ""),
    "contact_rate": ("contacted", "valid"),
    "visit_rate": ("visited", "valid"),
    "test_drive_rate": ("drives", "visits"),
    "opened": ("opened", ""),
    "won_rate": ("won", "opened"),
    "answered_in_time": ("in_time", "clocked"),
    "answered_late": ("late", ""),
    "waiting_late": ("waiting", ""),
    "follow_ups_due": ("planned", ""),
    "follow_ups_in_time": ("done_in_time", "planned"),
    "follow_ups_overdue": ("overdue", ""),
    "follow_ups_skipped": ("skipped", ""),
    "lost": ("lost", ""),
    "lost_share": ("lost", "opened"),
    "customers_new": ("customers", ""),
    "customers_bought": ("buyers", "customers"),
}
"""Of each figure what is counted, and what it is a share of."""

Sums = dict[tuple[str, Any], dict[str, Any]]


@check("figures of the sales floor against a recount")
def _figures() -> Iterable[Problem]:
    sums, waits = _recounted()
    for by in (*APART, REASON, COMPETITOR):
        figures = [figure for one in SETS for figure in one.figures]
        found = counted.read(figures, actor=system_actor(), periods=[ALWAYS], by=by)[0].lines
        keys = {*found, *(key for dimension, key in sums if dimension == by)}
        for key in sorted(keys, key=str):
            answers = found.get(key, {})
            for figure in figures:
                if not figure.is_told_apart_by(by):
                    continue
                answer = answers.get(figure.code)
                subject = f"{figure.code} by {by} {key}"
                if figure.code in PARTS:
                    yield from _compared(subject, answer, sums.get((by, key), {}), figure.code)
                else:
                    yield from _median(subject, answer, waits.get((by, key), []))


def _compared(
    subject: str, answer: counted.Answer | None, sums: Mapping[str, Any], code: str
) -> Iterator[Problem]:
    of, over = PARTS[code]
    for part, kept in (
        (of, answer.of if answer else 0),
        (over, answer.over if answer else 0),
    ):
        if part and kept != sums.get(part, 0):
            yield Problem(subject, f"{part} is {kept}, a recount finds {sums.get(part, 0)}")


def _median(subject: str, answer: counted.Answer | None, waits: list[Decimal]) -> Iterator[Problem]:
    kept = answer.value if answer else None
    expected = median(waits) if waits else None
    if (kept is None) != (expected is None) or (
        kept is not None and expected is not None and abs(kept - expected) > CLOSE_ENOUGH
    ):
        yield Problem(subject, f"is {kept}, a recount finds {expected}")


def _recounted() -> tuple[Sums, dict[tuple[str, Any], list[Decimal]]]:
    """Every count by dimension and key, and the minutes that each lead waited."""
    sums: Sums = defaultdict(lambda: defaultdict(int))
    waits: dict[tuple[str, Any], list[Decimal]] = defaultdict(list)
    given = {"now": now(), "zone": settings.TIME_ZONE}
    with connection.cursor() as cursor:
        for statement, names in STATEMENTS:
            cursor.execute(statement, given)
            for row in cursor.fetchall():
                for place, dimension in enumerate(APART):
                    for name, count in zip(names, row[len(APART) :], strict=True):
                        sums[dimension, row[place]][name] += count
        for dimension, column in (
            (REASON, "lost_reason"),
            (COMPETITOR, LOST_TO),
        ):
            cursor.execute(REASONS.format(apart=f"nullif({column}, '')"))
            for key, count in cursor.fetchall():
                sums[dimension, key]["lost"] += count
        cursor.execute(WAITED, given)
        for *keys, minutes in cursor.fetchall():
            for dimension, key in zip(APART, keys, strict=True):
                waits[dimension, key].append(minutes)
    return sums, waits
