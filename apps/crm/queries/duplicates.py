"""Customers who may be the same person: pairs worth comparing, and what is compared of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet

from apps.crm.hooks import car_marks
from apps.crm.models import Customer, CustomerMerge, DuplicatePair, Visit
from apps.crm.queries.rows import one
from apps.crm.rules.customers import CustomerKind
from apps.crm.rules.duplicates import UNDO_DAYS, PairState, Traits, place_of
from apps.crm.rules.visits import VisitState
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.jobs import list_jobs
from forecourt.kernel.models import Job

LARGEST_BLOCK = 60
"""What more customers share than this tells nobody apart: a company's address, a placeholder."""

# Two customers are compared when they share a key. Each key holds a syllable of the name and what
# is left of a phone when one stretch of it is taken out, so that a slip anywhere within a stretch
# leaves the key alone; the stretches overlap, so that two digits swapped lie within one of them.
# WeChat and e-mail are keys by themselves, birthday and address together with a syllable.
CANDIDATES = """
WITH syllable AS MATERIALIZED (
    SELECT c.id, s.word, c.birth_date,
        CASE WHEN c.address ~ '[0-9]'
            THEN c.division_code || regexp_replace(c.address, '[^0-9]+', '-', 'g') END AS place
    FROM crm_customer c
    CROSS JOIN LATERAL (
        SELECT DISTINCT rtrim(part, '12345') AS word
        FROM unnest(string_to_array(c.name_sort, ' ')) AS part
    ) s
    WHERE c.merged_into_id IS NULL AND s.word <> ''
      AND s.word NOT IN ('xian', 'sheng', 'nv', 'nü', 'shi', 'xiao', 'jie', 'mr', 'mrs', 'ms')
),
phone AS MATERIALIZED (
    SELECT customer_id, right(phone, 11) AS digits FROM crm_customerphone
),
key AS (
    SELECT s.id, s.word || stretch.rest AS key
    FROM syllable s JOIN phone p ON p.customer_id = s.id
    CROSS JOIN LATERAL (VALUES
        ('<' || substr(p.digits, 1, 6)),
        ('>' || substr(p.digits, 7)),
        ('|' || substr(p.digits, 1, 4) || substr(p.digits, 8))
    ) stretch (rest)
    UNION ALL
    SELECT id, word || '*' || birth_date FROM syllable WHERE birth_date IS NOT NULL
    UNION ALL
    SELECT id, word || '@' || place FROM syllable WHERE place IS NOT NULL
    UNION ALL
    SELECT id, 'w' || lower(wechat) FROM crm_customer WHERE wechat <> '' AND merged_into_id IS NULL
    UNION ALL
    SELECT id, 'e' || lower(email) FROM crm_customer WHERE email <> '' AND merged_into_id IS NULL
),
block AS (
    SELECT array_agg(DISTINCT id) AS ids FROM key
    GROUP BY key HAVING count(*) BETWEEN 2 AND %(largest)s
)
SELECT DISTINCT one.id, other.id
FROM block, unnest(ids) AS one(id), unnest(ids) AS other(id)
WHERE one.id < other.id
"""
# The planner cannot know how many syllables there are; where it guesses few, it compares each with
# each phone.
BY_HASH = "SET LOCAL enable_nestloop = off"


def duplicate_candidates() -> list[tuple[int, int]]:
    """Pairs of customers that are worth comparing, the smaller id first."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BY_HASH)
        cursor.execute(CANDIDATES, {"largest": LARGEST_BLOCK})
        pairs = cursor.fetchall()
        cursor.execute("SET LOCAL enable_nestloop = on")
        return pairs


SHARED_CARS = """
WITH known (customer_id, mark) AS ({sources}),
held AS (
    SELECT DISTINCT coalesce(c.merged_into_id, c.id) AS id, k.mark
    FROM known k JOIN crm_customer c ON c.id = k.customer_id WHERE k.mark <> ''
),
block AS (
    SELECT array_agg(id) AS ids FROM held
    GROUP BY mark HAVING count(*) BETWEEN 2 AND %s
)
SELECT DISTINCT one.id, other.id
FROM block, unnest(ids) AS one(id), unnest(ids) AS other(id)
WHERE one.id < other.id
"""


def pairs_with_one_car() -> set[tuple[int, int]]:
    """Pairs of customers of whom one number plate or VIN is known, the smaller id first: from
    visits, and from what the modules above know of cars."""
    visits = Visit.objects.filter(customer__isnull=False).exclude(state=VisitState.VOID)
    known = [visits.values_list("customer_id", "plate_number"), *car_marks()]
    compiled = [rows.order_by().query.sql_with_params() for rows in known]
    sources = " UNION ALL ".join(sql for sql, _values in compiled)
    values = [value for _sql, some in compiled for value in some]
    with connection.cursor() as cursor:
        cursor.execute(SHARED_CARS.format(sources=sources), [*values, LARGEST_BLOCK])
        return set(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class NameCounts:
    """How many customers have a name, by its pinyin, and how many customers there are."""

    by_name: dict[str, int]
    total: int


def traits_of(customer_ids: Collection[int], names: NameCounts) -> dict[int, Traits]:
    """What is compared of these customers; ``names`` as name_counts() answers them."""
    rows = (
        Customer.objects.filter(pk__in=customer_ids)
        .annotate(numbers=ArrayAgg("phones__phone", filter=Q(phones__isnull=False), default=[]))
        .values_list(
            "pk",
            "kind",
            "name",
            "name_sort",
            "numbers",
            "wechat",
            "email",
            "birth_date",
            "gender",
            "address",
            "division_code",
            "national_id_index",
        )
    )
    return {
        pk: Traits(
            id=pk,
            is_person=kind == CustomerKind.PERSON,
            name=name,
            name_sort=name_sort,
            name_count=names.by_name.get(name_sort, 1),
            total=names.total,
            phones=tuple(numbers),
            wechat=wechat,
            email=email,
            birth_date=birth_date,
            gender=gender,
            place=place_of(address, division),
            identity=identity,
        )
        for (
            pk,
            kind,
            name,
            name_sort,
            numbers,
            wechat,
            email,
            birth_date,
            gender,
            address,
            division,
            identity,
        ) in rows
    }


def name_counts() -> NameCounts:
    """Of all the group's customers; summed up once for a search."""
    counted = Customer.objects.values_list("name_sort").annotate(count=Count("pk"))
    by_name = dict(counted.order_by())
    return NameCounts(by_name, sum(by_name.values()))


def list_duplicates(actor: Actor) -> QuerySet[DuplicatePair]:
    """Pairs to be decided, of customers both of which the actor may merge."""
    mergeable = Customer.objects.visible_to(actor, "crm.merge_customer")
    pairs = DuplicatePair.objects.visible_to(actor).filter(state=PairState.OPEN)
    if not actor.grant("crm.merge_customer").everything:
        pairs = pairs.filter(second__in=mergeable.values("pk"))
    return pairs.select_related(
        "first__owner", "first__home_store", "second__owner", "second__home_store"
    )


def get_duplicate(*, pair_id: int, actor: Actor) -> DuplicatePair:
    """Raises NotFound."""
    return one(list_duplicates(actor), pair_id)


def two_customers(one_id: int, other_id: int, actor: Actor) -> tuple[Customer, Customer]:
    """Two customers whom the actor may merge. Raises NotFound."""
    mergeable = Customer.objects.visible_to(actor, "crm.merge_customer").select_related(
        "owner", "home_store"
    )
    return one(mergeable, one_id), one(mergeable, other_id)


def pair_of(first: Customer, second: Customer) -> DuplicatePair | None:
    """The open pair of two customers, in whichever order."""
    low, high = sorted((first.pk, second.pk))
    return DuplicatePair.objects.filter(first_id=low, second_id=high, state=PairState.OPEN).first()


def duplicates_of(customer: Customer, actor: Actor) -> list[DuplicatePair]:
    """Open pairs of which this customer is one, the likeliest first."""
    rows = list_duplicates(actor).filter(Q(first=customer) | Q(second=customer))
    return list(rows.order_by("-percent", "-id")[:3])


def merges_into(customer: Customer, actor: Actor) -> list[CustomerMerge]:
    """The customers merged into this one that can be taken out again, the latest first."""
    if not actor.grant("crm.merge_customer").covers(customer.home_store_id, customer.owner_id):
        return []
    since = now() - timedelta(days=UNDO_DAYS)
    rows = CustomerMerge.objects.filter(kept=customer, undone_at=None, made_at__gte=since)
    return list(rows.select_related("merged").order_by("-id"))


def successor_of(customer_id: int) -> int | None:
    """Into whom a customer was merged."""
    row = Customer.everybody.filter(pk=customer_id).values_list("merged_into", flat=True)
    return row.first()


def merged_into(customer_id: Any) -> QuerySet:
    """Into whom the customer of an outer query was merged; no row or null for all others."""
    return Customer.everybody.filter(pk=customer_id).values("merged_into")[:1]


def kept_ids_of(customer_ids: Iterable[int]) -> dict[int, int]:
    """Into whom each was merged, or the customer herself; in the order of the ids."""
    ids = list(dict.fromkeys(customer_ids))
    kept = dict(Customer.everybody.filter(pk__in=ids).values_list("pk", "merged_into"))
    return {pk: kept[pk] or pk for pk in ids if pk in kept}


def family_of(customer_id: int) -> list[int]:
    """The customer and all who were merged into her: what cannot be moved hangs on these."""
    merged = Customer.everybody.filter(merged_into=customer_id)
    return [customer_id, *merged.values_list("pk", flat=True)]


def latest_search(actor: Actor) -> Job | None:
    """The actor's own search, while it runs."""
    rows = list_jobs(actor).filter(kind="crm.find_duplicates", state__in=Job.OPEN_STATES)
    return rows.order_by("-id").first()
