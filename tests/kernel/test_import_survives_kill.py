"""An import whose worker is killed goes on where the last committed chunk ended."""

import io
import os
import signal
import time
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from forecourt.config.celery import app
from forecourt.kernel import actors, imports, jobs
from forecourt.kernel.access import Actor, Grant, register_permissions
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.imports import Field, Importer, actions, engine, pulse
from forecourt.kernel.models import ImportedRow, ImportRun, Job, Preference

register_permissions("testing_kill", {"import_tick": "Import ticks"})

ROWS = 2000
PERSON = Actor(
    user_id=3,
    staff_id=5,
    name="Wang",
    language="en",
    grants={
        "testing_kill.import_tick": Grant(everything=True),
        "imports.view_importrun": Grant(everything=True),
    },
)


@imports.register
class TickImporter(Importer):
    kind = "testing_kill.tick"
    permission = "testing_kill.import_tick"
    label = "Ticks"
    chunk_rows = 50
    fields = (Field("tick", "Tick", required=True),)

    def write(self, rows, context):
        # No unique key protects these rows: a chunk written twice would show.
        ticks = Preference.objects.bulk_create(
            Preference(owner_id=row.number, key=row["tick"]) for row in rows
        )
        for row, tick in zip(rows, ticks, strict=True):
            row.created(tick.pk)
        time.sleep(0.01)


def find_actor(user_id: int, *, channel: str) -> Actor:
    return PERSON


@pytest.fixture
def run(live_group: GroupIdentity, settings) -> ImportRun:
    # Messages stay in the queue: the tests themselves are the workers.
    app.conf.task_always_eager = False
    settings.ACTOR_SOURCE = f"{__name__}.find_actor"
    actors._source.cache_clear()
    text = "Tick\n" + "".join(f"t{number}\n" for number in range(ROWS))
    run = actions.upload_file(
        kind=TickImporter.kind, name="t.csv", content=io.BytesIO(text.encode()), actor=PERSON
    )
    actions.map_columns(run_id=run.pk, mapping=run.mapping, actor=PERSON)
    check = actions.start_check(run_id=run.pk, actor=PERSON)
    jobs.run_job(schema_name=live_group.schema_name, job_id=check.pk)
    yield run
    app.conf.task_always_eager = True
    actors._source.cache_clear()


def work_in_a_process(group: GroupIdentity, job: Job) -> int:
    """A forked worker with connections of its own; those it inherited are left untouched."""
    child = os.fork()
    if child:
        return child
    inherited = [connections[alias] for alias in connections]
    for alias in connections:
        del connections[alias]
    try:
        jobs.run_job(schema_name=group.schema_name, job_id=job.pk)
    finally:
        os._exit(0 if inherited else 1)


def kill_after(child: int, run: ImportRun, position: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        run.refresh_from_db()
        if run.position >= position:
            break
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.mark.parametrize("mode", [engine.GOOD_ROWS, engine.ALL_OR_NOTHING])
def test_a_killed_import_leaves_no_row_out_and_none_twice(live_group, run, mode):
    job = actions.start_run(run_id=run.pk, actor=PERSON, mode=mode)

    for position in (200, 700, 1200):
        child = work_in_a_process(live_group, job)
        if mode == engine.GOOD_ROWS:
            kill_after(child, run, position)
        else:
            time.sleep(0.2)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        stopped_at = ImportRun.objects.get(pk=run.pk)
        written = Preference.objects.count()
        assert written == stopped_at.created_count
        assert written < ROWS
        Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=5))

    jobs.run_job(schema_name=live_group.schema_name, job_id=job.pk)

    run.refresh_from_db()
    assert run.state == ImportRun.State.DONE
    assert (run.created_count, run.unchanged_count, run.rejected_count) == (ROWS, 0, 0)
    assert Preference.objects.count() == ROWS
    assert Preference.objects.values("key").distinct().count() == ROWS
    assert ImportedRow.objects.count() == ROWS


def test_two_workers_at_once_write_every_row_once(live_group, run):
    job = actions.start_run(run_id=run.pk, actor=PERSON)
    first = work_in_a_process(live_group, job)
    time.sleep(0.15)
    # Thought lost while it still works: its heartbeat is old, so a second worker takes the job.
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=5))

    jobs.run_job(schema_name=live_group.schema_name, job_id=job.pk)
    os.waitpid(first, 0)

    run.refresh_from_db()
    assert run.state == ImportRun.State.DONE
    assert Preference.objects.count() == ROWS
    assert run.created_count == ROWS


def test_all_or_nothing_is_stopped_while_its_transaction_is_open(live_group, run, monkeypatch):
    monkeypatch.setattr(pulse, "SECONDS", 0.05)
    job = actions.start_run(run_id=run.pk, actor=PERSON, mode=engine.ALL_OR_NOTHING)
    child = work_in_a_process(live_group, job)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        job.refresh_from_db()
        if job.done_count:
            break
        time.sleep(0.01)

    actions.cancel_run(run_id=run.pk, actor=PERSON)
    os.waitpid(child, 0)

    run.refresh_from_db()
    job.refresh_from_db()
    assert 0 < job.done_count < ROWS
    assert (job.state, run.state) == (Job.State.CANCELLED, ImportRun.State.CANCELLED)
    assert Preference.objects.count() == 0
