"""The table in pieces: parsed rows, known by hashes of what names them and of what they say."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext as _

from forecourt.kernel.imports.declaration import Importer, ImportRow
from forecourt.kernel.imports.parsing import RowParser, key_hash
from forecourt.kernel.imports.queries import imported_rows
from forecourt.kernel.models import ImportedRow
from forecourt.kernel.tabular import Row, Table


@dataclass
class Chunk:
    """Rows on their way, with the hashes that the memory of imported rows knows them by."""

    sources: list[Row]
    rows: list[ImportRow]
    keys: dict[int, UUID]
    contents: dict[int, UUID]
    known: dict[UUID, ImportedRow]
    last_number: int

    @property
    def good(self) -> list[ImportRow]:
        """Rows that are neither refused nor already imported as they are."""
        return [row for row in self.rows if not row.is_refused and row.outcome is None]

    @property
    def finding_count(self) -> int:
        """How many problems the rows have."""
        return sum(len(row.problems) for row in self.rows)


@dataclass
class Reader:
    """Cuts the table into parsed chunks and finds rows that the file has twice."""

    importer: Importer
    parser: RowParser
    seen: dict[UUID, int] = field(default_factory=dict)
    repeats: Counter[UUID] = field(default_factory=Counter)

    def chunks(self, table: Table, after: int) -> Iterator[Chunk]:
        rows = table.rows()
        if after:
            # What stands before was imported by this run; it is read again only to know its keys.
            for row in itertools.takewhile(lambda row: row.number <= after, table.rows()):
                self._identify(row, self.parser.parse(row))
            rows = table.rows(after=after)
        while batch := list(itertools.islice(rows, self.importer.chunk_rows)):
            yield self._chunk(batch)

    def _chunk(self, batch: Sequence[Row]) -> Chunk:
        rows = [self.parser.parse(source) for source in batch]
        keys, contents = {}, {}
        for source, row in zip(batch, rows, strict=True):
            keys[row.number], contents[row.number] = self._identify(source, row)
        known = imported_rows(self.importer.kind, keys.values())
        for row in rows:
            earlier = known.get(keys[row.number])
            if earlier is not None:
                row.known_id = earlier.subject_id
                if earlier.content == contents[row.number] or not self.importer.updates:
                    row.unchanged(earlier.subject_id)
        return Chunk(list(batch), rows, keys, contents, known, batch[-1].number)

    def _identify(self, source: Row, row: ImportRow) -> tuple[UUID, UUID]:
        """Hashes of the row's key and content; refuses a key that stood in the file before."""
        content = self.parser.content(source)
        named = None if row.is_refused else self.importer.key(row.values)
        if named is None:
            # Nothing names the row: the n-th row that says the same is the same as last time.
            self.repeats[content] += 1
            return key_hash(f"{content}#{self.repeats[content]}"), content
        row.key = named
        hashed = key_hash(named)
        first = self.seen.setdefault(hashed, row.number)
        if first != row.number:
            row.refuse(
                _("Row %(number)s already has the same %(key)s.") % {"number": first, "key": named},
                code="repeated",
            )
        return hashed, content
