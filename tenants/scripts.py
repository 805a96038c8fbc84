"""Rendering migrations to plain SQL once, so that thousands of groups can have them replayed.

A migration is run for real in a scratch schema while every statement that Django sends is recorded;
the record is then replayed in each group's schema: milliseconds, where running Django's executor
takes seconds. tests/tenancy proves by a catalog diff that replayed equals migrated.
"""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connections
from django.db.migrations import RunPython
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from forecourt.kernel.groups import inside_alias

Applied = frozenset[tuple[str, str]]

OWNER = "owner"
NOT_RECORDED = ("SELECT", "SHOW", "SET SEARCH_PATH", 'INSERT INTO "DJANGO_MIGRATIONS"')
"""Reading, and the bookkeeping that a replay does itself."""


class Step(NamedTuple):
    """One migration as statements. ``atomic`` is False for work that cannot share a transaction."""

    app: str
    name: str
    atomic: bool
    statements: list[str]


def release_of(applied: Applied) -> str:
    """The name of a set of migrations: a hash, the same on every machine."""
    text = "\n".join(f"{app}.{name}" for app, name in sorted(applied))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def target() -> Applied:
    """Every migration of a group's schema that this code knows."""
    with inside_alias(OWNER, "g_none"):
        loader = MigrationLoader(None, ignore_no_migrations=True)
        return frozenset(
            key for key in loader.disk_migrations if has_group_tables(key[0])
        ) - _replaced(loader)


def has_group_tables(app_label: str) -> bool:
    """Whether an app's migrations belong in a group's schema."""
    from django.db import router  # noqa: PLC0415 - asked inside a group's schema only

    return router.allow_migrate(OWNER, app_label)


def _replaced(loader: MigrationLoader) -> Applied:
    """Migrations that a squashed one stands for; a new schema never has them by name."""
    return frozenset(key for migration in loader.replacements.values() for key in migration.replaces)


def applied_in(schema_name: str) -> Applied:
    """What a group's schema has recorded; empty for a schema without tables."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass(%s) IS NOT NULL", [f'"{schema_name}".django_migrations']
        )
        if not cursor.fetchone()[0]:
            return frozenset()
        cursor.execute(f'SELECT app, name FROM "{schema_name}".django_migrations')
        return frozenset(cursor.fetchall())


def render(applied: Applied) -> list[Step]:
    """The steps that lead from ``applied`` to what this code knows.

    Raises NotReplayable when one of them changes data in Python: that is a job, not a migration.
    """
    wanted = target()
    if applied >= wanted:
        return []
    with scratch_schema() as schema_name, inside_alias(OWNER, schema_name):
        connection = connections[OWNER]
        if applied:
            _migrate_to(connection, applied)
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(_leaves(executor.loader, wanted))
        _refuse_python(plan, applied)
        steps = [] if applied else [_bookkeeping(connection, executor)]
        state = executor._create_project_state(with_applied_migrations=True)
        for migration, _backwards in plan:
            recorder = _Recorder(connection)
            with connection.execute_wrapper(recorder):
                state = executor.apply_migration(state, migration)
            steps.append(
                Step(migration.app_label, migration.name, migration.atomic, recorder.statements)
            )
        return steps


def _bookkeeping(connection: Any, executor: MigrationExecutor) -> Step:
    """The first step of a new schema: the table in which the others are recorded."""
    recorder = _Recorder(connection)
    with connection.execute_wrapper(recorder):
        executor.recorder.ensure_schema()
    return Step("", "", True, recorder.statements)


class NotReplayable(Exception):
    """A pending migration runs Python; its data change has to become a job of its own."""


def _refuse_python(plan: list[Any], applied: Applied) -> None:
    """Python in a migration is harmless for a new, empty schema and wrong for one with data."""
    if not applied:
        return
    for migration, _backwards in plan:
        if any(isinstance(operation, RunPython) for operation in migration.operations):
            raise NotReplayable(f"{migration.app_label}.{migration.name}")


def _leaves(loader: MigrationLoader, wanted: Applied) -> list[tuple[str, str]]:
    apps = {app for app, _name in wanted}
    return [key for key in loader.graph.leaf_nodes() if key[0] in apps]


def _migrate_to(connection: Any, applied: Applied) -> None:
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    tips = [
        key
        for key in applied
        if key in graph.nodes
        and not any(child.key in applied for child in graph.node_map[key].children)
    ]
    executor.migrate(tips)


class _Recorder:
    """Keeps every statement that changes something, with its parameters written in."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.statements: list[str] = []

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        text = str(sql).strip()
        if not text.upper().startswith(NOT_RECORDED):
            self.statements.append(self._complete(text, params))
        return execute(sql, params, many, context)

    def _complete(self, text: str, params: Any) -> str:
        if not params:
            return text
        import psycopg  # noqa: PLC0415

        raw = self.connection.connection
        return psycopg.ClientCursor(raw).mogrify(text, params)


@contextmanager
def scratch_schema() -> Iterator[str]:
    """A schema that is gone afterwards."""
    name = f"g_scratch_{secrets.token_hex(4)}"
    create_schema(name)
    try:
        yield name
    finally:
        drop_schema(name)


def create_schema(name: str) -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{name}"')


def drop_schema(name: str) -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')
