import pytest

from apps.organisation import actions
from apps.organisation.errors import AddressInUse, BeyondOwnRights, ManagerCycle
from apps.organisation.models import Role, StaffMember, Store
from forecourt.accounts.models import User
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import AuditEntry
from tests.factories.organisation import actor_of, make_region, make_staff, make_store


@pytest.fixture
def store(group: GroupIdentity) -> Store:
    return make_store()


@pytest.fixture
def owner(group: GroupIdentity) -> Actor:
    return actor_of(make_staff("group_owner"))


@pytest.fixture
def manager(store: Store) -> StaffMember:
    return make_staff("store_manager", store)


@pytest.fixture
def advisor(store: Store) -> StaffMember:
    return make_staff("sales_advisor", store)


def edit(staff: StaffMember, actor: Actor, **fields: object) -> StaffMember:
    values = {
        "name": staff.name,
        "email": staff.email,
        "mobile": staff.mobile,
        "home_store_id": staff.home_store_id,
        "store_ids": list(staff.stores.values_list("pk", flat=True)),
        "position_id": staff.position_id,
        "manager_id": staff.manager_id,
    }
    return actions.edit_staff(**{**values, "staff_id": staff.pk, "actor": actor, **fields})


def role_ids(*codes: str) -> list[int]:
    return list(Role.objects.filter(code__in=codes).values_list("pk", flat=True))


def test_the_account_follows_the_person(advisor: StaffMember, manager: StaffMember) -> None:
    edit(
        advisor,
        actor_of(manager),
        name="林晓",
        email="Lin.New@test.example",
        mobile="138 1234 5678",
    )

    user = User.objects.get(pk=advisor.user_id)
    assert (user.name, user.email, user.mobile) == (
        "林晓",
        "lin.new@test.example",
        "+8613812345678",
    )
    changes = AuditEntry.objects.get(action="changed").changes
    assert set(changes) == {"name", "email", "mobile"}


def test_an_address_of_somebody_else_is_refused(advisor: StaffMember, manager: StaffMember) -> None:
    with pytest.raises(AddressInUse):
        edit(advisor, actor_of(manager), email=manager.email)

    advisor.refresh_from_db()
    assert advisor.email != manager.email


def test_a_store_manager_moves_nobody_to_another_store(
    advisor: StaffMember, manager: StaffMember, store: Store
) -> None:
    other = make_store()

    with pytest.raises(NotPermitted):
        edit(advisor, actor_of(manager), home_store_id=other.pk)
    with pytest.raises(NotPermitted):
        edit(advisor, actor_of(manager), store_ids=[other.pk])

    advisor.refresh_from_db()
    assert advisor.home_store_id == store.pk
    assert not advisor.stores.exists()


def test_a_store_manager_gives_herself_no_other_store(manager: StaffMember) -> None:
    with pytest.raises(NotPermitted):
        edit(manager, actor_of(manager), store_ids=[make_store().pk])

    assert not manager.stores.exists()


def test_a_store_manager_cannot_take_over_an_owner_who_works_in_her_store(
    manager: StaffMember, store: Store
) -> None:
    boss = make_staff("group_owner", store)

    with pytest.raises(BeyondOwnRights):
        edit(boss, actor_of(manager), email="mine@test.example")
    with pytest.raises(BeyondOwnRights):
        actions.suspend_staff(staff_id=boss.pk, actor=actor_of(manager))
    with pytest.raises(BeyondOwnRights):
        actions.remove_second_factors(staff_id=boss.pk, actor=actor_of(manager))

    boss.refresh_from_db()
    assert boss.email != "mine@test.example"
    assert boss.state == "ACTIVE"


def test_people_of_another_store_are_not_found(manager: StaffMember) -> None:
    stranger = make_staff("sales_advisor", make_store())

    with pytest.raises(NotFound):
        edit(stranger, actor_of(manager), name="新名")
    with pytest.raises(NotFound):
        actions.change_roles(
            staff_id=stranger.pk, role_ids=role_ids("receptionist"), actor=actor_of(manager)
        )


def test_the_reporting_line_has_no_circle(owner: Actor, store: Store) -> None:
    top = make_staff("store_manager", store)
    middle = make_staff("sales_manager", store, manager=top)
    low = make_staff("sales_advisor", store, manager=middle)

    with pytest.raises(ManagerCycle):
        edit(top, owner, manager_id=low.pk)
    with pytest.raises(ManagerCycle):
        edit(top, owner, manager_id=top.pk)

    top.refresh_from_db()
    assert top.manager_id is None


def test_whoever_has_left_manages_nobody(advisor: StaffMember, owner: Actor, store: Store) -> None:
    gone = make_staff("sales_manager", store, state=StaffMember.State.LEFT)

    with pytest.raises(Invalid):
        edit(advisor, owner, manager_id=gone.pk)


def test_a_changed_role_counts_from_the_next_request(advisor: StaffMember, owner: Actor) -> None:
    before = actor_of(advisor).can("organisation.manage_staff")

    actions.change_roles(staff_id=advisor.pk, role_ids=role_ids("store_manager"), actor=owner)

    assert not before
    assert actor_of(advisor).can("organisation.manage_staff", store_id=advisor.home_store_id)
    assert AuditEntry.objects.filter(action="roles_changed").count() == 1


def test_nobody_raises_herself(manager: StaffMember) -> None:
    with pytest.raises(BeyondOwnRights):
        actions.change_roles(
            staff_id=manager.pk,
            role_ids=role_ids("store_manager", "headquarters"),
            actor=actor_of(manager),
        )

    assert [role.code for role in manager.roles.all()] == ["store_manager"]


def test_a_store_manager_gives_the_roles_of_her_store(
    advisor: StaffMember, manager: StaffMember
) -> None:
    actions.change_roles(
        staff_id=advisor.pk, role_ids=role_ids("receptionist"), actor=actor_of(manager)
    )

    assert [role.code for role in advisor.roles.all()] == ["receptionist"]


def test_a_region_manager_without_the_right_to_manage_manages_nobody(
    group: GroupIdentity,
) -> None:
    store = make_store(region=make_region())
    advisor = make_staff("sales_advisor", store)

    with pytest.raises(NotPermitted):
        edit(advisor, actor_of(make_staff("region_manager", store)), name="新名")


def test_a_person_keeps_at_least_one_role(advisor: StaffMember, owner: Actor) -> None:
    with pytest.raises(Invalid):
        actions.change_roles(staff_id=advisor.pk, role_ids=[], actor=owner)

    assert advisor.roles.count() == 1
