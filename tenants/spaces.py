"""Spaces: groups' schemas, made ahead of time from recorded statements and kept in a pool."""

import base64
import logging
import secrets
from collections.abc import Callable
from datetime import timedelta

from django.db import connection, connections, transaction

from forecourt.kernel.clock import now
from forecourt.kernel.groups import inside
from forecourt.kernel.seeds import plant_all
from tenants import schemas
from tenants.models import DealerGroup, Space
from tenants.releases import Release, this_release
from tenants.scripts import script_for

logger = logging.getLogger(__name__)

POOL_SIZE = 3
BUILDING_TIME = timedelta(minutes=10)
"""A space that is still being built after so long has lost the process that built it."""
POOL_LOCK = 4712
STARTED_AT = now()


def new_schema_name() -> str:
    """Opaque and never derived from a name: ``g_`` and 60 random bits."""
    return "g_" + base64.b32encode(secrets.token_bytes(8)).decode().lower()[:12]


def build_space() -> Space:
    """Make one space and leave it READY; a failure leaves no schema and a FAILED row that says why.

    Raises whatever stopped it.
    """
    release = this_release()
    return _build(_announce(release), release)


def _announce(release: Release) -> Space:
    """The row comes first, so that a schema that nobody finishes is found and dropped."""
    return Space.objects.create(
        schema_name=new_schema_name(), release=release.name, seeds=release.seeds
    )


def _build(space: Space, release: Release) -> Space:
    try:
        steps = script_for(release, frozenset())
        schemas.create(space.schema_name)
        schemas.apply(space.schema_name, steps)
        plant(space.schema_name)
    except Exception as error:
        schemas.drop(space.schema_name)
        space.state = Space.State.FAILED
        space.error = str(error)[:500]
        space.save(update_fields=["state", "error"])
        raise
    space.state = Space.State.READY
    space.save(update_fields=["state"])
    return space


def plant(schema_name: str) -> None:
    """What every group starts with: roles, positions and whatever else modules ship as data."""
    with inside(schema_name), transaction.atomic():
        with connection.cursor() as cursor:
            schemas.lock(cursor, schema_name)
        plant_all()


def lock_ready_space() -> Space | None:
    """A READY space of this release, locked for the transaction on ``control`` that calls; or None.

    Several may ask at once: each is given another one.
    """
    release = this_release()
    return (
        Space.objects.select_for_update(skip_locked=True)
        .filter(state=Space.State.READY, release=release.name, seeds=release.seeds)
        .order_by("id")
        .first()
    )


def fill_pool(size: int = POOL_SIZE, progress: Callable[[int, int], None] | None = None) -> int:
    """Bring the pool to ``size`` READY spaces of this release; returns how many were made.

    What another process is building at this moment counts, so two do not make twice as many.
    """
    release = this_release()
    discard_stale()
    with transaction.atomic(using="control"):
        with connections["control"].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [POOL_LOCK])
        coming = Space.objects.filter(
            state__in=[Space.State.READY, Space.State.BUILDING],
            release=release.name,
            seeds=release.seeds,
        ).count()
        announced = [_announce(release) for _number in range(size - coming)]
    for done, space in enumerate(announced, start=1):
        _build(space, release)
        if progress:
            progress(done, len(announced))
    return len(announced)


def discard_stale() -> int:
    """Drop spaces that no group can be given any more; returns how many.

    Those of another release, those whose building failed or never ended, and those that a group
    took which then came to nothing.
    """
    release = this_release()
    dropped = 0
    with transaction.atomic(using="control"):
        owners = DealerGroup.objects.values("schema_name")
        unused = Space.objects.select_for_update(skip_locked=True).exclude(schema_name__in=owners)
        for space in unused.order_by("id"):
            if not _is_stale(space, release):
                continue
            schemas.drop(space.schema_name)
            space.delete()
            dropped += 1
    return dropped


def _is_stale(space: Space, release: Release) -> bool:
    if space.state == Space.State.BUILDING:
        return now() - space.created_at > BUILDING_TIME
    if space.state == Space.State.READY:
        # One that is younger than this process may be the next release's: while a new one is being
        # rolled out, old and new workers would else drop each other's.
        outdated = (space.release, space.seeds) != (release.name, release.seeds)
        return outdated and space.created_at < STARTED_AT
    return True
