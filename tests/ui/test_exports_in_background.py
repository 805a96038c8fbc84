"""Long lists are written by a worker, to a file that its maker alone fetches, for a while."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.files.storage import storages

from forecourt.kernel import jobs
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, NotFound, NotPermitted
from forecourt.kernel.groups import current_schema
from forecourt.kernel.models import AuditEntry, Job
from forecourt.ui.lists import exports
from tests.factories.organisation import actor_of, make_staff
from tests.ui.urls import JobList

QUERY = "sort=-kind&column=kind&column=done_count"


@pytest.fixture
def actor(owner):
    return actor_of(owner)


@pytest.fixture(autouse=True)
def short_lists(monkeypatch):
    monkeypatch.setattr(JobList, "exported_at_once", 5)


def begun(actor, query: str = QUERY, kind: str = "csv") -> Job:
    return exports.start_export(list_name="test.jobs", kind=kind, query=query, actor=actor)


def done(job: Job) -> Job:
    jobs.run_job(schema_name=current_schema(), job_id=job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    return job


def rows_in(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_a_short_list_is_answered_at_once(browser, owner, make_jobs):
    make_jobs(owner, 5)

    assert browser.get("/things/?export=csv").streaming
    assert not exports.list_exports(actor_of(owner)).exists()


def test_a_long_list_becomes_a_job_and_then_a_file(browser, owner, make_jobs):
    make_jobs(owner, 7, kind="=1+1")

    answer = browser.get(f"/things/?export=csv&{QUERY}")
    job = exports.list_exports(actor_of(owner)).get()
    assert answer["Location"] == f"/jobs/{job.pk}/"
    done(job)
    page = browser.get(f"/jobs/{job.pk}/").content.decode()
    led = browser.get(f"/jobs/{job.pk}/file/")
    file = browser.get(led["Location"])

    assert f"/jobs/{job.pk}/file/" in page
    assert file["Content-Disposition"].startswith("attachment; filename*=utf-8''jobs-")
    rows = rows_in(b"".join(file))
    assert rows[0] == ["Kind", "Done"]
    # The export's own job is a row of this list too.
    assert [row[0] for row in rows[1:]].count("'=1+1") == 7
    assert AuditEntry.objects.filter(action="exported").count() == 1
    assert AuditEntry.objects.filter(action="downloaded").count() == 1


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_job_counts_its_rows(actor, owner, make_jobs, kind):
    make_jobs(owner, 9)

    job = done(begun(actor, kind=kind))

    assert job.result["rows"] == job.done_count == job.total_count
    assert job.result["size_bytes"] == storages["default"].size(job.params["file"])


def test_the_same_export_is_not_written_twice_at_once(actor, owner, make_jobs):
    make_jobs(owner, 7)

    assert begun(actor).pk == begun(actor).pk
    assert begun(actor, kind="xlsx").pk != begun(actor).pk


def test_it_is_only_its_makers(actor, owner, make_jobs, group, client_of):
    make_jobs(owner, 7)
    job = done(begun(actor))
    other = make_staff("group_owner")

    with pytest.raises(NotFound):
        exports.link_to_export(export_id=job.pk, actor=actor_of(other))
    assert client_of(group, other.user).get(f"/jobs/{job.pk}/file/").status_code == 404


def test_a_file_is_not_handed_out_before_it_is_whole(actor, owner, make_jobs):
    make_jobs(owner, 7)
    job = begun(actor)

    with pytest.raises(Conflict):
        exports.link_to_export(export_id=job.pk, actor=actor)


def test_who_lost_the_right_since_does_not_fetch_it(actor, owner, make_jobs):
    make_jobs(owner, 7)
    job = done(begun(actor))
    owner.roles.clear()

    with pytest.raises(NotPermitted):
        exports.link_to_export(export_id=job.pk, actor=actor_of(owner))


def test_who_sees_other_rows_now_does_not_fetch_it(actor, owner, make_jobs):
    make_jobs(owner, 7)
    job = done(begun(actor))
    role = owner.roles.get()
    role.permissions.filter(permission="organisation.view_staff").update(scope="STORE")

    with pytest.raises(NotPermitted):
        exports.link_to_export(export_id=job.pk, actor=actor_of(owner))


def test_it_is_written_with_the_rights_of_that_moment(actor, owner, make_jobs):
    make_jobs(owner, 7)
    job = begun(actor)
    owner.roles.clear()

    jobs.run_job(schema_name=current_schema(), job_id=job.pk)

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert not storages["default"].exists(job.params["file"])


def test_an_export_can_be_stopped(actor, owner, make_jobs):
    make_jobs(owner, 7)
    job = begun(actor)

    exports.cancel_export(export_id=job.pk, actor=actor)
    jobs.run_job(schema_name=current_schema(), job_id=job.pk)

    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    assert not storages["default"].exists(job.params["file"])


def test_a_worker_that_died_leaves_the_next_one_no_half_file(actor, owner, make_jobs):
    make_jobs(owner, 7)
    job = begun(actor)
    storages["default"].save(job.params["file"], io.BytesIO(b"half a file"))

    done(job)

    rows = rows_in(storages["default"].open(job.params["file"]).read())
    assert rows[0] == ["Kind", "Done"]


def test_files_go_after_a_week(actor, owner, make_jobs):
    make_jobs(owner, 7)
    job = done(begun(actor))
    name = job.params["file"]
    assert not exports.has_expired_exports()
    week_ago = now() - exports.KEPT - timedelta(minutes=1)
    Job.objects.filter(pk=job.pk).update(created_at=week_ago, finished_at=week_ago)

    with pytest.raises(NotFound):
        exports.link_to_export(export_id=job.pk, actor=actor)
    assert exports.has_expired_exports()
    assert exports.remove_expired_exports() == 1
    assert not storages["default"].exists(name)
    assert not exports.has_expired_exports()


def test_an_unknown_list_is_not_found(actor):
    with pytest.raises(NotFound):
        exports.start_export(list_name="no.such", kind="csv", query="", actor=actor)
