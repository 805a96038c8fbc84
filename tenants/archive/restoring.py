"""An archive into an empty group: all of it, or nothing.

First the whole archive is checked. Then the group is closed, its files are stored (a file that is
there already is left), and all tables are filled in one transaction. Only after that does the group
open. Whatever ends the run in between leaves a closed, empty group, with which the same command
goes on.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile

from django.core.files.base import File
from django.db import connections

from forecourt.accounts.models import User
from forecourt.kernel import archived, cache
from forecourt.kernel.clock import now
from forecourt.kernel.crypto import forget_keys, rings
from forecourt.kernel.groups import inside
from forecourt.kernel.models import AuditEntry
from forecourt.kernel.storage import GroupStorage, group_storage
from tenants import memberships, schemas, spaces
from tenants.archive import checking, tablereading
from tenants.archive.checking import Archive
from tenants.archive.layout import FILES, ArchiveRefused, Part
from tenants.directory import forget
from tenants.models import DealerGroup, GroupImport
from tenants.releases import OWNER, this_release

LOCK_SPACE = 4713
SPOOLED = 8 * 1024 * 1024
FACTS = ("name", "language", "time_zone", "currency", "country", "store_count")
"""What the platform's list takes over; the address and the state stay the receiving group's own."""

Progress = Callable[[int, int], None]


class ImportIsRunning(ArchiveRefused):
    """Another process is importing into the same group."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a group was given. ``files_there`` were stored by an earlier run that was cut off."""

    tables: int
    rows: int
    files: int
    files_there: int


def restore(group: DealerGroup, path: Path, *, passphrase: str, progress: Progress) -> Restored:
    """Make an empty group what an archive holds.

    Raises ArchiveRefused, with what is wrong, before anything was changed.
    """
    with _alone(group), checking.opened(path, passphrase=passphrase) as archive:
        checking.require_release(archive.manifest, _migrations_of(group))
        checking.require_tables(archive.manifest, tablereading.tables_of(group.schema_name))
        begun = GroupImport.objects.filter(schema_name=group.schema_name).first()
        is_filled = _is_filled(group, begun, archive)
        archive.check(progress)
        closed_at = _close(group, begun, archive)
        try:
            done = _Run(group, archive, progress).fill(is_filled=is_filled)
        except ArchiveRefused:
            _give_up(group)
            raise
        _open(group, archive, closed_at)
        return done


@dataclass(slots=True)
class _Run:
    group: DealerGroup
    archive: Archive
    progress: Progress
    stored: int = 0
    there: int = 0

    def fill(self, *, is_filled: bool) -> Restored:
        with inside(self.group.identity):
            self._store_files()
        if not is_filled:
            tablereading.fill(self.group.schema_name, self.archive)
        tables = self.archive.manifest.tables
        rows = sum(part.rows for part in tables.values())
        return Restored(len(tables), rows, self.stored, self.there)

    def _store_files(self) -> None:
        """What is not of this archive goes: an earlier run of another one has left it."""
        storage = group_storage()
        wanted = dict(self.archive.files())
        present = dict(storage.everything())
        for name in present.keys() - wanted.keys():
            storage.delete(name)
        for done, (name, part) in enumerate(wanted.items(), start=1):
            if present.get(name) == part.size and _digest_of(storage, name) == part.sha256:
                self.there += 1
            else:
                self._store(storage, name, part)
            self.progress(done, len(wanted))

    def _store(self, storage: GroupStorage, name: str, part: Part) -> None:
        with SpooledTemporaryFile(max_size=SPOOLED) as copy:
            with self.archive.member(FILES + name, part) as member:
                for piece in member:
                    copy.write(piece)
            storage.put(name, File(copy, name=name))
        self.stored += 1


def _is_filled(group: DealerGroup, begun: GroupImport | None, archive: Archive) -> bool:
    """Whether an earlier run has filled the tables and was cut off before the group opened.

    Raises ArchiveRefused for a group that has something of its own.
    """
    with inside(group.identity):
        people, entries = User.objects.count(), AuditEntry.objects.count()
        if not people and not entries:
            files = 0 if begun else _count_files()
            if not files:
                return False
        elif begun is not None and begun.archive == archive.digest:
            return True
        else:
            files = _count_files()
    raise ArchiveRefused(
        f"The group {group.slug} is not empty: it has {people} accounts, {entries} entries in its "
        f"log and {files} files. Make an empty one with create_group."
    )


def _count_files() -> int:
    left_out = archived.folders_left_out()
    return sum(name.split("/")[0] not in left_out for name, _size in group_storage().everything())


def _close(group: DealerGroup, begun: GroupImport | None, archive: Archive) -> float:
    """From here on the group's address does not answer and nothing is started in it."""
    GroupImport.objects.update_or_create(
        schema_name=group.schema_name,
        defaults={"archive": archive.digest, "begun_at": now()},
        create_defaults={
            "archive": archive.digest,
            "begun_at": now(),
            "former_state": group.state,
        },
    )
    group.state = DealerGroup.State.PREPARING
    group.save(update_fields=["state"])
    forget(group)
    return time.monotonic()


def _open(group: DealerGroup, archive: Archive, closed_at: float) -> None:
    """What stands beside the group's own tables follows, then its address answers."""
    with inside(group.identity):
        memberships.reconcile()
    if archive.manifest.release.get("seeds") != this_release().seeds:
        schemas.grant(group.schema_name)
        spaces.plant(group.schema_name)
    # A process that knew the keys of the empty group must have forgotten them, or it would encrypt
    # with one that nobody has.
    time.sleep(max(0.0, closed_at + rings.LIFE_SECONDS - time.monotonic()))
    forget_keys()
    cache.drop_group(group.schema_name)
    facts = archive.manifest.group
    for name in FACTS:
        setattr(group, name, facts.get(name, getattr(group, name)))
    group.save(update_fields=FACTS)
    _reopen(group)


def _give_up(group: DealerGroup) -> None:
    """The database has refused a row: the group is empty again and as it was."""
    with inside(group.identity):
        group_storage().delete_group()
    _reopen(group)


def _reopen(group: DealerGroup) -> None:
    begun = GroupImport.objects.get(schema_name=group.schema_name)
    group.state = begun.former_state
    group.save(update_fields=["state"])
    begun.delete()
    forget(group)


@contextmanager
def _alone(group: DealerGroup) -> Iterator[None]:
    """One import into a group at a time; the lock ends with the process that holds it."""
    wrapper = connections[OWNER].copy()
    try:
        with wrapper.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_lock(%s, hashtext(%s))", [LOCK_SPACE, group.schema_name]
            )
            if not cursor.fetchone()[0]:
                raise ImportIsRunning(f"Another import into {group.slug} is running.")
            yield
    finally:
        wrapper.close()


def _migrations_of(group: DealerGroup) -> set[str]:
    applied = schemas.applied_in([group.schema_name])[group.schema_name]
    return {f"{app}.{name}" for app, name in applied}


def _digest_of(storage: GroupStorage, name: str) -> str:
    digest = hashlib.sha256()
    for piece in storage.pieces(name):
        digest.update(piece)
    return digest.hexdigest()
