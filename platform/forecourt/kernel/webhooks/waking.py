"""Whoever writes an event wakes the worker, if the group has a webhook at all.

A group without one pays a look into this process's memory for each transaction. What is not woken
is found by the minute's sweep.
"""

import time
from functools import partial

from django.core.cache import cache
from django.db import transaction

from forecourt.kernel.groups import current_schema, in_group
from forecourt.kernel.tasks import enqueue
from forecourt.kernel.webhooks import queries
from forecourt.kernel.webhooks.delivery import deliver_events

FLAG = "webhooks:active"
WOKEN = "webhooks:woken"
KNOWN_SECONDS = 15
CACHED_SECONDS = 600
GATHER_SECONDS = 2
"""One task a group for what is written in this time; it starts at its end."""

_known: dict[str, tuple[float, bool]] = {}


def wake_after_commit() -> None:
    """Called with every writing of the audit log, in its transaction."""
    transaction.on_commit(partial(_wake, current_schema()), robust=True)


def forget() -> None:
    """Webhooks of the group that is entered have changed: ask the database again."""

    def drop(schema_name: str = current_schema()) -> None:
        _known.pop(schema_name, None)
        cache.delete(FLAG)

    transaction.on_commit(drop, robust=True)


def _wake(schema_name: str) -> None:
    if not in_group() or current_schema() != schema_name or not _is_wanted(schema_name):
        return
    # Whoever comes second within this time has committed before the first one's task begins.
    if cache.add(WOKEN, True, GATHER_SECONDS):
        enqueue(deliver_events, wait_seconds=GATHER_SECONDS)


def _is_wanted(schema_name: str) -> bool:
    until, wanted = _known.get(schema_name, (0.0, False))
    moment = time.monotonic()
    if moment < until:
        return wanted
    cached = cache.get(FLAG)
    wanted = queries.has_active() if cached is None else bool(cached)
    if cached is None:
        cache.set(FLAG, wanted, CACHED_SECONDS)
    _known[schema_name] = (moment + KNOWN_SECONDS, wanted)
    return wanted
