"""What operators order and a worker does: backups, and new groups made of them."""

import pytest

from forecourt.kernel.crypto import rings
from forecourt.kernel.groups import inside
from forecourt.kernel.storage import group_storage
from tenants import backups, chores
from tenants.chores import OrderedAlready
from tenants.erasure import erase
from tenants.models import DealerGroup, PlatformJob
from tests.factories.crm import make_customer
from tests.factories.organisation import make_staff

Kind = PlatformJob.Kind


def test_a_backup_becomes_a_new_group_and_ends_with_its_group(live_group, monkeypatch):
    monkeypatch.setattr(chores, "_wake", lambda: None)  # the test does what a worker would
    monkeypatch.setattr(rings, "LIFE_SECONDS", 0)
    with inside(live_group):
        make_staff("group_owner", name="王老板")
        make_customer(name="顾客")
    with inside("public"):
        job = chores.order(Kind.BACKUP, ordered_by="Li", schema_name=live_group.schema_name)
        with pytest.raises(OrderedAlready):
            chores.order(Kind.BACKUP, ordered_by="Li", schema_name=live_group.schema_name)
        chores.do_platform_jobs()
    job.refresh_from_db()
    assert job.state == "DONE", job.error
    with inside(live_group):
        assert group_storage().exists(job.result["file"])
    with inside("public"):
        copy = chores.order(
            Kind.COPY, ordered_by="Li", schema_name=live_group.schema_name,
            backup_id=job.pk, slug="copy-of-live",
        )  # fmt: skip
        chores.do_platform_jobs()
    copy.refresh_from_db()
    assert copy.state == "DONE", copy.error
    made = DealerGroup.objects.get(slug="copy-of-live")
    try:
        with inside(made.identity):
            from apps.crm.models import Customer

            assert list(Customer.objects.values_list("name", flat=True)) == ["顾客"]
    finally:
        with inside("public"):
            erase(made)
    assert backups.list_backups(live_group.schema_name) == [job]
    PlatformJob.objects.filter(pk=copy.pk).delete()
    PlatformJob.objects.filter(pk=job.pk).delete()


def test_a_job_whose_worker_died_is_taken_up_and_given_up_in_the_end(group):
    with inside("public"):
        job = chores.order(Kind.BACKUP, ordered_by="Li", schema_name="g_gone")
        PlatformJob.objects.filter(pk=job.pk).update(attempts=3)
        chores.do_platform_jobs()
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("FAILED", 4)


def test_a_refusal_is_told_and_stops_no_other_job(group):
    with inside("public"):
        gone = chores.order(Kind.BACKUP, ordered_by="Li", schema_name="g_gone")
        other = chores.order(
            Kind.COPY, ordered_by="Li", schema_name="g_gone", backup_id=0, slug="x"
        )
        chores.do_platform_jobs()
    assert {PlatformJob.objects.get(pk=job.pk).state for job in (gone, other)} == {"FAILED"}
    assert PlatformJob.objects.get(pk=gone.pk).error
