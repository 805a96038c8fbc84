"""The platform's own data key, which tells by itself whether the master key is the right one.

It encrypts what the public schema keeps and is wrapped by the master key like any group's. A start
with a lost or a wrong master key would make every group unreadable bit by bit; so web and worker
unwrap this key before they take any work, and refuse to start where they cannot.
"""

import logging

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections

from forecourt.kernel.clock import now
from forecourt.kernel.crypto import MasterKeyUnreachable, WrongMasterKey, master, rings
from forecourt.kernel.groups import inside
from forecourt.kernel.models import DataKey
from tenants.models import DealerGroup, PlatformKey

logger = logging.getLogger(__name__)

OK, WRONG, UNREACHABLE = "ok", "wrong", "unreachable"
THE_ROW = 1
ADVICE = {
    WRONG: (
        "MASTER_KEY is not the key that this platform's secrets were encrypted with. Start with "
        "the right one: nothing has been changed. (docs/security.md, “When the master key is lost”)"
    ),
    UNREACHABLE: (
        "The service that holds the master key does not answer, or does not let this process use "
        "the key that MASTER_KEY names. (docs/security.md)"
    ),
}


def platform_key() -> bytes:
    """The key in clear. Raises WrongMasterKey or MasterKeyUnreachable."""
    return rings.unwrapped(plant_platform_key().wrapped)


def plant_platform_key() -> PlatformKey:
    """Make the key unless there is one; not with a master key that opens no group's.

    Raises WrongMasterKey or MasterKeyUnreachable.
    """
    row = PlatformKey.objects.filter(pk=THE_ROW).first()
    if row is not None:
        return row
    _open_some_group()
    PlatformKey.objects.bulk_create(
        [PlatformKey(pk=THE_ROW, wrapped=master.wrap(rings.random_key()), created_at=now())],
        ignore_conflicts=True,
    )
    return PlatformKey.objects.get(pk=THE_ROW)


def rewrap_platform_key() -> None:
    """Wrap the key with the first of the master keys."""
    row = PlatformKey.objects.get(pk=THE_ROW)
    row.wrapped = master.wrap(master.unwrap(row.wrapped))
    row.save(update_fields=["wrapped"])


def state() -> str:
    """Whether the master key is the right one: ``ok``, ``wrong`` or ``unreachable``."""
    try:
        platform_key()
    except WrongMasterKey:
        return WRONG
    except MasterKeyUnreachable:
        logger.exception("master key unreachable")
        return UNREACHABLE
    return OK


def require_master_key() -> None:
    """Called where a process starts. Raises ImproperlyConfigured, with what to do.

    A database that does not answer yet is no reason: readiness tells of it, and of the key later.
    """
    try:
        found = state()
    except DatabaseError:
        logger.warning("master key not checked, for the database does not answer")
        return
    finally:
        # What is started now may fork, and a connection cannot be shared.
        for alias in ("control", "default"):
            if not connections[alias].in_atomic_block:
                connections[alias].close()
    if found != OK:
        raise ImproperlyConfigured(ADVICE[found])


def _open_some_group() -> None:
    group = DealerGroup.objects.exclude(state=DealerGroup.State.CLOSED).order_by("id").first()
    if group is not None:
        with inside(group.identity):
            key = DataKey.objects.order_by("number").first()
            if key is not None:
                master.unwrap(key.wrapped)
