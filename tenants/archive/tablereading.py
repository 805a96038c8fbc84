"""Filling a group's tables from an archive, in one transaction of the schemas' owner."""

from collections.abc import Iterator
from typing import Any

from django.db import connections, transaction
from django.db.utils import DatabaseError
from psycopg import sql

from forecourt.kernel.crypto import master
from forecourt.kernel.groups import inside_alias
from tenants import schemas
from tenants.archive.checking import Archive
from tenants.archive.layout import ArchiveRefused, TablePart, csv_of, sealed_of
from tenants.archive.tables import (
    SAME_TEXT_EVERYWHERE,
    Table,
    left_out_whole,
    tables_in,
)
from tenants.archive.tablewriting import BOM, DATA_KEYS
from tenants.releases import OWNER

FOREIGN_KEYS = """
    SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.connamespace = %s::regnamespace AND k.contype = 'f' ORDER BY c.relname, k.conname
"""


def tables_of(schema_name: str) -> list[Table]:
    with connections[OWNER].cursor() as cursor:
        return tables_in(cursor, schema_name)


def fill(schema_name: str, archive: Archive) -> None:
    """Replace what the group was founded with by what the archive holds.

    Raises ArchiveRefused when the database refuses a row, and leaves the tables as they were.
    """
    try:
        with (
            inside_alias(OWNER, schema_name),
            transaction.atomic(using=OWNER),
            connections[OWNER].cursor() as cursor,
        ):
            _fill(cursor, schema_name, archive)
    except DatabaseError as error:
        raise ArchiveRefused(f"The database refuses what the archive holds: {error}") from error


def _fill(cursor: Any, schema_name: str, archive: Archive) -> None:
    schemas.lock(cursor, schema_name)
    for statement in SAME_TEXT_EVERYWHERE:
        cursor.execute(statement)
    tables = tables_in(cursor, schema_name)
    # Tables lead to each other in circles, and a row to the one after it: put back at the end, all
    # of them are checked, against all rows.
    references = _take_references(cursor, schema_name)
    names = [table.name for table in tables] + left_out_whole()
    cursor.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(sql.Identifier, names))))
    for table in tables:
        count = _copy(cursor, table, archive)
        if count != archive.manifest.tables[table.name].rows:
            raise ArchiveRefused(f"The table {table.name} has {count} rows, not those listed.")
    _wrap_keys(cursor)
    for name, number in archive.manifest.sequences.items():
        cursor.execute(
            sql.SQL("ALTER SEQUENCE {} RESTART WITH {}").format(
                sql.Identifier(name), sql.Literal(int(number))
            )
        )
    for table_name, name, definition in references:
        cursor.execute(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                sql.Identifier(table_name), sql.Identifier(name), sql.SQL(definition)
            )
        )


def _take_references(cursor: Any, schema_name: str) -> list[tuple[str, str, str]]:
    cursor.execute(FOREIGN_KEYS, [schema_name])
    found: list[tuple[str, str, str]] = cursor.fetchall()
    for table_name, name, _definition in found:
        cursor.execute(
            sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                sql.Identifier(table_name), sql.Identifier(name)
            )
        )
    return found


def _copy(cursor: Any, table: Table, archive: Archive) -> int:
    query = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, HEADER match)").format(
        sql.Identifier(table.name), table.selection()
    )
    with cursor.copy(query) as copy:
        for piece in _pieces(table, archive):
            copy.write(piece)
    return int(cursor.rowcount)


def _pieces(table: Table, archive: Archive) -> Iterator[bytes]:
    """The rows as the database wrote them: sealed where people see them otherwise."""
    part: TablePart = archive.manifest.tables[table.name]
    name = sealed_of(table.name) if table.is_sealed else csv_of(table.name)
    if name not in part.parts:
        raise ArchiveRefused(f"The archive has no {name}.")
    with archive.member(name, part.parts[name]) as member:
        if table.is_sealed:
            yield from archive.key.unseal(name, member)
            return
        if member.read(len(BOM)) != BOM:
            raise ArchiveRefused(f"{name} does not begin as it should.")
        yield from member


def _wrap_keys(cursor: Any) -> None:
    """Data keys come in the open within the sealed part; here they get this platform's wrapping."""
    cursor.execute(sql.SQL("SELECT id, wrapped FROM {}").format(sql.Identifier(DATA_KEYS)))
    for row_id, opened in cursor.fetchall():
        cursor.execute(
            sql.SQL("UPDATE {} SET wrapped = %s WHERE id = %s").format(sql.Identifier(DATA_KEYS)),
            [master.wrap(bytes.fromhex(opened)), row_id],
        )
