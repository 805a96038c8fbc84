"""The draft of a flow is tried on what came up in the last 90 days, before it is published."""

from datetime import timedelta

import pytest

from apps.approvals.actions.flows import replace_draft
from apps.approvals.actions.replay import (
    describe_flow_replay,
    get_flow_replay,
    start_flow_replay,
)
from apps.approvals.models import ApprovalRequest, ApprovalTask, FlowVersion
from apps.approvals.rules.steps import Step
from apps.vehicles.actions import request_transfer
from apps.vehicles.approval_kinds import KIND as TRANSFER
from apps.vehicles.rules.states import TransferReason
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, NotFound, NotPermitted
from forecourt.kernel.models import Job
from tests.factories.approvals import Desk, make_flow
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_unit

pytestmark = pytest.mark.usefixtures("group")
SALES, MANAGER = {"roles": ["sales_manager"]}, {"roles": ["store_manager"]}


def run(flow, actor, run_on_commit) -> Job:
    with run_on_commit(execute=True):
        job = start_flow_replay(flow_id=flow.pk, actor=actor)
    job.refresh_from_db()
    assert job.state == "DONE", job.error
    return job


def test_it_shows_whom_the_draft_would_have_asked_and_writes_nothing(
    django_capture_on_commit_callbacks,
):
    desk = Desk(Step(roles=("sales_manager",)))
    owner = actor_of(desk.owner)
    small, large = desk.submit(100), desk.submit(9000)
    old = desk.submit(9000)
    ApprovalRequest.objects.filter(pk=old.pk).update(submitted_at=now() - timedelta(days=91))
    dear = {**MANAGER, "condition": f"amount > 5000 and store == '{desk.store.code}'"}
    replace_draft(flow_id=desk.flow.pk, steps=[SALES, dear], actor=owner)
    before = (ApprovalTask.objects.count(), list(FlowVersion.objects.order_by("id").values()))

    job = run(desk.flow, owner, django_capture_on_commit_callbacks)

    assert (job.result["judged"], job.result["changed"]) == (2, 1)
    shown = describe_flow_replay(job, owner)
    assert [case.title for case in shown.cases] == [large.title]
    assert shown.cases[0].url == f"/approvals/{large.pk}/"
    assert (len(shown.cases[0].before), len(shown.cases[0].after)) == (1, 2)
    assert shown.cases[0].after[1] == desk.manager.name
    assert {row.name: row.difference for row in shown.people}[desk.manager.name] == 1
    assert small.pk != large.pk
    after = (ApprovalTask.objects.count(), list(FlowVersion.objects.order_by("id").values()))
    assert after == before


def test_what_went_by_the_default_rule_is_tried_too(django_capture_on_commit_callbacks):
    store, receiver = make_store(), make_store()
    manager = make_staff("store_manager", store)
    for _number in range(2):
        request_transfer(
            stock_unit_ids=[make_unit(store).pk],
            to_store_id=receiver.pk,
            reason=TransferReason.BALANCING,
            actor=system_actor(),
        )
    flow = make_flow(TRANSFER, [Step(roles=("store_manager",))], is_published=False)
    owner = actor_of(make_staff("group_owner"))

    job = run(flow, owner, django_capture_on_commit_callbacks)

    assert (job.result["judged"], job.result["changed"]) == (2, 2)
    assert job.result["people"] == {str(manager.pk): [0, 2]}
    assert "requester" in describe_flow_replay(job, owner).cases[0].before[0]


def test_another_store_is_not_judged_by_a_stores_flow(django_capture_on_commit_callbacks):
    desk = Desk(Step(roles=("sales_manager",)))
    desk.submit(100)
    elsewhere = make_store()
    flow = make_flow(
        desk.kind.kind, [Step(roles=("store_manager",))], store=elsewhere, is_published=False
    )

    job = run(flow, actor_of(desk.owner), django_capture_on_commit_callbacks)

    assert job.result["judged"] == 0


def test_only_who_may_change_the_flow_tries_it_and_sees_her_own_trial(
    django_capture_on_commit_callbacks,
):
    desk = Desk(Step(roles=("sales_manager",)))
    with pytest.raises(Conflict):
        start_flow_replay(flow_id=desk.flow.pk, actor=actor_of(desk.owner))
    replace_draft(flow_id=desk.flow.pk, steps=[MANAGER], actor=actor_of(desk.owner))
    with pytest.raises(NotPermitted):
        start_flow_replay(flow_id=desk.flow.pk, actor=actor_of(desk.manager))
    assert not Job.objects.exists()

    job = run(desk.flow, actor_of(desk.owner), django_capture_on_commit_callbacks)
    with pytest.raises(NotFound):
        get_flow_replay(job_id=job.pk, actor=actor_of(make_staff("group_owner")))


def test_the_pages_show_it(group, client_of, django_capture_on_commit_callbacks):
    desk = Desk(Step(roles=("sales_manager",)))
    desk.submit(100)
    replace_draft(flow_id=desk.flow.pk, steps=[MANAGER], actor=actor_of(desk.owner))
    job = run(desk.flow, actor_of(desk.owner), django_capture_on_commit_callbacks)

    page = client_of(group, desk.owner.user).get(f"/approvals/flows/replays/{job.pk}/")

    assert desk.manager.name in page.content.decode()
