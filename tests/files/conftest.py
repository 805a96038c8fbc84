"""A use of files that only these tests have, and the way of a file through the local store."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils.translation import override

from forecourt.kernel import files
from forecourt.kernel.access import Actor
from forecourt.kernel.files.purposes import MEGABYTE
from forecourt.kernel.inspection.kinds import KINDS
from tests.factories.organisation import actor_of, make_staff

PURPOSE = "tests.anything"
files.declare_purpose(
    files.FilePurpose(PURPOSE, "Tests", types=tuple(KINDS), largest_bytes=100 * MEGABYTE)
)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    """The local store of one test alone."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def actor(group) -> Actor:
    return actor_of(make_staff())


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
    from django.core.files.base import ContentFile

    from forecourt.kernel.storage import group_storage

    group_storage().put(upload.file.incoming_name, ContentFile(content))
    return files.complete_upload(file=upload.file)


def check(file: files.StoredFile) -> None:
    """What the worker does after the commit."""
    from forecourt.kernel.groups import current_schema

    files.check_file(schema_name=current_schema(), file_id=file.pk)
    file.refresh_from_db()
