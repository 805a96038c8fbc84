"""What the check of one file finds, and how it is written down."""

from __future__ import annotations

import hashlib
import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File

from forecourt.kernel.files.purposes import purpose_of
from forecourt.kernel.inspection import clamav
from forecourt.kernel.inspection.kinds import KINDS, kind_of_name, kind_of_type
from forecourt.kernel.inspection.looking import CLEANED, THUMBNAIL
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import group_storage

logger = logging.getLogger(__name__)
Refusal = StoredFile.Refusal
LOOK_SECONDS = 120
DESCRIBED = ("width", "height", "pages", "text")


@dataclass(frozen=True, slots=True)
class Finding:
    """``refusal``, or what the file really is: as it is kept, which of a picture is cleaned."""

    refusal: str = ""
    content_type: str = ""
    sha256: str = ""
    size: int = 0
    has_thumbnail: bool = False
    described: Mapping[str, Any] | None = None

    def write_to(self, file: StoredFile) -> None:
        """Set the fields of a file that was locked for it."""
        if self.refusal:
            file.state, file.refusal = StoredFile.State.REFUSED, self.refusal
            return
        file.state = StoredFile.State.READY
        file.name = _named_after(self.content_type, file.name)
        file.content_type, file.sha256, file.size = self.content_type, self.sha256, self.size
        self.describe(file)

    def describe(self, file: StoredFile) -> None:
        file.has_thumbnail = self.has_thumbnail
        for name in DESCRIBED:
            setattr(file, name, (self.described or {})[name])


def examine(file: StoredFile) -> Finding:
    """Look at the bytes as they arrived and, if they are good, keep them.

    Raises StorageUnavailable, ScannerUnavailable, and FileNotFoundError when the bytes are gone.
    """
    with tempfile.TemporaryDirectory(prefix="forecourt-check-") as name:
        folder = Path(name)
        with (folder / "arrived").open("w+b") as copy:
            sha256 = _fetch(file.incoming_name, copy)
            if file.sha256 and file.sha256 != sha256:
                return Finding(refusal=Refusal.CHECKSUM)
            if settings.CLAMAV_ADDRESS and (virus := clamav.scan(copy, settings.CLAMAV_ADDRESS)):
                logger.warning("a virus was found", extra={"file_id": file.pk, "virus": virus})
                return Finding(refusal=Refusal.VIRUS)
        found = _look(folder / "arrived", file.content_type, _accepted(file), folder)
        if found["refusal"]:
            return Finding(refusal=found["refusal"])
        # From this copy: what is kept is what was looked at, whatever has come to the store since.
        kept = folder / CLEANED if (folder / CLEANED).exists() else folder / "arrived"
        return _keep(file, kept, found, has_thumbnail=_keep_thumbnail(file, folder))


def describe(file: StoredFile) -> Finding:
    """Pages, text and small picture of a file that the product made itself; it is not refused."""
    with tempfile.TemporaryDirectory(prefix="forecourt-check-") as name:
        folder = Path(name)
        with (folder / "made").open("w+b") as copy:
            _fetch(file.kept_name, copy)
        found = _look(folder / "made", file.content_type, (), folder)
        if found["refusal"]:
            raise ValueError(f"made {file.content_type}, found {found['refusal']}")
        return Finding(has_thumbnail=_keep_thumbnail(file, folder), described=found)


def _fetch(name: str, copy: IO[bytes]) -> str:
    """Copy the bytes to a file on this machine; answers their SHA-256."""
    digest = hashlib.sha256()
    for piece in group_storage().pieces(name):
        digest.update(piece)
        copy.write(piece)
    copy.flush()
    return digest.hexdigest()


def _accepted(file: StoredFile) -> tuple[str, ...]:
    return purpose_of(file.purpose).types


def _look(path: Path, declared: str, accepted: tuple[str, ...], folder: Path) -> dict[str, Any]:
    """What a process of its own says; one that crashes, hangs or eats memory says: damaged."""
    command = [sys.executable, "-I", "-m", "forecourt.kernel.inspection"]
    try:
        answer = subprocess.run(
            [*command, str(path), declared, ",".join(accepted), str(folder)],
            env={"LANG": "C.UTF-8"},
            cwd=folder,
            capture_output=True,
            timeout=LOOK_SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired:
        return {"refusal": Refusal.BROKEN}
    except subprocess.CalledProcessError as error:
        logger.warning(
            "a file could not be looked at",
            extra={"returncode": error.returncode, "stderr": error.stderr[-2000:].decode()},
        )
        return {"refusal": Refusal.BROKEN}
    return json.loads(answer.stdout)


def _keep(file: StoredFile, path: Path, found: dict[str, Any], *, has_thumbnail: bool) -> Finding:
    with path.open("rb") as kept:
        sha256 = hashlib.file_digest(kept, "sha256").hexdigest()
        group_storage().put(file.kept_name, File(kept))
    return Finding(
        content_type=found["content_type"],
        sha256=sha256,
        size=path.stat().st_size,
        has_thumbnail=has_thumbnail,
        described=found,
    )


def _keep_thumbnail(file: StoredFile, folder: Path) -> bool:
    path = folder / THUMBNAIL
    if not path.exists():
        return False
    with path.open("rb") as small:
        group_storage().put(file.thumbnail_name, File(small))
    return True


def _named_after(content_type: str, name: str) -> str:
    """The name with the ending of what the file really is: a PNG that was called .jpg."""
    real = kind_of_type(content_type)
    if real is None or kind_of_name(name) in (real, KINDS["csv"], KINDS["zip"]):
        return name
    return f"{name.rpartition('.')[0]}.{real.code}"
