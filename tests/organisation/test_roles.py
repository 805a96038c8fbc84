import pytest

from apps.organisation import actions
from apps.organisation.errors import BeyondOwnRights, RoleInUse, RoleIsFixed
from apps.organisation.models import Role, RolePermission
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import AuditEntry
from tests.factories.organisation import actor_of, make_staff, make_store


@pytest.fixture
def owner(group: GroupIdentity) -> Actor:
    return actor_of(make_staff("group_owner"))


def rights_of(role: Role) -> dict[str, str]:
    return dict(role.permissions.values_list("permission", "scope"))


def test_a_copy_begins_with_the_rights_of_its_origin(owner: Actor) -> None:
    origin = Role.objects.get(code="sales_advisor")

    copy = actions.copy_role(role_id=origin.pk, name_zh="资深顾问", actor=owner)

    assert rights_of(copy) == rights_of(origin)
    assert not copy.is_built_in


def test_a_changed_role_counts_for_its_holders_at_once(owner: Actor) -> None:
    advisor = make_staff("sales_advisor", make_store())
    role = Role.objects.get(code="sales_advisor")

    actions.edit_role(
        role_id=role.pk,
        name_zh=role.name_zh,
        name_en=role.name_en,
        rights={**rights_of(role), "organisation.see_audit": "STORE"},
        actor=owner,
    )

    assert actor_of(advisor).can("organisation.see_audit", store_id=advisor.home_store_id)
    assert AuditEntry.objects.get(action="changed").changes == {
        "organisation.see_audit": ["", "STORE"]
    }


def test_rights_are_narrowed_and_taken(owner: Actor) -> None:
    role = actions.copy_role(
        role_id=Role.objects.get(code="headquarters").pk, name_zh="试", actor=owner
    )

    actions.edit_role(
        role_id=role.pk, name_zh="试", rights={"organisation.view_staff": "STORE"}, actor=owner
    )

    assert rights_of(role) == {"organisation.view_staff": "STORE"}


def test_nobody_puts_a_right_into_a_role_that_she_does_not_hold(group: GroupIdentity) -> None:
    hq = actor_of(make_staff("headquarters"))
    role = Role.objects.get(code="headquarters")
    before = rights_of(role)

    with pytest.raises(BeyondOwnRights):
        actions.edit_role(
            role_id=role.pk,
            name_zh=role.name_zh,
            rights={**before, "organisation.manage_group": "GROUP"},
            actor=hq,
        )
    with pytest.raises(BeyondOwnRights):
        actions.copy_role(role_id=Role.objects.get(code="group_owner").pk, name_zh="我", actor=hq)

    assert rights_of(role) == before


def test_the_owner_s_role_is_fixed(owner: Actor) -> None:
    role = Role.objects.get(code="group_owner")

    with pytest.raises(RoleIsFixed):
        actions.edit_role(role_id=role.pk, name_zh="x", rights={}, actor=owner)

    assert RolePermission.objects.filter(role=role).exists()


@pytest.mark.parametrize(
    "rights", [{"organisation.nothing": "GROUP"}, {"organisation.view_staff": "EVERYWHERE"}]
)
def test_unknown_rights_and_scopes_are_refused(owner: Actor, rights: dict[str, str]) -> None:
    role = Role.objects.get(code="receptionist")
    before = rights_of(role)

    with pytest.raises(Invalid):
        actions.edit_role(role_id=role.pk, name_zh="x", rights=rights, actor=owner)

    assert rights_of(role) == before


def test_an_own_role_goes_when_nobody_has_it(owner: Actor) -> None:
    role = actions.copy_role(
        role_id=Role.objects.get(code="sales_advisor").pk, name_zh="试", actor=owner
    )
    staff = make_staff("sales_advisor", make_store())
    staff.roles.add(role)

    with pytest.raises(RoleInUse):
        actions.delete_role(role_id=role.pk, actor=owner)
    staff.roles.remove(role)
    actions.delete_role(role_id=role.pk, actor=owner)

    assert not Role.objects.filter(name_zh="试").exists()


def test_a_built_in_role_stays(owner: Actor) -> None:
    with pytest.raises(RoleIsFixed):
        actions.delete_role(role_id=Role.objects.get(code="cashier").pk, actor=owner)

    assert Role.objects.filter(code="cashier").exists()


def test_a_store_manager_changes_no_role(group: GroupIdentity) -> None:
    manager = actor_of(make_staff("store_manager", make_store()))
    role = Role.objects.get(code="sales_advisor")

    with pytest.raises(NotPermitted):
        actions.edit_role(role_id=role.pk, name_zh="x", rights={}, actor=manager)
    with pytest.raises(NotPermitted):
        actions.copy_role(role_id=role.pk, name_zh="x", actor=manager)
    with pytest.raises(NotPermitted):
        actions.delete_role(role_id=role.pk, actor=manager)

    assert rights_of(role)


def test_a_role_that_is_not_there_is_not_found(owner: Actor) -> None:
    with pytest.raises(NotFound):
        actions.delete_role(role_id=999_999, actor=owner)
