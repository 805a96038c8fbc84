"""What must always be true of approvals."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q

from apps.approvals.models import ApprovalAct, ApprovalRequest, ApprovalTask, FlowVersion
from apps.approvals.rules.states import RequestState, TaskState, VersionState
from forecourt.kernel.verify import Problem, check


@check("approvals wait for those whose turn it is")
def _waiting() -> Iterator[Problem]:
    """Nobody is asked about what has ended, nor out of turn."""
    waiting = ApprovalTask.objects.filter(state=TaskState.WAITING).select_related("request")
    for task in waiting.exclude(request__state=RequestState.PENDING):
        yield Problem(f"approval {task.request_id}", "has ended and waits for somebody")
    astray = waiting.filter(request__state=RequestState.PENDING).exclude(
        round=F("request__round"), step_index=F("request__step_index")
    )
    for task in astray:
        yield Problem(f"approval {task.request_id}", "waits for somebody whose turn it is not")


@check("approved requests were approved on every seat")
def _approved() -> Iterator[Problem]:
    approved = ApprovalTask.objects.filter(
        request=OuterRef("request"),
        round=OuterRef("round"),
        step_index=OuterRef("step_index"),
        seat=OuterRef("seat"),
        state=TaskState.APPROVED,
    )
    undecided = (
        ApprovalTask.objects.filter(request__state=RequestState.APPROVED, round=F("request__round"))
        .exclude(Exists(approved))
        .values_list("request_id", flat=True)
        .distinct()
    )
    for request_id in undecided:
        yield Problem(f"approval {request_id}", "is approved without one of its approvers")


@check("the record tells how each request ended")
def _recorded() -> Iterator[Problem]:
    for state, kind in (
        (RequestState.APPROVED, "FINISHED"),
        (RequestState.REJECTED, "REJECTED"),
        (RequestState.WITHDRAWN, "WITHDRAWN"),
    ):
        ended = ApprovalRequest.objects.filter(state=state)
        told = ApprovalAct.objects.filter(request=OuterRef("pk"), kind=kind)
        for request in ended.exclude(Exists(told)):
            yield Problem(f"approval {request.pk}", f"is {state} and the record does not say so")


@check("published flows have steps that can be read")
def _flows() -> Iterator[Problem]:
    for version in FlowVersion.objects.filter(
        Q(state=VersionState.PUBLISHED) | Q(requests__isnull=False)
    ).distinct():
        if not version.steps or any(
            not (step.roles or step.right or step.manager_levels or step.person_ids)
            for step in version.steps_in_order
        ):
            yield Problem(f"approval flow {version.flow_id}", "has a step that names nobody")
