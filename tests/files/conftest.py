"""A use of files that only these tests have, and the way of a file through each store."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client
from django.utils.translation import override

from forecourt.kernel import files
from forecourt.kernel.access import Actor
from forecourt.kernel.files.keeping import remove_bytes
from forecourt.kernel.files.purposes import MEGABYTE
from forecourt.kernel.groups import GroupIdentity, current_schema
from forecourt.kernel.inspection.kinds import KINDS
from forecourt.kernel.models import OutboxMessage
from forecourt.kernel.storage import GroupStorage, group_storage
from tests.factories.organisation import actor_of, make_staff
from tests.files import stores

PURPOSE = "tests.anything"
files.declare_purpose(
    files.FilePurpose(PURPOSE, "Tests", types=tuple(KINDS), largest_bytes=100 * MEGABYTE)
)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture(scope="session")
def rclone_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with stores.rclone(tmp_path_factory.mktemp("rclone")) as address:
        yield address


@pytest.fixture(scope="session")
def moto_address() -> Iterator[str]:
    with stores.moto() as address:
        yield address


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    """The local store of one test alone."""
    settings.MEDIA_ROOT = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def use_store(
    request: pytest.FixtureRequest, settings, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], GroupStorage]:
    """``use_store("rclone")``: what the product's files are kept in for this test."""

    def use(name: str) -> GroupStorage:
        if name == "folder":
            return group_storage()
        return use_s3(request.getfixturevalue(f"{name}_address"), settings, monkeypatch)

    return use


def use_s3(address: str, settings, monkeypatch: pytest.MonkeyPatch) -> GroupStorage:
    """Have the product use the S3 server at an address."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", stores.KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", stores.SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    settings.S3_ENDPOINT_URL, settings.S3_BUCKET = address, stores.BUCKET
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "forecourt.kernel.storage.s3.S3GroupStorage"}
    }
    assert storages["default"].__class__.__name__ == "S3GroupStorage"
    return group_storage()


@pytest.fixture
def actor(group: GroupIdentity) -> Actor:
    return actor_of(make_staff())


@pytest.fixture
def browser(group: GroupIdentity, client_of: Callable[..., Client]) -> stores.Browser:
    return stores.Browser(client_of(group))


@pytest.fixture
def brought(actor: Actor) -> Callable[..., files.StoredFile]:
    """``brought("a.pdf", content)``: announced, arrived and checked."""

    def bring(name: str, content: bytes, **facts) -> files.StoredFile:
        file = arrive(name, content, actor=actor, **facts)
        check(file)
        return file

    return bring


def arrive(name: str, content: bytes, *, actor: Actor, **facts) -> files.StoredFile:
    """The bytes put where they were announced, as the store does for a browser."""
    upload = files.begin_upload(
        actor=actor, **{"purpose": PURPOSE, "name": name, "size": len(content)} | facts
    )
    group_storage().put(upload.file.incoming_name, ContentFile(content))
    return files.complete_upload(file=upload.file)


def check(file: files.StoredFile) -> None:
    """What the worker does after the commit."""
    files.check_file(schema_name=current_schema(), file_id=file.pk)
    file.refresh_from_db()


def deliver() -> None:
    """What the outbox does after the commit."""
    for message in OutboxMessage.objects.filter(topic="files.remove"):
        remove_bytes(message.payload, message.key)
