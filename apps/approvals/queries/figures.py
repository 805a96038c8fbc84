"""How long approvals take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from django.db.models import Count, Max, Min, Q

from apps.approvals.models import ApprovalRequest, ApprovalTask, FlowVersion
from apps.approvals.queries.paths import name_of
from apps.approvals.rules.states import TaskState
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now

DAYS = 90
MOST_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class StepFigures:
    """One step of one flow over the last 90 days; hours by the calendar's clock."""

    flow_id: int
    flow: str
    kind: str
    step: str
    decided_count: int
    median_hours: float | None
    late_count: int
    waiting_count: int


def step_figures(actor: Actor) -> list[StepFigures]:
    """Median time from asking to deciding, by flow and step, within the actor's scope."""
    actor.require("approvals.see_figures")
    seen = ApprovalRequest.objects.visible_to(actor, "approvals.see_figures")
    rows = (
        ApprovalTask.objects.filter(
            request__in=seen.values("pk"), asked_at__gte=now() - timedelta(days=DAYS)
        )
        .values("request_id", "round", "step_index", "request__version")
        .annotate(
            asked=Min("asked_at"),
            decided=Max("decided_at", filter=Q(state=TaskState.APPROVED)),
            late=Count("pk", filter=Q(late_at__isnull=False)),
            waiting=Count("pk", filter=Q(state=TaskState.WAITING)),
        )
        .order_by("request_id")[:MOST_ROWS]
    )
    return _by_step(list(rows))


def _by_step(rows: Sequence[dict[str, Any]]) -> list[StepFigures]:
    versions = (
        FlowVersion.objects.select_related("flow")
        .filter(pk__in={row["request__version"] for row in rows})
        .in_bulk()
    )
    grouped: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row in rows:
        flow_id = versions[row["request__version"]].flow_id
        grouped.setdefault((flow_id, row["step_index"]), []).append(row)
    return [_figures(key, group, versions) for key, group in sorted(grouped.items())]


def _figures(
    key: tuple[int, int], rows: Sequence[dict[str, Any]], versions: dict[int, FlowVersion]
) -> StepFigures:
    latest = versions[max(row["request__version"] for row in rows)]
    steps = latest.steps_in_order
    hours = [
        (row["decided"] - row["asked"]).total_seconds() / 3600
        for row in rows
        if row["decided"] and not row["waiting"]
    ]
    index = key[1]
    return StepFigures(
        flow_id=key[0],
        flow=latest.flow.name,
        kind=latest.flow.kind,
        step=name_of(steps[index], index),
        decided_count=len(hours),
        median_hours=median(hours) if hours else None,
        late_count=sum(row["late"] > 0 for row in rows),
        waiting_count=sum(row["waiting"] > 0 for row in rows),
    )
