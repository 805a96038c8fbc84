"""Whether the log is as it was sealed; and if not, which entry is the first that is not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from forecourt.kernel.models import AuditEntry, AuditSeal
from forecourt.kernel.seals import removals
from forecourt.kernel.seals.hashing import (
    COLUMNS,
    PRINT,
    START,
    entry_hash,
    merkle_root,
    seal_hash,
)
from forecourt.kernel.seals.ranges import IdSet
from forecourt.kernel.seals.sealing import Head


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, with the entry or the seal that it was first seen at."""

    subject: str
    message: str


@dataclass(slots=True)
class Examination:
    """What was found. ``faults`` are in the order of the chain; the first names where it breaks."""

    head: Head = field(default_factory=lambda: Head(0, START))
    sealed: int = 0
    unsealed: int = 0
    removed: int = 0
    """Entries of sample data that were taken out again, as the log itself says."""
    faults: list[Fault] = field(default_factory=list)

    @property
    def first(self) -> Fault | None:
        return self.faults[0] if self.faults else None


def examine(*, expected: Head | None = None) -> Examination:
    """Recompute every hash of the group that is entered; a million entries take some seconds.

    ``expected`` is a head that was kept elsewhere: the chain must still lead through it.
    """
    found = Examination()
    gone = removals.recorded()
    previous = START
    ranges: list[Sequence[int]] = []
    number = settled = 0
    for seal in AuditSeal.objects.order_by("number").iterator(chunk_size=20):
        number += 1
        if fault := _broken_link(seal, number, previous):
            found.faults.append(fault)
            number = seal.number
        if fault := _broken_entry(seal, gone, found):
            found.faults.append(fault)
        if expected and seal.number == expected.number and seal.hash != expected.hash:
            found.faults.append(Fault(str(seal), "is not the seal that was kept elsewhere"))
        previous = seal.hash
        ranges += seal.ranges
        settled = seal.settled_id
        found.sealed += seal.entry_count
        found.head = Head(seal.number, seal.hash)
    if expected and expected.number > found.head.number:
        found.faults.append(Fault(f"Seal {expected.number}", "was kept elsewhere and is gone here"))
    found.faults += _look_at_unsealed(ranges, settled, found)
    return found


def _broken_link(seal: AuditSeal, number: int, previous: str) -> Fault | None:
    if seal.number != number:
        return Fault(f"Seal {number}", "was removed from the chain")
    if seal.previous_hash != previous or seal_hash(seal) != seal.hash:
        return Fault(str(seal), "was changed or does not follow the one before it")
    return None


def _broken_entry(seal: AuditSeal, gone: removals.Removals, found: Examination) -> Fault | None:
    """The first of a seal's entries that is not what it was."""
    if not seal.entry_count:
        return None
    rows = iter(
        AuditEntry.objects.filter(pk__range=(seal.first_id, seal.last_id))
        .order_by("pk")
        .values(*COLUMNS)
        .iterator()
    )
    prints = bytes(seal.prints)
    leaves: list[bytes] = []
    row = next(rows, None)
    for place, entry_id in enumerate(_ids(seal.ranges)):
        while row is not None and row["id"] < entry_id:
            row = next(rows, None)
        if row is not None and row["id"] == entry_id:
            leaf = entry_hash(row)
            message = "was changed"
        elif entry_id in gone:
            leaf = gone[entry_id]
            message = "was removed, and not as the log says"
            found.removed += 1
        else:
            return Fault(f"Entry {entry_id}", "was removed")
        if leaf[:PRINT] != prints[place * PRINT : (place + 1) * PRINT]:
            return Fault(f"Entry {entry_id}", message)
        leaves.append(leaf)
    if merkle_root(leaves) != seal.root:
        return Fault(f"Entry {seal.first_id}", f"or another one up to {seal.last_id} was changed")
    return None


def _look_at_unsealed(
    ranges: Sequence[Sequence[int]], settled: int, found: Examination
) -> Iterator[Fault]:
    """Entries in no seal: new ones are counted, those among long sealed ones were put there."""
    sealed = IdSet(ranges)
    ids = AuditEntry.objects.order_by("pk").values_list("pk", flat=True)
    for entry_id in ids.iterator(chunk_size=10_000):
        if entry_id in sealed:
            continue
        if entry_id <= settled:
            yield Fault(f"Entry {entry_id}", "was inserted after its neighbours had been sealed")
        else:
            found.unsealed += 1


def _ids(ranges: Sequence[Sequence[int]]) -> Iterator[int]:
    for first, last in ranges:
        yield from range(first, last + 1)
