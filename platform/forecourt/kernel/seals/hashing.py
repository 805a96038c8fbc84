"""From an entry to its hash, from hashes to a root; everything that an outsider must recompute.

An entry is hashed as JSON of all its columns with sorted names, no spaces, UTF-8, the time in UTC
with microseconds. Leaves and inner nodes of the tree are told apart by their first byte, so that no
inner node passes for an entry.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from forecourt.kernel.models import AuditEntry, AuditSeal

COLUMNS = tuple(field.attname for field in AuditEntry._meta.concrete_fields)
SEALED = tuple(
    field.attname for field in AuditSeal._meta.concrete_fields if field.attname != "hash"
)
PRINT = 8
"""Bytes of an entry's hash that a seal keeps of it."""
LEAF, NODE = b"\x00", b"\x01"
START = "0" * 64
"""What the first seal has for the hash of one before it."""


def entry_hash(row: dict[str, Any]) -> bytes:
    """The hash of an entry, given as ``values(*COLUMNS)`` answers it."""
    return hashlib.sha256(LEAF + _canonical(row)).digest()


def merkle_root(leaves: Sequence[bytes]) -> str:
    """The root over hashes in their order; the last of an odd number goes up as it is."""
    level = list(leaves)
    while len(level) > 1:
        pairs = [
            hashlib.sha256(NODE + left + right).digest()
            for left, right in zip(level[::2], level[1::2], strict=False)
        ]
        level = pairs + level[len(pairs) * 2 :]
    return level[0].hex() if level else START


def prints_of(leaves: Iterable[bytes]) -> bytes:
    return b"".join(leaf[:PRINT] for leaf in leaves)


def seal_hash(seal: AuditSeal) -> str:
    """The hash of a link: over all of its columns, the hash of the one before among them."""
    values = {name: getattr(seal, name) for name in SEALED}
    values["prints"] = bytes(values["prints"]).hex()
    return hashlib.sha256(_canonical(values)).hexdigest()


def _canonical(values: dict[str, Any]) -> bytes:
    return json.dumps(
        values, default=_text, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)
