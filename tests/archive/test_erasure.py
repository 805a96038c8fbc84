"""An erased group leaves nothing anywhere, and its neighbour loses nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from celery import current_app
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client

from forecourt.config import embedded
from forecourt.config.settings import base
from forecourt.kernel import outbox, queue
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.storage import Holdings, group_storage
from infra.embedded.redis import Redis
from tenants import erasure, schemas
from tenants.erasure import NOTHING, erase
from tenants.groups import get_group
from tenants.models import DealerGroup, Domain, ErasureCertificate, Membership, Space
from tests.archive.conftest import EMPTIED_STORES, FILES, STORED, Leaver


@pytest.fixture
def surroundings(store: str, settings: Any, tmp_path: Path) -> Iterator[None]:
    """With S3 go queue and cache of a grown installation, with a folder those of one machine."""
    conf = current_app.conf
    former = conf.broker_url, conf.broker_transport_options
    settings.FORECOURT_HOME = tmp_path
    if store == "s3" and Redis.is_available():
        with Redis(tmp_path) as server:
            url = f"redis+socket://{server.socket}?virtual_host=0"
            conf.broker_url, conf.broker_transport_options = url, {}
            settings.CACHES = base.caches(f"unix://{server.socket}?db=1")
            yield
    else:
        url = f"filesystem://{tmp_path / 'queue'}"
        conf.broker_url = url
        conf.broker_transport_options = embedded.broker_options(url)
        caches = base.caches("")
        caches["default"]["LOCATION"] = str(tmp_path / "cache")
        settings.CACHES = caches
        yield
    conf.broker_url, conf.broker_transport_options = former


def plant(group: GroupIdentity) -> None:
    """Something in every place but the tables."""
    current_app.conf.task_always_eager = False
    try:
        with inside(group), current_app.connection_for_write() as broker:
            cache.set("known", "something", 600)
            group_storage().save("papers/contract.pdf", ContentFile(b"first"))
            group_storage().begin_parts("papers/never.pdf", content_type="application/pdf")
            for _time in range(3):
                outbox.deliver_due.apply_async(
                    kwargs={"schema_name": group.schema_name}, connection=broker
                )
    finally:
        current_app.conf.task_always_eager = True


def waiting_for(schema_name: str) -> int:
    return queue.drop_group(schema_name)


@EMPTIED_STORES
def test_nothing_is_left_and_the_neighbour_keeps_all(
    surroundings: None, leaver: Leaver, store: str, settings: Any
) -> None:
    group, neighbour = leaver.group, get_group("alpha")
    plant(group.identity)
    plant(neighbour.identity)
    if store == "s3":
        place = {"Bucket": settings.S3_BUCKET, "Key": f"t/{group.schema_name}/papers/contract.pdf"}
        s3 = boto3.client("s3", endpoint_url=settings.S3_ENDPOINT_URL)
        s3.put_object(**place, Body=b"second")
    with inside(neighbour.identity):
        neighbours = group_storage().holdings()

    certificate = erase(group)

    assert certificate.erased_at is not None
    assert certificate.counts["accounts_user"] == 3
    assert certificate.counts["kernel_outboxmessage"] > 0
    expected = {"files": STORED + 1, "accounts_in_directory": 1, "addresses": 1}
    assert {name: certificate.places[name] for name in expected} == expected
    assert certificate.places["queued_messages"] == 3
    assert certificate.places["cache_keys"] > 0
    assert certificate.places["older_versions"] == (1 if store == "s3" else 0)
    assert certificate.places["bytes"] > sum(len(content) for content in FILES.values())

    assert group.schema_name not in schemas.present()
    with inside(group.identity):
        assert group_storage().holdings() == NOTHING
        assert cache.get("known") is None
    if store == "s3":
        listed = s3.list_object_versions(Bucket=settings.S3_BUCKET, Prefix=f"t/{group.schema_name}")
        assert not listed.get("Versions") and not listed.get("DeleteMarkers")
        uploads = s3.list_multipart_uploads(Bucket=settings.S3_BUCKET).get("Uploads", [])
        assert [item["Key"].split("/")[1] for item in uploads] == [neighbour.schema_name]
    else:
        assert not (settings.MEDIA_ROOT / "t" / group.schema_name).exists()
    for model in (Space, Membership):
        assert not model.objects.filter(schema_name=group.schema_name).exists()
    assert not DealerGroup.objects.filter(slug="leaver").exists()
    assert not Domain.objects.filter(domain="leaver.localhost").exists()

    with inside(neighbour.identity):
        assert group_storage().holdings() == neighbours == Holdings(1, 5, 0, neighbours.unfinished)
        assert cache.get("known") == "something"
    assert waiting_for(group.schema_name) == 0
    assert waiting_for(neighbour.schema_name) == 3

    connection.set_schema_to_public()
    page = Client(headers={"host": "localhost"}).get(erasure.certificate_path(certificate))
    assert page.status_code == 200
    assert "leaver" in page.content.decode()
    assert "accounts_user" in page.content.decode()
    assert Client(headers={"host": "localhost"}).get("/erased/none/").status_code == 404
    told = leaver.platform.run("erasure_certificate", slug="leaver")["certificates"]
    assert told[0]["places"] == certificate.places


def test_cut_off_anywhere_it_can_be_repeated(
    leaver: Leaver, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = leaver.group
    for place in ("queue.drop_group", "schemas.drop", "cache.drop_group", "events.publish"):
        with monkeypatch.context() as cut:
            cut.setattr(f"tenants.erasure.{place}", lambda *_anything, **_named: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                erase(group)
        assert DealerGroup.objects.get(slug="leaver").state == DealerGroup.State.CLOSED
        assert ErasureCertificate.objects.get().erased_at is None

    certificate = erase(group)

    assert certificate.erased_at is not None
    assert certificate.counts["accounts_user"] == 3
    assert certificate.places["files"] == STORED
    assert not DealerGroup.objects.filter(slug="leaver").exists()
    assert leaver.platform.run("verify")["ok"]
