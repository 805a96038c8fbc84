"""A table as people read it, as CSV and as JSON lines, and as a re-import reads it."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from psycopg import sql

from forecourt.kernel.crypto import Undecipherable
from forecourt.kernel.crypto.rings import Ring, unwrapped
from forecourt.kernel.crypto.texts import decrypt_with
from tenants.archive import keys as archive_keys
from tenants.archive.layout import Part, TablePart, csv_of, lines_of, sealed_of
from tenants.archive.members import Member, Writer
from tenants.archive.tables import Table

BOM = "﻿".encode()
"""Without it a spreadsheet takes Chinese for something else."""
ROWS_A_STEP = 1000
DATA_KEYS, WRAPPED = "kernel_datakey", "wrapped"


class TableWriter:
    """Writes the tables of one snapshot: ``connection`` is psycopg's, within its transaction."""

    def __init__(
        self, connection: Any, writer: Writer, keys: Ring, archive_key: archive_keys.ArchiveKey
    ) -> None:
        self._connection, self._writer = connection, writer
        self._keys, self._archive_key = keys, archive_key

    def write(self, table: Table) -> TablePart:
        if table.is_sealed:
            return self._write_sealed(table)
        parts: dict[str, Part] = {}
        with self._writer.member(csv_of(table.name)) as member:
            member.write(BOM)
            member.write_all(self._copied(table, table.selection()))
        parts[csv_of(table.name)] = member.part
        line = sql.SQL("row_to_json({})::text").format(sql.Identifier("row"))
        query = sql.SQL("SELECT {} FROM (SELECT {} FROM {}) AS row").format(
            line, table.selection(), table.rows()
        )
        count = 0
        with self._writer.member(lines_of(table.name)) as member:
            for (text,) in self._read(query):
                member.write(text.encode() + b"\n")
                count += 1
        parts[lines_of(table.name)] = member.part
        return TablePart(list(table.columns), count, parts)

    def _write_sealed(self, table: Table) -> TablePart:
        """What people see is made here, row by row; what is restored is as the database has it."""
        parts: dict[str, Part] = {}
        reading = _Reading(table, self._keys)
        with self._writer.member(csv_of(table.name)) as member:
            member.write(BOM)
            sheet = csv.writer(_Encoding(member), lineterminator="\n")
            sheet.writerow(table.readable)
            for row in self._read(reading.texts()):
                sheet.writerow(reading.shown(row))
        parts[csv_of(table.name)] = member.part
        count, reading.unreadable = 0, 0
        with self._writer.member(lines_of(table.name)) as member:
            for row in self._read(reading.values()):
                member.write(reading.line(row))
                count += 1
        parts[lines_of(table.name)] = member.part
        name = sealed_of(table.name)
        with self._writer.member(name, packed=False) as member:
            rows = self._copied(table, self._restorable(table))
            member.write_all(self._archive_key.seal(name, rows))
        parts[name] = member.part
        return TablePart(
            list(table.columns), count, parts, table.withheld, table.decrypted, reading.unreadable
        )

    def _restorable(self, table: Table) -> sql.Composed:
        """All columns. Data keys leave without the master key's wrapping, which stays here."""
        if table.name != DATA_KEYS:
            return table.selection()
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT wrapped FROM kernel_datakey ORDER BY number")
            cases = [
                sql.SQL("WHEN {} THEN {}").format(
                    sql.Literal(wrapped), sql.Literal(unwrapped(wrapped).hex())
                )
                for (wrapped,) in cursor.fetchall()
            ]
        if not cases:
            return table.selection()
        opened = sql.SQL("CASE wrapped {} END AS wrapped").format(sql.SQL(" ").join(cases))
        return sql.SQL(", ").join(
            opened if name == WRAPPED else sql.Identifier(name) for name in table.columns
        )

    def _copied(self, table: Table, columns: sql.Composed) -> Iterator[bytes]:
        """As PostgreSQL writes CSV: it tells NULL from an empty text, and reads it back exactly."""
        query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT csv, HEADER true)").format(
            columns, table.rows()
        )
        with self._connection.cursor() as cursor, cursor.copy(query) as copy:
            for piece in copy:
                yield bytes(piece)

    def _read(self, query: sql.Composed) -> Iterator[Sequence[Any]]:
        with self._connection.cursor(name="archive") as cursor:
            cursor.itersize = ROWS_A_STEP
            cursor.execute(query)
            yield from cursor


class _Reading:
    """How people see the rows of a table that has secrets."""

    def __init__(self, table: Table, keys: Ring) -> None:
        self._table, self._keys = table, keys
        self._names = table.readable
        self._encrypted = [name in table.decrypted for name in self._names]
        self.unreadable = 0

    def texts(self) -> sql.Composed:
        return self._select(sql.SQL("{}::text"))

    def values(self) -> sql.Composed:
        """Each value as JSON, exactly as the database writes it."""
        return self._select(sql.SQL("to_json({})::text"))

    def shown(self, row: Sequence[str | None]) -> list[str]:
        return [
            self._opened(value or "") if is_encrypted else value or ""
            for value, is_encrypted in zip(row, self._encrypted, strict=True)
        ]

    def line(self, row: Sequence[str | None]) -> bytes:
        values = []
        for name, value, is_encrypted in zip(self._names, row, self._encrypted, strict=True):
            text = value or "null"
            if is_encrypted and value:
                text = json.dumps(self._opened(json.loads(value)), ensure_ascii=False)
            values.append(f"{json.dumps(name)}:{text}")
        return f"{{{','.join(values)}}}\n".encode()

    def _opened(self, token: str) -> str:
        """In clear; empty where no key opens it, for the archive must come about all the same."""
        if not token:
            return ""
        try:
            return decrypt_with(self._keys, token)
        except Undecipherable:
            self.unreadable += 1
            return ""

    def _select(self, form: sql.SQL) -> sql.Composed:
        chosen = sql.SQL(", ").join(form.format(sql.Identifier(name)) for name in self._names)
        return sql.SQL("SELECT {} FROM {}").format(chosen, self._table.rows())


class _Encoding(io.TextIOBase):
    """What a CSV writer writes, as bytes of a member."""

    def __init__(self, member: Member) -> None:
        self._member = member

    def write(self, text: str) -> int:
        self._member.write(text.encode())
        return len(text)
