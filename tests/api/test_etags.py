import pytest

from tests.factories.crm import make_customer
from tests.factories.organisation import make_staff, make_store


@pytest.fixture
def advisor(group):
    return make_staff("sales_advisor", make_store())


@pytest.fixture
def customer(advisor):
    return make_customer(owner=advisor)


@pytest.fixture
def calls(group, caller, advisor):
    return caller(group, advisor)


def test_a_record_that_has_not_changed_is_304(calls, customer):
    etag = calls.get(f"customers/{customer.pk}")["ETag"]

    response = calls.get(f"customers/{customer.pk}", If_None_Match=etag)

    assert response.status_code == 304
    assert response["ETag"] == etag
    assert not response.content


def test_a_change_without_a_condition_is_428(calls, customer):
    response = calls.patch(f"customers/{customer.pk}", {"note": "x"})

    customer.refresh_from_db()
    assert response.status_code == 428
    assert response.json()["code"] == "precondition_required"
    assert customer.note == ""


def test_a_change_of_what_was_read_is_done(calls, customer):
    etag = calls.get(f"customers/{customer.pk}")["ETag"]

    response = calls.patch(f"customers/{customer.pk}", {"note": "x"}, If_Match=etag)

    customer.refresh_from_db()
    assert response.status_code == 200
    assert response.json()["note"] == customer.note == "x"
    assert response["ETag"] == calls.get(f"customers/{customer.pk}")["ETag"] != etag


def test_a_change_of_what_somebody_else_has_changed_is_412(calls, customer):
    etag = calls.get(f"customers/{customer.pk}")["ETag"]
    calls.patch(f"customers/{customer.pk}", {"note": "first"}, If_Match=etag)

    response = calls.patch(f"customers/{customer.pk}", {"note": "second"}, If_Match=etag)

    customer.refresh_from_db()
    assert response.status_code == 412
    assert response.json()["code"] == "precondition_failed"
    assert customer.note == "first"


def test_the_etag_does_not_depend_on_the_language_or_the_fields(calls, customer):
    whole = calls.get(f"customers/{customer.pk}")["ETag"]

    assert calls.get(f"customers/{customer.pk}?fields=id")["ETag"] == whole
    assert calls.get(f"customers/{customer.pk}", Accept_Language="zh-hans")["ETag"] == whole
