from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import TestCase

from forecourt.kernel import jobs
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import Job, Preference


@pytest.fixture
def actor() -> Actor:
    return system_actor("test")


@pytest.fixture(autouse=True)
def _kind() -> Iterator[None]:
    """A job that writes ten rows in steps of two; params say where it dies, fails or refuses."""

    def work(job: Job, progress: jobs.Progress) -> dict:
        progress.total(10)
        for first in range(job.done_count, 10, 2):
            if job.params.get("dies_at") == first and job.params["dies"] > 0:
                job.params["dies"] -= 1
                Job.objects.filter(pk=job.pk).update(params=job.params)
                raise SystemExit
            if job.params.get("refuses_at") == first:
                raise Invalid("not like this")
            if job.params.get("breaks_at") == first:
                raise ZeroDivisionError
            with transaction.atomic():
                Preference.objects.bulk_create(
                    Preference(owner_id=1, key=str(number)) for number in (first, first + 1)
                )
                progress.step(first + 2)
            if job.params.get("cancelled_at") == first:
                jobs.cancel(job.pk, system_actor())
        return {"written": Preference.objects.count()}

    jobs.runs("test")(work)
    yield
    jobs._kinds.pop("test")


def run(actor: Actor, **params: object) -> Job:
    with TestCase.captureOnCommitCallbacks(execute=True):
        job = jobs.start("test", params, actor)
    job.refresh_from_db()
    return job


def test_a_job_runs_after_the_commit_and_tells_how_far_it_is(
    group: GroupIdentity, actor: Actor
) -> None:
    job = run(actor)

    assert (job.state, job.done_count, job.total_count, job.percent) == ("DONE", 10, 10, 100)
    assert job.result == {"written": 10}


def test_a_job_whose_worker_died_goes_on_where_the_last_step_ended(
    group: GroupIdentity, actor: Actor
) -> None:
    with pytest.raises(SystemExit):
        run(actor, dies_at=4, dies=1)
    job = Job.objects.get()
    assert (job.state, job.done_count) == ("RUNNING", 4)

    with TestCase.captureOnCommitCallbacks(execute=True):
        jobs.resume_lost_jobs(schema_name=group.schema_name)
    job.refresh_from_db()
    assert job.state == "RUNNING"

    with (
        time_machine.travel(now() + jobs.LOST_AFTER + timedelta(seconds=1)),
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        jobs.resume_lost_jobs(schema_name=group.schema_name)
    job.refresh_from_db()
    assert (job.state, job.result) == ("DONE", {"written": 10})


def test_a_job_stops_after_the_step_in_which_it_was_cancelled(
    group: GroupIdentity, actor: Actor
) -> None:
    job = run(actor, cancelled_at=4)

    assert (job.state, job.done_count) == ("CANCELLED", 6)
    assert Preference.objects.count() == 6
    with pytest.raises(Conflict):
        jobs.cancel(job.pk, actor)


def test_a_refusal_ends_the_job_with_its_message(group: GroupIdentity, actor: Actor) -> None:
    job = run(actor, refuses_at=2)

    assert (job.state, job.error) == ("FAILED", "not like this")


def test_a_bug_ends_the_job_without_telling_its_inside(group: GroupIdentity, actor: Actor) -> None:
    job = run(actor, breaks_at=2)

    assert job.state == "FAILED"
    assert "ZeroDivisionError" not in job.error


def test_a_second_message_does_not_start_a_running_job_again(
    group: GroupIdentity, actor: Actor
) -> None:
    job = Job.objects.create(
        kind="test", state="RUNNING", created_at=now(), heartbeat_at=now(), actor_name="x"
    )

    jobs.run_job(schema_name=group.schema_name, job_id=job.pk)

    assert not Preference.objects.exists()
