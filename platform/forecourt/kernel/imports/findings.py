"""What is wrong with a file's rows: kept row by row, and counted over all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from forecourt.kernel.imports.chunks import Chunk
from forecourt.kernel.imports.declaration import NewValue, Outcome
from forecourt.kernel.imports.mapping import Mapped
from forecourt.kernel.models import ImportIssue, ImportRun
from forecourt.kernel.text import hide_long_numbers

STORED_FINDINGS = 5000
"""Findings of a check that are stored one by one; the rest is only counted."""
_NEW_VALUES_SHOWN = 200


def store_findings(run: ImportRun, chunk: Chunk, *, room: int) -> None:
    mapped: Mapped = run.mapping
    columns = run.shape["columns"]
    severity = ImportIssue.Severity
    issues: list[ImportIssue] = []
    for source, row in zip(chunk.sources, chunk.rows, strict=True):
        for problem in row.problems:
            if len(issues) >= room:
                break
            rule = mapped.get(problem.field or "", {})
            index = rule.get("column")
            column, value = (
                ("", rule.get("fixed", ""))
                if index is None
                else (columns[index], source.cells[index])
            )
            issues.append(
                ImportIssue(
                    run=run,
                    row_number=row.number,
                    severity=severity.WARNING if problem.is_warning else severity.ERROR,
                    code=problem.code,
                    column=column[:100],
                    value=hide_long_numbers(value)[:200],
                    message=problem.message[:500],
                )
            )
    ImportIssue.objects.bulk_create(issues, batch_size=1000)


@dataclass
class Tally:
    """What a check counts over all rows."""

    rows: int = 0
    refused: int = 0
    doubtful: int = 0
    unchanged: int = 0
    known: int = 0
    stored: int = 0
    kinds: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    messages: dict[tuple[str, str, bool], str] = field(default_factory=dict)
    new_values: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, chunk: Chunk) -> None:
        self.rows += len(chunk.rows)
        for row in chunk.rows:
            if row.is_refused:
                self.refused += 1
            elif row.has_warnings:
                self.doubtful += 1
            elif row.outcome is Outcome.UNCHANGED:
                self.unchanged += 1
            elif row.known_id is not None:
                self.known += 1
            for problem in row.problems:
                kind = (problem.code, problem.field or "", problem.is_warning)
                self.kinds[kind] += 1
                self.messages.setdefault(kind, problem.message)
            for name, value in row.values.items():
                if isinstance(value, NewValue):
                    self.new_values.setdefault(name, Counter())[value.text] += 1

    def as_json(self, run: ImportRun) -> dict[str, Any]:
        """Problems by kind with their counts, the most frequent first, and what would be made."""
        columns = run.shape["columns"]
        return {
            "problems": [
                {
                    "code": code,
                    "column": columns[run.mapping[name]["column"]]
                    if "column" in run.mapping.get(name, {})
                    else "",
                    "is_warning": is_warning,
                    "message": self.messages[code, name, is_warning],
                    "count": count,
                }
                for (code, name, is_warning), count in self.kinds.most_common(100)
            ],
            "new_values": {
                name: {
                    "count": len(counts),
                    "texts": [text for text, _count in counts.most_common(_NEW_VALUES_SHOWN)],
                }
                for name, counts in self.new_values.items()
            },
            "known": self.known,
            "bad": self.refused,
        }
