"""Spaces: groups' schemas, made ahead of time from recorded statements and kept in a pool."""

import base64
import logging
import secrets
import time
from collections.abc import Iterable

from django.apps import apps
from django.conf import settings
from django.db import connections, transaction
from django.db.utils import OperationalError

from forecourt.kernel.clock import now
from forecourt.kernel.groups import inside, inside_alias
from tenants import scripts
from tenants.models import Space, SpaceScript
from tenants.scripts import OWNER, Step

logger = logging.getLogger(__name__)
POOL_SIZE = 3
LOCK_TIMEOUT = "3s"


def new_schema_name() -> str:
    """Opaque and never derived from a name: ``g_`` and 60 random bits."""
    return "g_" + base64.b32encode(secrets.token_bytes(8)).decode().lower().rstrip("=")[:12]


def script_for(applied: scripts.Applied) -> tuple[str, list[Step]]:
    """The release that this code is, and the recorded steps that lead to it from ``applied``."""
    release = scripts.release_of(scripts.target())
    start = scripts.release_of(applied) if applied else ""
    known = SpaceScript.objects.filter(release=release, from_release=start).first()
    if known is None:
        steps = scripts.render(applied)
        known, _created = SpaceScript.objects.get_or_create(
            release=release, from_release=start, defaults={"steps": [list(step) for step in steps]}
        )
    return release, [Step(*step) for step in known.steps]


def apply_steps(schema_name: str, steps: Iterable[Step]) -> None:
    """Replay recorded steps in a schema: what can share a transaction does, with its bookkeeping.

    Raises the database's error and leaves the schema as it was before the failing transaction.
    """
    batch: list[Step] = []
    for step in steps:
        if step.atomic:
            batch.append(step)
            continue
        _replay(schema_name, batch)
        batch = []
        _replay_alone(schema_name, step)
    _replay(schema_name, batch)


def _replay(schema_name: str, steps: list[Step]) -> None:
    if not steps:
        return
    connection = connections[OWNER]
    with transaction.atomic(using=OWNER), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        for step in steps:
            for statement in step.statements:
                cursor.execute(statement)
        _record(cursor, steps)
        for statement in grants(schema_name):
            cursor.execute(statement)


def _replay_alone(schema_name: str, step: Step) -> None:
    """Statements such as CREATE INDEX CONCURRENTLY, each in its own."""
    with connections[OWNER].cursor() as cursor:
        for statement in step.statements:
            cursor.execute(statement)
        _record(cursor, [step])


def _record(cursor: object, steps: list[Step]) -> None:
    moment = now()
    cursor.executemany(
        "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)",
        [(step.app, step.name, moment) for step in steps if step.app],
    )


def append_only_tables() -> list[str]:
    """Tables that the application's role may fill and read, and never change."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if getattr(model, "append_only", False)
    )


def grants(schema_name: str) -> list[str]:
    """What the application's role may do in a group's schema."""
    role = settings.DATABASES["default"]["USER"]
    if role == settings.DATABASES["owner"]["USER"]:
        return []
    everything = f'ALL TABLES IN SCHEMA "{schema_name}"'
    statements = [
        f'GRANT USAGE ON SCHEMA "{schema_name}" TO "{role}"',
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON {everything} TO "{role}"',
        f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA "{schema_name}" TO "{role}"',
        f'REVOKE INSERT, UPDATE, DELETE ON "{schema_name}".django_migrations FROM "{role}"',
    ]
    statements += [
        f'REVOKE UPDATE, DELETE, TRUNCATE ON "{schema_name}"."{table}" FROM "{role}"'
        for table in append_only_tables()
    ]
    return statements


def build_space() -> Space:
    """Make one space and leave it READY; a failure leaves no schema and a FAILED row that says why."""
    release, steps = script_for(frozenset())
    space = Space.objects.create(schema_name=new_schema_name(), release=release)
    try:
        scripts.create_schema(space.schema_name)
        with inside_alias(OWNER, space.schema_name):
            apply_steps(space.schema_name, steps)
        seed(space.schema_name)
    except Exception as error:
        scripts.drop_schema(space.schema_name)
        space.state = Space.State.FAILED
        space.error = str(error)[:500]
        space.save(update_fields=["state", "error"])
        raise
    space.state = Space.State.READY
    space.save(update_fields=["state"])
    return space


def seed(schema_name: str) -> None:
    """What every group starts with: roles, positions and whatever else modules ship as data."""
    from forecourt.kernel.seeds import plant_all  # noqa: PLC0415 - needs loaded apps

    with inside(schema_name):
        plant_all()


def take_space() -> Space:
    """A READY space of this release for a new group; built on the spot when the pool is empty."""
    release = scripts.release_of(scripts.target())
    with transaction.atomic(using="control"):
        space = (
            Space.objects.select_for_update(skip_locked=True)
            .filter(state=Space.State.READY, release=release)
            .order_by("id")
            .first()
        )
        if space is not None:
            space.state = Space.State.TAKEN
            space.save(update_fields=["state"])
            return space
    space = build_space()
    Space.objects.filter(pk=space.pk).update(state=Space.State.TAKEN)
    return space


def fill_pool(size: int = POOL_SIZE) -> int:
    """Bring the pool to ``size`` READY spaces of this release; returns how many were made."""
    release = scripts.release_of(scripts.target())
    discard_stale(release)
    missing = size - Space.objects.filter(state=Space.State.READY, release=release).count()
    for _number in range(max(0, missing)):
        build_space()
    return max(0, missing)


def discard_stale(release: str) -> None:
    """Drop spaces of an older release and those whose building never ended."""
    for space in Space.objects.exclude(state=Space.State.TAKEN).exclude(
        state=Space.State.READY, release=release
    ):
        age = (now() - space.created_at).total_seconds()
        if space.state == Space.State.BUILDING and age < 600:
            continue
        scripts.drop_schema(space.schema_name)
        space.delete()


def migrate_schema(schema_name: str, *, tries: int = 5) -> int:
    """Bring one group's schema to this release; returns the milliseconds that it took.

    A lock that is not had within the time limit is tried again; the group is never left between.
    """
    started = time.perf_counter()
    _release, steps = script_for(scripts.applied_in(schema_name))
    if steps:
        for attempt in range(1, tries + 1):
            try:
                with inside_alias(OWNER, schema_name):
                    apply_steps(schema_name, steps)
                break
            except OperationalError:
                if attempt == tries:
                    raise
                time.sleep(0.2 * attempt)
    return round((time.perf_counter() - started) * 1000)
