"""Writing the members of an archive: streamed, hashed, and the same bytes for the same content."""

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from tenants.archive.layout import Part

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The time of every member: when an archive was made stands in its manifest alone."""
OWNERS_FILE = 0o600 << 16
UNIX = 3

Watch = Callable[[], None]


class Member:
    """One that is being written; ``part`` is what the manifest says of it."""

    def __init__(self, stream: IO[bytes], watch: Watch) -> None:
        self._stream, self._watch = stream, watch
        self._digest, self._size = hashlib.sha256(), 0

    def write(self, piece: bytes | memoryview) -> None:
        self._stream.write(piece)
        self._digest.update(piece)
        self._size += len(piece)
        self._watch()

    def write_all(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self.write(piece)

    @property
    def part(self) -> Part:
        return Part(self._size, self._digest.hexdigest())


class Writer:
    """An archive that is being written. ``watch`` is called with every piece: work goes on."""

    def __init__(self, file: IO[bytes], watch: Watch) -> None:
        self._archive = zipfile.ZipFile(file, "w", allowZip64=True)
        self._watch = watch

    @contextmanager
    def member(self, name: str, *, packed: bool = True) -> Iterator[Member]:
        facts = zipfile.ZipInfo(name, date_time=EARLIEST)
        facts.create_system = UNIX
        facts.external_attr = OWNERS_FILE
        facts.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        with self._archive.open(facts, "w", force_zip64=True) as stream:
            yield Member(stream, self._watch)

    def add(self, name: str, content: bytes) -> Part:
        with self.member(name) as member:
            member.write(content)
        return member.part

    def close(self) -> None:
        self._archive.close()
