"""Stored files, on real S3 servers over HTTP and in a local folder, by the same tests."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile

from forecourt.kernel.clock import now
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.storage import GroupStorage


@pytest.fixture(params=["folder", "rclone", "moto"])
def storage(request: pytest.FixtureRequest, use_store: Callable[[str], GroupStorage]):
    return use_store(request.param)


def test_what_is_saved_is_read_again_from_anywhere_in_it(
    group: GroupIdentity, storage: GroupStorage
) -> None:
    content = "订单,金额\n1,2\n".encode()
    name = storage.save("imports/销售 2026.csv", ContentFile(content))

    with storage.open(name) as file:
        assert file.read() == content
        file.seek(3)
        assert file.read(3).decode() == "单"
    assert storage.exists(name)
    assert storage.size(name) == storage.size_of(name) == len(content)
    assert b"".join(storage.pieces(name)) == content
    assert b"".join(storage.pieces(name, start=3, end=6)).decode() == "单"

    storage.delete(name)
    assert not storage.exists(name)
    storage.delete(name)


def test_a_missing_file_is_a_missing_file(group: GroupIdentity, storage: GroupStorage) -> None:
    with pytest.raises(FileNotFoundError):
        storage.open("imports/none.csv")
    with pytest.raises(FileNotFoundError):
        list(storage.pieces("imports/none.csv"))
    assert storage.size_of("imports/none.csv") is None
    assert storage.state() == "ok"


def test_a_group_neither_sees_nor_removes_another_ones_files(
    group: GroupIdentity, other_group: GroupIdentity, storage: GroupStorage
) -> None:
    name = storage.save("imports/a.csv", ContentFile(b"mine"))
    upload_id = storage.begin_parts("incoming/b", content_type="text/csv")

    with inside(other_group):
        assert not storage.exists(name)
        with pytest.raises(FileNotFoundError):
            storage.open(name)
        assert list(storage.unfinished_in("incoming")) == []
        storage.delete_group()

    assert storage.open(name).read() == b"mine"
    assert [found[:2] for found in storage.unfinished_in("incoming")] == [("incoming/b", upload_id)]
    storage.delete_group()
    assert not storage.exists(name)
    assert list(storage.unfinished_in("incoming")) == []


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "../../t/other/x"])
def test_a_name_that_leaves_the_groups_prefix_is_refused(
    group: GroupIdentity, storage: GroupStorage, name: str
) -> None:
    with pytest.raises(SuspiciousOperation):
        storage.open(name)
    facts = {"content_type": "text/csv", "expires": timedelta(minutes=1)}
    with pytest.raises(SuspiciousOperation):
        storage.upload_request(name, size=1, **facts)
    with pytest.raises(SuspiciousOperation):
        storage.download_link(name, filename="a.csv", inline=False, **facts)


def test_outside_of_a_group_there_are_no_files(db: None, storage: GroupStorage) -> None:
    with pytest.raises(SuspiciousOperation):
        storage.open("a.csv")


def test_a_folder_is_listed_with_when_its_files_were_stored(
    group: GroupIdentity, storage: GroupStorage
) -> None:
    before = now() - timedelta(minutes=5)
    names = {storage.save(f"custom/{name}.txt", ContentFile(b"x")) for name in ("a", "b")}
    storage.save("customers.txt", ContentFile(b"x"))

    listed = dict(storage.stored_in("custom"))

    assert set(listed) == names
    assert all(at > before for at in listed.values())
    assert list(storage.stored_in("nothing")) == []
