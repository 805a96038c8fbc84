"""What a refused or broken request looks like, to a browser and to htmx."""

import pytest
from django.conf import settings
from django.test import Client

from forecourt.ui.views import server_error
from tests.ui.conftest import HTMX

STATUSES = [
    ("invalid", 422, b"It breaks a rule."),
    ("conflict", 409, b"Somebody was first."),
    ("not-permitted", 403, b"Not yours to do."),
    ("not-found", 404, b"No such thing."),
]


@pytest.mark.parametrize(("kind", "status", "message"), STATUSES)
def test_a_refusal_is_a_page(browser, kind, status, message) -> None:
    response = browser.get(f"/refuse/{kind}/")

    assert response.status_code == status
    assert message in response.content
    assert b"<!doctype html>" in response.content


@pytest.mark.parametrize(("kind", "status", "message"), STATUSES)
def test_htmx_gets_a_banner_above_the_content(browser, kind, status, message) -> None:
    response = browser.post(f"/refuse/{kind}/", headers=HTMX)

    assert response.status_code == status
    assert message in response.content
    assert b"<!doctype" not in response.content
    assert response["HX-Retarget"] == "#messages"


@pytest.mark.parametrize(("kind", "status"), [("http404", 404), ("denied", 403)])
def test_djangos_own_refusals_are_banners_too(browser, kind, status) -> None:
    response = browser.get(f"/refuse/{kind}/", headers=HTMX)

    assert response.status_code == status
    assert response["HX-Retarget"] == "#messages"
    assert b"<!doctype" not in response.content


def test_an_ended_session_is_told_to_htmx_instead_of_a_sign_in_page(group, client_of) -> None:
    response = client_of(group).get("/things/", headers=HTMX)

    assert response.status_code == 401
    assert response.content == b""


def test_an_ended_session_sends_a_browser_to_sign_in_and_back(group, client_of) -> None:
    response = client_of(group).get("/things/?q=x")

    assert response.status_code == 302
    assert response["Location"].endswith("?next=/things/%3Fq%3Dx")


def test_no_page_of_a_group_knows_of_another(group, other_group, client_of) -> None:
    response = client_of(group).get("/no/such/page/")

    assert response.status_code == 404
    assert other_group.name.encode() not in response.content
    assert other_group.schema_name.encode() not in response.content


def test_the_page_of_an_error_needs_neither_database_nor_session(rf) -> None:
    response = server_error(rf.get("/"))

    assert response.status_code == 500
    assert b"<!doctype html>" in response.content


def test_a_lost_form_token_is_explained(group, owner) -> None:
    client = Client(
        headers={"host": f"{group.slug}.{settings.BASE_DOMAIN}"}, enforce_csrf_checks=True
    )

    page = client.post("/i18n/theme/", {"theme": "dark"})
    banner = client.post("/i18n/theme/", {"theme": "dark"}, headers=HTMX)

    assert page.status_code == banner.status_code == 403
    assert b"<!doctype html>" in page.content
    assert banner["HX-Retarget"] == "#messages"
