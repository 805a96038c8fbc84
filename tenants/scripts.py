"""Rendering migrations to plain SQL once, so that thousands of groups can have them replayed.

A migration is run for real in a scratch schema while every statement that Django sends is recorded;
the record is then replayed in each group's schema: milliseconds, where running Django's executor
takes seconds. tests/tenancy proves by a catalog diff that replayed equals migrated.
"""

import gc
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from django.db import connections
from django.db.migrations import Migration, RunPython
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation
from django.utils.translation import override

from forecourt.kernel.groups import inside_alias
from tenants import catalog, schemas
from tenants.models import SpaceScript
from tenants.releases import OWNER, Applied, Release, name_of, settled

NOT_RECORDED = (
    "SELECT",
    "SHOW",
    "SET SEARCH_PATH",
    "SAVEPOINT",
    "RELEASE SAVEPOINT",
    'INSERT INTO "DJANGO_MIGRATIONS"',
)
"""Reading, and the bookkeeping that a replay does itself."""


class Step(NamedTuple):
    """One migration as statements. ``atomic`` is False for work that cannot share a transaction."""

    app: str
    name: str
    atomic: bool
    statements: list[str]


class NotReplayable(Exception):
    """A migration that cannot be turned into statements for schemas that hold data."""


def script_for(release: Release, applied: Applied) -> list[Step]:
    """The recorded steps that lead a schema from ``applied`` to the release; rendered once.

    Raises NotReplayable.
    """
    if applied >= release.migrations:
        return []
    return [Step(*step) for step in _known_script(release, applied).steps]


def catalog_of(release: Release) -> list[str]:
    """What a really migrated schema of the release looks like, line by line."""
    return _known_script(release, frozenset()).catalog


def _known_script(release: Release, applied: Applied) -> SpaceScript:
    start = name_of(applied)
    known = SpaceScript.objects.filter(release=release.name, from_release=start).first()
    if known is None:
        steps, lines = render(release, applied)
        known, _created = SpaceScript.objects.get_or_create(
            release=release.name,
            from_release=start,
            defaults={"steps": [list(step) for step in steps], "catalog": lines},
        )
    return known


def render(release: Release, applied: Applied) -> tuple[list[Step], list[str]]:
    """The steps from ``applied`` to the release, and the catalog that really migrating makes.

    Raises NotReplayable when a pending migration changes data in Python (that is a job, not a
    migration), or does more than one thing outside of a transaction.
    """
    with (
        override(None),
        _without_collecting(),
        schemas.scratch() as schema_name,
        inside_alias(OWNER, schema_name),
    ):
        connection = connections[OWNER]
        if applied:
            _bring_to(schema_name, applied)
        executor = MigrationExecutor(connection)
        plan = [
            migration
            for migration, _backwards in executor.migration_plan(
                _leaves(executor.loader, release.migrations)
            )
        ]
        if applied:
            refuse_python(plan)
        steps = [] if applied else [_bookkeeping(connection, executor)]
        state = executor._create_project_state(with_applied_migrations=True)
        for migration in plan:
            migration.operations = with_whole_tables(migration)
            recorder = _Recorder(connection)
            with connection.execute_wrapper(recorder):
                state = executor.apply_migration(state, migration)
            steps.append(_step(migration, recorder.statements))
        return steps, catalog.lines_of(schema_name)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Thousands of models are made and let go, and half of the time went into looking for them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def with_whole_tables(migration: Migration) -> list[Operation]:
    """The operations with each constraint and index moved into the making of its table.

    Django builds the models anew after each operation, which takes most of the time of a rendering.
    Nothing is moved over what may matter to it: a field that its table gets later, or anything
    but further tables and fields.
    """
    found: list[Operation] = []
    whole: dict[str, int] = {}
    for operation in migration.operations:
        if isinstance(operation, CreateModel):
            whole[operation.name_lower] = len(found)
        elif isinstance(operation, AddField):
            whole.pop(operation.model_name_lower, None)
        elif not isinstance(operation, AddConstraint | AddIndex):
            whole.clear()
        elif (place := whole.get(operation.model_name_lower)) is not None:
            found[place : place + 1] = found[place].reduce(operation, migration.app_label)
            continue
        found.append(operation)
    return found


def refuse_python(plan: Iterable[Migration]) -> None:
    """Python in a migration is harmless for a new, empty schema and wrong for one with data."""
    for migration in plan:
        for operation in _operations(migration.operations):
            if isinstance(operation, RunPython) and operation.code is not RunPython.noop:
                raise NotReplayable(
                    f"{migration.app_label}.{migration.name} runs Python over a group's data. "
                    "Make it a job that goes over the groups, and keep the migration to tables."
                )


def _operations(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Also those inside of SeparateDatabaseAndState."""
    for operation in operations:
        yield operation
        yield from _operations(getattr(operation, "database_operations", None) or [])


def _step(migration: Migration, statements: list[str]) -> Step:
    """Without a transaction a step is one statement that can be repeated: it happened, or not."""
    if not migration.atomic:
        if len(statements) > 1:
            raise NotReplayable(
                f"{migration.app_label}.{migration.name} is not atomic and runs "
                f"{len(statements)} statements. Give each a migration of its own."
            )
        statements = [
            re.sub(r"^(CREATE (?:UNIQUE )?INDEX CONCURRENTLY) (?!IF NOT)", r"\1 IF NOT EXISTS ", s)
            for s in statements
        ]
    return Step(migration.app_label, migration.name, migration.atomic, statements)


def _bookkeeping(connection: Any, executor: MigrationExecutor) -> Step:
    """The first step of a new schema: the table in which the others are recorded."""
    recorder = _Recorder(connection)
    with connection.execute_wrapper(recorder):
        executor.recorder.ensure_schema()
    return Step("", "", True, recorder.statements)


def _leaves(loader: MigrationLoader, wanted: Applied) -> list[tuple[str, str]]:
    apps = {app for app, _name in wanted}
    return [key for key in loader.graph.leaf_nodes() if key[0] in apps]


def _bring_to(schema_name: str, applied: Applied) -> None:
    """Give a schema what others have: by the record that made them so, which takes a moment, or by
    migrating from the beginning, which builds every model anew at every step.
    """
    for script in SpaceScript.objects.filter(from_release="").order_by("-id").iterator():
        steps = [Step(*step) for step in script.steps]
        if {(step.app, step.name) for step in steps if step.name} == applied:
            schemas.apply(schema_name, steps)
            return
    _migrate_to(connections[OWNER], applied)


def _migrate_to(connection: Any, applied: Applied) -> None:
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    applied = settled(applied)
    tips = [
        key
        for key in sorted(applied)
        if key in graph.nodes
        and not any(
            child.key in applied for child in graph.node_map[key].children if child.key[0] == key[0]
        )
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
            for values in params if many else [params]:
                self.statements.append(self._complete(text, values))
        return execute(sql, params, many, context)

    def _complete(self, text: str, params: Any) -> str:
        if params is None:
            return text
        return psycopg.ClientCursor(self.connection.connection).mogrify(text, params)
