"""What the check of one file finds, and how it is written down."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from typing import IO

from django.core.files.base import File

from forecourt.kernel.inspection.sniffing import is_as_declared, kind_of_bytes
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import group_storage

IN_MEMORY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Finding:
    """``refusal``, or what the file really is."""

    refusal: str = ""
    content_type: str = ""
    sha256: str = ""

    def write_to(self, file: StoredFile) -> None:
        if self.refusal:
            file.state, file.refusal = StoredFile.State.REFUSED, self.refusal
            return
        file.state = StoredFile.State.READY
        file.content_type, file.sha256 = self.content_type, self.sha256


def examine(file: StoredFile) -> Finding:
    """Look at the bytes as they arrived and, if they are good, keep them.

    Raises StorageUnavailable, and FileNotFoundError when they are gone.
    """
    with tempfile.NamedTemporaryFile() as copy:
        sha256 = _fetch(file, copy)
        if file.sha256 and file.sha256 != sha256:
            return Finding(refusal=StoredFile.Refusal.CHECKSUM)
        kind = kind_of_bytes(copy)
        if kind is None or not is_as_declared(kind, file.content_type):
            return Finding(refusal=StoredFile.Refusal.WRONG_TYPE)
        # From this copy: what is kept is what was looked at, whatever has come to the store since.
        group_storage().put(file.kept_name, File(copy))
    return Finding(content_type=file.content_type, sha256=sha256)


def _fetch(file: StoredFile, copy: IO[bytes]) -> str:
    """Copy the bytes to a file on this machine; answers their SHA-256."""
    digest = hashlib.sha256()
    for piece in group_storage().pieces(file.incoming_name):
        digest.update(piece)
        copy.write(piece)
    copy.flush()
    return digest.hexdigest()
