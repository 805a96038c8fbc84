"""Departments are trees inside a store or headquarters; positions are the whole group's."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from apps.organisation import actions, checks
from apps.organisation.models import Department, Position, StaffMember
from forecourt.kernel import bilingual
from forecourt.kernel.access import Actor
from forecourt.kernel.configuration.actions import export_config, import_config
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import AuditEntry
from tests.factories.organisation import actor_of, make_staff, make_store


@pytest.fixture
def hq(group: GroupIdentity) -> Actor:
    return actor_of(make_staff("group_owner"))


def edited(staff: StaffMember, **fields: Any) -> dict[str, Any]:
    return {
        "staff_id": staff.pk,
        "name": staff.name,
        "email": staff.email,
        "home_store_id": staff.home_store_id,
        **fields,
    }


def test_a_store_manager_divides_her_own_store_and_no_other(hq: Actor) -> None:
    store, other = make_store(), make_store()
    manager = actor_of(make_staff("store_manager", store))

    sales = actions.add_department(store_id=store.pk, name_zh=" 销售部 ", actor=manager)
    hall = actions.add_department(
        store_id=store.pk, parent_id=sales.pk, name_zh="展厅组", actor=manager
    )

    assert (sales.name_zh, hall.parent) == ("销售部", sales)
    assert AuditEntry.objects.filter(action="created", store_id=store.pk).count() == 2
    for store_id in (other.pk, None):
        with pytest.raises(NotPermitted):
            actions.add_department(store_id=store_id, name_zh="销售部", actor=manager)
    theirs = actions.add_department(store_id=other.pk, name_zh="销售部", actor=hq)
    with pytest.raises(NotFound):
        actions.edit_department(department_id=theirs.pk, name_zh="我的", actor=manager)
    assert Department.objects.count() == 3


def test_a_name_is_given_once_among_neighbours(hq: Actor) -> None:
    store = make_store()
    actions.add_department(store_id=store.pk, name_zh="销售部", actor=hq)
    actions.add_department(name_zh="销售部", actor=hq)

    with pytest.raises(Conflict) as refusal:
        actions.add_department(store_id=store.pk, name_zh="销售部", actor=hq)

    assert refusal.value.field == "name_zh"
    assert Department.objects.count() == 2


def test_a_department_moves_within_its_store_but_into_no_part_of_itself(hq: Actor) -> None:
    store = make_store()
    sales, service = (
        actions.add_department(store_id=store.pk, name_zh=name, actor=hq)
        for name in ("销售部", "售后部")
    )
    hall = actions.add_department(store_id=store.pk, parent_id=sales.pk, name_zh="展厅组", actor=hq)
    elsewhere = actions.add_department(name_zh="总部财务", actor=hq)

    for target in (sales, hall, elsewhere):
        with pytest.raises(Invalid) as refusal:
            actions.edit_department(
                department_id=sales.pk, name_zh="销售部", parent_id=target.pk, actor=hq
            )
        assert refusal.value.field == "parent_id"
    actions.edit_department(
        department_id=sales.pk, name_zh="销售部", parent_id=service.pk, actor=hq
    )

    sales.refresh_from_db()
    assert sales.parent == service
    assert AuditEntry.objects.get(action="changed").changes == {"parent": [None, "售后部"]}


def test_a_department_is_retired_when_nobody_is_left_in_it(hq: Actor) -> None:
    store = make_store()
    sales = actions.add_department(store_id=store.pk, name_zh="销售部", actor=hq)
    person = make_staff("sales_advisor", store)
    actions.edit_staff(**edited(person, department_id=sales.pk), actor=hq)

    with pytest.raises(Conflict):
        actions.retire_department(department_id=sales.pk, actor=hq)
    actions.edit_staff(**edited(person), actor=hq)
    actions.retire_department(department_id=sales.pk, actor=hq)

    sales.refresh_from_db()
    assert not sales.is_active
    with pytest.raises(Invalid) as refusal:
        actions.edit_staff(**edited(person, department_id=sales.pk), actor=hq)
    assert refusal.value.field == "department_id"
    actions.restore_department(department_id=sales.pk, actor=hq)
    actions.edit_staff(**edited(person, department_id=sales.pk), actor=hq)
    person.refresh_from_db()
    assert person.department == sales


def test_a_person_is_in_a_department_of_her_own_store(hq: Actor) -> None:
    store, other = make_store(), make_store()
    person = make_staff("sales_advisor", store)
    theirs = actions.add_department(store_id=other.pk, name_zh="销售部", actor=hq)
    of_hq = actions.add_department(name_zh="总部财务", actor=hq)

    for department in (theirs, of_hq):
        with pytest.raises(Invalid):
            actions.edit_staff(**edited(person, department_id=department.pk), actor=hq)
        StaffMember.objects.filter(pk=person.pk).update(department=department)
        assert len(list(checks.people_are_in_departments_of_their_store())) == 1
        StaffMember.objects.filter(pk=person.pk).update(department=None)
    Department.objects.filter(pk=of_hq.pk).update(parent=theirs)
    assert len(list(checks.departments_stay_in_their_store())) == 1


def test_positions_are_headquarters_to_change_and_stay_with_those_who_have_them(hq: Actor) -> None:
    store = make_store()
    manager = actor_of(make_staff("store_manager", store))
    with pytest.raises(NotPermitted):
        actions.add_position(name_zh="店长助理", actor=manager)

    made = actions.add_position(name_zh="店长助理", name_en="Assistant manager", actor=hq)
    again = actions.add_position(name_zh="店助", name_en="Assistant manager", actor=hq)
    person = make_staff("sales_advisor", store, position=made)
    actions.retire_position(position_id=made.pk, actor=hq)

    assert (made.code, again.code) == ("assistant_manager", "assistant_manager_2")
    with pytest.raises(Conflict):
        actions.add_position(name_zh="又一个", code=made.code, actor=hq)
    actions.edit_staff(**edited(person, position_id=made.pk), actor=hq)
    with pytest.raises(Invalid):
        actions.edit_staff(**edited(make_staff(), position_id=made.pk), actor=hq)


def test_the_page_of_all_departments_costs_few_queries(
    group, client_of, django_assert_max_num_queries
) -> None:
    for _number in range(4):
        store = make_store()
        sales = Department.objects.create(store=store, name_zh="销售部")
        Department.objects.create(store=store, parent=sales, name_zh="展厅组")
    client = client_of(group, make_staff("group_owner").user)
    client.get("/organisation/departments/")

    for page in ("departments/", f"departments/{sales.pk}/", "positions/"):
        with django_assert_max_num_queries(12):
            assert client.get(f"/organisation/{page}").status_code == 200


def test_the_pages_show_the_tree_and_who_is_in_it(group, hq: Actor, client_of) -> None:
    store = make_store()
    client = client_of(group, make_staff("group_owner").user)

    made = client.post(
        "/organisation/departments/new/", {"place": f"store:{store.pk}", "name_zh": "销售部"}
    )
    sales = Department.objects.get()
    page = f"/organisation/departments/{sales.pk}/"
    client.post(
        "/organisation/departments/new/", {"place": f"department:{sales.pk}", "name_zh": "展厅组"}
    )
    make_staff("sales_advisor", store, name="林晓", department=sales)
    refused = client.post(f"{page}edit/", {"place": "department:999", "name_zh": "销售部"})
    retired = client.post(f"{page}retire/")
    position = client.post("/organisation/positions/new/", {"name_zh": "店长助理"})
    shown = client.get("/organisation/departments/").content.decode()

    assert made.headers["Location"] == page
    assert Department.objects.get(name_zh="展厅组").parent == sales
    assert (refused.status_code, retired.status_code) == (422, 409)
    assert "销售部" in shown and "展厅组" in shown
    assert "林晓" in client.get(page).content.decode()
    for address in (position.headers["Location"], "/organisation/positions/", f"{page}edit/"):
        assert client.get(address).status_code == 200
    missing = {row.url for found in bilingual.missing(hq) for row in found.rows}
    assert f"{page}edit/" in missing
    made_position = Position.objects.get(name_zh="店长助理")
    assert f"/organisation/positions/{made_position.pk}/edit/" in missing


def test_positions_travel_in_the_configuration_file(hq: Actor) -> None:
    kept = actions.add_position(name_zh="店长助理", code="assistant", actor=hq)
    person = make_staff(position=kept)
    actions.retire_position(position_id=kept.pk, actor=hq)
    text = export_config(actor=hq)
    actions.edit_position(position_id=kept.pk, name_zh="别的", actor=hq)
    actions.restore_position(position_id=kept.pk, actor=hq)
    actions.add_position(name_zh="多余", code="spare", actor=hq)

    import_config(text, actor=hq)

    kept.refresh_from_db()
    assert (kept.name_zh, kept.is_active) == ("店长助理", False)
    assert not Position.objects.filter(code="spare").exists()
    assert export_config(actor=hq) == text
    with pytest.raises(Conflict):
        actions.remove_position(position_id=kept.pk, actor=hq)
    person.refresh_from_db()
    assert person.position == kept


def test_nobody_moves_into_a_department_that_is_taken_out_of_use(live_group: GroupIdentity) -> None:
    hq = actor_of(make_staff("group_owner"))
    store = make_store()
    person = make_staff("sales_advisor", store)
    sales = actions.add_department(store_id=store.pk, name_zh="销售部", actor=hq)
    refused: list[str] = []

    def move_in() -> None:
        with inside(live_group):
            try:
                actions.edit_staff(**edited(person, department_id=sales.pk), actor=hq)
            except Invalid as refusal:
                refused.append(refusal.field)
        connection.close()

    with transaction.atomic():
        actions.retire_department(department_id=sales.pk, actor=hq)
        mover = threading.Thread(target=move_in)
        mover.start()
        # She looks, and waits for what becomes of the department.
        mover.join(1)
        assert mover.is_alive()
    mover.join()

    assert refused == ["department_id"]
    person.refresh_from_db()
    assert person.department is None
