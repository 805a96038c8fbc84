import pytest

from apps.organisation.models import Role, RolePermission
from tests.factories.organisation import make_staff, make_store


@pytest.fixture
def boss(group, caller):
    return caller(group, make_staff("group_owner"))


def test_roles_are_listed_with_what_they_give(boss):
    rows = boss.get("roles?code=receptionist").json()["data"]

    assert [row["code"] for row in rows] == ["receptionist"]
    assert rows[0]["is_built_in"] is True
    assert rows[0]["rights"]["crm.view_lead"] == "STORE"


def test_a_role_is_made_copied_and_changed(boss):
    made = boss.post("roles", {"name_zh": "展厅助理", "rights": {"crm.view_lead": "OWN"}})
    assert made.status_code == 201, made.content
    role_id = made.json()["id"]
    copy = boss.post(f"roles/{role_id}/copy", {"name_zh": "展厅助理二"})
    assert copy.json()["rights"] == {"crm.view_lead": "OWN"}
    etag = boss.get(f"roles/{role_id}").headers["ETag"]

    changed = boss.patch(
        f"roles/{role_id}", {"rights": {"crm.view_lead": "STORE"}}, **{"If-Match": etag}
    )

    assert changed.status_code == 200, changed.content
    assert changed.json()["rights"] == {"crm.view_lead": "STORE"}
    assert changed.json()["name_zh"] == "展厅助理"


def test_names_alone_are_changed_and_the_rights_stay(boss):
    role = Role.objects.get(code="receptionist")
    before = dict(role.permissions.values_list("permission", "scope"))

    answer = boss.patch(f"roles/{role.pk}", {"name_en": "Front desk"}, **{"If-Match": "*"})

    assert answer.json()["name_en"] == "Front desk"
    assert dict(role.permissions.values_list("permission", "scope")) == before


@pytest.mark.parametrize(
    "rights", [{"no.such_right": "OWN"}, {"crm.view_lead": "GALAXY"}, ["crm.view_lead"]]
)
def test_what_is_no_right_is_refused(boss, rights):
    answer = boss.post("roles", {"name_zh": "角色", "rights": rights})

    assert answer.status_code == 422, answer.content
    assert not Role.objects.filter(name_zh="角色").exists()


def test_nobody_gives_over_the_api_what_she_does_not_hold(group, caller):
    person = make_staff("headquarters")
    RolePermission.objects.filter(role__code="headquarters", permission="crm.view_lead").update(
        scope="STORE"
    )
    calls = caller(group, person)
    role = Role.objects.get(code="receptionist")
    before = set(role.permissions.values_list("permission", "scope"))

    made = calls.post("roles", {"name_zh": "角色", "rights": {"crm.view_lead": "GROUP"}})
    unheld = calls.post(
        "roles", {"name_zh": "角色", "rights": {"organisation.manage_group": "OWN"}}
    )
    changed = calls.patch(
        f"roles/{role.pk}", {"rights": {"crm.view_lead": "GROUP"}}, **{"If-Match": "*"}
    )

    assert [made.status_code, unheld.status_code, changed.status_code] == [403, 403, 403]
    assert made.json()["field"] == "rights"
    assert not Role.objects.filter(name_zh="角色").exists()
    assert set(role.permissions.values_list("permission", "scope")) == before


def test_a_store_manager_makes_no_role(group, caller):
    calls = caller(group, make_staff("store_manager", make_store()))

    assert calls.post("roles", {"name_zh": "角色", "rights": {}}).status_code == 403
    assert calls.get("roles").status_code == 200
