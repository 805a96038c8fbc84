"""Stored files, on a real S3 server over HTTP and in a local folder, by the same tests."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from moto.server import ThreadedMotoServer

from forecourt.kernel.clock import now
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.storage import LocalGroupStorage, S3GroupStorage


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def storage(
    request: pytest.FixtureRequest, settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Storage:
    if request.param == "folder":
        settings.MEDIA_ROOT = tmp_path
        return LocalGroupStorage()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    settings.S3_ENDPOINT_URL = request.getfixturevalue("s3_address")
    settings.S3_BUCKET = "forecourt-test"
    boto3.client("s3", endpoint_url=settings.S3_ENDPOINT_URL).create_bucket(Bucket="forecourt-test")
    return S3GroupStorage()


def test_what_is_saved_is_read_again_from_anywhere_in_it(
    group: GroupIdentity, storage: Storage
) -> None:
    name = storage.save("imports/销售 2026.csv", ContentFile("订单,金额\n1,2\n".encode()))

    with storage.open(name) as file:
        assert file.read().decode() == "订单,金额\n1,2\n"
        file.seek(3)
        assert file.read(3).decode() == "单"
    assert storage.exists(name)
    assert storage.size(name) == len("订单,金额\n1,2\n".encode())

    storage.delete(name)
    assert not storage.exists(name)


def test_a_missing_file_is_a_missing_file(group: GroupIdentity, storage: Storage) -> None:
    with pytest.raises(FileNotFoundError):
        storage.open("imports/none.csv")


def test_a_group_neither_sees_nor_removes_another_ones_files(
    group: GroupIdentity, other_group: GroupIdentity, storage: Storage
) -> None:
    name = storage.save("imports/a.csv", ContentFile(b"mine"))

    with inside(other_group):
        assert not storage.exists(name)
        with pytest.raises(FileNotFoundError):
            storage.open(name)
        storage.delete_group()

    assert storage.open(name).read() == b"mine"
    storage.delete_group()
    assert not storage.exists(name)


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "../../t/other/x"])
def test_a_name_that_leaves_the_groups_prefix_is_refused(
    group: GroupIdentity, storage: Storage, name: str
) -> None:
    with pytest.raises(SuspiciousOperation):
        storage.open(name)


def test_outside_of_a_group_there_are_no_files(db: None, storage: Storage) -> None:
    with pytest.raises(SuspiciousOperation):
        storage.open("a.csv")


def test_a_folder_is_listed_with_when_its_files_were_stored(
    group: GroupIdentity, storage: Storage
) -> None:
    before = now() - timedelta(minutes=5)
    names = {storage.save(f"custom/{name}.txt", ContentFile(b"x")) for name in ("a", "b")}
    storage.save("customers.txt", ContentFile(b"x"))

    listed = dict(storage.stored_in("custom"))

    assert set(listed) == names
    assert all(at > before for at in listed.values())
    assert list(storage.stored_in("nothing")) == []
