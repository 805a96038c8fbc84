"""Staff's national IDs and driving licences: checked, found whole, and hidden everywhere else."""

import pytest
from django.db import connection

from apps.organisation import actions, queries
from apps.organisation.errors import NationalIdInUse
from apps.organisation.models import StaffMember
from forecourt.kernel import crypto, verify
from forecourt.kernel.access import shown
from forecourt.kernel.custom_fields.actions import add_field
from forecourt.kernel.errors import Invalid, NotPermitted
from forecourt.kernel.models import AuditEntry
from tests.access.test_coverage import imported
from tests.factories.organisation import actor_of, make_staff, make_store

NUMBER, OTHER = "310101199003070035", "11010119900307109X"


@pytest.fixture
def store(group):
    return make_store(code="SH01", name_zh="上海一店")


@pytest.fixture
def manager(store):
    return actor_of(make_staff("store_manager", store))


@pytest.fixture
def person(store):
    return make_staff("sales_advisor", store, name="林晓")


def note(person, manager, number=NUMBER):
    return actions.change_national_id(staff_id=person.pk, national_id=number, actor=manager)


def test_a_number_is_kept_encrypted_and_shown_in_part(person, manager):
    note(person, manager, " 310101 19900307 0035 ")
    actions.change_driving_licence(staff_id=person.pk, driving_licence="ab-123 456", actor=manager)

    with connection.cursor() as cursor:
        cursor.execute("SELECT s::text FROM organisation_staffmember s WHERE id = %s", [person.pk])
        kept = cursor.fetchone()[0]
    again = StaffMember.objects.get(pk=person.pk)
    assert NUMBER not in kept and "AB123456" not in kept
    assert again.national_id.reveal() == NUMBER
    colleague = actor_of(make_staff("sales_advisor", person.home_store))
    assert shown(colleague, again, "national_id") == "310***********0035"
    assert shown(manager, again, "driving_licence") == "AB123456"
    logged = str(list(AuditEntry.objects.values_list("changes", flat=True)))
    assert NUMBER not in logged and "AB123456" not in logged


@pytest.mark.parametrize("number", ["310101199003070036", "31010119900307", "x"])
def test_a_wrong_number_is_refused_and_changes_nothing(person, manager, number):
    with pytest.raises(Invalid) as refusal:
        note(person, manager, number)

    assert refusal.value.field == "national_id"
    assert StaffMember.objects.get(pk=person.pk).national_id == ""
    with pytest.raises(Invalid):
        actions.change_driving_licence(staff_id=person.pk, driving_licence="驾照", actor=manager)


def test_two_people_at_work_have_no_number_in_common(person, manager):
    owner = actor_of(make_staff("group_owner"))
    note(person, manager)
    second = make_staff("sales_advisor", person.home_store)

    with pytest.raises(NationalIdInUse):
        note(second, manager)
    actions.leave_staff(staff_id=person.pk, actor=owner)
    note(second, manager)
    with pytest.raises(NationalIdInUse):
        actions.resend_invitation(staff_id=person.pk, actor=owner)

    assert StaffMember.objects.get(pk=person.pk).state == "LEFT"


def test_only_who_may_see_a_number_changes_or_uncovers_it(person, manager):
    note(person, manager)
    stranger = actor_of(make_staff("store_manager", make_store()))
    colleague = actor_of(make_staff("sales_manager", person.home_store))

    assert actions.reveal_national_id(staff_id=person.pk, actor=manager) == NUMBER
    with pytest.raises(NotPermitted):
        actions.reveal_national_id(staff_id=person.pk, actor=colleague)
    with pytest.raises(NotPermitted):
        note(person, colleague, OTHER)
    assert AuditEntry.objects.filter(action="national_id_revealed").count() == 1
    for actor, count in ((manager, 1), (colleague, 0), (stranger, 0)):
        for text in (NUMBER, "310101 199003070035"):
            found = queries.find_staff(queries.list_staff(actor), text, actor)
            assert found.count() == count, (actor.name, text)


def test_what_comes_back_as_it_was_shown_changes_nothing(person, manager):
    note(person, manager)

    note(person, manager, "310***********0035")
    assert StaffMember.objects.get(pk=person.pk).national_id.reveal() == NUMBER
    note(person, manager, "")

    again = StaffMember.objects.get(pk=person.pk)
    assert (again.national_id, again.national_id_index) == ("", None)


def test_a_file_brings_numbers_and_the_groups_own_fields(store):
    owner = actor_of(make_staff("group_owner"))
    add_field(host="staff", code="badge", kind="INTEGER", actor=owner, label_zh="工牌号")
    head = "姓名,邮箱,门店,角色,身份证号,驾驶证号,工牌号\n"
    row = f"张三,zhang@s.example,SH01,销售顾问,{NUMBER},{NUMBER},"
    wrong = "李四,li@s.example,SH01,销售顾问,310101199003070036,,7\n"

    first = imported("organisation.staff", f"{head}{row}41\n{wrong}", owner)
    second = imported("organisation.staff", f"{head}{row}42\n", owner)
    third = imported("organisation.staff", f"{head}{row}42\n", owner)

    person = StaffMember.objects.get(email="zhang@s.example")
    assert (first.created_count, first.rejected_count) == (1, 1)
    assert (second.updated_count, third.unchanged_count) == (1, 1)
    assert (person.national_id.reveal(), person.driving_licence.reveal()) == (NUMBER, NUMBER)
    assert person.custom == {"badge": 42}


def test_numbers_are_encrypted_anew_with_new_keys_and_stay_what_they_are_found_by(person, manager):
    note(person, manager)
    actions.change_driving_licence(staff_id=person.pk, driving_licence=NUMBER, actor=manager)

    crypto.rotate()

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT national_id, driving_licence FROM organisation_staffmember WHERE id = %s",
            [person.pk],
        )
        kept = cursor.fetchone()
    assert all(text.startswith("k2.") for text in kept)
    assert StaffMember.objects.get(pk=person.pk).national_id.reveal() == NUMBER
    assert [problem for _name, found in verify.run_checks() for problem in found] == []


def test_the_page_and_the_api_change_and_uncover(group, person, store, client_of):
    boss = make_staff("store_manager", store)
    client = client_of(group, boss.user)
    page = f"/organisation/staff/{person.pk}/"

    wrong = client.post(f"{page}national-id/", {"national_id": "1"})
    client.post(f"{page}national-id/", {"national_id": NUMBER})
    shown_page = client.get(page).content.decode()
    uncovered = client.post(f"{page}national-id/reveal/").content.decode()

    assert wrong.status_code == 422
    assert "310***********0035" in shown_page and NUMBER not in shown_page
    assert NUMBER in uncovered
    address = f"/api/v1/staff/{person.pk}"
    etag = client.get(address).headers["ETag"]
    changed = client.patch(
        address,
        {"driving_licence": OTHER},
        content_type="application/json",
        headers={"If-Match": etag},
    )
    assert changed.status_code == 200, changed.content
    assert changed.json()["driving_licence"] == OTHER
