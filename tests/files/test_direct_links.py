"""The way of a file through the local store: by the same requests that a browser sends."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import Client

from forecourt.kernel import events, files
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import OutboxMessage, StoredFile
from forecourt.kernel.storage import group_storage
from tests.files.conftest import PURPOSE, arrive, check
from tests.files.samples import PDF


def announced(actor: Actor, content: bytes = PDF, **facts) -> files.Upload:
    return files.begin_upload(
        actor=actor, **{"purpose": PURPOSE, "name": "合同.pdf", "size": len(content)} | facts
    )


def put(client: Client, request: files.Upload, content: bytes = PDF, **extra):
    what = request.request if isinstance(request, files.Upload) else request
    content_type = extra.pop("content_type", what.headers.get("Content-Type", ""))
    return client.put(what.url, content, content_type=content_type, **extra)


@pytest.fixture
def browser(group: GroupIdentity, client_of: Callable[..., Client]) -> Client:
    """Somebody who has nothing but links."""
    return client_of(group)


def test_a_file_is_announced_sent_checked_and_handed_out(
    actor: Actor, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[files.FileChecked] = []
    monkeypatch.setitem(events._listeners, files.FileChecked, [told.append])
    upload = announced(actor)

    assert put(browser, upload).status_code == 200
    assert files.complete_upload(file=upload.file).state == StoredFile.State.CHECKING
    with pytest.raises(files.NotReady):
        files.link_to(upload.file)
    check(upload.file)

    assert upload.file.is_ready
    assert told == [files.FileChecked(upload.file.pk, "READY")]
    answer = browser.get(files.link_to(upload.file, inline=True))
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == "inline; filename*=utf-8''%E5%90%88%E5%90%8C.pdf"
    assert group_storage().head(upload.file.incoming_name) is None


def test_a_request_takes_exactly_what_was_announced(actor: Actor, browser: Client) -> None:
    upload = announced(actor)

    assert put(browser, upload, PDF + b"x").status_code == 403
    assert put(browser, upload, PDF[:-1]).status_code == 403
    assert put(browser, upload, content_type="image/png").status_code == 403
    assert group_storage().head(upload.file.incoming_name) is None


def test_a_request_is_good_once(actor: Actor, browser: Client) -> None:
    upload = announced(actor)
    put(browser, upload)
    files.complete_upload(file=upload.file)
    check(upload.file)

    answer = put(browser, upload, b"%PDF-" + b"x" * (len(PDF) - 5))

    assert answer.status_code == 409
    assert files.opened(upload.file).read() == PDF
    assert group_storage().head(upload.file.incoming_name) is None


def test_a_request_that_is_late_is_refused_and_asked_for_again(
    actor: Actor, browser: Client
) -> None:
    upload = announced(actor)
    with time_machine.travel(now() + timedelta(minutes=16)):
        assert put(browser, upload).status_code == 403
        again = files.resume_upload(file=upload.file)
        assert put(browser, again).status_code == 200


def test_links_are_worth_nothing_at_another_groups_address(
    actor: Actor, group, other_group, client_of: Callable[..., Client], brought
) -> None:
    stranger = client_of(other_group)
    upload, link = announced(actor), files.link_to(brought("a.pdf", PDF))

    assert put(stranger, upload).status_code == 403
    assert stranger.get(link).status_code == 403
    with inside(group):
        assert group_storage().head(upload.file.incoming_name) is None


def test_a_link_to_read_ends_and_cannot_write(actor: Actor, browser: Client, brought) -> None:
    link = files.link_to(brought("a.pdf", PDF))

    assert browser.put(link, PDF, content_type="application/pdf").status_code == 403
    assert browser.get(link[:-2]).status_code == 403
    assert browser.get("/files/direct/").status_code == 403
    with time_machine.travel(now() + timedelta(minutes=11)):
        answer = browser.get(link)
    assert answer.status_code == 403
    assert "expired" in answer.content.decode()


def test_a_part_of_a_file_can_be_asked_for(browser: Client, brought) -> None:
    link = files.link_to(brought("a.pdf", PDF), inline=True)

    answer = browser.get(link, headers={"range": "bytes=5-9", "accept-encoding": "gzip"})

    assert answer.status_code == 206
    assert b"".join(answer.streaming_content) == PDF[5:10]
    assert answer["Content-Range"] == f"bytes 5-9/{len(PDF)}"
    assert browser.get(link, headers={"range": "bytes=9999-"}).status_code == 416


def test_a_large_file_goes_in_parts_and_goes_on_where_it_stopped(
    actor: Actor, browser: Client
) -> None:
    content = PDF + b"\n" * (17 * 2**20)
    upload = announced(actor, content)
    assert (upload.request, upload.part_count) == (None, 3)
    part = {n: content[(n - 1) * upload.part_size : n * upload.part_size] for n in (1, 2, 3)}
    requests = files.request_parts(file=upload.file, numbers=[1, 2, 3])
    assert put(browser, requests[3], part[3]).status_code == 200
    assert put(browser, requests[2], part[3]).status_code == 403

    with pytest.raises(Invalid, match="2 parts"):
        files.complete_upload(file=upload.file)

    again = files.resume_upload(file=upload.file)
    missing = {1, 2, 3} - set(files.arrived_parts(file=again.file))
    assert missing == {1, 2}
    for number, request in files.request_parts(file=again.file, numbers=missing).items():
        put(browser, request, part[number])
        put(browser, request, part[number])
    files.complete_upload(file=again.file)
    check(again.file)
    assert files.opened(again.file).read() == content
    with pytest.raises(Conflict):
        files.request_parts(file=again.file, numbers=[1])


def test_an_upload_that_is_given_up_leaves_nothing(
    actor: Actor, browser: Client, folder: Path
) -> None:
    upload = announced(actor, b"x" * (20 * 2**20))
    first = files.request_parts(file=upload.file, numbers=[1])[1]
    put(browser, first, b"x" * upload.part_size)

    files.abandon_upload(file=upload.file)
    deliver()

    assert put(browser, first, b"x" * upload.part_size).status_code == 409
    assert not StoredFile.objects.exists()
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_what_is_removed_goes_with_its_bytes(brought, folder: Path) -> None:
    file = brought("a.pdf", PDF)

    files.remove(file=file)
    assert [path for path in folder.rglob("*") if path.is_file()] != []
    deliver()

    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_an_upload_that_never_finishes_is_swept(actor: Actor, group, folder: Path) -> None:
    late, arrived = announced(actor), arrive("b.pdf", PDF, actor=actor)

    with time_machine.travel(now() + timedelta(days=1, minutes=1)):
        files.checking.take_up(schema_name=group.schema_name)

    assert not StoredFile.objects.filter(pk=late.file.pk).exists()
    assert StoredFile.objects.filter(pk=arrived.pk).exists()


def test_what_the_product_makes_is_ready_at_once(group, folder: Path) -> None:
    file = files.keep_bytes(
        purpose=PURPOSE, name="协议.pdf", content=PDF, content_type="application/pdf"
    )

    assert file.is_ready
    assert files.opened(file).read() == PDF


def deliver() -> None:
    """What the outbox does after the commit."""
    from forecourt.kernel.files.keeping import remove_bytes

    for message in OutboxMessage.objects.filter(topic="files.remove"):
        remove_bytes(message.payload, message.key)
