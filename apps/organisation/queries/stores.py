"""Stores, and what they belong to: regions, companies, brands."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time

from django.db import connection
from django.db.models import QuerySet

from apps.organisation import brands
from apps.organisation.models import LegalEntity, Region, Store
from apps.organisation.queries.rows import one
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound
from forecourt.kernel.language import in_active_language


@dataclass(frozen=True, slots=True)
class StorePlace:
    """A store as those need it who must pick one: where it is and when it works."""

    store_id: int
    code: str
    name: str
    time_zone: str
    opens_at: time
    closes_at: time
    region_match: int
    """3 the same district as asked for, 2 the same city, 1 the same province, 0 elsewhere."""
    sells_brand: bool
    people: tuple[tuple[int, str], ...]
    """(staff id, name) of those active there in the role that was asked for."""


NEAREST_STORES = """
    WITH near AS (
        SELECT id, code, name_zh, name_en, time_zone, opens_at, closes_at,
            CASE WHEN %(division)s = '' OR division_code = '' THEN 0
                 WHEN division_code = %(division)s THEN 3
                 WHEN left(division_code, 4) = left(%(division)s, 4) THEN 2
                 WHEN left(division_code, 2) = left(%(division)s, 2) THEN 1
                 ELSE 0 END AS region_match,
            EXISTS (SELECT FROM unnest(brand_names) brand WHERE lower(brand) = ANY(%(brands)s))
                AS sells_brand
        FROM organisation_store
        WHERE state IN ('OPENING', 'OPEN')
            AND (%(store_id)s::bigint IS NULL OR id = %(store_id)s::bigint)
    ), best AS (
        SELECT * FROM near
        WHERE (sells_brand, region_match) =
            (SELECT sells_brand, region_match FROM near ORDER BY 1 DESC, 2 DESC LIMIT 1)
            OR (%(farther)s AND sells_brand = (SELECT bool_or(sells_brand) FROM near))
    ), people AS (
        SELECT person.id, person.name, place.store_id
        FROM organisation_staffmember person
        JOIN organisation_staffmember_roles held ON held.staffmember_id = person.id
        JOIN organisation_role role ON role.id = held.role_id AND role.code = %(role)s
        CROSS JOIN LATERAL (
            SELECT person.home_store_id AS store_id
            UNION
            SELECT also.store_id FROM organisation_staffmember_stores also
            WHERE also.staffmember_id = person.id
        ) place
        WHERE person.state = 'ACTIVE'
    )
    SELECT best.id, best.code, best.name_zh, best.name_en, best.time_zone, best.opens_at,
        best.closes_at, best.region_match, best.sells_brand, people.id, people.name
    FROM best LEFT JOIN people ON people.store_id = best.id
    ORDER BY best.region_match DESC, best.id, people.id
"""


def nearest_stores(
    *,
    role: str,
    division_code: str = "",
    brand: str = "",
    store_id: int | None = None,
    include_farther: bool = False,
) -> list[StorePlace]:
    """The working stores that suit best, with their active people in a role; one query.

    Stores that sell the brand come before others, and among them the closest to the division.
    All that suit equally well are answered, also those with nobody in the role. With
    ``include_farther`` those that sell the brand elsewhere follow, the closest first.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            NEAREST_STORES,
            {
                "division": division_code,
                "brands": brands.all_names(brand),
                "store_id": store_id,
                "role": role,
                "farther": include_farther,
            },
        )
        rows = cursor.fetchall()
    people: dict[int, list[tuple[int, str]]] = defaultdict(list)
    places: dict[int, tuple] = {}
    for *place, staff_id, name in rows:
        places[place[0]] = tuple(place)
        if staff_id is not None:
            people[place[0]].append((staff_id, name))
    return [
        StorePlace(
            store_id=id_,
            code=code,
            name=in_active_language(name_zh, name_en),
            time_zone=time_zone,
            opens_at=opens_at,
            closes_at=closes_at,
            region_match=match,
            sells_brand=sells_brand,
            people=tuple(people[id_]),
        )
        for id_, code, name_zh, name_en, time_zone, opens_at, closes_at, match, sells_brand in (
            places.values()
        )
    ]


def list_stores(actor: Actor) -> "QuerySet[Store]":
    return Store.objects.visible_to(actor).select_related("region", "legal_entity")


def stores_in_scope(actor: Actor, permission: str) -> list[Store]:
    """The stores that a permission reaches, narrowed by the store switcher, by code."""
    grant = actor.grant(permission)
    stores = Store.objects.select_related("region").order_by("code")
    if not grant.everything:
        stores = stores.filter(pk__in=grant.store_ids)
    if actor.focus_store_ids:
        stores = stores.filter(pk__in=actor.focus_store_ids)
    return list(stores)


def get_store(*, store_id: int, actor: Actor) -> Store:
    return one(list_stores(actor), store_id)


def time_zone_of(store_id: int) -> str:
    """The time zone of a store; empty for none."""
    return Store.objects.filter(pk=store_id).values_list("time_zone", flat=True).first() or ""


def time_zones() -> set[str]:
    """Every time zone in which a store of the group lies."""
    return set(Store.objects.order_by().values_list("time_zone", flat=True).distinct())


def stores_by_id(store_ids: Iterable[int]) -> dict[int, Store]:
    """Stores for labelling figures that are already within the reader's scope."""
    return Store.objects.select_related("region").in_bulk(list(store_ids))


def working_stores() -> list[int]:
    """The ids of the stores that take business."""
    working = Store.objects.filter(state__in=(Store.State.OPENING, Store.State.OPEN))
    return list(working.values_list("pk", flat=True))


def get_working_store(*, store_id: int) -> Store:
    """A store that takes business, whoever asks. Raises NotFound."""
    store = Store.objects.filter(pk=store_id).select_related("legal_entity").first()
    if store is None or not store.is_working:
        raise NotFound("No such store.")
    return store


def list_regions() -> "QuerySet[Region]":
    return Region.objects.all()


def list_legal_entities() -> "QuerySet[LegalEntity]":
    return LegalEntity.objects.order_by("id")


def stores_by_code() -> dict[str, Store]:
    """Every store of the group by its code, whoever asks: what a file may name."""
    return {store.code: store for store in Store.objects.all()}


def brand_names() -> list[str]:
    """The brands that the group's stores sell."""
    sold = Store.objects.values_list("brand_names", flat=True)
    return sorted({name for names in sold for name in names})


def get_company(*, company_id: int) -> LegalEntity:
    return one(LegalEntity.objects.all(), company_id)


def get_region(*, region_id: int) -> Region:
    return one(Region.objects.all(), region_id)


def lock_store(*, store_id: int, actor: Actor) -> Store:
    return one(
        Store.objects.visible_to(actor, "organisation.manage_store").select_for_update(
            of=("self",)
        ),
        store_id,
    )


def list_focus_stores(actor: Actor) -> list[Store]:
    """The stores that the actor may choose among in the switcher: those whose people she sees.

    Other rights say less of who oversees what: everybody sees where the group has stores, and
    advisors look for vehicles in all of them.
    """
    grant = actor.grant("organisation.view_staff")
    stores = Store.objects.exclude(state=Store.State.CLOSED).select_related("region")
    if not grant.everything:
        stores = stores.filter(pk__in=grant.store_ids)
    return list(stores.order_by("region__sequence", "region_id", "code"))
