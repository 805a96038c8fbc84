from tests.factories.crm import make_customer
from tests.factories.organisation import make_staff, make_store


def test_the_api_makes_tags_and_puts_them_on(group, caller):
    customer = make_customer(owner=make_staff(store=make_store()))
    calls = caller(group, make_staff("group_owner"))

    made = calls.post("tags", {"name": "Fleet"}).json()
    calls.post(f"customers/{customer.pk}/tags", {"add": [made["id"]]})

    assert [row["name"] for row in calls.get(f"customers/{customer.pk}/tags").json()["data"]] == [
        "Fleet"
    ]
    found = calls.get(f"customers?tag_id={made['id']}").json()["data"]
    assert [row["id"] for row in found] == [str(customer.pk)]
    refused = calls.post(f"customers/{customer.pk}/tags", {"add": ["999"]})
    assert (refused.status_code, refused.json()["field"]) == (422, "tag_ids")
