"""What every list does: pages, order, sparse fields, expansion."""

import pytest

from tests.factories.organisation import make_region, make_staff, make_store


@pytest.fixture
def calls(group, caller):
    region = make_region()
    for number in range(1, 8):
        make_store(code=f"SH{number:02d}", region=region if number < 4 else None)
    return caller(group, make_staff("headquarters"))


def codes(answer) -> list[str]:
    return [row["code"] for row in answer["data"]]


def follow(calls, address: str) -> dict:
    return calls.client.get(address, headers=calls.headers).json()


def test_following_next_reads_every_row_once_and_previous_leads_back(calls):
    first = calls.get("stores?limit=3").json()
    second = follow(calls, first["links"]["next"])
    third = follow(calls, second["links"]["next"])

    assert [codes(page) for page in (first, second, third)] == [
        ["SH01", "SH02", "SH03"],
        ["SH04", "SH05", "SH06"],
        ["SH07"],
    ]
    assert first["links"]["previous"] is None
    assert third["links"]["next"] is None
    assert codes(follow(calls, third["links"]["previous"])) == ["SH04", "SH05", "SH06"]


def test_links_keep_filters_and_order(calls):
    first = calls.get("stores?limit=1&ordering=-code&code=SH01,SH02").json()

    assert codes(first) == ["SH02"]
    assert codes(follow(calls, first["links"]["next"])) == ["SH01"]


@pytest.mark.parametrize("limit", ["0", "201", "x", "-1", "1.5", "9" * 20])
def test_a_page_is_1_to_200_rows(calls, limit):
    response = calls.get(f"stores?limit={limit}")

    assert response.status_code == 422
    assert response.json()["field"] == "limit"


def test_a_cursor_of_another_order_is_refused(calls):
    cursor = calls.get("stores?limit=1").json()["links"]["next"].split("after=")[1]

    response = calls.get(f"stores?ordering=-id&after={cursor}")

    assert response.status_code == 422
    assert response.json()["field"] == "after"


@pytest.mark.parametrize("cursor", ["x", "", "..", "%00"])
def test_a_made_up_cursor_is_refused(calls, cursor):
    assert calls.get(f"stores?after={cursor}").status_code == 422


def test_only_declared_columns_sort(calls):
    response = calls.get("stores?ordering=phone")

    assert response.status_code == 422
    assert "code" in response.json()["detail"]


def test_fields_narrows_the_rows(calls):
    row = calls.get("stores?limit=1&fields=id,code").json()["data"][0]

    assert sorted(row) == ["code", "id"]


def test_unknown_fields_are_refused(calls):
    assert calls.get("stores?fields=secret").json()["field"] == "fields"


def test_identifiers_are_text(calls):
    assert isinstance(calls.get("stores").json()["data"][0]["id"], str)


def test_expand_puts_related_records_in(group, caller):
    store = make_store(code="SH01")
    make_staff("sales_advisor", store)
    calls = caller(group, make_staff("headquarters"))

    rows = calls.get("staff?expand=home_store&ordering=id").json()["data"]

    assert rows[0]["home_store"]["code"] == "SH01"
    assert rows[-1]["home_store"] is None


def test_unknown_expansions_are_refused(calls):
    assert calls.get("stores?expand=region").json()["field"] == "expand"


def test_a_page_costs_the_same_whatever_its_length(group, caller, django_assert_max_num_queries):
    calls = caller(group, make_staff("headquarters"))
    store = make_store()
    for _number in range(8):
        make_staff("sales_advisor", store)

    with django_assert_max_num_queries(9):
        assert len(calls.get("staff?expand=home_store").json()["data"]) == 9
