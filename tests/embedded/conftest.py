"""Folders for servers of their own, apart from the suite's database."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that any user may pass: as root, the server runs as nobody."""
    folder = Path(tempfile.mkdtemp(prefix="forecourt-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
