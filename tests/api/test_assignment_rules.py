"""Assignment rules over the API: changed, ordered, tried alone and together."""

import pytest

from apps.crm.models import AssignmentRule
from forecourt.kernel import jobs
from forecourt.kernel.groups import current_schema
from tests.factories.crm import make_lead
from tests.factories.organisation import make_staff, make_store

RULE = {"name": "上海", "strategy": "ROUND_ROBIN", "conditions": {"sources": ["WEB"]}}


@pytest.fixture
def calls(group, caller):
    return caller(group, make_staff("group_owner"))


def _work(answer, calls) -> dict:
    assert answer.status_code == 202, answer.content
    job_id = answer.json()["id"]
    jobs.run_job(schema_name=current_schema(), job_id=int(job_id))
    done = calls.get(f"assignment-replays/{job_id}").json()
    assert done["state"] == "DONE", done
    return done


def _rules(calls) -> list[dict]:
    return calls.get("assignment-rules").json()["data"]


def test_a_rule_is_added_changed_switched_ordered_and_retired(calls):
    made = calls.post("assignment-rules", RULE)
    assert made.status_code == 201, made.content
    address = f"assignment-rules/{made.json()['id']}"
    assert made.json()["conditions"] == {"sources": ["WEB"]}

    seen = calls.get(address)
    assert calls.patch(address, {"name": "x"}).status_code == 428
    changed = calls.patch(address, {"name": "华东", "is_active": False}, If_Match=seen["ETag"])
    assert (changed.json()["name"], changed.json()["is_active"]) == ("华东", False)
    assert changed.json()["conditions"] == {"sources": ["WEB"]}

    ordered = calls.post("assignment-rules/order", {"rule_ids": [made.json()["id"]]})
    assert ordered.json()["rules"][0]["name"] == "华东"
    assert _rules(calls)[0]["name"] == "华东"
    assert calls.delete(address).status_code == 204
    assert calls.get(address).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"strategy": "LUCK"}, "strategy"),
        ({"open_lead_cap": 0}, "open_lead_cap"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(calls, change: dict, field: str):
    before = list(AssignmentRule.objects.values())

    refused = calls.post("assignment-rules", RULE | change)

    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert list(AssignmentRule.objects.values()) == before


def test_a_set_of_rules_is_tried_together_and_then_published(calls):
    stores = [make_store(), make_store()]
    people = [make_staff("sales_advisor", store) for store in stores]
    present = AssignmentRule.objects.get()
    for _number in range(6):
        make_lead(source="WEB")
    first = {"name": "网络", "strategy": "ROUND_ROBIN", "conditions": {"sources": ["WEB"]}}
    wanted = [
        {**first, "store_id": str(stores[1].pk)},
        {"rule_id": str(present.pk), "name": "其余", "strategy": "ROUND_ROBIN"},
    ]
    before = list(AssignmentRule.objects.values())

    tried = _work(calls.post("assignment-rules/replay", {"rules": wanted}), calls)

    assert tried["result"]["people"][str(people[1].pk)][2] == 6
    assert list(AssignmentRule.objects.values()) == before
    published = calls.post(f"assignment-replays/{tried['id']}/publish")
    assert published.status_code == 200, published.content
    assert [(rule["name"], rule["store_id"]) for rule in _rules(calls)] == [
        ("网络", str(stores[1].pk)),
        ("其余", None),
    ]
    assert AssignmentRule.objects.get(name="其余").pk == present.pk
    again = calls.post(f"assignment-replays/{tried['id']}/publish")
    assert again.status_code == 409


def test_one_change_is_tried_with_the_rest_as_it_is(calls):
    stores = [make_store(), make_store()]
    person = [make_staff("sales_advisor", store) for store in stores][1]
    rule = AssignmentRule.objects.get()
    for _number in range(4):
        make_lead(source="WEB")

    tried = _work(
        calls.post(f"assignment-rules/{rule.pk}/replay", {"store_id": str(stores[1].pk)}), calls
    )

    assert tried["result"]["people"][str(person.pk)][2] == 4


def test_a_set_that_names_a_rule_twice_is_refused(calls):
    rule = AssignmentRule.objects.get()
    twice = {"rule_id": str(rule.pk), "name": "a", "strategy": "ROUND_ROBIN"}

    refused = calls.post("assignment-rules/replay", {"rules": [twice, twice]})

    assert (refused.status_code, refused.json()["field"]) == (422, "rules")


def test_who_manages_one_store_tries_no_whole_set(group, caller):
    calls = caller(group, make_staff("store_manager", make_store()))

    assert calls.post("assignment-rules/replay", {"rules": []}).status_code == 403
