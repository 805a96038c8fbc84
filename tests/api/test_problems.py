"""Whatever refuses, the answer is a problem document in the caller's language."""

import pytest

from api.v1 import stores
from tests.factories.crm import next_phone
from tests.factories.organisation import make_staff

TYPE = "application/problem+json"


@pytest.fixture
def calls(group, caller):
    return caller(group, make_staff("headquarters"))


def test_bad_input_names_every_field_with_its_code(calls):
    response = calls.post("leads", {"source": "NOWHERE", "gender": "X"})

    problem = response.json()
    assert (response.status_code, response["Content-Type"]) == (422, TYPE)
    assert problem["code"] == "invalid"
    assert problem["title"] == "The input is not valid"
    assert {(error["field"], error["code"]) for error in problem["errors"]} == {
        ("phone", "required"),
        ("source", "invalid_choice"),
        ("gender", "invalid_choice"),
    }


def test_a_refusal_of_the_domain_stands_beside_its_field(calls):
    response = calls.post("leads", {"phone": "12"})

    problem = response.json()
    assert response.status_code == 422
    assert problem["field"] == "phone"
    assert problem["errors"] == [
        {"field": "phone", "code": problem["code"], "detail": problem["detail"]}
    ]


def test_problems_speak_the_callers_language(calls):
    english = calls.get("leads/1").json()
    chinese = calls.get("leads/1", Accept_Language="zh-hans").json()

    assert english["title"] == "Not found"
    assert english["code"] == chinese["code"] == "not_found"
    assert chinese["title"] == "未找到"


def test_a_misspelt_field_is_refused(calls):
    problem = calls.post("leads", {"phone": next_phone(), "nmae": "张伟"}).json()

    assert problem["field"] == "nmae"


def test_a_misspelt_parameter_is_refused(calls):
    response = calls.get("leads?sate=NEW")

    assert response.status_code == 422
    assert response.json()["field"] == "sate"


@pytest.mark.parametrize("body", ["{", "[1", '{"a": NaN}', '{"phone": "\\ud800"}', "[" * 100_000])
def test_what_is_no_json_is_400(calls, body):
    response = calls.client.post(
        "/api/v1/leads", data=body, content_type="application/json", headers=calls.headers
    )

    assert (response.status_code, response["Content-Type"]) == (400, TYPE)
    assert response.json()["code"] == "unreadable"


@pytest.mark.parametrize("body", [[], "text", 5, None])
def test_what_is_no_object_is_422(calls, body):
    response = calls.client.post(
        "/api/v1/leads", data=body, content_type="application/json", headers=calls.headers
    )

    assert response.status_code in {400, 422}
    assert response["Content-Type"] == TYPE


def test_another_content_type_is_415(calls):
    response = calls.client.post(
        "/api/v1/leads", data="phone=1", content_type="text/plain", headers=calls.headers
    )

    assert response.status_code == 415
    assert response.json()["code"] == "unsupported_media_type"


def test_another_method_is_405(calls):
    response = calls.client.delete("/api/v1/stores", headers=calls.headers)

    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"
    assert response["Content-Type"] == TYPE


@pytest.mark.parametrize("path", ["nowhere", "stores/", "stores/x", "leads/1/nowhere", ""])
def test_an_unknown_address_is_404(calls, path):
    response = calls.get(path)

    assert (response.status_code, response["Content-Type"]) == (404, TYPE)
    assert response.json()["code"] == "not_found"


@pytest.mark.parametrize(
    "path",
    [
        "leads/99999999999999999999",
        "leads/0",
        "stores/9223372036854775808",
        "leads?store_id=9223372036854775807",
    ],
)
def test_absurd_identifiers_find_nothing(calls, path):
    assert calls.get(path).status_code in {200, 404}


@pytest.mark.parametrize("value", ["%00", "9" * 30, "-1", "1;drop", "%F0%9F%98%80", "a" * 5000])
def test_absurd_parameters_are_422(calls, value):
    response = calls.get(f"leads?store_id={value}")

    assert response.status_code == 422
    assert response.json()["field"] == "store_id"


def test_a_null_character_in_a_search_is_422(calls):
    assert calls.get("customers?q=%00").status_code == 422


def test_a_bug_is_500_and_says_nothing_of_itself(calls, monkeypatch):
    def broken(*_arguments, **_options):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(stores.Stores, "get", broken)

    response = calls.get("stores")

    assert (response.status_code, response["Content-Type"]) == (500, TYPE)
    assert response.json()["code"] == "internal_error"
    assert "secret" not in response.content.decode()
