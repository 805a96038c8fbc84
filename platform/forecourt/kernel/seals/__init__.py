"""The seal on the audit log: a chain of Merkle roots over its entries (docs/adr, sealed log).

Writers never wait for the chain: a background task seals what they have committed, within a minute.
:func:`seal_entries` does that, :func:`examine` says whether the log is as it was sealed, and
:func:`head` is what a suspicious group keeps elsewhere, so that not even the owner of the database
can write the chain anew.
"""

from forecourt.kernel.seals.examining import Examination, Fault, examine
from forecourt.kernel.seals.sealing import (
    Head,
    entries_wait,
    head,
    seal_entries,
    seal_entries_later,
)

__all__ = [
    "Examination",
    "Fault",
    "Head",
    "entries_wait",
    "examine",
    "head",
    "seal_entries",
    "seal_entries_later",
]
