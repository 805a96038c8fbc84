import json

import pytest
from django.urls import URLPattern
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from api.endpoints import Endpoint, UnknownEndpoint
from api.schema import document
from api.v1.urls import urlpatterns
from tests.factories.organisation import make_staff

METHODS = ("get", "post", "put", "patch", "delete")


def endpoints() -> list[URLPattern]:
    found = []
    for pattern in urlpatterns:
        view = getattr(pattern.callback, "view_class", None)
        if view is not None and issubclass(view, Endpoint) and view is not UnknownEndpoint:
            found.append(pattern)
    return found


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_document_is_valid_openapi_without_warnings(language):
    document.cache_clear()
    GENERATOR_STATS.reset()

    schema = document(language)

    validate_schema(json.loads(json.dumps(schema)))
    assert not GENERATOR_STATS, GENERATOR_STATS.emit_summary()


def test_every_route_and_method_is_described():
    paths = document("en")["paths"]

    for pattern in endpoints():
        view = pattern.callback.view_class
        path = "/api/v1/" + "/".join(
            "{" + part[1:-1].split(":")[1] + "}" if part.startswith("<") else part
            for part in str(pattern.pattern).split("/")
        )
        methods = {name for name in METHODS if hasattr(view, name)}
        assert methods == set(paths[path]), path


def test_every_operation_describes_its_refusals_and_its_right():
    for path, methods in document("en")["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            responses = operation["responses"]
            assert operation["summary"], where
            assert {"401", "403", "422", "429"} <= set(responses), where
            assert ("404" in responses) or "{" not in path, where
            for status, response in responses.items():
                if int(status) >= 400:
                    assert set(response["content"]) == {"application/problem+json"}, where


def test_operations_have_names_of_their_own():
    names = [
        operation["operationId"]
        for methods in document("en")["paths"].values()
        for operation in methods.values()
    ]

    assert len(names) == len(set(names))


def test_anybody_may_read_the_document(group, client_of):
    json_answer = client_of(group).get("/api/v1/schema/", headers={"Accept-Language": "en"})
    yaml_answer = client_of(group).get("/api/v1/schema/?format=yaml")

    assert json_answer.json()["openapi"].startswith("3.")
    assert yaml_answer.content.startswith(b"openapi: 3.")


def test_staff_read_and_try_it_on_a_page(group, client_of):
    page = client_of(group, make_staff("headquarters").user).get("/api/v1/docs/")

    assert page.status_code == 200
    text = page.content.decode()
    assert "/api/v1/stores/{store_id}" in text
    assert "data-try" in text
    assert 'id="problem-not_permitted"' in text


def test_the_page_is_for_staff(group, client_of):
    response = client_of(group).get("/api/v1/docs/")

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
