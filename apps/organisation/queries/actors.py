"""Who acts, with which rights: by account, by token, by herself; and who answers for a matter."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.db import connection
from django.db.models import Q

from apps.organisation.models import RolePermission, StaffMember, Store
from forecourt.accounts import bearer
from forecourt.kernel.access import Actor, Grant
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
        overseen = stores_of_same_regions(store_ids)
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


def stores_of_same_regions(store_ids: frozenset[int]) -> frozenset[int]:
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
