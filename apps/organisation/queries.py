"""Reads of the organisation: people and their rights, stores."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from ipaddress import ip_address
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.organisation import brands, rules
from apps.organisation.models import (
    Department,
    GroupSettings,
    Invitation,
    LegalEntity,
    Position,
    Region,
    Role,
    RolePermission,
    StaffMember,
    Store,
)
from forecourt.accounts import bearer
from forecourt.kernel.access import NOTHING, Actor, Grant, all_permissions
from forecourt.kernel.clock import now
from forecourt.kernel.crypto import blind_index
from forecourt.kernel.errors import NotFound
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.groups import current_group, in_group
from forecourt.kernel.models import AuditEntry

Scope = RolePermission.Scope

TEAM = """
    WITH RECURSIVE team AS (
        SELECT id FROM organisation_staffmember WHERE manager_id = %s
        UNION
        SELECT s.id FROM organisation_staffmember s JOIN team ON s.manager_id = team.id
    )
    SELECT id FROM team
"""


# By hand, because every request asks it: through the ORM it is half of what a small request costs.
ACTOR = """
    s.id, s.name, s.home_store_id, u.language,
        ARRAY(SELECT m.store_id FROM organisation_staffmember_stores m
              WHERE m.staffmember_id = s.id),
        ARRAY(SELECT DISTINCT p.scope || ' ' || p.permission
              FROM organisation_staffmember_roles r
              JOIN organisation_rolepermission p ON p.role_id = r.role_id
              WHERE r.staffmember_id = s.id),
        ARRAY(SELECT o.code FROM organisation_staffmember_roles r
              JOIN organisation_role o ON o.id = r.role_id WHERE r.staffmember_id = s.id)
"""
BY_USER = f"""
    SELECT {ACTOR} FROM organisation_staffmember s JOIN accounts_user u ON u.id = s.user_id
    WHERE s.user_id = %s AND s.state = 'ACTIVE'
"""  # noqa: S608
BY_TOKEN = f"""
    SELECT {bearer.COLUMNS}, {ACTOR} FROM {bearer.USABLE}
    JOIN organisation_staffmember s ON s.user_id = u.id AND s.state = 'ACTIVE'
"""  # noqa: S608


def actor_for_user(user_id: int, **how: Any) -> Actor | None:
    """The actor behind an account, or None for one that is no active member of staff.

    ``how`` she acts: ``focus`` holds the codes of the stores chosen in the store switcher, then
    ``address``, ``device`` and ``channel``. Costs one query, and one more each where a role reaches
    a team, where one reaches a region, and where stores are in focus.
    """
    with connection.cursor() as cursor:
        cursor.execute(BY_USER, [user_id])
        found = cursor.fetchone()
    return None if found is None else _actor(user_id, found, **how)


def actor_for_token(text: str, **how: Any) -> tuple[bearer.Bearer, Actor] | None:
    """A usable API token and its person as an actor, narrowed to the token's scopes.

    None for a token that is unknown, expired or revoked, and where its person does not work here.
    The same queries as :func:`actor_for_user`.
    """
    with connection.cursor() as cursor:
        cursor.execute(BY_TOKEN, bearer.sought(text))
        found = cursor.fetchone()
    if found is None:
        return None
    token = bearer.bearer_of(found[:4])
    return token, _actor(token.user_id, found[4:], only=token.scopes or None, **how)


def _actor(
    user_id: int,
    columns: Sequence[Any],
    *,
    focus: str = "",
    address: str | None = None,
    device: str = "",
    channel: str = "web",
    only: frozenset[str] | None = None,
) -> Actor:
    staff_id, name, home_store_id, language, also_in, granted, role_codes = columns
    scopes: dict[str, set[str]] = defaultdict(set)
    for scope, permission in (words.split(" ") for words in granted):
        if only is None or permission in only:
            scopes[permission].add(scope)
    store_ids = frozenset(also_in) | ({home_store_id} if home_store_id else set())
    held_by = {permission: frozenset(held) for permission, held in scopes.items()}
    wanted = frozenset().union(*held_by.values())
    reach = {
        Scope.GROUP: Grant(everything=True),
        Scope.OWN: Grant(owner_ids=frozenset({staff_id})),
        Scope.STORE: Grant(store_ids=store_ids, owner_ids=frozenset({staff_id})),
    }
    overseen = store_ids
    if Scope.REGION in wanted:
        overseen = _stores_of_same_regions(store_ids)
        reach[Scope.REGION] = Grant(store_ids=overseen, owner_ids=frozenset({staff_id}))
    if Scope.TEAM in wanted:
        reach[Scope.TEAM] = Grant(owner_ids=team_of(staff_id) | {staff_id})
    # Few combinations of scopes stand behind all the permissions: each is worked out once.
    union_of = {
        held: _union(reach[Scope(scope)] for scope in held) for held in set(held_by.values())
    }
    grants = {permission: union_of[held] for permission, held in held_by.items()}
    group = current_group()
    return Actor(
        user_id=user_id,
        staff_id=staff_id,
        name=name,
        language=language or (group.language if group else "zh-hans"),
        home_store_id=home_store_id,
        store_ids=overseen,
        focus_store_ids=_focus(focus),
        role_codes=frozenset(role_codes),
        grants=grants,
        address=address,
        device=device,
        channel=channel,
    )


def actor_for_staff(staff_id: int) -> Actor | None:
    """The actor behind a member of staff, or None for one who cannot sign in or is not at work."""
    found = StaffMember.objects.filter(pk=staff_id).values_list("user_id", flat=True).first()
    return actor_for_user(found) if found is not None else None


def _union(grants: Iterable[Grant]) -> Grant:
    result = Grant()
    for grant in grants:
        result |= grant
    return result


def team_of(staff_id: int) -> frozenset[int]:
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
    farther: bool = False,
) -> list[StorePlace]:
    """The working stores that suit best, with their active people in a role; one query.

    Stores that sell the brand come before others, and among them the closest to the division.
    All that suit equally well are answered, also those with nobody in the role. With ``farther``
    those that sell the brand elsewhere follow, the closest first.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            NEAREST_STORES,
            {
                "division": division_code,
                "brands": brands.all_names(brand),
                "store_id": store_id,
                "role": role,
                "farther": farther,
            },
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


@dataclass(frozen=True, slots=True)
class StaffContact:
    """How to reach an active member of staff, and in which language."""

    staff_id: int
    name: str
    email: str
    mobile: str
    language: str
    chat_ids: Mapping[str, str] = field(default_factory=dict)


def staff_employed(*, positions: Collection[str], departments: Collection[str]) -> frozenset[int]:
    """Who holds one of the positions (codes) and works in one of the departments (names in either
    language) or below it; empty asks for nothing."""
    people = StaffMember.objects.all()
    if positions:
        people = people.filter(position__code__in=positions)
    if departments:
        wanted = {name.casefold() for name in departments}
        nodes = list(Department.objects.values_list("pk", "parent_id", "name_zh", "name_en"))
        inside = {pk for pk, _above, *names in nodes if wanted & {n.casefold() for n in names if n}}
        while below := {pk for pk, above, *_names in nodes if above in inside} - inside:
            inside |= below
        people = people.filter(department__in=inside)
    return frozenset(people.values_list("pk", flat=True))


def contacts_of(staff_ids: Iterable[int]) -> dict[int, StaffContact]:
    """How to reach those of the people who are active; one query."""
    group = current_group()
    people = StaffMember.objects.filter(
        pk__in=list(staff_ids), state=StaffMember.State.ACTIVE
    ).values_list("pk", "name", "email", "mobile", "user__language", "chat_ids")
    return {
        staff_id: StaffContact(
            staff_id,
            name,
            email,
            mobile,
            language or (group.language if group else "zh-hans"),
            chat_ids,
        )
        for staff_id, name, email, mobile, language, chat_ids in people
    }


def staff_of_account(user_id: int) -> StaffMember | None:
    """The person behind an account."""
    return StaffMember.objects.filter(user_id=user_id).first()


# By the person's place first: those who hold a right in the whole group may be thousands.
HOLDING = """
    SELECT person.id FROM organisation_staffmember person
    WHERE person.state = 'ACTIVE' AND {place} AND EXISTS (
        SELECT FROM organisation_staffmember_roles given
        JOIN organisation_rolepermission held ON held.role_id = given.role_id
        WHERE given.staffmember_id = person.id AND held.permission = %(permission)s
            AND held.scope IN ({scopes}))
"""
WORKING_IN = """person.id IN (
        SELECT home.id FROM organisation_staffmember home WHERE home.home_store_id {stores}
        UNION ALL
        SELECT also.staffmember_id FROM organisation_staffmember_stores also
        WHERE also.store_id {stores})"""
OF_SAME_REGION = """IN (
        SELECT store.id FROM organisation_store store JOIN organisation_store asked
            ON asked.region_id = store.region_id
        WHERE asked.id = %(store_id)s)"""
IN_CHARGE = (
    HOLDING.format(
        place=WORKING_IN.format(stores="= %(store_id)s"), scopes="'STORE', 'REGION', 'GROUP'"
    ),
    HOLDING.format(place=WORKING_IN.format(stores=OF_SAME_REGION), scopes="'REGION'"),
    HOLDING.format(place="true", scopes="'GROUP'"),
)


def people_in_charge(permission: str, store_id: int | None) -> set[int]:
    """Ids of those who look after something in a store.

    Who works in the store and holds the right there; with nobody there, those of its region, and
    with nobody there either, those who hold it for the group. No store is the group's matter. One
    query where the store has somebody, as nearly all have.
    """
    values = {"permission": permission, "store_id": store_id}
    with connection.cursor() as cursor:
        for statement in IN_CHARGE if store_id else IN_CHARGE[-1:]:
            cursor.execute(statement, values if store_id else {"permission": permission})
            found = {staff_id for (staff_id,) in cursor.fetchall()}
            if found:
                return found
    return set()


def without_focus(actor: Actor) -> Actor:
    return replace(actor, focus_store_ids=frozenset())


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
    return _one(list_stores(actor), store_id)


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


def list_positions() -> "QuerySet[Position]":
    return Position.objects.order_by("id")


def list_departments() -> "QuerySet[Department]":
    return Department.objects.select_related("store").order_by("store__code", "id")


def list_roles() -> "QuerySet[Role]":
    return Role.objects.prefetch_related("permissions").order_by("-is_built_in", "id")


def visible_roles(actor: Actor) -> "QuerySet[Role]":
    """The group's roles with what they give, for those who may see its people."""
    return Role.objects.visible_to(actor).prefetch_related("permissions")


def roles_with_counts() -> "QuerySet[Role]":
    """Roles with how many rights they give and how many people who work here have them."""
    return Role.objects.annotate(
        right_count=Count("permissions", distinct=True),
        person_count=Count("staff", distinct=True, filter=~Q(staff__state=StaffMember.State.LEFT)),
    ).order_by("-is_built_in", "id")


def permission_count() -> int:
    return len(all_permissions())


def list_staff_with_role(role: Role, actor: Actor) -> "list[StaffMember]":
    """Those who have the role and whom the actor may see."""
    return list(
        list_staff(actor)
        .filter(roles=role)
        .exclude(state=StaffMember.State.LEFT)
        .order_by("name_pinyin", "pk")
    )


def list_staff(actor: Actor) -> "QuerySet[StaffMember]":
    return StaffMember.objects.visible_to(actor).select_related("home_store", "position")


def get_staff_member(*, staff_id: int, actor: Actor) -> StaffMember:
    return _one(list_staff(actor), staff_id)


def national_id_index(number: str) -> str:
    """What a person with this identity number is found by; the column holds no number."""
    return blind_index(number, "organisation.staff.national_id")


def driving_licence_index(number: str) -> str:
    return blind_index(number, "organisation.staff.driving_licence")


def find_staff(rows: "QuerySet[StaffMember]", text: str, actor: Actor) -> "QuerySet[StaffMember]":
    """People whose name, its pinyin or initials, e-mail or mobile holds every word.

    A whole identity or licence number finds her who has it, for those who may see it.
    """
    named = Q()
    for word in text.split():
        found = (
            Q(name__icontains=word)
            | Q(name_pinyin__icontains=word)
            | Q(email__icontains=word)
            | Q(mobile__contains=word)
        )
        pinyin = rules.pinyin_pattern(word)
        named &= found | Q(name_pinyin__iregex=pinyin) if pinyin else found
    return rows.filter(named | _has_number(text, actor))


def _has_number(text: str, actor: Actor) -> Q:
    number = re.sub(r"[\s-]", "", text).upper()
    if not rules.LICENCE.fullmatch(number) or not any(sign.isdigit() for sign in number):
        return Q(pk__in=())
    has = Q(national_id_index=national_id_index(number)) | Q(
        driving_licence_index=driving_licence_index(number)
    )
    return has & StaffMember.access.reached_by(actor.grant("organisation.see_identity"))


def with_roles(
    rows: "QuerySet[StaffMember]", role_ids: Iterable[object]
) -> "QuerySet[StaffMember]":
    """Those who have one of the roles, each once."""
    held = StaffMember.roles.through.objects.filter(role_id__in=list(role_ids))
    return rows.filter(pk__in=held.values("staffmember_id"))


def list_people_of(store: Store, actor: Actor) -> "list[StaffMember]":
    """Those who work in a store and whom the actor may see; whoever left is left out."""
    return list(
        list_staff(actor)
        .filter(Q(home_store=store) | Q(pk__in=store.staff.values("pk")))
        .exclude(state=StaffMember.State.LEFT)
        .prefetch_related("roles")
        .order_by("name_pinyin", "pk")
    )


def list_reports(staff: StaffMember) -> "list[StaffMember]":
    """Those who report to a person directly."""
    return list(
        staff.reports.exclude(state=StaffMember.State.LEFT)
        .select_related("position")
        .order_by("name_pinyin", "pk")
    )


def may_manage(actor: Actor, staff: StaffMember) -> bool:
    """Whether actions on the person are open to the actor; they ask again themselves."""
    grant = actor.grant("organisation.manage_staff")
    if not grant.covers(staff.home_store_id, staff.pk):
        return False
    reach = reach_of(store_ids=store_ids_of(staff), staff_id=staff.pk)
    return not rights_beyond(actor, staff.roles.prefetch_related("permissions"), reach)


def rights_of(role: Role) -> dict[str, str]:
    """``{permission: scope}`` of a role, without rights that no module declares any more."""
    known = all_permissions()
    rights = {right.permission: right.scope for right in role.permissions.all()}
    return {name: rights[name] for name in sorted(rights) if name in known}


def stores_by_code() -> dict[str, Store]:
    """Every store of the group by its code, whoever asks: what a file may name."""
    return {store.code: store for store in Store.objects.all()}


def brand_names() -> list[str]:
    """The brands that the group's stores sell."""
    sold = Store.objects.values_list("brand_names", flat=True)
    return sorted({name for names in sold for name in names})


def staff_by_email() -> "dict[str, StaffMember]":
    """Who works here at present by address in small letters: what a file may name."""
    present = StaffMember.objects.exclude(state=StaffMember.State.LEFT)
    return {staff.email.lower(): staff for staff in present}


def get_company(*, company_id: int) -> LegalEntity:
    return _one(LegalEntity.objects.all(), company_id)


def get_region(*, region_id: int) -> Region:
    return _one(Region.objects.all(), region_id)


def get_role(*, role_id: int) -> Role:
    return _one(Role.objects.prefetch_related("permissions"), role_id)


def staff_by_id(staff_ids: Iterable[int]) -> dict[int, StaffMember]:
    """People for showing their names on rows that are already within the reader's scope."""
    return StaffMember.objects.in_bulk(list(staff_ids))


def names_of_staff(staff_ids: Collection[int] | None = None) -> dict[int, str]:
    """The names of these people, or of all; for rows that are within the reader's scope."""
    people = StaffMember.objects.all()
    if staff_ids is not None:
        people = people.filter(pk__in=staff_ids)
    return dict(people.values_list("pk", "name"))


def lock_staff_member(*, staff_id: int, actor: Actor) -> StaffMember:
    """The person for a change, in a transaction. Raises NotFound."""
    return _one(StaffMember.objects.visible_to(actor).select_for_update(of=("self",)), staff_id)


def lock_store(*, store_id: int, actor: Actor) -> Store:
    return _one(
        Store.objects.visible_to(actor, "organisation.manage_store").select_for_update(
            of=("self",)
        ),
        store_id,
    )


def lock_role(*, role_id: int) -> Role:
    return _one(Role.objects.select_for_update(), role_id)


def lock_owners() -> int:
    """How many active people own the group; who takes this lock too waits for the transaction."""
    Role.objects.select_for_update().get(code=rules.OWNER_ROLE)
    return StaffMember.objects.filter(
        roles__code=rules.OWNER_ROLE, state=StaffMember.State.ACTIVE
    ).count()


def is_owner(staff: StaffMember) -> bool:
    return staff.roles.filter(code=rules.OWNER_ROLE).exists()


def store_ids_of(staff: StaffMember) -> frozenset[int]:
    """The stores that a person works in."""
    also_in = frozenset(staff.stores.values_list("pk", flat=True))
    return also_in | ({staff.home_store_id} if staff.home_store_id else frozenset())


@dataclass(frozen=True)
class Reach:
    """Whose scope is meant: the stores she works in and those of their regions, she, her team."""

    store_ids: frozenset[int]
    region_store_ids: frozenset[int]
    own: frozenset[int]
    team: frozenset[int]


def reach_of(*, store_ids: frozenset[int], staff_id: int | None) -> Reach:
    """``staff_id`` is None for somebody who is not there yet. Costs two queries."""
    own = frozenset({staff_id}) if staff_id else frozenset()
    return Reach(
        store_ids=store_ids,
        region_store_ids=_stores_of_same_regions(store_ids),
        own=own,
        team=own | team_of(staff_id) if staff_id else own,
    )


def rights_beyond(
    actor: Actor, roles: Iterable[Role], reach: Reach, *, held: dict[str, str] | None = None
) -> list[str]:
    """The permissions that these roles give within the reach and the actor does not have there.

    Nor may a scope be wider than her own, though it reach no further today: a store may join a
    region tomorrow. ``held`` are her scopes (:func:`scopes_of`), if they are known already; then
    roles with their permissions prefetched cost no query.
    """
    if actor.is_system:
        return []
    if held is None:
        held = scopes_of(actor)
    return sorted(
        {
            entry.permission
            for role in roles
            for entry in role.permissions.all()
            if not rules.is_scope_within(entry.scope, held.get(entry.permission, ""))
            or not rules.is_reach_within(
                entry.scope,
                store_ids=reach.store_ids,
                region_store_ids=reach.region_store_ids,
                owner_ids=reach.team if entry.scope == Scope.TEAM else reach.own,
                held=actor.grants.get(entry.permission, NOTHING),
            )
        }
    )


def roles_to_give(
    actor: Actor, *, staff: StaffMember | None = None, also: Iterable[Role] = ()
) -> list[Role]:
    """The roles that the actor may give to the person (to somebody in her own stores: None).

    ``also`` are offered in any case. For choices in forms: the action asks again.
    """
    reach = reach_of(
        store_ids=store_ids_of(staff) if staff else _stores_managed(actor),
        staff_id=staff.pk if staff else None,
    )
    kept = {role.pk for role in also}
    held = scopes_of(actor)
    return [
        role
        for role in list_roles()
        if role.pk in kept or not rights_beyond(actor, [role], reach, held=held)
    ]


def _stores_managed(actor: Actor) -> frozenset[int]:
    grant = actor.grant("organisation.manage_staff")
    return grant.store_ids or actor.store_ids


def stores_to_staff(actor: Actor, *, present: frozenset[int] = frozenset()) -> list[Store]:
    """The stores in whose name the actor may place people, and those of ``present``."""
    grant = actor.grant("organisation.manage_staff")
    stores = Store.objects.order_by("code")
    if not grant.everything:
        stores = stores.filter(pk__in=grant.store_ids | present)
    return list(stores.filter(~Q(state=Store.State.CLOSED) | Q(pk__in=present)))


def may_staff_headquarters(actor: Actor) -> bool:
    return actor.grant("organisation.manage_staff").everything


def scopes_of(actor: Actor) -> dict[str, str]:
    """``{permission: widest scope}`` that the actor's roles give her."""
    if actor.is_system:
        return dict.fromkeys(all_permissions(), Scope.GROUP)
    scopes: dict[str, set[str]] = defaultdict(set)
    for permission, scope in RolePermission.objects.filter(
        role__staff=actor.staff_id, permission__in=list(actor.grants)
    ).values_list("permission", "scope"):
        scopes[permission].add(scope)
    return {permission: rules.widest(found) for permission, found in scopes.items()}


def module_name(module: str) -> str:
    """What a module is called: its app's name, or the platform for what is nobody's."""
    try:
        return str(apps.get_app_config(module).verbose_name)
    except LookupError:
        return _("Platform")


def is_below(*, manager_id: int, staff_id: int) -> bool:
    """Whether ``manager_id`` is the person herself or somewhere below her."""
    return manager_id == staff_id or manager_id in team_of(staff_id)


def group_settings() -> GroupSettings:
    return GroupSettings.objects.get_or_create(pk=1)[0]


def demands_second_factor() -> bool:
    """Whether the group asks everybody for a second factor."""
    return in_group() and bool(value_of("organisation.requires_second_factor"))


def find_invitation(token: str) -> Invitation | None:
    """The invitation behind a link that is still good."""
    return (
        Invitation.objects.filter(
            digest=Invitation.digest_of(token),
            accepted_at__isnull=True,
            revoked_at__isnull=True,
            expires_at__gt=now(),
            staff_member__state=StaffMember.State.INVITED,
        )
        .select_related("staff_member")
        .first()
    )


def last_invitation(staff: StaffMember) -> Invitation | None:
    return staff.invitations.order_by("-id").first()


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


def list_audit(actor: Actor) -> "QuerySet[AuditEntry]":
    """The audit log as far as the actor's scope goes; what belongs to no store is the group's."""
    actor.require("organisation.see_audit")
    grant = actor.grant("organisation.see_audit")
    entries = AuditEntry.objects.all()
    if grant.everything:
        return entries
    return entries.filter(Q(store_id__in=grant.store_ids) | Q(actor_id__in=grant.owner_ids))


def find_audit(entries: "QuerySet[AuditEntry]", text: str) -> "QuerySet[AuditEntry]":
    """Entries about records, or by people, whose names begin so; or from an address."""
    try:
        return entries.filter(address=str(ip_address(text)))
    except ValueError:
        # Their ids themselves, for each part of the condition to be found by an index.
        people = list(
            StaffMember.objects.filter(name__istartswith=text).values_list("pk", flat=True)
        )
        reach = Q(actor_id__in=people) | Q(subject_label__startswith=text)
        return entries.filter(reach | Q(actor_id=None, actor_name__startswith=text))


def with_record_label(entries: "QuerySet[AuditEntry]", text: str) -> "QuerySet[AuditEntry]":
    """Entries about records whose names begin so."""
    return entries.filter(subject_label__startswith=text)


def _one(queryset: QuerySet, pk: int):
    row = queryset.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("No such record, or not yours to see."))
    return row
