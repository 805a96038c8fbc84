"""The way of a file, by the requests that a browser sends: through a folder and through S3."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.translation import override

from forecourt.kernel import events, files
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.files import orphans
from forecourt.kernel.files.checks import files_are_there, store_has_no_strays
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import GroupStorage
from tests.files.conftest import PURPOSE, arrive, check, deliver
from tests.files.samples import PDF
from tests.files.stores import HUNG_UP, Browser

REFUSED = {400, 403}


@pytest.fixture(params=["folder", "rclone"], autouse=True)
def store(request: pytest.FixtureRequest, use_store: Callable[[str], GroupStorage], group) -> Any:
    storage = use_store(request.param)
    # Its server is that of all tests, and so is the group's prefix.
    storage.delete_group()
    return storage


def announced(actor: Actor, content: bytes = PDF, **facts: Any) -> files.Upload:
    return files.begin_upload(
        actor=actor, **{"purpose": PURPOSE, "name": "合同.pdf", "size": len(content)} | facts
    )


def put(
    browser: Browser, upload: files.Upload, content: bytes = PDF, content_type: str = ""
) -> int:
    assert upload.request is not None
    headers = upload.request.headers | ({"Content-Type": content_type} if content_type else {})
    return browser.put(upload.request.url, content, headers)


def names(store: GroupStorage) -> set[str]:
    return {name for folder in ("incoming", "files") for name, _at in store.stored_in(folder)}


def test_a_file_is_announced_sent_checked_and_handed_out(
    actor: Actor, browser: Browser, store: GroupStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[files.FileChecked] = []
    monkeypatch.setitem(events._listeners, files.FileChecked, [told.append])
    upload = announced(actor)

    assert put(browser, upload) == 200
    assert files.complete_upload(file=upload.file).state == StoredFile.State.CHECKING
    with pytest.raises(files.NotReady):
        files.link_to(upload.file)
    check(upload.file)

    assert upload.file.is_ready
    assert told == [files.FileChecked(upload.file.pk, "READY")]
    answer = browser.get(files.link_to(upload.file, inline=True))
    assert (answer.status, answer.body) == (200, PDF)
    assert answer.headers["Content-Type"] == "application/pdf"
    named = answer.headers["Content-Disposition"]
    assert named == "inline; filename*=utf-8''%E5%90%88%E5%90%8C.pdf"
    assert names(store) == {upload.file.kept_name}


def test_a_request_takes_exactly_what_was_announced(
    actor: Actor, browser: Browser, store: GroupStorage
) -> None:
    upload = announced(actor)

    assert put(browser, upload, PDF + b"x") in REFUSED
    assert put(browser, upload, PDF[:-1]) in REFUSED
    assert put(browser, upload, content_type="image/png") in REFUSED
    assert names(store) == set()
    with pytest.raises(Invalid):
        files.complete_upload(file=upload.file)
    assert put(browser, upload) == 200


def test_a_request_changes_nothing_when_it_is_used_again(
    actor: Actor, browser: Browser, store: GroupStorage
) -> None:
    upload = announced(actor)
    put(browser, upload)
    files.complete_upload(file=upload.file)
    check(upload.file)

    # S3 takes the same number of bytes again: they lie where nobody looks, and are swept.
    assert put(browser, upload, b"%PDF-" + b"x" * (len(PDF) - 5)) in {200, 409}

    assert browser.get(files.link_to(upload.file)).body == PDF
    orphans.tidy(before=now() + timedelta(days=1))
    assert names(store) == {upload.file.kept_name}


def test_a_request_that_is_late_is_refused_and_asked_for_again(
    actor: Actor, browser: Browser
) -> None:
    with time_machine.travel(now() - timedelta(minutes=16)):
        upload = announced(actor)

    assert put(browser, upload) in REFUSED
    assert put(browser, files.resume_upload(file=upload.file)) == 200


def test_links_are_worth_nothing_for_another_group(
    actor: Actor, group, other_group, client_of: Callable[..., Client], store, browser, brought
) -> None:
    upload, link = announced(actor), files.link_to(brought("a.pdf", PDF))
    assert upload.request is not None
    headers = upload.request.headers
    other = {group.schema_name: other_group.schema_name}
    stranger = Browser(client_of(other_group))

    for url in (upload.request.url, link):
        tampered = url.replace(*other.popitem()) if group.schema_name in url else url
        other[group.schema_name] = other_group.schema_name
        method = "PUT" if url == upload.request.url else "GET"
        content = PDF if method == "PUT" else b""
        assert stranger.send(method, tampered, content, headers).status in REFUSED
    for schema in (group, other_group):
        with inside(schema):
            assert list(store.stored_in("incoming")) == []


def test_a_link_to_read_ends_and_cannot_write(actor: Actor, browser: Browser, brought) -> None:
    file = brought("a.pdf", PDF)
    link = files.link_to(file)
    with time_machine.travel(now() - timedelta(minutes=11)):
        late = files.link_to(file)

    assert browser.get(link).status == 200
    assert browser.put(link, PDF, {"Content-Type": "application/pdf"}) in REFUSED
    assert browser.get(link[:-2]).status in REFUSED
    assert browser.get(link.partition("?")[0]).status in REFUSED
    assert browser.get(late).status in REFUSED
    assert browser.get(files.link_to(file)).body == PDF


def test_a_part_of_a_file_can_be_asked_for(browser: Browser, brought) -> None:
    link = files.link_to(brought("a.pdf", PDF), inline=True)

    answer = browser.get(link, Range="bytes=5-9")

    # rclone says 200 of a part, too.
    assert answer.status in {200, 206}
    assert answer.body == PDF[5:10]
    assert answer.headers["Content-Range"] == f"bytes 5-9/{len(PDF)}"
    assert browser.get(link, Range="bytes=9999-").status == 416


def test_a_large_file_goes_in_parts_and_goes_on_where_it_stopped(
    actor: Actor, browser: Browser
) -> None:
    content = PDF + b"\n" * (17 * 2**20)
    upload = announced(actor, content)
    assert (upload.request, upload.part_count) == (None, 3)
    part = {n: content[(n - 1) * upload.part_size : n * upload.part_size] for n in (1, 2, 3)}
    requests = files.request_parts(file=upload.file, numbers=[1, 2, 3])
    assert browser.put(requests[3].url, part[3]) == 200
    assert browser.put(requests[2].url, part[3]) in REFUSED

    # What the browser asked for last has changed the language that is spoken.
    with override("en"), pytest.raises(Invalid, match="2 parts"):
        files.complete_upload(file=upload.file)

    again = files.resume_upload(file=upload.file)
    missing = {1, 2, 3} - set(files.arrived_parts(file=again.file))
    assert missing == {1, 2}
    for number, request in files.request_parts(file=again.file, numbers=missing).items():
        assert browser.put(request.url, part[number]) == 200
        assert browser.put(request.url, part[number]) == 200
    files.complete_upload(file=again.file)
    check(again.file)
    assert files.opened(again.file).read() == content
    with pytest.raises(Conflict):
        files.request_parts(file=again.file, numbers=[1])


def test_an_upload_that_is_given_up_leaves_nothing(
    actor: Actor, browser: Browser, store: GroupStorage
) -> None:
    upload = announced(actor, b"x" * (20 * 2**20))
    first = files.request_parts(file=upload.file, numbers=[1])[1]
    browser.put(first.url, b"x" * upload.part_size)

    files.abandon_upload(file=upload.file)
    deliver()

    assert browser.put(first.url, b"x" * upload.part_size) in {HUNG_UP, 404, 409}
    assert not StoredFile.objects.exists()
    assert names(store) == set()
    assert list(store.unfinished_in("incoming")) == []


def test_what_is_removed_goes_with_its_bytes(brought, store: GroupStorage) -> None:
    file = brought("a.pdf", PDF)

    files.remove(file=file)
    assert names(store) == {file.kept_name}
    deliver()

    assert names(store) == set()


def test_an_upload_that_never_finishes_is_swept(actor: Actor, group: GroupIdentity, store) -> None:
    late, arrived = announced(actor), arrive("b.pdf", PDF, actor=actor)
    parts = announced(actor, b"x" * (20 * 2**20))

    StoredFile.objects.exclude(pk=arrived.pk).update(due_at=now() - timedelta(seconds=1))
    files.checking.take_up(schema_name=group.schema_name)
    deliver()

    assert list(StoredFile.objects.all()) == [arrived]
    assert not StoredFile.objects.filter(pk__in=[late.file.pk, parts.file.pk]).exists()
    assert list(store.unfinished_in("incoming")) == []


def test_bytes_without_a_row_and_rows_without_bytes_are_told(
    actor: Actor, group: GroupIdentity, brought, store: GroupStorage
) -> None:
    good, lost = brought("a.pdf", PDF), brought("b.pdf", PDF)
    store.delete(lost.kept_name)
    gone = announced(actor, b"x" * (20 * 2**20)).file
    StoredFile.objects.filter(pk=gone.pk).delete()
    kept = brought("c.pdf", PDF)
    StoredFile.objects.filter(pk=kept.pk).delete()
    soon = now() + timedelta(days=1)

    assert list(orphans.lost_files()) == [lost]
    assert [found.subject for found in files_are_there()] == [f"File {lost.pk}"]
    assert list(store_has_no_strays()) == [], "they are young"
    strays = [kept.kept_name, kept.thumbnail_name]
    assert list(orphans.stray_names(before=soon)) == strays
    assert list(orphans.stray_names(before=now() - timedelta(days=1))) == []

    assert orphans.tidy(before=soon) == orphans.Removed(strays=2, unfinished=1, unheld=0)
    assert names(store) == {good.kept_name}


def test_what_the_product_makes_is_ready_at_once(browser: Browser) -> None:
    file = files.keep_bytes(
        purpose=PURPOSE, name="协议.pdf", content=PDF, content_type="application/pdf"
    )

    assert file.is_ready
    assert browser.get(files.link_to(file)).body == PDF
