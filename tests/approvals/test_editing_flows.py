"""Flows as they are edited, published and tried; files; who is told."""

import pytest
from django.utils.html import escape

from apps.approvals.actions import (
    add_flow,
    publish_flow,
    replace_draft,
    retire_flow,
)
from apps.approvals.actions.flows import move_step, remove_step, save_step
from apps.approvals.models import ApprovalFlow, FlowVersion
from apps.approvals.queries.flows import draft_of
from apps.approvals.queries.kinds import kind_of
from apps.approvals.queries.paths import path_of, try_out
from apps.approvals.rules.steps import Step
from apps.approvals.subjects import Subject
from apps.notifications.models import Notification
from forecourt.kernel.access import system_actor
from forecourt.kernel.errors import Conflict, Invalid, NotPermitted
from tests.factories.approvals import Desk, make_request_kind
from tests.factories.organisation import actor_of, make_staff, make_store

pytestmark = pytest.mark.usefixtures("group")
SALES = {"roles": ["sales_manager"]}
MANAGER = {"roles": ["store_manager"]}


def _draft(flow: ApprovalFlow) -> list[dict]:
    return FlowVersion.objects.get(flow=flow, state="DRAFT").steps


def _flow(**place) -> ApprovalFlow:
    kind = make_request_kind()
    return add_flow(kind=kind.kind, name_zh="流程", actor=system_actor(), **place)


def test_a_draft_is_built_step_by_step_and_published_as_a_version():
    flow, actor = _flow(), system_actor()
    for step in (SALES, MANAGER):
        save_step(flow_id=flow.pk, index=None, data=step, actor=actor)
    move_step(flow_id=flow.pk, index=1, to=0, actor=actor)
    assert _draft(flow) == [MANAGER, SALES]

    publish_flow(flow_id=flow.pk, actor=actor)
    remove_step(flow_id=flow.pk, index=0, actor=actor)

    assert FlowVersion.objects.get(flow=flow, state="PUBLISHED").steps == [MANAGER, SALES]
    assert _draft(flow) == [SALES]
    publish_flow(flow_id=flow.pk, actor=actor)
    states = list(flow.versions.order_by("number").values_list("number", "state"))
    assert states == [(1, "RETIRED"), (2, "PUBLISHED")]
    retire_flow(flow_id=flow.pk, actor=actor)
    assert not flow.versions.filter(state="PUBLISHED").exists()


@pytest.mark.parametrize(
    ("step", "field"),
    [
        ({}, "roles"),
        ({"roles": ["nobody"]}, "roles"),
        ({"right": "approvals.fly"}, "right"),
        ({"person_ids": [999999]}, "person_ids"),
        ({**SALES, "condition": "amount.__class__ == 1"}, "condition"),
        ({**SALES, "condition": "ghost > 1"}, "condition"),
        ({**SALES, "limit_count": 9999}, "limit_count"),
        ({**SALES, "limit_count": 2, "remind_count": 2}, "remind_count"),
        ({**SALES, "escalation": "MANAGER"}, "limit_count"),
        ({**SALES, "limit_count": 2, "escalation": "ROLE"}, "escalate_role"),
        ({**SALES, "manager_levels": 9}, "manager_levels"),
        ({**SALES, "decides_up_to": "-1"}, "decides_up_to"),
        ({**SALES, "limit_count": "two"}, "limit_count"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused_beside_its_field(step: dict, field: str):
    flow = _flow()
    before = draft_of(flow).steps

    with pytest.raises(Invalid) as refusal:
        save_step(flow_id=flow.pk, index=None, data=step, actor=system_actor())

    assert refusal.value.field == field
    assert draft_of(flow).steps == before
    with pytest.raises(Invalid, match="Step 1"):
        replace_draft(flow_id=flow.pk, steps=[step], actor=system_actor())


def test_a_flow_without_steps_is_not_published():
    with pytest.raises(Invalid):
        publish_flow(flow_id=_flow().pk, actor=system_actor())

    assert not FlowVersion.objects.filter(state="PUBLISHED", flow__name_zh="流程").exists()


def test_a_store_manager_edits_the_flows_of_her_store_alone():
    store = make_store()
    manager = actor_of(make_staff("store_manager", store))
    own, groups = _flow(store_id=store.pk), _flow()

    save_step(flow_id=own.pk, index=None, data=SALES, actor=manager)
    with pytest.raises(NotPermitted):
        save_step(flow_id=groups.pk, index=None, data=SALES, actor=manager)

    assert (_draft(own), _draft(groups)) == ([SALES], [])


def test_one_flow_for_each_part_of_the_group():
    flow = _flow()

    with pytest.raises(Conflict):
        add_flow(kind=flow.kind, name_zh="另一个", actor=system_actor())


def test_trying_a_flow_says_who_is_asked_and_why_and_writes_nothing():
    desk = Desk()
    kind = kind_of(desk.kind.kind)
    steps = [
        Step(roles=("sales_manager",), condition="amount > 5000"),
        Step(manager_levels=1),
        Step(roles=("service_manager",)),
    ]
    subject = Subject(id=0, label="", store_id=desk.store.pk, facts={"amount": 100}, fingerprint="")

    tried = try_out(steps, kind, subject, desk.advisor.pk)

    assert [step.applies for step in tried] == [False, True, True]
    assert "Amount over 5,000" in tried[0].text
    assert tried[1].people == [(desk.sales.name, "the submitter's manager")]
    assert [name for name, _why in tried[2].people] == [desk.owner.name]
    assert "owner" in tried[2].note


def test_the_path_tells_what_is_behind_and_what_comes():
    desk = Desk(Step(roles=("sales_manager",)), Step(roles=("store_manager",)))
    request = desk.submit()

    first, second = path_of(request)

    assert (first.state, second.state) == ("CURRENT", "COMING")
    assert {person.name for person in first.people} == {desk.sales.name, desk.other_sales.name}
    assert "of the store" in second.who


def test_those_whose_turn_it_is_are_told():
    desk = Desk(Step(roles=("sales_manager",)))

    desk.submit()

    told = Notification.objects.filter(event="approvals.asked")
    assert set(told.values_list("recipient_id", flat=True)) == {
        desk.sales.pk,
        desk.other_sales.pk,
    }


def test_the_pages_of_the_editor_and_the_inbox_open(group, client_of):
    desk = Desk(Step(roles=("sales_manager",), condition="amount > 1", limit_count=4))
    request = desk.submit(5)
    owner, sales = client_of(group, desk.owner.user), client_of(group, desk.sales.user)

    for url in ("", "submitted/", "decided/", "all/", "new/", "away/", f"{request.pk}/"):
        assert sales.get(f"/approvals/{url}").status_code == 200, url
    flow = desk.flow.pk
    for url in (
        "flows/",
        f"flows/{flow}/",
        f"flows/{flow}/steps/0/",
        f"flows/{flow}/steps/new/",
        f"flows/{flow}/try/?fact_amount=5",
        "figures/",
    ):
        assert owner.get(f"/approvals/{url}").status_code == 200, url


def test_the_inbox_costs_few_queries(group, client_of, django_assert_max_num_queries):
    desk = Desk(Step(roles=("sales_manager",)))
    for _number in range(5):
        desk.submit(5)
    client = client_of(group, desk.sales.user)
    client.get("/approvals/")

    with django_assert_max_num_queries(12):
        assert client.get("/approvals/").status_code == 200


FIELD_OF_KIND = {
    "amount": ('name="value_1"', 'data-controller="money"'),
    "store": ("<select", "value_1"),
    "submitter": ('role="combobox"', "value_1"),
}


@pytest.mark.parametrize("field", FIELD_OF_KIND)
def test_a_condition_is_entered_as_the_kind_of_its_field_wants_it(group, client_of, field: str):
    flow = _flow()
    make_store(code="SH77", name_zh="上海七七店")
    client = client_of(group, make_staff("headquarters").user)
    url = f"/approvals/flows/{flow.pk}/steps/condition/?row=1"

    page = client.post(url, {"field_1": field, "operator_1": ">", "value_1": "x"}).content.decode()

    value = page[page.index('id="id_value_1_field"') :]
    for part in FIELD_OF_KIND[field]:
        assert part in value
    assert ("&gt;=" in page) == (field == "amount")
    assert ("SH77" in value) == (field == "store")


def test_typed_values_become_the_expression_that_is_shown_and_kept(group, client_of):
    flow = _flow()
    make_store(code="SH77", name_zh="上海七七店")
    person = make_staff("sales_advisor", name="王芳")
    client = client_of(group, make_staff("headquarters").user)
    rows = {
        "field_1": "amount",
        "operator_1": ">",
        "value_1": "5,000",
        "field_2": "store",
        "operator_2": "==",
        "value_2": "SH77",
        "field_3": "submitter",
        "operator_3": "!=",
        "value_3": str(person.pk),
        "joiner": "and",
    }
    expression = f"amount > 5000 and store == 'SH77' and submitter != '{person.pk}'"

    shown = client.post(f"/approvals/flows/{flow.pk}/steps/condition/", rows).content.decode()
    assert f"<code>{escape(expression)}</code>" in shown
    step = {
        "role_1": "sales_manager",
        "where": "STORE",
        "limit_unit": "HOURS",
        "escalation": "NONE",
    }
    saved = client.post(f"/approvals/flows/{flow.pk}/steps/new/", {**step, **rows})
    assert saved.status_code == 200
    assert _draft(flow) == [{"roles": ["sales_manager"], "condition": expression}]
    words = client.get(f"/approvals/flows/{flow.pk}/").content.decode()
    assert "王芳" in words
    assert "SH77 上海七七店" in words

    for wrong in ({"value_2": "NOWHERE"}, {"value_3": "9" * 12}, {"expression": "().__class__"}):
        answer = client.post(f"/approvals/flows/{flow.pk}/steps/new/", {**step, **rows, **wrong})
        assert answer.status_code == 422
    assert len(_draft(flow)) == 1
