import pytest

from apps.crm.models import Customer
from forecourt.kernel.groups import inside
from tests.factories.crm import make_customer, make_opportunity, next_phone
from tests.factories.organisation import make_staff, make_store


@pytest.fixture
def advisor(group):
    return make_staff("sales_advisor", make_store())


def test_customers_are_found_by_a_part_of_the_name_or_phone(group, caller, advisor):
    wanted = make_customer(owner=advisor, name="欧阳晓东")
    make_customer(owner=advisor, name="李雷")
    calls = caller(group, advisor)

    for query in ("晓东", "oyxd", wanted.primary_phone[-8:]):
        rows = calls.get(f"customers?q={query}").json()["data"]
        assert [row["id"] for row in rows] == [str(wanted.pk)], query


def test_other_peoples_customers_do_not_exist(group, caller, advisor):
    theirs = make_customer(owner=make_staff("sales_advisor", make_store()))
    calls = caller(group, advisor)

    assert calls.get(f"customers/{theirs.pk}").status_code == 404
    assert calls.get("customers").json()["data"] == []
    assert calls.patch(f"customers/{theirs.pk}", {"note": "x"}, If_Match="*").status_code == 404
    assert calls.post(f"customers/{theirs.pk}/phones", {"phone": next_phone()}).status_code == 404


def test_another_groups_customer_does_not_exist(group, other_group, caller):
    with inside(other_group):
        theirs = make_customer(owner=make_staff("sales_advisor", make_store()))

    assert caller(group, make_staff("group_owner")).get(f"customers/{theirs.pk}").status_code == 404


def test_phones_are_masked_for_those_who_may_not_see_them(group, caller, advisor):
    customer = make_customer(owner=advisor)

    row = caller(group, make_staff("headquarters")).get(f"customers/{customer.pk}").json()

    assert customer.primary_phone not in str(row)
    assert row["phone"]


def test_a_customer_is_added_and_given_a_number(group, caller, advisor):
    calls = caller(group, advisor)
    made = calls.post("customers", {"name": "王芳", "gender": "FEMALE"})

    phone = next_phone()
    answer = calls.post(
        f"customers/{made.json()['id']}/phones", {"phone": phone, "make_primary": True}
    )

    customer = Customer.objects.get()
    assert (made.status_code, answer.status_code) == (201, 201)
    assert customer.name == "王芳"
    assert answer.json()["phone"] == customer.primary_phone == phone


def test_opportunities_move_and_are_lost_once_a_manager_confirms(group, caller, advisor):
    deal = make_opportunity(owner=advisor)
    manager = make_staff("sales_manager", advisor.home_store)
    calls = caller(group, advisor)

    moved = calls.post(f"opportunities/{deal.pk}/move", {"stage": "QUOTED"})
    asked = calls.post(f"opportunities/{deal.pk}/lose", {"reason": "PRICE"})
    approval_id = asked.json()["loss_approval_id"]
    caller(group, manager).post(f"approvals/{approval_id}/approve")
    again = calls.post(f"opportunities/{deal.pk}/move", {"stage": "ORDERED"})

    assert moved.json()["stage"] == asked.json()["stage"] == "QUOTED"
    assert again.status_code == 409
    deal.refresh_from_db()
    assert deal.stage == "LOST"


def test_wishes_change_with_the_etag(group, caller, advisor):
    deal = make_opportunity(owner=advisor)
    calls = caller(group, advisor)
    etag = calls.get(f"opportunities/{deal.pk}")["ETag"]

    answer = calls.patch(f"opportunities/{deal.pk}", {"budget_amount": "150000"}, If_Match=etag)

    assert answer.json()["budget"] == {"amount": "150000.00", "currency": "CNY"}


def test_other_stores_opportunities_do_not_exist(group, caller, advisor):
    deal = make_opportunity(owner=advisor)
    calls = caller(group, make_staff("store_manager", make_store()))

    assert calls.get(f"opportunities/{deal.pk}").status_code == 404
    assert calls.post(f"opportunities/{deal.pk}/move", {"stage": "QUOTED"}).status_code == 404
    assert calls.get("opportunities").json()["data"] == []
    deal.refresh_from_db()
    assert deal.stage == "NEW"


def test_consents_are_told_by_channel_and_a_customer_is_given_on(group, caller, advisor):
    customer = make_customer(owner=advisor)
    colleague = make_staff("sales_advisor", advisor.home_store)
    calls = caller(group, make_staff("store_manager", advisor.home_store))
    path = f"customers/{customer.pk}"

    calls.patch(path, {"consents": {"phone": False, "email": True}}, If_Match="*")
    told = calls.patch(path, {"consents": {"sms": True, "email": None}}, If_Match="*")
    wrong = calls.patch(path, {"consents": {"fax": True}}, If_Match="*")
    given = calls.post(f"{path}/give", {"owner_id": str(colleague.pk), "reason": "调班"})

    assert told.json()["consents"] == {"sms": True, "phone": False}
    assert (wrong.status_code, given.status_code) == (422, 200)
    assert given.json()["owner_id"] == str(colleague.pk)
    customer.refresh_from_db()
    assert (customer.consents, customer.owner_id) == ({"phone": False, "sms": True}, colleague.pk)
    refused = caller(group, advisor).post(
        f"{path}/give", {"owner_id": str(advisor.pk), "reason": "x"}
    )
    assert refused.status_code == 403
