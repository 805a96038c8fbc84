"""Entries of sample data, which leave the log with the rows that they are about.

The log says so itself, in entries that are sealed like any other: loading says which entries are
sample data's, removing leaves the hash of each one that goes. So the seals can still be recomputed,
and a removal covers nothing that was not said to be sample data when it was written.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.models import AuditEntry, Job
from forecourt.kernel.seals.hashing import COLUMNS, entry_hash
from forecourt.kernel.seals.ranges import IdSet, ranges_of

LOADED, REMOVED = "sample_loaded", "sample_removed"
RANGES, HASHES = "_entries", "_hashes"
"""Names that begin with a line are for examining, and not shown to people."""

Removals = Mapping[int, bytes]


def record_loaded(job: Job, entry_ids: Iterable[int], *, actor: Actor) -> None:
    """Say which entries tell of sample data, in the transaction that wrote them."""
    ids = sorted(entry_ids)
    if ids:
        audit.record(actor, LOADED, job, {"count": len(ids), RANGES: ranges_of(ids)})


def record_removed(job: Job, entry_ids: Iterable[int], *, actor: Actor, using: str) -> None:
    """Keep the hashes of entries that are about to be deleted in the same transaction."""
    rows = AuditEntry.objects.using(using).filter(pk__in=list(entry_ids)).values(*COLUMNS)
    hashes = {str(row["id"]): entry_hash(row).hex() for row in rows.order_by("pk")}
    if hashes:
        changes = {"count": len(hashes), HASHES: hashes}
        AuditEntry.objects.using(using).create(**audit.entry(actor, REMOVED, job, changes))


def recorded() -> Removals:
    """The hashes of removed sample entries by their ids."""
    loaded = IdSet(part for changes in _changes(LOADED) for part in changes[RANGES])
    return {
        int(entry_id): bytes.fromhex(digest)
        for changes in _changes(REMOVED)
        for entry_id, digest in changes[HASHES].items()
        if int(entry_id) in loaded
    }


def _changes(action: str) -> Iterator[dict[str, Any]]:
    entries = AuditEntry.objects.filter(action=action, subject_kind=Job._meta.label_lower)
    yield from entries.order_by("pk").values_list("changes", flat=True)
