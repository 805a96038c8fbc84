"""Roles, and which of them somebody may give."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from apps.organisation import rules
from apps.organisation.models import Role, RolePermission, StaffMember, Store
from apps.organisation.queries.actors import Scope, stores_of_same_regions, team_of
from apps.organisation.queries.rows import one
from apps.organisation.queries.staff import list_staff, store_ids_of
from forecourt.kernel.access import NOTHING, Actor, all_permissions


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


def get_role(*, role_id: int) -> Role:
    return one(Role.objects.prefetch_related("permissions"), role_id)


def lock_role(*, role_id: int) -> Role:
    return one(Role.objects.select_for_update(), role_id)


def lock_owners() -> int:
    """How many active people own the group; who takes this lock too waits for the transaction."""
    Role.objects.select_for_update().get(code=rules.OWNER_ROLE)
    return StaffMember.objects.filter(
        roles__code=rules.OWNER_ROLE, state=StaffMember.State.ACTIVE
    ).count()


def is_owner(staff: StaffMember) -> bool:
    return staff.roles.filter(code=rules.OWNER_ROLE).exists()


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
        region_store_ids=stores_of_same_regions(store_ids),
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
