"""What only S3 can do, and what it can do to us: versions, encryption, and failing."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.files.base import ContentFile

from forecourt.kernel import files
from forecourt.kernel.access import Actor
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import OutboxMessage, StoredFile
from forecourt.kernel.outbox import deliver_due
from forecourt.kernel.storage import GroupStorage, StorageUnavailable, group_storage
from tests.files.conftest import PURPOSE, arrive, check, use_s3
from tests.files.samples import PDF
from tests.files.stores import Browser


@dataclass
class Faulty:
    """An S3 that answers everything alike."""

    url: str = ""
    status: int = 500
    code: str = "InternalError"
    delay_seconds: float = 0
    asked: list[str] = field(default_factory=list)


@contextmanager
def faulty_s3() -> Iterator[Faulty]:
    state = Faulty()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.asked.append(self.command)
            time.sleep(state.delay_seconds)
            text = f"<Error><Code>{state.code}</Code><Message>no</Message></Error>".encode()
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        do_GET = do_POST = do_HEAD = do_DELETE = do_PUT  # noqa: N815 - the server's names

        def log_message(self, *arguments: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def faulty(group: GroupIdentity, settings, monkeypatch) -> Iterator[Faulty]:
    settings.S3_CONNECT_SECONDS = settings.S3_READ_SECONDS = 1
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with faulty_s3() as state:
        use_s3(state.url, settings, monkeypatch)
        yield state


def announce(actor: Actor, size: int = 5) -> files.Upload:
    return files.begin_upload(actor=actor, purpose=PURPOSE, name="a.pdf", size=size)


@pytest.mark.parametrize(
    ("status", "code", "log"),
    [
        (403, "RequestTimeTooSkewed", "the clocks of this machine and of the file store differ"),
        (404, "NoSuchBucket", "the bucket does not exist"),
        (403, "InvalidAccessKeyId", "the file store does not know these keys"),
        (500, "InternalError", "the file store answers with an error"),
    ],
)
def test_a_store_that_fails_is_said_to_the_person_and_to_the_operator(
    actor: Actor, faulty: Faulty, caplog: pytest.LogCaptureFixture, status, code, log
) -> None:
    faulty.status, faulty.code = status, code

    with pytest.raises(StorageUnavailable, match="Nothing is lost; try again"):
        announce(actor, 20 * 2**20)

    assert log in caplog.text
    assert not StoredFile.objects.exists()


def test_a_store_that_does_not_answer_in_time_is_not_waited_for(
    actor: Actor, faulty: Faulty
) -> None:
    upload = announce(actor)
    faulty.delay_seconds = 2

    with pytest.raises(StorageUnavailable):
        files.complete_upload(file=upload.file)

    upload.file.refresh_from_db()
    assert upload.file.state == StoredFile.State.UPLOADING


def test_a_check_waits_for_a_store_that_is_away(
    actor: Actor, settings, monkeypatch, rclone_address: str, group: GroupIdentity
) -> None:
    use_s3(rclone_address, settings, monkeypatch)
    file = arrive("a.pdf", PDF, actor=actor)

    use_s3("http://127.0.0.1:9", settings, monkeypatch)
    check(file)
    assert (file.state, file.attempts) == (StoredFile.State.CHECKING, 1)
    check(file)
    assert file.attempts == 1, "it is not due yet"

    use_s3(rclone_address, settings, monkeypatch)
    StoredFile.objects.update(due_at=file.created_at)
    files.checking.take_up(schema_name=group.schema_name)
    check(file)
    assert file.is_ready


def test_a_removal_is_tried_until_the_store_is_back(
    actor: Actor, settings, monkeypatch, rclone_address: str, group: GroupIdentity, brought
) -> None:
    use_s3(rclone_address, settings, monkeypatch)
    file = brought("a.pdf", PDF)
    use_s3("http://127.0.0.1:9", settings, monkeypatch)

    files.remove(file=file)
    deliver_due(schema_name=group.schema_name)
    waiting = OutboxMessage.objects.get(topic="files.remove")
    assert waiting.delivered_at is None

    use_s3(rclone_address, settings, monkeypatch)
    assert group_storage().exists(file.kept_name)
    OutboxMessage.objects.update(available_at=waiting.created_at)
    deliver_due(schema_name=group.schema_name)
    assert not group_storage().exists(file.kept_name)


def test_a_missing_bucket_is_told_when_a_file_has_not_arrived(
    actor: Actor, settings, use_store: Callable[[str], GroupStorage], browser: Browser
) -> None:
    use_store("rclone")
    assert run_checks(include_deployment_checks=True, tags=["files"]) == []
    settings.S3_BUCKET = "no-such-bucket"
    upload = announce(actor)

    with pytest.raises(StorageUnavailable) as refused:
        files.complete_upload(file=upload.file)

    assert refused.value.reason == "bucket"
    answer = browser.get("/readyz")
    assert (answer.status, json.loads(answer.body)["files"]) == (200, "bucket")
    assert [problem.id for problem in run_checks(include_deployment_checks=True, tags=["files"])]


def test_what_is_removed_is_gone_in_all_its_versions(
    group: GroupIdentity, use_store: Callable[[str], GroupStorage]
) -> None:
    storage: Any = use_store("moto")
    for content in (b"first", b"second"):
        storage.put("files/a", ContentFile(content))
        storage.put("files/ab", ContentFile(content))
    storage.client.delete_object(**storage._place("files/a"))

    storage.delete("files/a")

    answer = storage.client.list_object_versions(Bucket="forecourt-test", Prefix=storage._key(""))
    left = [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]
    assert [item["Key"] for item in left] == [storage._key("files/ab")] * 2
    storage.delete_group()
    answer = storage.client.list_object_versions(Bucket="forecourt-test", Prefix=storage._key(""))
    assert not answer.get("Versions") and not answer.get("DeleteMarkers")


@pytest.mark.parametrize(
    ("setting", "algorithm"), [("AES256", "AES256"), ("key-1", "aws:kms"), ("none", None)]
)
def test_what_is_kept_is_encrypted_as_the_installation_says(
    actor: Actor, settings, use_store: Callable[[str], GroupStorage], browser: Browser, setting,
    algorithm,
) -> None:  # fmt: skip
    settings.S3_ENCRYPTION = setting
    storage: Any = use_store("moto")
    upload = files.begin_upload(actor=actor, purpose=PURPOSE, name="a.pdf", size=len(PDF))
    assert upload.request is not None
    assert browser.put(upload.request.url, PDF, upload.request.headers) == 200
    large = announce(actor, 20 * 2**20)
    part = files.request_parts(file=large.file, numbers=[1])[1]
    assert browser.put(part.url, b"x" * large.part_size, part.headers) == 200
    storage.finish_parts(large.file.incoming_name, large.file.upload_id)
    storage.put("files/a", ContentFile(b"x"))

    for name in (upload.file.incoming_name, large.file.incoming_name, "files/a"):
        head = storage.client.head_object(**storage._place(name))
        assert head.get("ServerSideEncryption") == algorithm
        if setting == "key-1":
            assert "key-1" in head["SSEKMSKeyId"]
