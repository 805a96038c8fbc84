from apps.organisation.models import Department
from tests.factories.organisation import make_staff, make_store


def test_a_department_is_made_moved_and_retired(group, caller):
    store = make_store()
    calls = caller(group, make_staff("store_manager", store))
    sales = calls.post("departments", {"store_id": str(store.pk), "name_zh": "销售部"}).json()
    made = calls.post("departments", {"store_id": str(store.pk), "name_zh": "展厅组"})
    address = f"departments/{made.json()['id']}"

    moved = calls.patch(
        address, {"parent_id": sales["id"]}, **{"If-Match": calls.get(address).headers["ETag"]}
    )
    retired = calls.patch(address, {"is_active": False}, **{"If-Match": moved.headers["ETag"]})

    assert made.status_code == 201, made.content
    assert (moved.json()["parent_id"], moved.json()["name_zh"]) == (sales["id"], "展厅组")
    assert retired.json()["is_active"] is False
    rows = calls.get(f"departments?store_id={store.pk}&is_active=true").json()["data"]
    assert [row["id"] for row in rows] == [sales["id"]]


def test_departments_of_another_store_do_not_exist(group, caller):
    theirs = Department.objects.create(store=make_store(), name_zh="销售部")
    calls = caller(group, make_staff("store_manager", make_store()))

    assert calls.get(f"departments/{theirs.pk}").status_code == 404
    assert calls.get("departments").json()["data"] == []


def test_a_position_is_made_by_headquarters_alone(group, caller):
    body = {"name_zh": "店长助理", "code": "assistant"}

    made = caller(group, make_staff("headquarters")).post("positions", body)
    refused = caller(group, make_staff("store_manager", make_store())).post("positions", body)

    assert (made.status_code, made.json()["code"]) == (201, "assistant")
    assert refused.status_code == 403
