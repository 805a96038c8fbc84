"""What the check of one file finds, and how it is written down."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from typing import IO

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

    Raises StorageUnavailable, and FileNotFoundError when they are gone or were replaced meanwhile.
    """
    storage = group_storage()
    stored = storage.head(file.incoming_name)
    if stored is None:
        raise FileNotFoundError(file.incoming_name)
    with tempfile.NamedTemporaryFile() as copy:
        sha256 = _fetch(file, copy)
        if file.sha256 and file.sha256 != sha256:
            return Finding(refusal=StoredFile.Refusal.CHECKSUM)
        kind = kind_of_bytes(copy)
        if kind is None or not is_as_declared(kind, file.content_type):
            return Finding(refusal=StoredFile.Refusal.WRONG_TYPE)
    storage.copy(file.incoming_name, file.kept_name, version=stored.version)
    return Finding(content_type=file.content_type, sha256=sha256)


def _fetch(file: StoredFile, copy: IO[bytes]) -> str:
    """Copy the bytes to a file on this machine; answers their SHA-256."""
    digest = hashlib.sha256()
    for piece in group_storage().pieces(file.incoming_name):
        digest.update(piece)
        copy.write(piece)
    copy.flush()
    return digest.hexdigest()
