from apps.marketing.models import Automation, Campaign, Segment
from forecourt.kernel.clock import today
from tests.factories.crm import make_customer
from tests.factories.organisation import make_staff, make_store


def test_segments_campaigns_and_automations_are_made_and_driven(group, caller):
    customer = make_customer(owner=make_staff(store=make_store()))
    calls = caller(group, make_staff("marketer"))
    asked = {"fact": "crm.lifecycle", "op": "ANY_OF", "values": ["POTENTIAL"]}
    conditions = {"match": "ALL", "blocks": [{"match": "ALL", "conditions": [asked]}]}

    segment = calls.post("segments", {"name": "Interested", "conditions": conditions}).json()
    assert calls.post("segments/count", {"conditions": conditions}).json() == {"count": 1}
    found = calls.get(f"segments/{segment['id']}/customers").json()["data"]
    assert [row["id"] for row in found] == [str(customer.pk)]
    facts = {row["code"]: row for row in calls.get("customer-facts").json()["data"]}
    assert "ANY_OF" in facts["crm.lifecycle"]["operators"]
    wrong = {"name": "x", "conditions": {"blocks": [{"conditions": [{**asked, "op": "MONTH"}]}]}}
    assert calls.post("segments", wrong).json()["code"] == "condition_invalid"
    assert Segment.objects.count() == 1

    campaign = calls.post(
        "campaigns",
        {
            "name": "Spring",
            "segment_id": segment["id"],
            "channel": "sms",
            "text": "Dear {name}",
            "starts_on": today().isoformat(),
            "ends_on": today().isoformat(),
        },
    ).json()
    started = calls.post(f"campaigns/{campaign['id']}/start", {})
    assert started.json()["state"] == "RUNNING"
    assert calls.post(f"campaigns/{campaign['id']}/start", {}).status_code == 409
    assert calls.get(f"campaigns/{campaign['id']}/result").json()["meant"] == 1
    reply = calls.post(f"campaigns/{campaign['id']}/replies", {"customer_id": str(customer.pk)})
    assert reply.status_code == 404
    assert [row["channel"] for row in calls.get("campaigns/results").json()["data"]] == ["sms"]
    assert Campaign.objects.count() == 1

    automation = calls.post(
        "automations",
        {
            "name": "Birthday",
            "trigger": "DATE",
            "fact": "crm.birthday",
            "deed": "TASK",
            "options": {"purpose": "Greet", "due_days": 1},
        },
    ).json()
    assert (automation["is_on"], automation["version"]) == (False, 1)
    tried = calls.get(f"automations/{automation['id']}/dry-run").json()
    assert tried == {"count": 0, "reached": 0, "held": []}
    assert calls.post(f"automations/{automation['id']}/switch", {"is_on": True}).json()["is_on"]
    assert Automation.objects.get().is_on
    assert calls.get("held-messages").json()["data"] == []
