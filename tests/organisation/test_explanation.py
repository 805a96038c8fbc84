"""What a person may do and why, in words; and that a change of role counts at once."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.translation import override

from apps.organisation.actions import change_roles, edit_role
from apps.organisation.explanation import access_of
from apps.organisation.models import Role, StaffMember
from forecourt.kernel.groups import GroupIdentity
from tests.factories.organisation import actor_of, make_region, make_staff, make_store

ClientOf = Callable[..., Client]


def reach(staff: StaffMember, permission: str) -> tuple[str, str]:
    with override("en"):
        rights = [right for _module, rights in access_of(staff).modules for right in rights]
        right = next(right for right in rights if right.permission == permission)
        return right.reach, right.because


def test_a_store_manager_sees_the_leads_of_her_store(group: GroupIdentity) -> None:
    store = make_store(code="SH01", name_en="Pudong")
    manager = make_staff("store_manager", store)

    assert reach(manager, "crm.view_lead") == ("SH01 Pudong", "Store manager of SH01")


def test_who_works_in_several_stores_reaches_all_of_them(group: GroupIdentity) -> None:
    manager = make_staff("store_manager", make_store(code="SH01", name_en="Pudong"))
    manager.stores.add(make_store(code="SH02", name_en="Minhang"))

    assert reach(manager, "crm.view_lead") == (
        "SH01 Pudong, SH02 Minhang",
        "Store manager of SH01, SH02",
    )


def test_headquarters_reaches_the_whole_group(group: GroupIdentity) -> None:
    assert reach(make_staff("headquarters"), "crm.view_lead") == (
        "the whole group",
        "Headquarters",
    )


def test_a_region_manager_reaches_the_stores_of_her_region(group: GroupIdentity) -> None:
    region = make_region(name_zh="华东", name_en="East")
    store = make_store(code="SH01", region=region)
    make_store(code="NJ01", region=region)

    found, why = reach(make_staff("region_manager", store), "crm.view_lead")

    assert found == "East: NJ01, SH01"
    assert why == "Region manager of SH01"


def test_a_team_is_named(group: GroupIdentity) -> None:
    store = make_store(code="SH01")
    leader = make_staff("sales_advisor", store)
    make_staff("sales_advisor", store, name="李四", name_pinyin="li si", manager=leader)
    role = Role.objects.get(code="sales_advisor")
    role.permissions.filter(permission="crm.view_lead").update(scope="TEAM")

    assert reach(leader, "crm.view_lead")[0] == "her own and those of 李四"


def test_the_wider_of_two_roles_counts_and_both_are_named(group: GroupIdentity) -> None:
    store = make_store(code="SH01", name_en="Pudong")
    person = make_staff("sales_advisor", store)
    person.roles.add(Role.objects.get(code="store_manager"))

    found, why = reach(person, "crm.view_lead")

    assert found == "SH01 Pudong"
    assert set(why.split(", ")) == {"Sales advisor of SH01", "Store manager of SH01"}


def test_everybody_reads_her_own_rights(group: GroupIdentity, client_of: ClientOf) -> None:
    technician = make_staff("technician", make_store(code="SH01"))
    technician.roles.clear()
    nobody = client_of(group, technician.user)
    advisor = client_of(group, make_staff("sales_advisor", make_store(code="SH02")).user)

    page = advisor.get("/organisation/my-rights/")

    assert nobody.get("/organisation/my-rights/").status_code == 200
    assert "销售顾问（SH02）" in page.content.decode()
    assert "/organisation/my-rights/" in advisor.get("/", follow=True).content.decode()


@pytest.mark.parametrize("way", ["the person's roles", "the role's rights"])
def test_a_change_of_role_counts_for_the_next_request_of_an_open_session(
    group: GroupIdentity, client_of: ClientOf, way: str
) -> None:
    owner = make_staff("group_owner")
    person = make_staff("sales_advisor", make_store())
    hers, bosses = client_of(group, person.user), client_of(group, owner.user)
    assert hers.get("/organisation/audit/").status_code == 403

    if way == "the person's roles":
        roles = [Role.objects.get(code=code).pk for code in ("sales_advisor", "auditor")]
        bosses.post(f"/organisation/staff/{person.pk}/roles/", {"roles": roles})
    else:
        role = Role.objects.get(code="sales_advisor")
        page = bosses.get(f"/organisation/roles/{role.pk}/")
        values = {field.name: field.value() or "" for field in page.context["form"]}
        values["organisation.see_audit"] = "STORE"
        bosses.post(f"/organisation/roles/{role.pk}/", values)
    assert hers.get("/organisation/audit/").status_code == 200

    if way == "the person's roles":
        change_roles(
            staff_id=person.pk,
            role_ids=[Role.objects.get(code="sales_advisor").pk],
            actor=actor_of(owner),
        )
    else:
        role = Role.objects.get(code="sales_advisor")
        rights = dict(role.permissions.values_list("permission", "scope"))
        del rights["organisation.see_audit"]
        edit_role(role_id=role.pk, name_zh=role.name_zh, rights=rights, actor=actor_of(owner))
    assert hers.get("/organisation/audit/").status_code == 403


def test_the_explanation_costs_few_queries(
    group: GroupIdentity, django_assert_max_num_queries: Callable[..., object]
) -> None:
    manager = make_staff("region_manager", make_store(region=make_region()))

    with django_assert_max_num_queries(6):
        access_of(manager)
