"""Contacts, plans and the shared pool through the API."""

from datetime import timedelta

from apps.crm.actions import drop_neglected
from apps.crm.models import Customer, FollowUp, Interaction
from forecourt.kernel.clock import now
from tests.factories.crm import make_lead, make_opportunity
from tests.factories.organisation import make_staff, make_store


def test_a_contact_is_logged_and_its_plan_moved_and_done(group, caller):
    store = make_store()
    advisor, colleague = make_staff(store=store), make_staff(store=store)
    api, other = caller(group, advisor), caller(group, colleague)
    deal = make_opportunity(owner=advisor)

    logged = api.post(
        "interactions",
        {"kind": "CALL", "result": "REACHED", "opportunity_id": str(deal.pk), "level": "H"},
    )
    plan = api.get(f"follow-ups?state=OPEN&opportunity_id={deal.pk}").json()["data"][0]
    address = f"follow-ups/{plan['id']}"
    etag = api.get(address)["ETag"]
    due = (now() + timedelta(days=3)).isoformat()
    moved = api.patch(address, {"due_at": due}, If_Match=etag)
    done = api.post(f"{address}/complete", {})
    planned = api.post(
        "follow-ups", {"due_at": due, "customer_id": str(deal.customer_id), "purpose": "birthday"}
    )

    assert logged.status_code == 201, logged.content
    assert (moved.status_code, done.json()["state"]) == (200, "DONE")
    assert (planned.status_code, planned.json()["purpose"]) == (201, "birthday")
    assert [one["id"] for one in api.get("interactions").json()["data"]] == [logged.json()["id"]]
    assert other.get("interactions").json()["data"] == []
    assert other.get("follow-ups").json()["data"] == []
    assert other.post(f"{address}/complete", {}).status_code == 404
    assert api.post(f"{address}/complete", {}).status_code == 409
    assert api.post("interactions", {"kind": "CALL", "result": "REACHED"}).status_code == 422
    assert Interaction.objects.count() == 1
    assert FollowUp.objects.filter(state="OPEN").count() == 2


def test_a_pooled_customer_is_claimed_by_the_first_who_asks(group, caller):
    store = make_store()
    first, second = (caller(group, make_staff(store=store)) for _ in range(2))
    customer = make_lead(owner=make_staff(store=store)).customer
    Customer.objects.update(touched_at=now() - timedelta(days=400))
    drop_neglected()

    assert [one["id"] for one in first.get("customer-pool").json()["data"]] == [str(customer.pk)]
    assert first.post(f"customers/{customer.pk}/claim").status_code == 200
    late = second.post(f"customers/{customer.pk}/claim")

    assert late.status_code in (404, 409)
    assert second.get("customer-pool").json()["data"] == []
