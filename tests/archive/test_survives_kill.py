"""A process that is killed in the middle leaves no half group and no half archive."""

import signal
import time
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError

from forecourt.accounts.models import User
from forecourt.kernel.groups import inside
from tenants.models import DealerGroup, GroupImport
from tests.archive.conftest import STORED, Leaver

COUNT = 400


def killed(leaver: Leaver, *arguments: str, when) -> None:
    """Run a command as a process and kill it as soon as ``when`` says so."""
    process = leaver.platform.spawn(*arguments)
    deadline = time.monotonic() + 60
    while not when():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_both_ways_can_be_killed_and_run_again(
    leaver: Leaver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings
) -> None:
    monkeypatch.setenv("TEST_FILES", str(settings.MEDIA_ROOT))
    archive, draft = tmp_path / "a.zip", tmp_path / "a.zip.part"
    with inside(leaver.group.identity):
        for number in range(COUNT):
            storages["default"].save(f"papers/{number:04}.bin", ContentFile(b"x" * 50_000))

    killed(
        leaver,
        *("export_group", "--group", "leaver", "--to", str(archive)),
        when=lambda: draft.exists() and draft.stat().st_size > 5_000_000,
    )
    assert not archive.exists()
    assert leaver.export(archive)["files"] == COUNT + STORED

    group = leaver.start_over()
    place = settings.MEDIA_ROOT / "t" / group.schema_name / "papers"
    killed(
        leaver,
        *("import_group", "--group", "leaver", "--from", str(archive)),
        when=lambda: place.exists() and len(list(place.iterdir())) > 20,
    )
    group.refresh_from_db()
    assert group.state == DealerGroup.State.PREPARING
    assert GroupImport.objects.count() == 1
    with inside(group.identity):
        assert not User.objects.exists()

    answer = leaver.bring_back(archive)
    assert answer["problems"] == []
    assert answer["files_there"] > 20
    assert answer["files"] + answer["files_there"] == COUNT + STORED
    assert leaver.group.state == DealerGroup.State.TRIALING


def test_killed_between_the_tables_and_the_opening_it_only_opens(
    leaver: Leaver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "a.zip"
    leaver.export(archive)
    leaver.start_over()
    monkeypatch.setattr("tenants.archive.restoring.memberships.reconcile", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        leaver.bring_back(archive)
    monkeypatch.undo()
    assert leaver.group.state == DealerGroup.State.PREPARING
    monkeypatch.setattr("forecourt.kernel.crypto.rings.LIFE_SECONDS", 0)

    other = tmp_path / "other.zip"
    other.write_bytes(archive.read_bytes())
    assert leaver.bring_back(other)["problems"] == []
    assert leaver.group.state == DealerGroup.State.TRIALING
    with pytest.raises(CommandError, match="not empty"):
        leaver.bring_back(archive)
