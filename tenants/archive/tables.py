"""A group's tables as its database tells of them, and how each leaves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from forecourt.kernel import archived
from forecourt.kernel.archived import StaysBehind

MIGRATIONS = "django_migrations"
"""Stands in the manifest instead, for a table of it would be another schema's."""
COLUMNS = """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum),
           coalesce((SELECT array_agg(k.attname::text ORDER BY k.attnum)
                     FROM pg_index i JOIN pg_attribute k
                       ON k.attrelid = i.indrelid AND k.attnum = ANY (i.indkey)
                     WHERE i.indrelid = c.oid AND i.indisprimary), '{}')
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p')
      AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    GROUP BY c.oid, c.relname ORDER BY c.relname COLLATE "C"
"""
SAME_TEXT_EVERYWHERE = (
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'iso_8601'",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL extra_float_digits = 1",
)
"""Whatever the servers' own settings: what one writes is what another reads."""


@dataclass(frozen=True, slots=True)
class Table:
    """``key`` is its primary key, by which its rows are ordered."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def withheld(self) -> list[str]:
        secret = archived.withheld_columns().get(self.name, frozenset())
        return [name for name in self.columns if name in secret]

    @property
    def decrypted(self) -> list[str]:
        known = archived.decrypted_columns().get(self.name, frozenset())
        return [name for name in self.columns if name in known]

    @property
    def readable(self) -> list[str]:
        """The columns that people see."""
        return [name for name in self.columns if name not in self.withheld]

    @property
    def is_sealed(self) -> bool:
        """Whether its rows cannot be made from what people see of them."""
        return bool(self.withheld or self.decrypted)

    def rows(self) -> sql.Composed:
        """The rows that leave, in a fixed order, as something to select from."""
        return sql.SQL("{} {} ORDER BY {}").format(
            sql.Identifier(self.name),
            self._condition(),
            sql.SQL(", ").join(map(sql.Identifier, self.key or self.columns)),
        )

    def selection(self) -> sql.Composed:
        return sql.SQL(", ").join(map(sql.Identifier, self.columns))

    def _condition(self) -> sql.Composable:
        stays = archived.rows_left_out().get(self.name, StaysBehind())
        if not stays.name:
            return sql.SQL("")
        return sql.SQL("WHERE {} <> {}").format(
            sql.Identifier(stays.name), sql.Literal(stays.value)
        )


def tables_in(cursor: Any, schema_name: str) -> list[Table]:
    """Every table whose rows an archive holds."""
    cursor.execute(COLUMNS, [schema_name])
    found = [Table(name, tuple(columns), tuple(key)) for name, columns, key in cursor.fetchall()]
    gone = {MIGRATIONS, *left_out_whole()}
    return [table for table in found if table.name not in gone]


def left_out_whole() -> list[str]:
    return sorted(table for table, stays in archived.rows_left_out().items() if not stays.name)


def sequences_in(cursor: Any, schema_name: str) -> dict[str, int]:
    """By sequence, the number that it gives next."""
    cursor.execute(
        "SELECT sequencename FROM pg_sequences WHERE schemaname = %s"
        ' ORDER BY sequencename COLLATE "C"',
        [schema_name],
    )
    return dict(_next_numbers(cursor, [name for (name,) in cursor.fetchall()]))


def _next_numbers(cursor: Any, names: list[str]) -> Iterator[tuple[str, int]]:
    for name in names:
        cursor.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name)))
        last, is_called = cursor.fetchone()
        yield name, last + 1 if is_called else last
