"""A field is there at once wherever its record is, and nowhere for those who do not see it."""

import json

import pytest
from django.urls import reverse

from forecourt.kernel.custom_fields import save_values
from forecourt.kernel.custom_fields.actions import change_field, change_values, retire_field
from forecourt.kernel.models import AuditEntry
from tests.factories.crm import make_customer
from tests.factories.organisation import actor_of, make_staff

HOBBY = {"label_zh": "爱好", "label_en": "Hobby"}
SECRET = {"label_zh": "内部评级", "label_en": "Inner rating"}


@pytest.fixture
def page(group, client_of, owner_person):
    return client_of(group, owner_person.user)


@pytest.fixture
def clerk(group, client_of, owner_person):
    """A store manager: sees the customers of the store, and not what is for the owner alone."""
    manager = make_staff("store_manager", owner_person.home_store)
    client = client_of(group, manager.user)
    client.actor = actor_of(manager)
    return client


@pytest.fixture
def customer(owner_person):
    advisor = make_staff("sales_advisor", owner_person.home_store)
    return make_customer(owner=advisor, store_id=owner_person.home_store_id)


def text_of(answer) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode("utf-8-sig")


def test_a_new_field_is_everywhere_at_once(page, owner, make_field, customer):
    make_field("TEXT", code="hobby", is_indexed=True, is_searchable=True, **HOBBY)
    save_values(customer, {"hobby": "skiing"}, actor=owner)
    other = make_customer(phone="+8613811112222")
    edit, detail = (
        reverse(name, args=[customer.pk]) for name in ("crm:customer_edit", "crm:customer_detail")
    )
    listed = reverse("crm:customer_list")

    assert 'name="custom_hobby" value="skiing"' in text_of(page.get(edit))
    assert "爱好" in text_of(page.get(detail)) and "skiing" in text_of(page.get(detail))
    shown = text_of(page.get(f"{listed}?column=name_shown&column=custom_hobby"))
    assert "skiing" in shown and "爱好" in shown
    filtered = text_of(page.get(f"{listed}?custom_hobby=ski"))
    assert f"/crm/customers/{customer.pk}/" in filtered
    assert f"/crm/customers/{other.pk}/" not in filtered
    searched = text_of(page.get(f"{listed}?q=skii"))
    assert f"/crm/customers/{customer.pk}/" in searched
    exported = text_of(page.get(f"{listed}?column=custom_hobby&export=csv"))
    assert "爱好" in exported and "skiing" in exported
    answer = page.get(f"/api/v1/customers/{customer.pk}").json()
    assert answer["custom"] == {"hobby": "skiing"}
    found = page.get("/api/v1/customers?custom.hobby=skiing").json()["data"]
    assert [row["id"] for row in found] == [str(customer.pk)]
    schema = page.get("/api/v1/schema/").json()["components"]["schemas"]
    assert schema["CustomerRow"]["properties"]["custom"]["properties"]["hobby"]["type"] == "string"
    assert "hobby" in schema["CustomerRow"]["properties"]["custom"]["properties"]


def test_the_reference_holds_nothing_of_the_group_for_a_stranger(group, client_of, make_field):
    make_field("TEXT", code="hobby", **HOBBY)

    assert "hobby" not in text_of(client_of(group).get("/api/v1/schema/"))


def test_what_a_role_does_not_see_it_sees_in_no_channel(page, clerk, owner, make_field, customer):
    make_field(
        "TEXT",
        code="rating",
        is_indexed=True,
        is_searchable=True,
        visible_to_roles=["group_owner"],
        **SECRET,
    )
    page.post(
        reverse("custom_fields:values", args=["customer", customer.pk]),
        {"custom_rating": "grade-x"},
        headers={"HX-Request": "true"},
    )
    customer.refresh_from_db()
    assert customer.custom == {"rating": "grade-x"}
    listed = reverse("crm:customer_list")
    addresses = [
        reverse("crm:customer_edit", args=[customer.pk]),
        reverse("crm:customer_detail", args=[customer.pk]),
        reverse("crm:customer_detail", args=[customer.pk]) + "?tab=history",
        f"{listed}?column=name_shown&column=custom_rating",
        f"{listed}?column=custom_rating&export=csv",
        "/api/v1/customers",
        f"/api/v1/customers/{customer.pk}",
        "/api/v1/schema/",
    ]
    for address in addresses:
        answer = text_of(clerk.get(address))
        assert "grade-x" not in answer.replace("q=grade-x", "").replace('"grade-x"', ""), address
        assert "Inner rating" not in answer and "内部评级" not in answer, address
    assert f"/crm/customers/{customer.pk}/" in text_of(page.get("/search/?q=grade-x"))
    assert f"/crm/customers/{customer.pk}/" not in text_of(clerk.get("/search/?q=grade-x"))
    # Neither can she ask by it: the filter, the sorting and the search know nothing of it.
    for query in ("custom_rating=nothing-like-it", "sort=custom_rating", "q=grade"):
        answer = text_of(clerk.get(f"{listed}?{query}"))
        found = f"/crm/customers/{customer.pk}/" in answer
        assert found == (not query.startswith("q=")), query
    assert clerk.get("/api/v1/customers?custom.rating=grade-x").status_code == 422
    history = text_of(page.get(reverse("crm:customer_detail", args=[customer.pk]) + "?tab=history"))
    assert "grade-x" in history and "内部评级" in history


def test_what_a_role_does_not_see_it_does_not_write(clerk, make_field, customer):
    make_field("TEXT", code="rating", visible_to_roles=["group_owner"], **SECRET)
    make_field("TEXT", code="grade", editable_by_roles=["group_owner"])

    for code, message in (("rating", "There is no such field."), ("grade", "You may not change")):
        answer = clerk.patch(
            f"/api/v1/customers/{customer.pk}",
            json.dumps({"custom": {code: "x"}}),
            content_type="application/json",
            headers={"If-Match": "*", "Accept-Language": "en"},
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == f"custom.{code}"
        assert message in answer.json()["errors"][0]["detail"]
    customer.refresh_from_db()
    assert customer.custom == {}


def test_the_audit_log_shows_a_change_to_those_who_see_the_field(page, make_field, customer):
    make_field("TEXT", code="hobby", **HOBBY)

    page.post(
        reverse("custom_fields:values", args=["customer", customer.pk]),
        {"custom_hobby": "skiing"},
        headers={"HX-Request": "true"},
    )

    entry = AuditEntry.objects.filter(subject_kind="crm.customer", action="changed").get()
    assert entry.changes == {"custom.hobby": [None, "skiing"]}
    log = text_of(page.get(reverse("organisation:audit_log")))
    assert "爱好" in log and "skiing" in log


def test_the_log_over_the_api_hides_a_field_from_those_who_do_not_see_it(
    page, group, client_of, owner_person, owner, make_field, customer
):
    make_field("TEXT", code="rating", visible_to_roles=["group_owner"], **SECRET)
    change_values(host="customer", row_id=customer.pk, values={"rating": "grade-x"}, actor=owner)
    auditor = client_of(group, make_staff("headquarters").user)
    url = "/api/v1/audit?kind=crm.customer&action=changed"

    assert page.get(url).json()["data"][0]["changes"] == {"custom.rating": [None, "grade-x"]}
    assert auditor.get(url).json()["data"][0]["changes"] == {}
    assert "grade-x" not in text_of(auditor.get(reverse("organisation:audit_log")))


def test_a_retired_field_is_nowhere_and_keeps_its_values(page, owner, make_field, customer):
    field = make_field("TEXT", code="hobby", **HOBBY)
    save_values(customer, {"hobby": "skiing"}, actor=owner)

    retire_field(field_id=field.pk, actor=owner)

    for name in ("crm:customer_edit", "crm:customer_detail"):
        assert "skiing" not in text_of(page.get(reverse(name, args=[customer.pk])))
    assert page.get(f"/api/v1/customers/{customer.pk}").json()["custom"] == {}
    customer.refresh_from_db()
    assert customer.custom == {"hobby": "skiing"}


def test_renaming_a_field_keeps_its_values(page, owner, make_field, customer):
    field = make_field("TEXT", code="hobby", **HOBBY)
    save_values(customer, {"hobby": "skiing"}, actor=owner)

    change_field(field_id=field.pk, label_zh="业余活动", actor=owner)

    detail = text_of(page.get(reverse("crm:customer_detail", args=[customer.pk])))
    assert "业余活动" in detail and "skiing" in detail and "爱好" not in detail


def test_values_are_written_through_the_form_of_the_record(page, make_field, customer):
    make_field("INTEGER", code="years", options={"max": "80"})
    url = reverse("crm:customer_edit", args=[customer.pk])
    form = {"kind": "PERSON", "name": "张伟", "custom_years": "90"}

    refused = page.post(url, form)
    assert refused.status_code == 422
    assert 'value="90"' in text_of(refused)
    customer.refresh_from_db()
    assert customer.custom == {}

    assert page.post(url, form | {"custom_years": "12"}).status_code == 302
    customer.refresh_from_db()
    assert customer.custom == {"years": 12}


def test_the_api_writes_values_and_tells_all_that_is_wrong(page, make_field, customer):
    make_field("INTEGER", code="years")
    make_field("MONEY", code="budget")
    url = f"/api/v1/customers/{customer.pk}"

    def send(custom):
        return page.patch(
            url,
            json.dumps({"custom": custom}),
            content_type="application/json",
            headers={"If-Match": "*"},
        )

    refused = send({"years": "x", "budget": "y"})
    assert refused.status_code == 422
    assert {error["field"] for error in refused.json()["errors"]} == {
        "custom.years",
        "custom.budget",
    }
    good = send({"years": 3, "budget": {"amount": "1000", "currency": "CNY"}})
    assert good.json()["custom"] == {
        "years": 3,
        "budget": {"amount": "1000.00", "currency": "CNY"},
    }


def test_the_customer_list_stays_within_its_queries(
    page, owner, make_field, customer, django_assert_max_num_queries
):
    make_field("TEXT", code="hobby", **HOBBY)
    make_field("STAFF", code="adviser")
    save_values(customer, {"hobby": "x", "adviser": owner.staff_id}, actor=owner)
    url = f"{reverse('crm:customer_list')}?column=name_shown&column=custom_hobby"
    page.get(url)

    with django_assert_max_num_queries(12):
        page.get(f"{url}&column=custom_adviser&sort=custom_hobby")
