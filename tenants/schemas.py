"""What is done to a group's schema as a whole, under the role that may: make, fill, grant, drop."""

import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connections, transaction
from django.db.utils import OperationalError

from forecourt.kernel.clock import now
from forecourt.kernel.groups import inside_alias
from tenants.releases import OWNER, Applied, append_only_tables

if TYPE_CHECKING:
    from tenants.scripts import Step

LOCK_TIMEOUT = "3s"
SCRATCH = "g_scratch_"
NAME = re.compile(r"^g_[a-z0-9_]{1,60}$")
SCHEMAS_A_QUERY = 200
LOCK_SPACE = 4711
"""First half of the advisory locks' keys, the second is the schema's own."""


class SchemaBusy(OperationalError):
    """Another process is changing the schema at this moment."""


def quoted(name: str) -> str:
    """The name for use in a statement. Raises ValueError for one that we did not make."""
    if not NAME.match(name):
        raise ValueError(f"{name!r} is no group's schema.")
    return f'"{name}"'


def create(name: str) -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {quoted(name)}")


def drop(name: str) -> None:
    """Remove a schema with all that it holds; one that is gone already is no error."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {quoted(name)} CASCADE")


def present() -> set[str]:
    """The names of all groups' schemas in the database, scratch ones left out."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'g\_%'")
        return {name for (name,) in cursor.fetchall() if not name.startswith(SCRATCH)}


@contextmanager
def scratch() -> Iterator[str]:
    """A schema that is gone afterwards."""
    name = f"{SCRATCH}{secrets.token_hex(4)}"
    create(name)
    try:
        yield name
    finally:
        drop(name)


def applied_in(names: Iterable[str]) -> dict[str, Applied]:
    """What each schema has recorded, in one query for two hundred; nothing for a missing one."""
    names = sorted(names)
    result: dict[str, Applied] = dict.fromkeys(names, frozenset())
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            "SELECT schemaname FROM pg_tables"
            " WHERE tablename = 'django_migrations' AND schemaname = ANY(%s)",
            [names],
        )
        there = [name for (name,) in cursor.fetchall()]
        for start in range(0, len(there), SCHEMAS_A_QUERY):
            cursor.execute(
                " UNION ALL ".join(  # the names were checked when they were quoted
                    f"SELECT '{name}', array_agg(app || '.' || name)"  # noqa: S608
                    f" FROM {quoted(name)}.django_migrations"
                    for name in there[start : start + SCHEMAS_A_QUERY]
                )
            )
            # Most groups have the same set: the same object then stands for all of them.
            known: dict[tuple[str, ...], Applied] = {}
            for name, recorded in cursor.fetchall():
                key = tuple(sorted(recorded or ()))
                if key not in known:
                    known[key] = frozenset(tuple(item.split(".", 1)) for item in key)
                result[name] = known[key]
    return result


def lock(cursor: Any, name: str) -> None:
    """Keep other processes from changing the schema until the transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK_SPACE, name])


# --- Replaying ----------------------------------------------------------------------------------


def apply(name: str, steps: Iterable["Step"]) -> None:
    """Replay recorded steps: what can share a transaction does, together with its bookkeeping.

    Steps that the schema has recorded are left out, so two processes may do this at once and it
    may be repeated. Raises the database's error, and leaves the schema as it was before the
    transaction that failed; SchemaBusy, or another OperationalError, is worth another try.
    """
    with inside_alias(OWNER, name):
        for atomic, batch in groupby(steps, key=lambda step: step.atomic):
            if atomic:
                _replay_together(name, list(batch))
            else:
                for step in batch:
                    _replay_alone(name, step)


def _replay_together(name: str, steps: list["Step"]) -> None:
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        lock(cursor, name)
        steps = _missing(cursor, name, steps)
        for step in steps:
            for statement in step.statements:
                cursor.execute(statement)
        _record(cursor, steps)
        if any(s.startswith("CREATE TABLE") for step in steps for s in step.statements):
            _grant(cursor, name)


def _replay_alone(name: str, step: "Step") -> None:
    """A statement such as CREATE INDEX CONCURRENTLY, which no transaction may hold.

    The lock is tried and not waited for: the statement itself waits for whoever waits with an open
    snapshot, and the two would stand still.
    """
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", [LOCK_SPACE, name])
        if not cursor.fetchone()[0]:
            raise SchemaBusy(name)
        try:
            cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
            for missing in _missing(cursor, name, [step]):
                _drop_broken_indexes(cursor, name)
                for statement in missing.statements:
                    cursor.execute(statement)
                _record(cursor, [missing])
        finally:
            cursor.execute("RESET lock_timeout")
            cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", [LOCK_SPACE, name])


def _missing(cursor: Any, name: str, steps: list["Step"]) -> list["Step"]:
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{quoted(name)}.django_migrations"])
    if not cursor.fetchone()[0]:
        return steps
    cursor.execute("SELECT app, name FROM django_migrations")
    recorded = set(cursor.fetchall())
    return [step for step in steps if step.app and (step.app, step.name) not in recorded]


def _drop_broken_indexes(cursor: Any, name: str) -> None:
    """What a CREATE INDEX CONCURRENTLY leaves behind that did not come to its end."""
    cursor.execute(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid AND n.nspname = %s",
        [name],
    )
    for (index,) in cursor.fetchall():
        cursor.execute(f'DROP INDEX {quoted(name)}."{index}"')


def _record(cursor: Any, steps: list["Step"]) -> None:
    moment = now()
    cursor.executemany(
        "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)",
        [(step.app, step.name, moment) for step in steps if step.app],
    )


# --- Rights -------------------------------------------------------------------------------------


def runtime_role() -> str | None:
    """The application's own role, or None where it is the owner too."""
    role = settings.DATABASES["default"]["USER"]
    return None if role == settings.DATABASES[OWNER]["USER"] else role


def grant(name: str) -> None:
    """Give the application's role its rights anew: a table may have become append-only."""
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        lock(cursor, name)
        _grant(cursor, name)


def _grant(cursor: Any, name: str) -> None:
    """What the application's role may do in a group's schema, and nothing more."""
    role = runtime_role()
    if role is None:
        return
    schema = quoted(name)
    cursor.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename = ANY(%s)",
        [name, append_only_tables()],
    )
    append_only = ", ".join(f'{schema}."{table}"' for (table,) in cursor.fetchall())
    statements = [
        f'GRANT USAGE ON SCHEMA {schema} TO "{role}"',
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO "{role}"',
        f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO "{role}"',
        f'REVOKE INSERT, UPDATE, DELETE ON {schema}.django_migrations FROM "{role}"',
    ]
    if append_only:
        statements.append(f'REVOKE UPDATE, DELETE ON {append_only} FROM "{role}"')
    for statement in statements:
        cursor.execute(statement)
