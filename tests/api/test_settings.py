"""Settings over the API: the same rules as on the page, with ETags."""

import pytest

from forecourt.kernel.group_settings import value_of
from forecourt.kernel.models import SettingValue
from tests.factories.organisation import make_staff, make_store
from tests.factories.settings import decide

MINUTES = "settings/crm.response_minutes"


@pytest.fixture
def store(group):
    return make_store(code="SH01")


@pytest.fixture
def owner_calls(group, caller):
    return caller(group, make_staff("group_owner"))


@pytest.fixture
def manager_calls(group, caller, store):
    return caller(group, make_staff("store_manager", store))


def change(calls, body, path=MINUTES):
    return calls.patch(path, body, If_Match=calls.get(path)["ETag"])


def test_the_list_says_what_counts_where_it_comes_from_and_what_is_allowed(owner_calls, store):
    decide("crm.response_minutes", 5, store_id=store.pk)

    rows = {row["key"]: row for row in owner_calls.get("settings").json()["data"]}
    there = {
        row["key"]: row for row in owner_calls.get(f"settings?store_id={store.pk}").json()["data"]
    }

    row = rows["crm.response_minutes"]
    assert (row["value"], row["source"], row["rule"], row["preset"]) == (
        30,
        "PRODUCT",
        "DEFAULT",
        30,
    )
    assert row["kind"] == "whole_number"
    assert row["bounds"] == {"minimum": 1, "maximum": 1440, "unit": "minutes"}
    assert there["crm.response_minutes"]["value"] == 5
    assert there["crm.response_minutes"]["source"] == "STORE"
    assert "vehicles.aged_from" in rows
    assert "vehicles.aged_from" not in there


def test_a_setting_is_decided_and_set_back(owner_calls, store):
    group_wide = change(owner_calls, {"value": 20, "rule": "DEFAULT"})
    for_store = change(owner_calls, {"value": 5, "store_id": str(store.pk)})

    assert group_wide.json()["value"] == 20
    assert for_store.json()["differences"] == [
        {"level": "STORE", "id": str(store.pk), "label": f"SH01 {store.name}", "value": 5}
    ]
    back = owner_calls.post(f"{MINUTES}/reset", {"store_id": str(store.pk)})
    assert back.json()["differences"] == []
    assert value_of("crm.response_minutes", store_id=store.pk) == 20


def test_a_change_of_what_somebody_else_has_changed_is_412(owner_calls):
    etag = owner_calls.get(MINUTES)["ETag"]
    decide("crm.response_minutes", 10)

    assert owner_calls.patch(MINUTES, {"value": 20}, If_Match=etag).status_code == 412
    assert owner_calls.patch(MINUTES, {"value": 20}).status_code == 428
    assert value_of("crm.response_minutes") == 10


@pytest.mark.parametrize("value", [0, "20", None, [1], {"a": 1}])
def test_a_wrong_value_is_422_beside_its_field(owner_calls, value):
    response = change(owner_calls, {"value": value})

    assert response.status_code == 422
    assert response.json()["field"] == "value"
    assert not SettingValue.objects.exists()


def test_a_store_manager_reaches_her_store_alone(manager_calls, store):
    other = make_store()

    assert change(manager_calls, {"value": 5, "store_id": str(store.pk)}).json()["value"] == 5
    assert change(manager_calls, {"value": 5, "store_id": str(other.pk)}).status_code == 404
    assert change(manager_calls, {"value": 5}).status_code == 403
    assert manager_calls.get(f"settings?store_id={other.pk}").status_code == 404
    assert manager_calls.get("settings/vehicles.aged_from").status_code == 404
    assert SettingValue.objects.count() == 1


def test_an_unknown_setting_is_404(owner_calls):
    assert owner_calls.get("settings/crm.nothing").status_code == 404
    assert owner_calls.post("settings/crm.nothing/reset").status_code == 404
