import pytest

from apps.crm.models import Customer, Lead
from forecourt.kernel.groups import inside
from tests.factories.crm import make_lead, next_phone
from tests.factories.organisation import make_staff, make_store


@pytest.fixture
def advisor(group):
    return make_staff("sales_advisor", make_store())


def test_an_enquiry_becomes_a_lead_of_one_person(group, caller, advisor):
    calls = caller(group, make_staff("headquarters"))

    response = calls.post(
        "leads",
        {
            "phone": "138 0013 8000",
            "name": "张伟",
            "brand": "BYD",
            "store_id": str(advisor.home_store_id),
        },
    )

    lead = Lead.objects.get()
    answer = response.json()
    assert response.status_code == 201
    assert answer["id"] == str(lead.pk)
    assert answer["number"] == lead.number
    assert (answer["source"], answer["is_repeat"]) == ("API", False)
    assert answer["owner_id"] == str(lead.owner_id) == str(advisor.pk)
    assert Customer.objects.get().primary_phone == "+8613800138000"


def test_a_second_enquiry_joins_the_first(group, caller, advisor):
    calls = caller(group, make_staff("headquarters"))
    phone = next_phone()
    first = calls.post("leads", {"phone": phone}).json()

    response = calls.post("leads", {"phone": phone})

    assert response.status_code == 200
    assert response.json()["id"] == first["id"]
    assert response.json()["is_repeat"] is True
    assert Lead.objects.count() == 1


def test_where_a_lead_went_is_told_only_to_those_who_may_see_it_there(group, caller, advisor):
    lead = make_lead(owner=advisor)
    phone = lead.customer.primary_phone
    stranger = caller(group, make_staff("sales_advisor", make_store()))

    answer = stranger.post("leads", {"phone": phone}).json()

    assert answer["number"] == lead.number
    assert answer["is_repeat"] is True
    assert [answer[name] for name in ("owner_id", "store_id", "customer_id", "assignment")] == [
        None
    ] * 4


def test_without_the_right_nothing_is_taken_in(group, caller):
    technician = make_staff("technician", make_store())

    response = caller(group, technician).post("leads", {"phone": next_phone()})

    assert response.status_code == 403
    assert not Lead.objects.exists()


def test_a_token_for_reading_takes_nothing_in(group, caller):
    calls = caller(group, make_staff("headquarters"), scopes=["crm.view_lead"])

    assert calls.post("leads", {"phone": next_phone()}).status_code == 403
    assert calls.get("leads").status_code == 200
    assert not Lead.objects.exists()


def test_an_advisor_sees_her_own_leads(group, caller, advisor):
    mine = make_lead(owner=advisor)
    hers = make_lead(owner=make_staff("sales_advisor", advisor.home_store))
    calls = caller(group, advisor)

    assert [row["id"] for row in calls.get("leads").json()["data"]] == [str(mine.pk)]
    assert calls.get(f"leads/{mine.pk}").status_code == 200
    assert calls.get(f"leads/{hers.pk}").status_code == 404


def test_another_groups_lead_does_not_exist(group, other_group, caller):
    with inside(other_group):
        theirs = make_lead(owner=make_staff("sales_advisor", make_store()))

    assert caller(group, make_staff("group_owner")).get(f"leads/{theirs.pk}").status_code == 404


def test_the_phone_in_an_expanded_customer_is_masked(group, caller, advisor):
    lead = make_lead(owner=advisor)
    headquarters = caller(group, make_staff("headquarters"))

    own = caller(group, advisor).get(f"leads/{lead.pk}?expand=customer").json()
    others = headquarters.get(f"leads/{lead.pk}?expand=customer").json()

    assert own["customer"]["phone"] == lead.customer.primary_phone
    assert others["customer"]["phone"] != lead.customer.primary_phone
    assert others["customer"]["name"] == own["customer"]["name"]


def test_leads_are_filtered(group, caller, advisor):
    make_lead(owner=advisor, source="WEB")
    walk_in = make_lead(owner=advisor, source="WALK_IN")
    calls = caller(group, advisor)

    rows = calls.get("leads?source=WALK_IN,PHONE&state=ASSIGNED").json()["data"]

    assert [row["id"] for row in rows] == [str(walk_in.pk)]


def test_a_contact_is_logged_and_the_lead_qualified(group, caller, advisor):
    lead = make_lead(owner=advisor)
    calls = caller(group, advisor)

    contact = calls.post(f"leads/{lead.pk}/contacts", {"kind": "CALL", "result": "REACHED"})
    deal = calls.post(f"leads/{lead.pk}/qualify", {"level": "A", "budget_amount": "200000.00"})

    assert contact.status_code == 201
    assert contact.json()["lead_id"] == str(lead.pk)
    assert deal.status_code == 201
    assert deal.json()["budget"] == {"amount": "200000.00", "currency": "CNY"}
    assert deal.json()["lead_id"] == str(lead.pk)
    assert calls.get(f"opportunities/{deal.json()['id']}").json()["level"] == "A"


def test_a_lead_is_closed_once(group, caller, advisor):
    lead = make_lead(owner=advisor)
    calls = caller(group, advisor)

    first = calls.post(f"leads/{lead.pk}/invalid", {"reason": "TEST"})
    second = calls.post(f"leads/{lead.pk}/invalid", {"reason": "TEST"})

    assert first.json()["state"] == "INVALID"
    assert second.status_code == 409


def test_of_two_who_claim_one_gets_it(group, caller):
    store = make_store()
    lead = make_lead(store_id=store.pk)
    first, second = (caller(group, make_staff("sales_advisor", store)) for _ in range(2))

    assert lead.owner_id is None
    assert first.post(f"leads/{lead.pk}/claim").status_code == 200
    assert second.post(f"leads/{lead.pk}/claim").status_code == 409


def test_taking_in_a_lead_costs_few_queries(group, caller, advisor, django_assert_max_num_queries):
    calls = caller(group, make_staff("headquarters"))
    calls.post("leads", {"phone": next_phone(), "store_id": str(advisor.home_store_id)})

    with django_assert_max_num_queries(26):
        calls.post("leads", {"phone": next_phone(), "store_id": str(advisor.home_store_id)})


def test_a_manager_gives_a_lead_to_somebody_else(group, caller):
    store = make_store()
    owner, colleague = make_staff(store=store), make_staff(store=store)
    lead = make_lead(owner=owner)
    calls = caller(group, make_staff("store_manager", store))

    without = calls.post(f"leads/{lead.pk}/reassign", {"owner_id": str(colleague.pk)})
    given = calls.post(
        f"leads/{lead.pk}/reassign", {"owner_id": str(colleague.pk), "reason": "休假"}
    )

    assert (without.status_code, given.status_code) == (422, 200)
    assert given.json()["owner_id"] == str(colleague.pk)
