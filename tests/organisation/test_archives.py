"""Everything of the group as one file, from the page and over the API."""

import io
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from apps.notifications.models import Notification
from apps.organisation.actions import archive
from forecourt.accounts.models import ApiToken
from forecourt.kernel import jobs
from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotFound, NotPermitted
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import AuditEntry, Job
from forecourt.kernel.storage import group_storage
from tenants.archive.checking import opened
from tenants.directory import forget
from tenants.models import DealerGroup
from tests.factories.organisation import actor_of, make_staff, make_store

PASSPHRASE = "correct horse battery"
PAGE = "/organisation/archives/"


def test_an_owner_orders_and_fetches_everything(
    live_group: GroupIdentity, client_of, settings, tmp_path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    store = make_store()
    owner, advisor = make_staff("group_owner", store), make_staff("sales_advisor", store)
    page, stranger = client_of(live_group, owner.user), client_of(live_group, advisor.user)

    assert stranger.get(PAGE).status_code == 403
    assert stranger.post(f"{PAGE}order/", {"confirmation": live_group.slug}).status_code == 403
    # Whoever has not paid can still leave.
    unpaid = DealerGroup.objects.get(slug=live_group.slug)
    unpaid.state = DealerGroup.State.SUSPENDED
    unpaid.save(update_fields=["state"])
    forget(unpaid)
    assert page.get("/organisation/stores/").status_code == 302
    wrong = page.post(f"{PAGE}order/", {"confirmation": "other", "passphrase": PASSPHRASE})
    weak = page.post(f"{PAGE}order/", {"confirmation": live_group.slug, "passphrase": "short"})
    assert (wrong.status_code, weak.status_code) == (422, 422)
    assert live_group.slug in wrong.content.decode()
    assert 'hx-target="#dialog-body"' in wrong.content.decode()
    with inside(live_group):
        assert not Job.objects.exists()

    page.post(f"{PAGE}order/", {"confirmation": live_group.slug, "passphrase": PASSPHRASE})

    with inside(live_group):
        job = Job.objects.get()
        assert job.state == Job.State.DONE, job.error
        assert set(job.params) == {"user_id", "file", "is_locked"}
        actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
        assert [name for name in actions if "archive" in name] == ["archive_ordered", "archived"]
        told = Notification.objects.get(event="notifications.archive_ready")
        assert told.recipient_id == owner.pk
    shown = page.get(PAGE).content.decode()
    assert job.result["name"] in shown

    answer = page.get(f"{PAGE}{job.pk}/file/")
    assert answer.status_code == 302
    fetched = b"".join(page.get(answer["Location"]).streaming_content)
    assert zipfile.ZipFile(io.BytesIO(fetched)).testzip() is None
    (tmp_path / "a.zip").write_bytes(fetched)
    with opened(tmp_path / "a.zip", passphrase=PASSPHRASE) as whole:
        whole.check(lambda _done, _total: None)
        assert whole.manifest.group["state"] == "SUSPENDED"

    with inside(live_group):
        name = job.params["file"]
        assert AuditEntry.objects.filter(action="archive_fetched").count() == 1
        with time_machine.travel(now() + archive.KEPT + timedelta(minutes=1)):
            with pytest.raises(NotFound):
                archive.link_to_archive(archive_id=job.pk, actor=actor_of(owner))
            assert group_storage().exists(name)
            assert archive.has_expired_archives()
            assert archive.remove_expired_archives() == 1
            assert not archive.has_expired_archives()
        assert not group_storage().exists(name)
    gone = page.get(f"{PAGE}{job.pk}/file/")
    assert gone.status_code == 404


def test_programs_order_and_fetch_it_too(
    live_group: GroupIdentity, client_of, settings, tmp_path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    owner = make_staff("group_owner", make_store())
    _token, text = ApiToken.issue(owner.user, "leaving")
    calls = client_of(live_group)
    calls.defaults["HTTP_AUTHORIZATION"] = f"Bearer {text}"
    address = reverse("api:group_archives")

    refused = calls.post(address, {"confirmation": "no"}, content_type="application/json")
    ordered = calls.post(
        address, {"confirmation": live_group.slug}, content_type="application/json"
    )

    assert (refused.status_code, refused.json()["field"]) == (422, "confirmation")
    assert ordered.status_code == 202
    one = f"{address}/{ordered.json()['id']}"
    assert calls.get(one).json()["state"] == "DONE"
    assert calls.get(one).json()["is_locked"] is False
    link = calls.post(f"{one}/link", content_type="application/json").json()
    assert calls.get(link["url"]).status_code == 200
    assert len(calls.get(address).json()["data"]) == 1


def test_who_has_lost_the_right_meanwhile_gets_no_archive(
    live_group: GroupIdentity, settings, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    owner = make_staff("group_owner", make_store())
    actor = actor_of(owner)
    with monkeypatch.context() as held:
        held.setattr(jobs, "enqueue", lambda *_task, **_named: None)
        job = archive.order_archive(confirmation=live_group.slug, actor=actor)
        again = archive.order_archive(confirmation=live_group.slug, actor=actor)
    assert again.pk == job.pk
    owner.roles.clear()

    jobs.run_job(schema_name=live_group.schema_name, job_id=job.pk)

    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert list(group_storage().everything()) == []
    with pytest.raises(NotPermitted):
        archive.list_archives(actor_of(owner))
