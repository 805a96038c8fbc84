"""The check from the arrival of the bytes to the word on them, and what is refused before."""

import hashlib
import io
import socketserver
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.core.cache import cache
from PIL import Image

from forecourt.kernel import files
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid
from forecourt.kernel.files import findings, holders, orphans
from forecourt.kernel.files.names import clean_name
from forecourt.kernel.groups import current_schema
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import group_storage
from tests.files import samples
from tests.files.conftest import PURPOSE, arrive, check, deliver
from tests.files.samples import PDF


def stored() -> set[str]:
    folders = ("incoming", "files", "thumbnails")
    return {name for folder in folders for name, _at in group_storage().stored_in(folder)}


def announce(actor: Actor, name: str = "a.pdf", **facts) -> files.Upload:
    return files.begin_upload(
        actor=actor, **{"purpose": PURPOSE, "name": name, "size": len(PDF)} | facts
    )


# --- What is announced ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("..\\..\\windows\\合同.pdf", "合同.pdf"),
        ("购车合同 🚗（张伟）.pdf", "购车合同 🚗（张伟）.pdf"),
        ("👨‍👩‍👧 家庭.jpg", "👨‍👩‍👧 家庭.jpg"),
        ("agreement\u202efdp.pdf", "agreementfdp.pdf"),
        ("a\x00b\r\nc.pdf", "abc.pdf"),
        ('a:"b|c?.pdf', "a__b_c_.pdf"),
        ("长" * 300 + ".pdf", "长" * 196 + ".pdf"),
        (" .pdf", ""),
        ("e\u0301.pdf", "é.pdf"),
    ],
)
def test_names_are_made_harmless_and_stay_readable(given: str, kept: str) -> None:
    assert clean_name(given) == kept


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"name": "invoice.pdf.exe"}, "not accepted here"),
        ({"name": "invoice.exe.pdf"}, "not accepted here"),
        ({"name": "picture.svg"}, "not accepted here"),
        ({"name": "page.html"}, "not accepted here"),
        ({"name": "noending"}, "not accepted here"),
        ({"name": ".pdf"}, "needs a name"),
        ({"name": "a.pdf", "content_type": "image/png"}, "not what its name says"),
        ({"size": 5 * 2**30}, "larger than 100 MB"),
        ({"size": 0}, "empty"),
        ({"size": 2 * 2**20, "limits": files.Limits(largest_bytes=2**20)}, "larger than 1 MB"),
        ({"limits": files.Limits(types=("png",))}, "Accepted are: PNG"),
        ({"sha256": "zz"}, "64 digits"),
        ({"purpose": "nobody.knows"}, "no such use"),
    ],
)
def test_what_is_not_accepted_is_refused_before_a_byte_is_sent(
    actor: Actor, facts: dict, message: str
) -> None:
    with pytest.raises(Invalid, match=message):
        announce(actor, **facts)

    assert not StoredFile.objects.exists()
    assert stored() == set()


def test_browsers_that_know_no_type_are_believed_by_the_name(actor: Actor) -> None:
    for content_type in ("", "application/octet-stream", "application/x-unknown"):
        upload = announce(actor, content_type=content_type)
        assert upload.file.content_type == "application/pdf"


def test_a_group_without_room_is_told_and_loses_nothing(
    actor: Actor, brought, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = brought("a.pdf", PDF)
    monkeypatch.setattr("forecourt.kernel.files.quota._source", [lambda: len(PDF) * 2 - 1])
    assert files.used_bytes() == len(PDF)
    # The sum is kept for a minute.
    cache.clear()

    with pytest.raises(files.OverQuota, match="space for files is used up"):
        announce(actor)

    # In the gigabytes of the plan that she pays for.
    StoredFile.objects.filter(pk=file.pk).update(size=2_000 * 10**9)
    cache.clear()
    monkeypatch.setattr("forecourt.kernel.files.quota._source", [lambda: 2_000 * 10**9])
    with pytest.raises(files.OverQuota, match=r"2,000\.0 of 2,000\.0 GB"):
        announce(actor)
    StoredFile.objects.filter(pk=file.pk).update(size=len(PDF))
    cache.clear()

    assert list(StoredFile.objects.all()) == [file]
    monkeypatch.setattr("forecourt.kernel.files.quota._source", [lambda: len(PDF) * 2])
    assert announce(actor).request is not None


# --- The check ------------------------------------------------------------------------------------


def test_a_good_file_is_described(brought) -> None:
    file = brought("协议.pdf", samples.CHINESE_PDF)

    assert (file.state, file.pages, file.text) == ("READY", 1, "试驾")
    assert file.sha256 == hashlib.sha256(samples.CHINESE_PDF).hexdigest()
    assert stored() == {file.kept_name, file.thumbnail_name}
    small = Image.open(io.BytesIO(group_storage().open(file.thumbnail_name).read()))
    assert small.format == "WEBP"


def test_a_photograph_is_kept_without_the_place_and_upright(brought) -> None:
    file = brought("车损.jpg", samples.photograph(orientation=6))

    kept = files.opened(file).read()
    assert (file.width, file.height) == (40, 60)
    assert dict(Image.open(io.BytesIO(kept)).getexif()) == {}
    assert (file.size, file.sha256) == (len(kept), hashlib.sha256(kept).hexdigest())


def test_a_picture_that_a_messenger_named_is_called_what_it_is(brought) -> None:
    file = brought("mmexport1699.jpg", samples.picture("PNG"))

    assert (file.name, file.content_type) == ("mmexport1699.png", "image/png")


def test_a_refused_file_leaves_no_bytes_and_says_why(brought) -> None:
    file = brought("照片.png", samples.huge_png())
    deliver()

    assert (file.state, file.get_refusal_display()) == (
        "REFUSED",
        "The picture has too many pixels. Send a smaller one.",
    )
    assert stored() == set()
    for use in (files.link_to, files.opened):
        with pytest.raises(files.NotReady, match="too many pixels"):
            use(file)
    assert files.used_bytes() == 0


def test_another_sum_than_announced_is_refused(brought) -> None:
    assert brought("a.pdf", PDF, sha256="0" * 64).refusal == "CHECKSUM"
    assert brought("b.pdf", PDF, sha256=hashlib.sha256(PDF).hexdigest().upper()).is_ready


def test_a_file_that_kills_its_reader_is_refused(brought, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "LOOK_SECONDS", 0.001)

    assert brought("a.pdf", PDF).refusal == "BROKEN"


def test_a_file_that_was_given_up_while_it_was_checked_leaves_nothing(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = arrive("a.pdf", PDF, actor=actor)
    examine = files.checking.examine

    def meanwhile(one: StoredFile) -> findings.Finding:
        finding = examine(one)
        files.abandon_upload(file=one)
        return finding

    monkeypatch.setattr(files.checking, "examine", meanwhile)
    files.check_file(schema_name=current_schema(), file_id=file.pk)
    deliver()

    assert not StoredFile.objects.exists()
    assert stored() == set()


def test_what_the_product_makes_is_described_in_the_background(
    group, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        file = files.keep_bytes(
            purpose=PURPOSE,
            name="合同.pdf",
            content=samples.CHINESE_PDF,
            content_type="application/pdf",
        )
    file.refresh_from_db()

    assert (file.state, file.pages, file.text, file.has_thumbnail) == ("READY", 1, "试驾", True)


# --- The scanner ----------------------------------------------------------------------------------


@dataclass
class Clamd:
    """Speaks as the daemon of ClamAV does, and finds the word EVIL."""

    address: str = ""
    is_ill: bool = False
    scanned: list[bytes] = field(default_factory=list)


@pytest.fixture(params=["tcp", "unix"])
def clamd(request, settings, tmp_path: Path) -> Iterator[Clamd]:
    state = Clamd()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            assert self.rfile.read(10) == b"zINSTREAM\0"
            content = b""
            while size := struct.unpack(">I", self.rfile.read(4))[0]:
                content += self.rfile.read(size)
            state.scanned.append(content)
            verdict = b"Eicar-Signature FOUND" if b"EVIL" in content else b"OK"
            ill = b"INSTREAM size limit exceeded. ERROR\0"
            self.wfile.write(ill if state.is_ill else b"stream: " + verdict + b"\0")

    if request.param == "tcp":
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        state.address = f"tcp://127.0.0.1:{server.server_address[1]}"
    else:
        server = socketserver.ThreadingUnixStreamServer(str(tmp_path / "clamd.sock"), Handler)
        state.address = f"unix://{tmp_path}/clamd.sock"
    settings.CLAMAV_ADDRESS = state.address
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def test_nobody_gets_a_file_before_the_scanner_has_spoken(
    clamd: Clamd, actor: Actor, settings, brought, group
) -> None:
    assert brought("a.pdf", PDF).is_ready
    assert clamd.scanned == [PDF]
    assert brought("b.txt", b"EVIL " * 10).refusal == "VIRUS"

    clamd.is_ill = True
    waiting = brought("c.pdf", PDF)
    assert waiting.state == "CHECKING"
    settings.CLAMAV_ADDRESS = "tcp://127.0.0.1:9"
    StoredFile.objects.filter(pk=waiting.pk).update(due_at=waiting.created_at)
    check(waiting)
    assert (waiting.state, waiting.attempts) == ("CHECKING", 2)
    with pytest.raises(files.NotReady, match="still being checked"):
        files.link_to(waiting)

    clamd.is_ill = False
    settings.CLAMAV_ADDRESS = clamd.address
    StoredFile.objects.filter(pk=waiting.pk).update(due_at=waiting.created_at)
    check(waiting)
    assert waiting.is_ready


# --- Holders --------------------------------------------------------------------------------------


def test_what_nobody_holds_is_swept_and_what_is_held_stays(
    brought, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, loose = brought("a.pdf", PDF), brought("b.pdf", PDF)
    after = loose.created_at.replace(year=loose.created_at.year + 1)
    assert list(orphans.unheld_files(before=after)) == [], "whoever holds them is not known"
    monkeypatch.setitem(holders._holders, PURPOSE, [lambda: [held.pk, None]])

    assert list(orphans.unheld_files(before=loose.created_at)) == []
    assert list(orphans.unheld_files(before=after)) == [loose]
    assert orphans.tidy(before=after).unheld == 1

    assert list(StoredFile.objects.all()) == [held]
