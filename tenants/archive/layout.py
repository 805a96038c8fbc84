"""What lies where in an archive, and what its manifest says."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from forecourt.kernel.errors import Invalid

FORMAT = 1
"""Raised whenever an older product could not read what a newer one writes."""
PRODUCT = "forecourt"
README = "README.txt"
MANIFEST = "manifest.json"
MANIFEST_SEAL = "manifest.hmac"
FILE_LIST = "files.jsonl"
OWN = frozenset({README, MANIFEST, MANIFEST_SEAL, FILE_LIST})
FILES = "files/"
PIECE = 1024 * 1024
JOB_KIND = "group.archive"
FOLDER = "archives"
"""Where archives that people have ordered are kept; neither they nor the jobs are in an archive."""


class ArchiveRefused(Invalid):
    """An archive is not what it should be, or not for this group; nothing was changed."""

    code = "archive_refused"


def csv_of(table: str) -> str:
    return f"tables/{table}.csv"


def lines_of(table: str) -> str:
    return f"tables/{table}.jsonl"


def sealed_of(table: str) -> str:
    return f"sealed/{table}.csv.sealed"


@dataclass(frozen=True, slots=True)
class Part:
    """A member of the archive: how many bytes it has and their SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TablePart:
    """A table as it was: its columns in order, its rows, and the members that hold it.

    ``withheld`` are columns that only the sealed member holds, ``decrypted`` those that it holds
    as they are and the others in clear. ``unreadable`` counts values that no key has opened.
    """

    columns: list[str]
    rows: int
    parts: dict[str, Part]
    withheld: list[str] = field(default_factory=list)
    decrypted: list[str] = field(default_factory=list)
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that is to be known of an archive before it is read."""

    exported_at: str
    key: dict[str, Any]
    release: dict[str, Any]
    group: dict[str, Any]
    tables: dict[str, TablePart]
    sequences: dict[str, int]
    files: dict[str, int]
    parts: dict[str, Part]
    left_out: list[str]
    missing_files: list[str] = field(default_factory=list)

    def encode(self) -> bytes:
        facts = {"format": FORMAT, "product": PRODUCT, **asdict(self)}
        return json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"

    def all_parts(self) -> dict[str, Part]:
        """Every member that is not a stored file, the manifest and its seal apart."""
        found = dict(self.parts)
        for table in self.tables.values():
            found.update(table.parts)
        return found


def decode(raw: bytes) -> Manifest:
    """Raises ArchiveRefused for what is no manifest, or one of another format."""
    try:
        facts = json.loads(raw)
        made_by, version = facts.pop("product"), facts.pop("format")
    except (ValueError, KeyError, AttributeError, RecursionError) as error:
        raise ArchiveRefused(f"{MANIFEST} cannot be read: this is no archive of ours.") from error
    if made_by != PRODUCT:
        raise ArchiveRefused(f"The archive was made by {str(made_by)[:40]!r}, not by {PRODUCT}.")
    if version != FORMAT:
        raise ArchiveRefused(
            f"The archive has the format {str(version)[:10]}; this release reads {FORMAT}."
        )
    try:
        tables = {name: _table(entry) for name, entry in facts.pop("tables").items()}
        return Manifest(tables=tables, parts=_parts(facts.pop("parts")), **facts)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise ArchiveRefused(f"{MANIFEST} is not complete: {error}") from error


def _table(entry: Mapping[str, Any]) -> TablePart:
    return TablePart(**{**entry, "parts": _parts(entry["parts"])})


def _parts(entries: Mapping[str, Any]) -> dict[str, Part]:
    return {name: Part(int(entry["size"]), str(entry["sha256"])) for name, entry in entries.items()}
