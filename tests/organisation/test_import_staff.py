"""Staff from a file: invited at once or later, and never with more rights than the importer has."""

import io

import pytest

from apps.organisation.models import Department, Invitation, RolePermission, StaffMember
from forecourt.kernel import audit, jobs
from forecourt.kernel.errors import NotPermitted
from forecourt.kernel.groups import current_schema
from forecourt.kernel.imports import actions
from forecourt.kernel.imports.queries import list_issues
from forecourt.kernel.models import OutboxMessage
from tests.access.test_coverage import imported
from tests.factories.organisation import actor_of, make_staff, make_store

HEAD = "姓名,邮箱,手机,门店,职位,角色,是否邀请\n"


@pytest.fixture
def store(group):
    return make_store(code="SH01", name_zh="上海一店")


@pytest.fixture
def hq(store):
    return actor_of(make_staff("group_owner"))


def take(actor, *rows: str):
    return imported("organisation.staff", HEAD + "\n".join(rows) + "\n", actor)


def test_people_come_as_invited_and_are_mailed_by_choice(hq, store):
    run = take(
        hq,
        "张三,zhang@s.example,13800000001,SH01,销售顾问,销售顾问,是",
        "李四,li@s.example,,总部,,总部管理、集团财务,否",
    )

    zhang, li = StaffMember.objects.filter(email__endswith="@s.example").order_by("email")[::-1]
    assert (run.created_count, run.rejected_count) == (2, 0)
    assert (zhang.state, zhang.home_store, zhang.mobile) == ("INVITED", store, "+8613800000001")
    assert [role.code for role in zhang.roles.all()] == ["sales_advisor"]
    assert li.home_store is None
    assert {role.code for role in li.roles.all()} == {"headquarters", "group_finance"}
    assert list(Invitation.objects.values_list("staff_member", flat=True)) == [zhang.pk]
    assert audit.history(li)[0].action == "created"


def test_the_check_sends_nothing_and_adds_nobody(hq, store):
    before = OutboxMessage.objects.count(), StaffMember.objects.count()

    run = actions.upload_file(
        kind="organisation.staff",
        name="x.csv",
        content=io.BytesIO((HEAD + "张三,zhang@s.example,,SH01,,销售顾问,是\n").encode()),
        actor=hq,
    )
    actions.map_columns(run_id=run.pk, mapping=run.mapping, actor=hq)
    job = actions.start_check(run_id=run.pk, actor=hq)
    jobs.run_job(schema_name=current_schema(), job_id=job.pk)

    run.refresh_from_db()
    assert run.state == "CHECKED"
    assert (OutboxMessage.objects.count(), StaffMember.objects.count()) == before


def test_nobody_gives_by_a_file_what_she_may_not_give(store):
    manager = actor_of(make_staff("store_manager", store))

    run = take(
        manager,
        "张三,zhang@s.example,,SH01,,销售顾问,否",
        "李四,li@s.example,,SH01,,集团负责人,否",
    )

    assert (run.created_count, run.rejected_count) == (1, 1)
    assert not StaffMember.objects.filter(email="li@s.example").exists()
    assert [issue.code for issue in list_issues(run)] == ["beyond_own_rights"]


def test_another_store_is_none_of_her_choices(store):
    make_store(code="SH02")
    manager = actor_of(make_staff("store_manager", store))

    run = take(manager, "张三,zhang@s.example,,SH02,,销售顾问,否")

    assert run.rejected_count == 1
    assert not StaffMember.objects.filter(email="zhang@s.example").exists()


def test_the_same_file_again_changes_nothing_and_a_newer_one_corrects(hq, store):
    row = "张三,zhang@s.example,13800000001,SH01,,销售顾问,否"
    take(hq, row)
    again = take(hq, row)
    newer = take(hq, "张三丰,zhang@s.example,13800000002,SH01,,店总经理,否")

    person = StaffMember.objects.get(email="zhang@s.example")
    assert (again.created_count, again.unchanged_count) == (0, 1)
    assert newer.updated_count == 1
    assert (person.name, person.mobile) == ("张三丰", "+8613800000002")
    assert [role.code for role in person.roles.all()] == ["sales_advisor"], "roles stay"


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("张三,zhang@s.example,,SH01,,宇航员,否", "角色"),
        ("张三,zhang@s.example,,XX99,,销售顾问,否", "门店"),
        ("张三,not-a-mail,,SH01,,销售顾问,否", "邮箱"),
        (",zhang@s.example,,SH01,,销售顾问,否", "姓名"),
        ("张三,zhang@s.example,,SH01,,,否", "角色"),
    ],
)
def test_what_is_wrong_is_said_beside_its_column(hq, store, row, field):
    run = take(hq, row)

    assert [issue.column for issue in list_issues(run)] == [field]
    assert not StaffMember.objects.filter(email="zhang@s.example").exists()


def test_who_may_not_manage_staff_imports_none(store):
    RolePermission.objects.filter(permission="organisation.manage_staff").delete()

    with pytest.raises(NotPermitted):
        take(actor_of(make_staff("store_manager", store)), "张三,zhang@s.example,,SH01,,,")


def test_people_are_put_into_a_department_of_their_store(hq, store):
    other = make_store(code="SH02")
    for place in (store, other):
        Department.objects.create(store=place, name_zh="销售部")
    Department.objects.create(store=other, name_zh="售后部")
    head = "姓名,邮箱,门店,部门,角色\n"
    run = imported(
        "organisation.staff",
        head + "张三,z@s.example,SH01,销售部,销售顾问\n李四,l@s.example,SH01,售后部,销售顾问\n",
        hq,
    )
    person = StaffMember.objects.get(email="z@s.example")
    moved = imported("organisation.staff", head + "张三,z@s.example,SH02,,销售顾问\n", hq)

    assert (run.created_count, run.rejected_count, moved.updated_count) == (1, 1, 1)
    assert person.department.store == store
    person.refresh_from_db()
    assert (person.home_store, person.department) == (other, None)
