import pytest

from forecourt.kernel.groups import inside
from tests.factories.organisation import make_staff, make_store


def test_a_store_is_shown_with_its_facts(group, caller):
    store = make_store(code="SH01", brand_names=["BYD"], phone="021-1")

    row = caller(group, make_staff("headquarters")).get(f"stores/{store.pk}").json()

    assert row["id"] == str(store.pk)
    assert row["code"] == "SH01"
    assert row["brand_names"] == ["BYD"]
    assert row["region_id"] is None


def test_stores_are_filtered(group, caller):
    make_store(code="SH01")
    make_store(code="SH02", state="CLOSED")

    rows = caller(group, make_staff("headquarters")).get("stores?state=CLOSED").json()["data"]

    assert [row["code"] for row in rows] == ["SH02"]


def test_another_groups_store_does_not_exist(group, other_group, caller):
    with inside(other_group):
        theirs = make_store()

    response = caller(group, make_staff("group_owner")).get(f"stores/{theirs.pk}")

    assert response.status_code == 404


def test_staff_are_those_of_ones_own_stores(group, caller):
    here, there = make_store(), make_store()
    me, stranger = make_staff("sales_advisor", here), make_staff("sales_advisor", there)
    calls = caller(group, me)

    rows = calls.get("staff").json()["data"]

    assert [row["id"] for row in rows] == [str(me.pk)]
    assert rows[0]["roles"] == ["sales_advisor"]
    assert calls.get(f"staff/{me.pk}").status_code == 200
    assert calls.get(f"staff/{stranger.pk}").status_code == 404


@pytest.mark.parametrize("path", ["stores", "staff", "stores/1", "staff/1"])
def test_without_a_role_nothing_is_shown(group, caller, path):
    nobody = make_staff("sales_advisor")
    nobody.roles.clear()

    response = caller(group, nobody).get(path)

    assert response.status_code == 403
    assert response.json()["code"] == "not_permitted"
