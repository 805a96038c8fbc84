"""What the draft of a flow would have asked about the subjects of the last 90 days.

Each subject goes through the steps that hold now and through those that would hold with the draft
published. What conditions see is what they saw when it was submitted, for subjects that no flow
decided what is known of them today; people and roles are those of today. Nothing is written but
the job's result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.approvals.models import ApprovalFlow, ApprovalRequest, FlowVersion
from apps.approvals.queries.candidates import Candidate, candidates_for, fallback_for
from apps.approvals.queries.facts import facts_of
from apps.approvals.queries.flows import best_of, draft_of, get_flow, require_manage
from apps.approvals.queries.kinds import kind_of
from apps.approvals.rules import conditions
from apps.approvals.rules.fields import restored
from apps.approvals.rules.states import VersionState
from apps.approvals.rules.steps import Step, require_steps
from apps.approvals.subjects import SubjectKind
from apps.organisation import queries as organisation
from forecourt.kernel import jobs
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, NotFound
from forecourt.kernel.models import Job

REPLAY = "approvals.replay_flow"
DAYS = 90
STEP = 200
SHOWN = 200
BY_DEFAULT = None
"""Stands for the kind's default rule, which asks nobody by name."""
Path = list[list[int]] | None
"""Whom each step that applies would ask."""


@dataclass(frozen=True, slots=True)
class Case:
    """One subject as it was submitted."""

    subject_id: int | None
    request_id: int | None
    title: str
    store_id: int | None
    region_id: int | None
    brand: str
    facts: Mapping[str, Any]
    amount: Decimal | None
    submitter_id: int | None


@dataclass
class Finder:
    """Looks people up once for each step, place and submitter."""

    known: dict[tuple[Any, ...], list[int]] = field(default_factory=dict)

    def people(self, step: Step, case: Case) -> list[int]:
        key = (step, case.store_id, case.region_id, case.submitter_id)
        if key not in self.known:
            found: Sequence[Candidate] = candidates_for(
                step,
                store_id=case.store_id,
                region_id=case.region_id,
                submitter_id=case.submitter_id,
            )
            if not found and not step.skip_if_nobody:
                found = fallback_for(case.submitter_id)
            self.known[key] = [candidate.staff_id for candidate in found]
        return self.known[key]


def start_flow_replay(*, flow_id: int, actor: Actor) -> Job:
    """Try the draft. Raises NotFound, NotPermitted, Conflict without a draft, or Invalid."""
    flow = get_flow(flow_id=flow_id, actor=actor)
    require_manage(actor, flow)
    draft = draft_of(flow)
    if draft is None:
        raise Conflict(_("There is no draft to try."))
    require_steps(draft.steps_in_order)
    return jobs.start(REPLAY, {"flow_id": flow.pk, "steps": draft.steps}, actor)


def get_flow_replay(*, job_id: int, actor: Actor) -> Job:
    """One of her own. Raises NotFound or NotPermitted."""
    job = jobs.get_job(job_id=job_id, actor=actor)
    if job.kind != REPLAY:
        raise NotFound(_("No such record."))
    require_manage(actor, get_flow(flow_id=job.params["flow_id"], actor=actor))
    return job


@jobs.runs(REPLAY)
def replay(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """The job's work; beginning again after a lost worker does no harm."""
    flow = ApprovalFlow.objects.get(pk=job.params["flow_id"])
    kind = kind_of(flow.kind)
    present = list(
        FlowVersion.objects.filter(
            state=VersionState.PUBLISHED, flow__kind=flow.kind
        ).select_related("flow")
    )
    draft = FlowVersion(flow=flow, steps=job.params["steps"])
    changed = [version for version in present if version.flow_id != flow.pk] + [draft]
    since = now() - timedelta(days=DAYS)
    finder, tally = Finder(), Tally()
    for number, case in enumerate(_cases(kind, since), start=1):
        before, after = _best(present, case), _best(changed, case)
        if flow.pk in (_flow_of(before), _flow_of(after)):
            tally.add(case, _path(before, kind, case, finder), _path(after, kind, case, finder))
        if number % STEP == 0:
            progress.step(number)
    return {**tally.result(), "since": since.date().isoformat()}


@dataclass
class Tally:
    judged: int = 0
    changed: int = 0
    people: dict[str, Counter[int]] = field(
        default_factory=lambda: {"present": Counter(), "draft": Counter()}
    )
    cases: list[dict[str, Any]] = field(default_factory=list)

    def add(self, case: Case, before: Path, after: Path) -> None:
        self.judged += 1
        for column, path in (("present", before), ("draft", after)):
            self.people[column].update({person for step in path or () for person in step})
        if before == after:
            return
        self.changed += 1
        if len(self.cases) < SHOWN:
            self.cases.append(
                {
                    "subject": case.subject_id,
                    "request": case.request_id,
                    "title": case.title,
                    "before": before,
                    "after": after,
                }
            )

    def result(self) -> dict[str, Any]:
        columns = list(self.people.values())
        ids = sorted(set().union(*columns), key=lambda one: (-columns[1][one], one))
        return {
            "judged": self.judged,
            "changed": self.changed,
            "people": {str(one): [counter[one] for counter in columns] for one in ids},
            "cases": self.cases,
        }


def _cases(kind: SubjectKind, since: datetime) -> Iterator[Case]:
    """What was submitted since then, and what went by the default rule."""
    seen: set[int] = set()
    requests = ApprovalRequest.objects.filter(kind=kind.code, submitted_at__gte=since)
    for request in requests.select_related("store").order_by("pk").iterator(STEP):
        if request.subject_id is not None:
            seen.add(request.subject_id)
        yield Case(
            subject_id=request.subject_id,
            request_id=request.pk,
            title=request.title,
            store_id=request.store_id,
            region_id=request.store.region_id if request.store else None,
            brand=str(request.facts.get("brand") or ""),
            facts=request.facts,
            amount=request.amount,
            submitter_id=request.submitter_id,
        )
    for subject, submitter_id in kind.past(since) if kind.past else ():
        if subject.id not in seen:
            yield Case(
                subject_id=subject.id,
                request_id=None,
                title=subject.label,
                store_id=subject.store_id,
                region_id=subject.region_id,
                brand=subject.brand,
                facts=facts_of(subject, submitter_id),
                amount=subject.amount,
                submitter_id=submitter_id,
            )


def _best(versions: Sequence[FlowVersion], case: Case) -> FlowVersion | None:
    return best_of(versions, store_id=case.store_id, region_id=case.region_id, brand=case.brand)


def _flow_of(version: FlowVersion | None) -> int | None:
    return version.flow_id if version else None


def _path(version: FlowVersion | None, kind: SubjectKind, case: Case, finder: Finder) -> Path:
    if version is None:
        return BY_DEFAULT
    path: list[list[int]] = []
    for step in version.steps_in_order:
        if not _applies(step, kind, case):
            continue
        people = finder.people(step, case)
        if not people and step.skip_if_nobody:
            continue
        path.append(people)
        limit = step.decides_up_to
        if limit is not None and case.amount is not None and case.amount <= limit:
            break
    return path


def _applies(step: Step, kind: SubjectKind, case: Case) -> bool:
    if not step.condition:
        return True
    try:
        return conditions.evaluate(step.condition, restored(kind.every_field, case.facts))
    except conditions.NotEvaluable:
        return True


# --- The result with names -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """How often somebody would have been asked: now, and with the draft."""

    name: str
    present: int
    draft: int

    @property
    def difference(self) -> int:
        return self.draft - self.present


@dataclass(frozen=True, slots=True)
class Differs:
    """A subject about which others would have been asked."""

    title: str
    url: str
    before: list[str]
    after: list[str]


@dataclass(frozen=True, slots=True)
class FlowReplay:
    people: list[Asked]
    cases: list[Differs]


def describe_flow_replay(job: Job, actor: Actor) -> FlowReplay:
    """The result as people read it. Raises NotFound or NotPermitted."""
    flow = get_flow(flow_id=job.params["flow_id"], actor=actor)
    kind = kind_of(flow.kind)
    named = {
        person
        for case in job.result["cases"]
        for path in (case["before"], case["after"])
        for step in path or ()
        for person in step
    }
    names = organisation.names_of_staff({*named, *(int(one) for one in job.result["people"])})

    def steps(path: Path) -> list[str]:
        if path is None:
            return [str(kind.default_rule)]
        if not path:
            return [_("Nobody: approved at once.")]
        return [", ".join(names.get(one, "–") for one in step) or _("Nobody") for step in path]

    return FlowReplay(
        people=[
            Asked(names.get(int(one), "–"), *counts) for one, counts in job.result["people"].items()
        ],
        cases=[
            Differs(case["title"], _url(case, kind), steps(case["before"]), steps(case["after"]))
            for case in job.result["cases"]
        ],
    )


def _url(case: Mapping[str, Any], kind: SubjectKind) -> str:
    if case["request"] is not None:
        return reverse("approvals:approval_detail", args=[case["request"]])
    return reverse(kind.page, args=[case["subject"]]) if kind.page else ""
