"""Reads of the organisation: people and their rights, stores."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import time

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from apps.organisation.models import (
    Department,
    LegalEntity,
    Position,
    Region,
    Role,
    RolePermission,
    StaffMember,
    Store,
)
from forecourt.kernel.access import Actor, Grant
from forecourt.kernel.errors import NotFound
from forecourt.kernel.groups import current_group

Scope = RolePermission.Scope

TEAM = """
    WITH RECURSIVE team AS (
        SELECT id FROM organisation_staffmember WHERE manager_id = %s
        UNION
        SELECT s.id FROM organisation_staffmember s JOIN team ON s.manager_id = team.id
    )
    SELECT id FROM team
"""


def actor_for_user(
    user_id: int,
    *,
    focus: str = "",
    address: str | None = None,
    device: str = "",
    channel: str = "web",
    only: frozenset[str] | None = None,
) -> Actor | None:
    """The actor behind an account, or None for one that is no active member of staff.

    ``focus`` holds the codes of the stores chosen in the store switcher, ``only`` the permissions
    that an API token is narrowed to. Costs two queries, three where a role reaches a team and four
    where one reaches a region or stores are in focus.
    """
    staff = (
        StaffMember.objects.filter(user_id=user_id, state=StaffMember.State.ACTIVE)
        .annotate(
            also_in=ArrayAgg("stores", distinct=True, filter=Q(stores__isnull=False), default=[])
        )
        .select_related("user", "home_store")
        .first()
    )
    if staff is None:
        return None
    scopes: dict[str, set[str]] = defaultdict(set)
    for permission, scope in RolePermission.objects.filter(role__staff=staff).values_list(
        "permission", "scope"
    ):
        if only is None or permission in only:
            scopes[permission].add(scope)
    store_ids = frozenset(staff.also_in) | ({staff.home_store_id} if staff.home_store_id else set())
    wanted = set().union(*scopes.values()) if scopes else set()
    reach = {
        Scope.GROUP: Grant(everything=True),
        Scope.OWN: Grant(owner_ids=frozenset({staff.pk})),
        Scope.STORE: Grant(store_ids=store_ids, owner_ids=frozenset({staff.pk})),
    }
    overseen = store_ids
    if Scope.REGION in wanted:
        overseen = _stores_of_same_regions(store_ids)
        reach[Scope.REGION] = Grant(store_ids=overseen, owner_ids=frozenset({staff.pk}))
    if Scope.TEAM in wanted:
        reach[Scope.TEAM] = Grant(owner_ids=_team_of(staff.pk) | {staff.pk})
    grants = {
        permission: _union(reach[scope] for scope in granted)
        for permission, granted in scopes.items()
    }
    group = current_group()
    return Actor(
        user_id=user_id,
        staff_id=staff.pk,
        name=staff.name,
        language=staff.user.language or (group.language if group else "zh-hans"),
        home_store_id=staff.home_store_id,
        store_ids=overseen,
        focus_store_ids=_focus(focus),
        grants=grants,
        address=address,
        device=device,
        channel=channel,
    )


def _union(grants: object) -> Grant:
    result = Grant()
    for grant in grants:
        result |= grant
    return result


def _team_of(staff_id: int) -> frozenset[int]:
    """Everybody below in the reporting line."""
    with connection.cursor() as cursor:
        cursor.execute(TEAM, [staff_id])
        return frozenset(row[0] for row in cursor.fetchall())


def _stores_of_same_regions(store_ids: frozenset[int]) -> frozenset[int]:
    regions = Store.objects.filter(pk__in=store_ids, region__isnull=False).values("region")
    return store_ids | frozenset(
        Store.objects.filter(region__in=regions).values_list("pk", flat=True)
    )


def _focus(codes: str) -> frozenset[int]:
    """The ids behind ``SH01,SH02`` or ``region:3``; unknown words choose nothing."""
    words = [word for word in codes.split(",") if word]
    if not words:
        return frozenset()
    chosen = Q(code__in=words)
    regions = [word[7:] for word in words if word.startswith("region:") and word[7:].isdigit()]
    if regions:
        chosen |= Q(region_id__in=regions)
    return frozenset(Store.objects.filter(chosen).values_list("pk", flat=True))


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
            EXISTS (SELECT FROM unnest(brand_names) brand WHERE lower(brand) = lower(%(brand)s))
                AS sells_brand
        FROM organisation_store
        WHERE state IN ('OPENING', 'OPEN')
            AND (%(store_id)s::bigint IS NULL OR id = %(store_id)s::bigint)
    ), best AS (
        SELECT * FROM near
        WHERE (sells_brand, region_match) =
            (SELECT sells_brand, region_match FROM near ORDER BY 1 DESC, 2 DESC LIMIT 1)
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
    ORDER BY best.id, people.id
"""


def nearest_stores(
    *, role: str, division_code: str = "", brand: str = "", store_id: int | None = None
) -> list[StorePlace]:
    """The working stores that suit best, with their active people in a role; one query.

    Stores that sell the brand come before others, and among them the closest to the division.
    All that suit equally well are answered, also those with nobody in the role.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            NEAREST_STORES,
            {"division": division_code, "brand": brand, "store_id": store_id, "role": role},
        )
        rows = cursor.fetchall()
    people: dict[int, list[tuple[int, str]]] = defaultdict(list)
    places: dict[int, tuple] = {}
    for *place, staff_id, name in rows:
        places[place[0]] = tuple(place)
        if staff_id is not None:
            people[place[0]].append((staff_id, name))
    is_chinese = (get_language() or "").startswith("zh")
    return [
        StorePlace(
            store_id=id_,
            code=code,
            name=(name_zh if is_chinese else name_en) or name_zh or name_en,
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


def active_people(role: str) -> "QuerySet[StaffMember]":
    """Everybody active in a role, whoever asks."""
    return StaffMember.objects.filter(state=StaffMember.State.ACTIVE, roles__code=role)


def without_focus(actor: Actor) -> Actor:
    return replace(actor, focus_store_ids=frozenset())


def list_stores(actor: Actor) -> "QuerySet[Store]":
    return Store.objects.visible_to(actor).select_related("region", "legal_entity")


def stores_in_scope(actor: Actor, permission: str) -> list[Store]:
    """The stores that a permission reaches, narrowed by the store switcher, in the order of codes."""
    grant = actor.grant(permission)
    stores = Store.objects.select_related("region").order_by("code")
    if not grant.everything:
        stores = stores.filter(pk__in=grant.store_ids)
    if actor.focus_store_ids:
        stores = stores.filter(pk__in=actor.focus_store_ids)
    return list(stores)


def get_store(*, store_id: int, actor: Actor) -> Store:
    return _one(list_stores(actor), store_id)


def stores_by_id(store_ids: object) -> dict[int, Store]:
    """Stores for labelling figures that are already within the reader's scope."""
    return Store.objects.select_related("region").in_bulk(list(store_ids))


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


def list_positions() -> "QuerySet[Position]":
    return Position.objects.order_by("id")


def list_departments() -> "QuerySet[Department]":
    return Department.objects.select_related("store").order_by("store__code", "id")


def list_roles() -> "QuerySet[Role]":
    return Role.objects.prefetch_related("permissions").order_by("-is_built_in", "id")


def list_staff(actor: Actor) -> "QuerySet[StaffMember]":
    return StaffMember.objects.visible_to(actor).select_related("home_store", "position")


def get_staff_member(*, staff_id: int, actor: Actor) -> StaffMember:
    return _one(list_staff(actor), staff_id)


def staff_by_id(staff_ids: object) -> dict[int, StaffMember]:
    """People for showing their names on rows that are already within the reader's scope."""
    return StaffMember.objects.in_bulk(list(staff_ids))


def _one(queryset: QuerySet, pk: int):
    row = queryset.filter(pk=pk).first()
    if row is None:
        raise NotFound("No such record.")
    return row
