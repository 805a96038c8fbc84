import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from apps.crm.models import Lead
from forecourt.accounts.models import ApiToken
from forecourt.kernel.clock import now
from forecourt.kernel.groups import inside
from forecourt.kernel.idempotency import KEEP_FOR, forget_idempotency_keys
from forecourt.kernel.models import IdempotencyKey
from tests.factories.crm import next_phone
from tests.factories.organisation import make_staff, make_store


@pytest.fixture
def calls(group, caller):
    make_store()
    return caller(group, make_staff("headquarters"))


def test_a_repeat_gets_the_same_answer_and_does_nothing(calls):
    body = {"phone": next_phone(), "name": "张伟"}
    first = calls.post("leads", body, Idempotency_Key="k1")

    second = calls.post("leads", body, Idempotency_Key="k1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Lead.objects.count() == 1
    assert Lead.objects.get().repeat_count == 0


def test_another_body_with_the_same_key_is_refused(calls):
    calls.post("leads", {"phone": next_phone()}, Idempotency_Key="k1")

    response = calls.post("leads", {"phone": next_phone()}, Idempotency_Key="k1")

    assert response.status_code == 422
    assert response.json()["code"] == "idempotency_key_reused"
    assert Lead.objects.count() == 1


def test_the_order_of_names_in_the_body_makes_no_difference(calls):
    phone = next_phone()
    calls.post("leads", {"phone": phone, "name": "a"}, Idempotency_Key="k1")

    again = calls.post("leads", {"name": "a", "phone": phone}, Idempotency_Key="k1")

    assert again["Idempotent-Replayed"] == "true"


def test_another_persons_key_is_another_key(group, calls, caller):
    phone = next_phone()
    other = caller(group, make_staff("headquarters"))
    calls.post("leads", {"phone": phone}, Idempotency_Key="k1")

    response = other.post("leads", {"phone": phone}, Idempotency_Key="k1")

    assert response.status_code == 200
    assert "Idempotent-Replayed" not in response
    assert Lead.objects.get().repeat_count == 1


def test_another_token_of_the_same_person_does_not_read_the_answer(group, caller):
    staff = make_staff("headquarters")
    body = {"phone": next_phone()}
    caller(group, staff).post("leads", body, Idempotency_Key="k1")
    narrow = caller(group, staff, scopes=["crm.register_lead"])

    assert narrow.post("leads", body, Idempotency_Key="k1").status_code == 422


def test_a_refused_request_leaves_its_key_free(calls):
    refused = calls.post("leads", {"phone": "12"}, Idempotency_Key="k1")
    good = calls.post("leads", {"phone": next_phone()}, Idempotency_Key="k1")

    assert (refused.status_code, good.status_code) == (422, 201)


@pytest.mark.parametrize("key", ["", "x" * 101, "键"])
def test_an_unreadable_key_is_refused(calls, key):
    response = calls.post("leads", {"phone": next_phone()}, Idempotency_Key=key)

    assert response.status_code == 422
    assert not Lead.objects.exists()


def test_keys_are_forgotten_after_two_days(calls, group):
    calls.post("leads", {"phone": next_phone()}, Idempotency_Key="new")
    calls.post("leads", {"phone": next_phone()}, Idempotency_Key="old")
    long_ago = now() - KEEP_FOR - timedelta(minutes=1)
    IdempotencyKey.objects.filter(key="old").update(created_at=long_ago)

    forget_idempotency_keys(schema_name=group.schema_name)

    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["new"]


def test_of_two_at_once_one_does_it_and_both_are_answered(live_group):
    with inside(live_group):
        make_store()
        token = ApiToken.issue(make_staff("headquarters").user, "test")[1]
    body = {"phone": next_phone()}
    answers = []
    together = threading.Barrier(6)

    def send() -> None:
        client = Client(headers={"host": f"{live_group.slug}.{settings.BASE_DOMAIN}"})
        together.wait()
        try:
            answers.append(
                client.post(
                    "/api/v1/leads",
                    data=body,
                    content_type="application/json",
                    headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "k1"},
                )
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [answer.status_code for answer in answers] == [201] * 6
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert sum(answer.headers.get("Idempotent-Replayed") == "true" for answer in answers) == 5
    with inside(live_group):
        assert Lead.objects.count() == 1
        assert Lead.objects.get().repeat_count == 0
        assert IdempotencyKey.objects.count() == 1
