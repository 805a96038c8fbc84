"""Writing a group's archive from one moment of its database."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from django.db import connections

from forecourt.kernel import archived, audit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.crypto.rings import Ring, ring, unwrapped
from forecourt.kernel.groups import inside
from forecourt.kernel.storage import GroupStorage, group_storage
from tenants import schemas
from tenants.archive import explanation, keys
from tenants.archive.layout import (
    FILE_LIST,
    FILES,
    MANIFEST,
    MANIFEST_SEAL,
    README,
    Manifest,
    Part,
)
from tenants.archive.members import Writer
from tenants.archive.tables import (
    SAME_TEXT_EVERYWHERE,
    Table,
    left_out_whole,
    sequences_in,
    tables_in,
)
from tenants.archive.tablewriting import TableWriter
from tenants.models import DealerGroup
from tenants.releases import this_release

Progress = Callable[[int, int], None]
"""Called with how many tables and files are done, and of how many; often, also with the same."""


@dataclass(frozen=True, slots=True)
class Written:
    """What an archive holds. ``missing`` are files that were removed while it was written."""

    tables: int
    rows: int
    files: int
    bytes: int
    missing: list[str]
    unreadable: int


def write_archive(
    group: DealerGroup, file: IO[bytes], *, secret: bytes | None, progress: Progress
) -> Written:
    """Write the whole group to ``file``, which must be able to go back.

    ``secret`` is what :func:`tenants.archive.keys.secret_of_passphrase` made of a passphrase, or
    None. Memory does not grow with the group. Changes nothing.
    """
    with inside(group.identity):
        ring()  # a group that has never encrypted anything gets its key now
    with inside(group.identity), _snapshot(group.schema_name) as connection:
        return _Export(group, connection, file, secret, progress).run()


def record_archive(group: DealerGroup, written: Written, *, actor: Actor) -> None:
    """Tell the group's log that everything has left; afterwards, so no archive tells of itself."""
    with inside(group.identity):
        facts = {"tables": written.tables, "rows": written.rows, "files": written.files}
        audit.record(actor, "archived", group, facts, label=group.name)


class _Export:
    def __init__(
        self,
        group: DealerGroup,
        connection: Any,
        file: IO[bytes],
        secret: bytes | None,
        progress: Progress,
    ) -> None:
        self._group, self._connection, self._progress = group, connection, progress
        self._writer = Writer(file, self._tell)
        self._done = self._total = 0
        self._ring = _ring_of(connection)
        self._key, self._key_facts = keys.key_of(self._ring, secret)

    def run(self) -> Written:
        with self._connection.cursor() as cursor:
            tables = tables_in(cursor, self._group.schema_name)
            migrations = _migrations(cursor)
        storage = group_storage()
        files = [
            (name, size)
            for name, size in storage.everything()
            if name.split("/")[0] not in archived.folders_left_out()
        ]
        self._total = len(tables) + len(files)
        readme = self._writer.add(README, explanation.text(self._group.name).encode())
        written = {table.name: self._table(table) for table in tables}
        total, missing, list_part = self._files(storage, [name for name, _size in files])
        with self._connection.cursor() as cursor:
            # Last: whatever a row of the snapshot has, its sequence is beyond it.
            sequences = sequences_in(cursor, self._group.schema_name)
        manifest = Manifest(
            exported_at=now().isoformat(),
            key=self._key_facts,
            release={"migrations": migrations, "seeds": this_release().seeds},
            group=facts_of(self._group),
            tables=written,
            sequences=sequences,
            files={"count": len(files) - len(missing), "bytes": total},
            parts={README: readme, FILE_LIST: list_part},
            left_out=left_out_whole(),
            missing_files=missing,
        ).encode()
        self._writer.add(MANIFEST, manifest)
        self._writer.add(MANIFEST_SEAL, self._key.stamp(manifest).encode())
        self._writer.close()
        return Written(
            tables=len(written),
            rows=sum(part.rows for part in written.values()),
            files=len(files) - len(missing),
            bytes=total,
            missing=missing,
            unreadable=sum(part.unreadable for part in written.values()),
        )

    def _table(self, table: Table) -> Any:
        part = TableWriter(self._connection, self._writer, self._ring, self._key).write(table)
        self._count()
        return part

    def _files(self, storage: GroupStorage, names: list[str]) -> tuple[int, list[str], Part]:
        """All stored files, and after them the list of them."""
        missing: list[str] = []
        listed: list[bytes] = []
        total = 0
        for name in names:
            try:
                part = self._file(storage, name)
            except FileNotFoundError:
                missing.append(name)
            else:
                entry = {"name": name, "size": part.size, "sha256": part.sha256}
                listed.append(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
                total += part.size
            self._count()
        with self._writer.member(FILE_LIST) as member:
            member.write_all(listed)
        return total, missing, member.part

    def _file(self, storage: GroupStorage, name: str) -> Part:
        pieces = storage.pieces(name)
        first = next(pieces, b"")  # asked for before the member begins: a file may be gone
        with self._writer.member(FILES + name, packed=False) as member:
            member.write(first)
            member.write_all(pieces)
        return member.part

    def _count(self) -> None:
        self._done += 1
        self._tell()

    def _tell(self) -> None:
        self._progress(self._done, self._total)


def facts_of(group: DealerGroup) -> dict[str, Any]:
    """What the platform knows of a group, and an importing one must."""
    return {
        "slug": group.slug,
        "name": group.name,
        "language": group.language,
        "time_zone": group.time_zone,
        "currency": group.currency,
        "country": group.country,
        "store_count": group.store_count,
        "state": group.state,
        "plan": group.plan,
        "created_at": group.created_at.isoformat(),
    }


@contextmanager
def _snapshot(schema_name: str) -> Iterator[Any]:
    """A connection of its own, whose transaction sees the group at one moment.

    Not the usual one, which has to go on reporting progress.
    """
    wrapper = connections["default"].copy()
    try:
        wrapper.set_schema_to_public()
        wrapper.ensure_connection()
        connection: Any = wrapper.connection
        connection.autocommit = True
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for statement in SAME_TEXT_EVERYWHERE:
            connection.execute(statement)
        connection.execute(f"SET LOCAL search_path = {schemas.quoted(schema_name)}")
        # Long, and idle while files are read.
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield connection
        connection.execute("COMMIT")
    finally:
        wrapper.close()


def _ring_of(connection: Any) -> Ring:
    """The group's keys as of the snapshot: whatever it shows was encrypted with one of them."""
    rows = connection.execute("SELECT number, wrapped FROM kernel_datakey").fetchall()
    return Ring({number: unwrapped(wrapped) for number, wrapped in rows})


def _migrations(cursor: Any) -> list[str]:
    cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
    return [name for (name,) in cursor.fetchall()]
