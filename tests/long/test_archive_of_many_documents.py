"""Ten thousand documents there and back, with what it takes. Run by name: ``-m long -s``."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from django.core.files.base import File
from django.db import transaction

from apps.documents.actions import file_paper
from apps.documents.models import Document
from apps.organisation.models import StaffMember
from forecourt.kernel.files import keep_bytes
from forecourt.kernel.groups import inside
from forecourt.kernel.storage import group_storage
from tests.archive.conftest import STORED, Leaver, leaver, no_waiting, platform, store, use_store
from tests.factories.organisation import actor_of

__all__ = ["leaver", "no_waiting", "platform", "store", "use_store"]

COUNT = 10_000
LARGE = 300 * 2**20
MOST_MEGABYTES = 400
"""Of one process, which without any data has some two hundred; the large file must not show."""


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_thousand_documents_leave_and_come_back(
    leaver: Leaver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings
) -> None:
    monkeypatch.setenv("TEST_FILES", str(settings.MEDIA_ROOT))
    with inside(leaver.group.identity):
        actor = actor_of(StaffMember.objects.get(email="boss@leaver.example"))
        for start in range(0, COUNT, 500):
            with transaction.atomic():
                for number in range(start, start + 500):
                    file = keep_bytes(
                        purpose="documents.document",
                        name=f"合同 {number}.bin",
                        content=os.urandom(5_000),
                        content_type="application/octet-stream",
                    )
                    file_paper(
                        subject="crm.customer",
                        subject_id=leaver.customer_id,
                        kind="other",
                        file=file,
                        title=f"合同 {number}",
                        actor=actor,
                    )
        with TemporaryFile() as film:
            film.truncate(LARGE)
            group_storage().put("custom/film.bin", File(film))
    archive = tmp_path / "a.zip"

    measured("export", lambda: _run(leaver, "export_group", "--to", str(archive)))
    leaver.start_over()
    measured("import", lambda: _run(leaver, "import_group", "--from", str(archive)))

    with inside(leaver.group.identity):
        assert Document.objects.count() == COUNT + 1
        assert group_storage().holdings().files == COUNT + STORED + 1


def measured(what: str, run: Callable[[], int]) -> None:
    begun = time.monotonic()
    megabytes = run()
    print(f"\n{what}: {time.monotonic() - begun:.0f} s, {megabytes} MB at most")
    assert megabytes < MOST_MEGABYTES


def _run(leaver: Leaver, command: str, *arguments: str) -> int:
    """The most memory that the process had, in megabytes."""
    process = leaver.platform.spawn(command, "--group", "leaver", *arguments)
    most = 0
    while process.poll() is None:
        # Not what the system counts for a child: that begins with what its parent has.
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            peak = next(line for line in lines if line.startswith("VmHWM"))
            most = max(most, int(peak.split()[1]) // 1024)
        time.sleep(0.05)
    assert process.returncode == 0, process.communicate()
    return most
