"""Whether a file is a whole archive, unchanged since it was made; nothing is written meanwhile.

An archive comes from outside. Its members are read as streams, never more of one than the manifest
promises, and the manifest is believed only after its seal was recomputed with the archive's key.
"""

import hashlib
import json
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from tenants.archive import keys
from tenants.archive.keys import ArchiveKey
from tenants.archive.layout import (
    FILE_LIST,
    FILES,
    MANIFEST,
    MANIFEST_SEAL,
    OWN,
    PIECE,
    ArchiveRefused,
    Manifest,
    Part,
    decode,
)
from tenants.archive.tables import Table

LARGEST_MANIFEST = 16 * 1024 * 1024
MOST_EXPANSION = 400
"""How many bytes one packed byte may become; real tables stay far below (deflate ends at 1032)."""
SMALL = 1024 * 1024
"""Below this nothing that expands does harm."""
LONGEST_LINE = 8 * 1024
ENCRYPTED = 0x1
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError)

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Archive:
    """An archive whose manifest is genuine; :meth:`check` looks at everything else."""

    source: zipfile.ZipFile
    manifest: Manifest
    key: ArchiveKey
    digest: str
    """Stands for this archive: of its manifest, which holds the hash of everything."""

    @contextmanager
    def member(self, name: str, part: Part) -> Iterator["Checked"]:
        """Read a member; raises ArchiveRefused where it is not what the manifest says."""
        try:
            stream = self.source.open(name)
        except (KeyError, *BROKEN) as error:
            raise ArchiveRefused(f"{name} cannot be read: {error}") from error
        with stream:
            yield Checked(stream, name, part)

    def files(self) -> Iterator[tuple[str, Part]]:
        """Every stored file by its name, as the archive's list has it."""
        with self.member(FILE_LIST, self.manifest.parts[FILE_LIST]) as member:
            for number, line in enumerate(member.lines(), start=1):
                yield _file_entry(line, number)

    def check(self, progress: Progress) -> None:
        """Read all of it once. Raises ArchiveRefused with the first thing that is wrong."""
        parts = self.manifest.all_parts()
        files = dict(self.files())
        self._require_complete(parts, files)
        members = {**parts, **{FILES + name: part for name, part in files.items()}}
        for done, (name, part) in enumerate(members.items(), start=1):
            with self.member(name, part) as member:
                for _piece in member:
                    progress(done, len(members))
        for name, part in parts.items():
            if name.startswith("sealed/"):
                self._check_sealed(name, part)
                progress(len(members), len(members))

    def _check_sealed(self, name: str, part: Part) -> None:
        with self.member(name, part) as member:
            for _piece in self.key.unseal(name, member):
                pass

    def _require_complete(self, parts: dict[str, Part], files: dict[str, Part]) -> None:
        expected = {*parts, MANIFEST, MANIFEST_SEAL, *(FILES + name for name in files)}
        present = {facts.filename for facts in self.source.infolist()}
        if missing := sorted(expected - present):
            raise ArchiveRefused(f"{missing[0]} is missing ({len(missing)} members are).")
        if foreign := sorted(present - expected):
            raise ArchiveRefused(f"{foreign[0]!r} stands in no list of the archive.")
        total = sum(part.size for part in files.values())
        if self.manifest.files != {"count": len(files), "bytes": total}:
            raise ArchiveRefused(f"{FILE_LIST} does not list the files that {MANIFEST} counts.")


class Checked:
    """A member's bytes, counted and hashed as they are read; as a file, and piece by piece."""

    def __init__(self, stream: IO[bytes], name: str, part: Part) -> None:
        self._stream, self._name, self._part = stream, name, part
        self._digest, self._left = hashlib.sha256(), part.size

    def read(self, size: int = PIECE) -> bytes:
        """At the end, what was read is compared with the manifest."""
        try:
            piece = self._stream.read(min(size, self._left + 1))
        except BROKEN as error:
            raise ArchiveRefused(f"{self._name} cannot be read: {error}") from error
        self._left -= len(piece)
        if self._left < 0:
            raise ArchiveRefused(f"{self._name} is longer than the {self._part.size} bytes listed.")
        self._digest.update(piece)
        if not piece and size:
            self._require_whole()
        return piece

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read():
            yield piece

    def lines(self) -> Iterator[bytes]:
        kept = b""
        for piece in self:
            *whole, kept = (kept + piece).split(b"\n")
            if len(kept) > LONGEST_LINE:
                raise ArchiveRefused(f"{self._name} has a line that never ends.")
            yield from whole
        if kept:
            yield kept

    def _require_whole(self) -> None:
        if self._left:
            raise ArchiveRefused(
                f"{self._name} has {self._part.size - self._left} bytes of {self._part.size}."
            )
        if self._digest.hexdigest() != self._part.sha256:
            raise ArchiveRefused(f"{self._name} was changed: its SHA-256 is not the listed one.")


@contextmanager
def opened(path: Path, *, passphrase: str) -> Iterator[Archive]:
    """An archive whose manifest is genuine. Raises ArchiveRefused."""
    try:
        source = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise ArchiveRefused(f"{path} does not exist.") from error
    except BROKEN as error:
        raise ArchiveRefused(f"{path} is no archive, or was cut off: {error}") from error
    with source:
        _require_harmless(source)
        raw, seal = _small(source, MANIFEST), _small(source, MANIFEST_SEAL)
        manifest = decode(raw)
        key = keys.key_from(manifest.key, passphrase)
        if not key.has_stamped(raw, seal.decode("ascii", "replace").strip()):
            raise ArchiveRefused(
                "The passphrase is not the right one, or the manifest was changed."
                if manifest.key["by"] == keys.BY_PASSPHRASE
                else "The manifest was changed after the archive was made."
            )
        if FILE_LIST not in manifest.parts:
            raise ArchiveRefused(f"{MANIFEST} does not list {FILE_LIST}.")
        yield Archive(source, manifest, key, hashlib.sha256(raw).hexdigest())


def require_release(manifest: Manifest, migrations: set[str]) -> None:
    """Raises ArchiveRefused unless the archive's tables are those of this release."""
    theirs = set(manifest.release.get("migrations", []))
    if newer := sorted(theirs - migrations):
        raise ArchiveRefused(
            f"The archive comes from a release that this one does not know ({newer[-1]} and "
            f"{len(newer) - 1} more migrations). Import it with that release or a later one."
        )
    if older := sorted(migrations - theirs):
        raise ArchiveRefused(
            f"The archive comes from an older release: it lacks {older[0]} and {len(older) - 1} "
            "more migrations. Import it with that release, then run migrate_groups."
        )


def require_tables(manifest: Manifest, tables: list[Table]) -> None:
    """Raises ArchiveRefused unless the archive has the same tables with the same columns."""
    ours = {table.name: list(table.columns) for table in tables}
    if differing := sorted(ours.keys() ^ manifest.tables.keys()):
        raise ArchiveRefused(f"The table {differing[0]} is only in the archive, or only here.")
    for name, columns in ours.items():
        if manifest.tables[name].columns != columns:
            raise ArchiveRefused(f"The table {name} has other columns in the archive than here.")


def _require_harmless(source: zipfile.ZipFile) -> None:
    """Names, kinds and sizes, before a single member is read."""
    known: set[str] = set()
    end = 0
    for facts in sorted(source.infolist(), key=lambda facts: facts.header_offset):
        name = facts.filename
        if name in known:
            raise ArchiveRefused(f"{name!r} is in the archive twice.")
        known.add(name)
        _require_tame_name(name)
        if facts.flag_bits & ENCRYPTED or stat.S_ISLNK(facts.external_attr >> 16):
            raise ArchiveRefused(f"{name!r} is encrypted or a link.")
        if facts.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ArchiveRefused(f"{name!r} is packed in a way that we never use.")
        if facts.header_offset < end:
            raise ArchiveRefused(f"{name!r} lies over another member.")
        end = facts.header_offset + facts.compress_size
        if facts.file_size > max(SMALL, facts.compress_size * MOST_EXPANSION):
            raise ArchiveRefused(
                f"{name!r} would grow from {facts.compress_size} to {facts.file_size} bytes."
            )


def _require_tame_name(name: str) -> None:
    path = PurePosixPath(name)
    plain = str(path) == name and not path.is_absolute() and ".." not in path.parts
    if not plain or "\\" in name or ":" in path.parts[0] or "\x00" in name:
        raise ArchiveRefused(f"{name!r} is no name of a file within the archive.")
    if name not in OWN and path.parts[0] not in ("tables", "sealed", "files"):
        raise ArchiveRefused(f"{name!r} does not belong into an archive.")


def _small(source: zipfile.ZipFile, name: str) -> bytes:
    try:
        with source.open(name) as stream:
            raw = stream.read(LARGEST_MANIFEST + 1)
    except KeyError as error:
        raise ArchiveRefused(f"{name} is missing: this is no archive of ours.") from error
    except BROKEN as error:
        raise ArchiveRefused(f"{name} cannot be read: {error}") from error
    if len(raw) > LARGEST_MANIFEST:
        raise ArchiveRefused(f"{name} is larger than {LARGEST_MANIFEST} bytes.")
    return raw


def _file_entry(line: bytes, number: int) -> tuple[str, Part]:
    try:
        entry: dict[str, Any] = json.loads(line)
        name, part = str(entry["name"]), Part(int(entry["size"]), str(entry["sha256"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveRefused(f"{FILE_LIST}, line {number}, cannot be read.") from error
    _require_tame_name(FILES + name)
    return name, part
