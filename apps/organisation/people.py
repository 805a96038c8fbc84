"""Who holds a role or a right where, and who stands above whom: for work that looks for people.

Whoever asks, all who are at work are found; what a person sees of others is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet

from apps.organisation.models import RolePermission, StaffMember, Store
from apps.organisation.rules import OWNER_ROLE

Scope = RolePermission.Scope


def at_work() -> QuerySet[StaffMember]:
    return StaffMember.objects.filter(state=StaffMember.State.ACTIVE)


def with_role(
    codes: Collection[str], *, store_id: int | None = None, region_id: int | None = None
) -> list[StaffMember]:
    """Those in one of the roles who work in the store, in the region, or anywhere."""
    people = at_work().filter(roles__code__in=list(codes))
    if store_id is not None:
        people = people.filter(Q(home_store=store_id) | Q(stores=store_id))
    elif region_id is not None:
        people = people.filter(Q(home_store__region=region_id) | Q(stores__region=region_id))
    return list(people.distinct().order_by("pk"))


def with_right(permission: str, *, store_id: int | None) -> list[StaffMember]:
    """Those who hold the permission for the store's rows, through whichever of their roles."""
    reach = Q(roles__permissions__scope=Scope.GROUP)
    if store_id is not None:
        here = Q(home_store=store_id) | Q(stores=store_id)
        reach |= Q(roles__permissions__scope=Scope.STORE) & here
        region = Store.objects.filter(pk=store_id, region__isnull=False).values("region")
        near = Q(home_store__region__in=region) | Q(stores__region__in=region)
        reach |= Q(roles__permissions__scope=Scope.REGION) & (here | near)
    people = at_work().filter(Q(roles__permissions__permission=permission) & reach)
    return list(people.distinct().order_by("pk"))


def able_in(permission: str, *, store_id: int | None) -> list[StaffMember]:
    """Those who work in the store and hold the permission, be it for their own rows alone, and
    those who hold it for the store's rows from elsewhere."""
    here = Q(home_store=store_id) | Q(stores=store_id)
    people = at_work().filter(here, roles__permissions__permission=permission)
    elsewhere = with_right(permission, store_id=store_id)
    found = {person.pk: person for person in (*people.distinct(), *elsewhere)}
    return sorted(found.values(), key=lambda person: (person.name_pinyin, person.pk))


def manager_above(staff_id: int, *, levels: int = 1) -> StaffMember | None:
    """The manager so many levels up; None where the line ends before, or she is not at work."""
    person = StaffMember.objects.filter(pk=staff_id).first()
    for _level in range(levels):
        if person is None or person.manager_id is None:
            return None
        person = StaffMember.objects.filter(pk=person.manager_id).first()
    return person if person and person.state == StaffMember.State.ACTIVE else None


def by_id(staff_ids: Collection[int]) -> list[StaffMember]:
    """Those of the named people who are at work."""
    return list(at_work().filter(pk__in=list(staff_ids)).order_by("pk"))


def owners() -> list[StaffMember]:
    return with_role([OWNER_ROLE])


def absent(staff_ids: Collection[int]) -> set[int]:
    """Those of the named people who are not at work: suspended, or gone."""
    return set(
        StaffMember.objects.filter(pk__in=list(staff_ids))
        .exclude(state=StaffMember.State.ACTIVE)
        .values_list("pk", flat=True)
    )
