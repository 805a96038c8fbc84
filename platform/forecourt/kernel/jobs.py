"""Long work as a row: started by a person, run by a worker, watched, cancelled, resumed.

A kind of job registers a function that does the work in steps and reports each with
``progress.step``. The step's transaction also moves the job's count, so a job taken up again
after its worker died goes on exactly where the last committed step ended.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forecourt.kernel import events
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, DomainError, NotFound
from forecourt.kernel.groups import current_group
from forecourt.kernel.models import Job
from forecourt.kernel.standing import may_write
from forecourt.kernel.tasks import enqueue, group_task

logger = logging.getLogger(__name__)

LOST_AFTER = timedelta(seconds=60)
"""A running job that has not reported for so long has lost its worker."""


class Cancelled(Exception):
    """Raised inside a step when the person has asked to stop."""


class TakenOver(Exception):
    """Raised by work that finds another worker ahead of it: the job is that one's to end."""


@dataclass
class Progress:
    """Handed to the work; reports how far it is, and hears whether to stop."""

    job: Job

    def total(self, count: int) -> None:
        self.job.total_count = count
        self.job.heartbeat_at = now()
        self.job.save(update_fields=["total_count", "heartbeat_at"])

    def step(self, done: int, result: dict[str, Any] | None = None) -> None:
        """Call inside the step's transaction: ``done`` counts all that is done so far."""
        updates: dict[str, Any] = {"done_count": done, "heartbeat_at": now()}
        if result is not None:
            updates["result"] = result
            self.job.result = result
        running = Job.objects.filter(
            pk=self.job.pk, state=Job.State.RUNNING, cancel_requested=False
        ).update(**updates)
        if not running:
            raise Cancelled
        self.job.done_count = done


@dataclass(frozen=True, slots=True)
class JobEnded:
    """A job is done or failed; published in the transaction that says so. Cancelled ones end too,
    but whoever cancelled one knows."""

    job_id: int
    kind: str
    state: str


Work = Callable[[Job, Progress], "dict[str, Any] | None"]
_kinds: dict[str, Work] = {}
_labels: "dict[str, str | Promise]" = {}
_kinds_always: set[str] = set()


def runs(kind: str, *, label: "str | Promise" = "", always: bool = False) -> Callable[[Work], Work]:
    """Decorator: the function does the work of jobs of this kind and returns their result.

    ``label`` is what people call such work, for telling them that it has ended. Work that takes
    data out runs ``always``; all other waits while the group is read-only.
    """

    def register(work: Work) -> Work:
        if kind in _kinds:
            raise ValueError(f"Jobs of kind {kind} have two workers.")
        _kinds[kind] = work
        if always:
            _kinds_always.add(kind)
        if label:
            _labels[kind] = label
        return work

    return register


def label_of(kind: str) -> "str | Promise":
    """What people call work of this kind."""
    return _labels.get(kind, gettext_lazy("Work in the background"))


def start(kind: str, params: dict[str, Any], actor: Actor) -> Job:
    if kind not in _kinds:
        raise LookupError(f"No module runs jobs of kind {kind}.")
    job = Job.objects.create(
        kind=kind,
        params=params,
        actor_id=actor.staff_id,
        actor_name=actor.name,
        created_at=now(),
    )
    enqueue(run_job, job_id=job.pk)
    return job


def list_jobs(actor: Actor) -> "QuerySet[Job]":
    """The person's own jobs: what they hold was made with her rights."""
    return Job.objects.filter(actor_id=actor.staff_id)


def get_job(*, job_id: int, actor: Actor) -> Job:
    """One of the person's own jobs. Raises NotFound."""
    job = list_jobs(actor).filter(pk=job_id).first()
    if job is None:
        raise NotFound(_("No such job."))
    return job


def cancel(job_id: int, actor: Actor) -> Job:
    """Ask a job to stop after its present step. Raises Conflict when it has ended already."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if not job.is_open:
            raise Conflict(_("This job has already ended."))
        job.cancel_requested = True
        if job.state == Job.State.WAITING:
            job.state = Job.State.CANCELLED
            job.finished_at = now()
        job.save(update_fields=["cancel_requested", "state", "finished_at"])
    return job


@group_task(always=True)
def run_job(job_id: int) -> None:
    job = _take(job_id)
    if job is None:
        return
    try:
        result = _kinds[job.kind](job, Progress(job))
    except TakenOver:
        logger.info("job taken over", extra={"job": job.pk, "kind": job.kind})
    except Cancelled:
        _finish(job, Job.State.CANCELLED)
    except DomainError as refusal:
        _finish(job, Job.State.FAILED, error=refusal.message)
    except Exception:
        logger.exception("job failed", extra={"job": job.pk, "kind": job.kind})
        _finish(
            job, Job.State.FAILED, error=_("An internal error stopped the job; we were told of it.")
        )
    else:
        _finish(job, Job.State.DONE, result=result)


@group_task(always=True)
def resume_lost_jobs() -> None:
    """Start again what waits without a message, and what runs without a worker."""
    lost = Job.objects.filter(
        Q(state=Job.State.WAITING, created_at__lt=now() - LOST_AFTER)
        | Q(state=Job.State.RUNNING, heartbeat_at__lt=now() - LOST_AFTER)
    )
    for job_id in lost.values_list("pk", flat=True):
        enqueue(run_job, job_id=job_id)


def _take(job_id: int) -> Job | None:
    """Claim the job for this worker; None when another has it or it has ended."""
    with transaction.atomic():
        job = Job.objects.select_for_update(skip_locked=True).filter(pk=job_id).first()
        if job is None or not job.is_open or not _may_run(job):
            return None
        alive = job.heartbeat_at is not None and job.heartbeat_at > now() - LOST_AFTER
        if job.state == Job.State.RUNNING and alive:
            return None
        job.state = Job.State.RUNNING
        job.heartbeat_at = now()
        job.save(update_fields=["state", "heartbeat_at"])
        return job


def _may_run(job: Job) -> bool:
    group = current_group()
    return group is None or may_write(group) or job.kind in _kinds_always


def _finish(job: Job, state: str, *, error: str = "", result: dict[str, Any] | None = None) -> None:
    updates: dict[str, Any] = {"state": state, "error": error[:500], "finished_at": now()}
    if result is not None:
        updates["result"] = result
    with transaction.atomic():
        ended = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(**updates)
        if ended and state != Job.State.CANCELLED:
            events.publish(JobEnded(job_id=job.pk, kind=job.kind, state=state))
