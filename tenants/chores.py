"""Work for a group or for the platform that operators order and workers do.

A job is a row; the queue only wakes a worker, and the minute's sweep finds what no worker took.
Operators' pages write and read these rows and touch nothing of a group: what has to be done inside
of one is done here, by a worker.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, DomainError
from tenants.models import PlatformJob

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
SILENT_AFTER = timedelta(minutes=5)
BEAT_EVERY = timedelta(seconds=2)

Work = Callable[[PlatformJob, "Progress"], dict[str, Any]]
_works: dict[str, Work] = {}


class OrderedAlready(Conflict):
    """The same is being done at this moment."""

    code = "ordered_already"


class Progress:
    """Told how far the work is; writes it down now and then, and so says that it goes on."""

    def __init__(self, job: PlatformJob) -> None:
        self._job = job
        self._told_at: datetime | None = None

    def __call__(self, done: int, total: int) -> None:
        moment = now()
        if self._told_at is not None and moment < self._told_at + BEAT_EVERY:
            return
        self._told_at = moment
        PlatformJob.objects.filter(pk=self._job.pk).update(
            done_count=done, total_count=total, heartbeat_at=moment
        )


def does(kind: PlatformJob.Kind) -> Callable[[Work], Work]:
    """Decorator: the function does jobs of a kind and answers their result.

    It may be run again after a worker died, and must then go on or begin anew without harm.
    """

    def register(work: Work) -> Work:
        if kind.value in _works:
            raise ValueError(f"{kind} is done twice.")
        _works[kind.value] = work
        return work

    return register


def order(
    kind: PlatformJob.Kind, *, ordered_by: str, schema_name: str = "", **params: Any
) -> PlatformJob:
    """Have it done after the transaction on ``control`` that calls. Raises OrderedAlready."""
    try:
        with transaction.atomic(using="control"):
            job = PlatformJob.objects.create(
                kind=kind,
                schema_name=schema_name,
                ordered_by=ordered_by,
                params=params,
                created_at=now(),
            )
    except IntegrityError as error:
        raise OrderedAlready(_("This is being done already.")) from error
    transaction.on_commit(_wake, using="control")
    return job


def _wake() -> None:
    try:
        do_platform_jobs.apply_async(retry=False)
    except do_platform_jobs.OperationalError:
        logger.warning("queue unreachable, left to the sweep")


@shared_task(name="tenants.chores.do_platform_jobs")
def do_platform_jobs() -> None:
    """Do what waits, and what a worker that died left."""
    while (job := _claim()) is not None:
        _do(job)


def wake_if_waiting() -> None:
    """For the sweep, which does not itself wait for what may take an hour."""
    if _free().exists():
        _wake()


def _free() -> QuerySet[PlatformJob]:
    silent = Q(state=PlatformJob.State.RUNNING, heartbeat_at__lt=now() - SILENT_AFTER)
    return PlatformJob.objects.filter(Q(state=PlatformJob.State.WAITING) | silent)


def _claim() -> PlatformJob | None:
    with transaction.atomic(using="control"):
        job = _free().select_for_update(skip_locked=True).order_by("id").first()
        if job is None:
            return None
        job.state, job.heartbeat_at = PlatformJob.State.RUNNING, now()
        job.attempts += 1
        job.save(update_fields=["state", "heartbeat_at", "attempts"])
    return job


def _do(job: PlatformJob) -> None:
    if job.attempts > MOST_ATTEMPTS:
        _end(job, PlatformJob.State.FAILED, error="The worker died each time.")
        return
    try:
        result = _works[job.kind](job, Progress(job))
    except DomainError as refusal:
        _end(job, PlatformJob.State.FAILED, error=refusal.message)
    except Exception as error:  # what fails must be seen by operators, and stop no other job
        logger.exception("platform job failed", extra={"job": job.pk})
        # The kind of fault alone: its text may quote a group's data.
        _end(job, PlatformJob.State.FAILED, error=type(error).__name__)
    else:
        _end(job, PlatformJob.State.DONE, result=result)


def _end(
    job: PlatformJob, state: str, *, error: str = "", result: dict[str, Any] | None = None
) -> None:
    job.state, job.error, job.finished_at = state, error[:500], now()
    job.result = result or {}
    if state == PlatformJob.State.DONE:
        job.done_count = job.total_count
    job.save(update_fields=["state", "error", "result", "finished_at", "done_count"])
