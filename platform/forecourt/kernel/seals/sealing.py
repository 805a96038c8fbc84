"""Sealing what was written: one link of the chain for up to so many entries."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, connection, transaction

from forecourt.kernel.clock import now
from forecourt.kernel.models import AuditEntry, AuditSeal
from forecourt.kernel.seals.hashing import (
    COLUMNS,
    START,
    entry_hash,
    merkle_root,
    prints_of,
    seal_hash,
)
from forecourt.kernel.seals.ranges import IdSet, ranges_of
from forecourt.kernel.tasks import group_task

BATCH = 10_000
"""Entries in one seal at most."""
SETTLING = timedelta(minutes=10)
"""How long an id may be drawn before its transaction has a number; it takes microseconds."""
UNSEALED = """
    SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint, array(
        SELECT id FROM kernel_auditentry
        WHERE id > %s AND NOT id <@ %s::int8multirange
        ORDER BY id LIMIT %s
    )
"""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link, to be kept where the database's owner cannot reach; 0 before the first."""

    number: int
    hash: str


def head() -> Head:
    newest = _newest()
    return Head(newest.number, newest.hash) if newest else Head(0, START)


def entries_wait() -> bool:
    """Whether there is a newer entry, or an earlier transaction might still bring one."""
    last = AuditEntry.objects.order_by("-id").values_list("id", flat=True).first()
    newest = _newest()
    if last is None or newest is None:
        return last is not None
    return last > newest.seen_id or newest.settled_id < newest.seen_id


def seal_entries(batch: int = BATCH) -> int:
    """Seal every entry that is committed and in no seal yet; answers how many.

    May run anywhere and at once: whoever comes second to a place in the chain leaves it.
    """
    sealed = 0
    while count := _seal_some(batch):
        sealed += count
        if count < batch:
            break
    return sealed


@group_task(always=True)
def seal_entries_later() -> None:
    seal_entries()


def _seal_some(batch: int) -> int:
    # The chain's end is read first: whatever another process seals meanwhile has moved it, and the
    # primary key then refuses this link.
    last = _newest()
    settled = last.settled_id if last else 0
    # Who could still have brought something up to there has ended before the look at what is there.
    horizon = _horizon()
    ids, snapshot_xmax = _unsealed(settled, batch)
    if not ids and (last is None or not settled < horizon == last.seen_id):
        return 0
    rows = _rows(ids)
    if len(rows) != len(ids):  # sample entries that have been taken out between the two looks
        return 0
    seen = ids[-1] if ids else 0
    leaves = [entry_hash(row) for row in rows]
    seal = AuditSeal(
        number=last.number + 1 if last else 1,
        first_id=ids[0] if ids else None,
        last_id=ids[-1] if ids else None,
        ranges=ranges_of(ids),
        entry_count=len(ids),
        prints=prints_of(leaves),
        root=merkle_root(leaves),
        previous_hash=last.hash if last else START,
        seen_id=max(seen, last.seen_id) if last else seen,
        snapshot_xmax=snapshot_xmax,
        # What a full batch left for the next one has not been looked at.
        settled_id=max(settled, min(horizon, seen) if len(ids) == batch else horizon),
        sealed_at=now(),
    )
    seal.hash = seal_hash(seal)
    try:
        with transaction.atomic():
            seal.save(force_insert=True)
    except IntegrityError:
        return 0
    return len(ids)


def _horizon() -> int:
    """The id up to which whatever could bring an entry has ended by now.

    Ids are drawn in order, but who drew a lower one may commit later. A seal saw all that was
    committed up to its ``seen_id``; what it could not see there belongs to transactions that had
    begun, and the snapshot's end says which those are.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (oldest,) = cursor.fetchone()
    seen = (
        AuditSeal.objects.filter(sealed_at__lt=now() - SETTLING, snapshot_xmax__lte=oldest)
        .order_by("-number")
        .values_list("seen_id", flat=True)
        .first()
    )
    return seen or 0


def _newest() -> AuditSeal | None:
    return AuditSeal.objects.order_by("-number").defer("ranges", "prints").first()


def _unsealed(settled: int, batch: int) -> tuple[list[int], int]:
    """The lowest ids in no seal, and the end of the snapshot that showed them."""
    overlapping = AuditSeal.objects.filter(last_id__gt=settled).values_list("ranges", flat=True)
    taken = sorted(part for ranges in overlapping for part in ranges)
    text = ",".join(f"[{first},{last}]" for first, last in taken)
    with connection.cursor() as cursor:
        cursor.execute(UNSEALED, [settled, f"{{{text}}}", batch])
        snapshot_xmax, ids = cursor.fetchone()
    return ids, snapshot_xmax


def _rows(ids: list[int]) -> list[dict[str, object]]:
    if not ids:
        return []
    wanted = IdSet(ranges_of(ids))
    rows = AuditEntry.objects.filter(pk__range=(ids[0], ids[-1])).order_by("pk").values(*COLUMNS)
    return [row for row in rows.iterator() if row["id"] in wanted]
