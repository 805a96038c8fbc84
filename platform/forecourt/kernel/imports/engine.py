"""The background work of an import: the check that writes nothing, and the run.

*Good rows only*: a transaction per chunk writes the rows, their findings, the memory of what each
became, the run's position and the job's progress together. A worker that dies takes its open chunk
with it; the next one goes on after the last position, so no row is written twice or left out.

*All or nothing*: offered when the check found every row good; one transaction then writes them all.
A compensating scheme would need an undo of every action of every module; a transaction needs none,
and PostgreSQL carries a hundred thousand rows in one easily. Its price is that locks are held until
the end. While it is open, a pulse on a second connection shows progress and hears a wish to cancel.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from forecourt.kernel import audit, jobs
from forecourt.kernel.actors import actor_again
from forecourt.kernel.clock import now
from forecourt.kernel.db.rows import insert_many
from forecourt.kernel.errors import Conflict, DomainError
from forecourt.kernel.groups import current_group, current_schema, inside
from forecourt.kernel.imports.declaration import (
    Context,
    Importer,
    ImportRow,
    NewValue,
    Outcome,
    importer,
)
from forecourt.kernel.imports.files import stored_table
from forecourt.kernel.imports.mapping import Mapped
from forecourt.kernel.imports.parsing import RowParser, key_hash
from forecourt.kernel.imports.queries import imported_rows
from forecourt.kernel.models import ImportedRow, ImportIssue, ImportRun, Job
from forecourt.kernel.tabular import Row, Table
from forecourt.kernel.text import hide_long_numbers

CHECK = "imports.check"
RUN = "imports.run"
ALL_OR_NOTHING = "all_or_nothing"
GOOD_ROWS = "good_rows"

# Findings of a check that are stored one by one; the rest is only counted.
_STORED_FINDINGS = 5000
_NEW_VALUES_SHOWN = 200
_PULSE_SECONDS = 2.0


@dataclass
class _Chunk:
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


@dataclass
class _Reader:
    """Cuts the table into parsed chunks and finds rows that the file has twice."""

    importer: Importer
    parser: RowParser
    seen: dict[UUID, int] = field(default_factory=dict)
    repeats: Counter[UUID] = field(default_factory=Counter)

    def chunks(self, table: Table, after: int) -> Iterator[_Chunk]:
        rows = table.rows()
        if after:
            # What stands before was imported by this run; it is read again only to know its keys.
            for row in itertools.takewhile(lambda row: row.number <= after, table.rows()):
                self._identify(row, self.parser.parse(row))
            rows = table.rows(after=after)
        while batch := list(itertools.islice(rows, self.importer.chunk_rows)):
            yield self._chunk(batch)

    def _chunk(self, batch: Sequence[Row]) -> _Chunk:
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
        return _Chunk(list(batch), rows, keys, contents, known, batch[-1].number)

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


@jobs.runs(CHECK)
def check(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Read everything as the run would, and write down what is wrong; nothing else is written."""
    run = ImportRun.objects.get(pk=job.params["run_id"])
    context = _context(run, dry_run=True)
    declared = importer(run.kind, context.actor)
    ImportIssue.objects.filter(run=run).delete()
    tally = _Tally()
    with override(context.actor.language), stored_table(run) as table:
        reader = _Reader(declared, RowParser(declared, run.mapping, context))
        for chunk in reader.chunks(table, after=0):
            if chunk.good:
                declared.check(chunk.good, context)
            tally.add(chunk)
            with transaction.atomic():
                _store_findings(run, chunk, room=_STORED_FINDINGS - tally.stored)
                tally.stored += chunk_findings(chunk)
                progress.step(tally.rows)
    with transaction.atomic():
        updated = ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.MAPPED).update(
            state=ImportRun.State.CHECKED,
            row_count=tally.rows,
            rejected_count=tally.refused,
            warning_count=tally.doubtful,
            unchanged_count=tally.unchanged,
            findings=tally.as_json(run),
        )
        progress.step(tally.rows)
    return {"rows": tally.rows, "rejected": tally.refused, "current": bool(updated)}


@jobs.runs(RUN)
def run_import(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Write the rows; how depends on the run's options."""
    run = ImportRun.objects.get(pk=job.params["run_id"])
    context = _context(run, dry_run=False)
    progress.total(run.row_count)
    try:
        with override(context.actor.language), stored_table(run) as table:
            if run.options.get("mode") == ALL_OR_NOTHING:
                _run_all_or_nothing(run, table, context, job, progress)
            else:
                _run_good_rows(run, table, context, progress)
    except jobs.TakenOver:
        raise
    except jobs.Cancelled:
        _end(run, ImportRun.State.CANCELLED)
        raise
    except Exception:
        _end(run, ImportRun.State.FAILED)
        raise
    return _counts(ImportRun.objects.get(pk=run.pk))


# -- good rows only ---------------------------------------------------------------------------


def _run_good_rows(run: ImportRun, table: Table, context: Context, progress: jobs.Progress) -> None:
    declared = importer(run.kind, context.actor)
    if run.position == 0:
        ImportIssue.objects.filter(run=run).delete()
    reader = _Reader(declared, RowParser(declared, run.mapping, context))
    for chunk in reader.chunks(table, after=run.position):
        with transaction.atomic():
            _take_turn(run)
            _write_chunk(run, declared, chunk, context)
            _store_findings(run, chunk, room=len(chunk.rows) * len(declared.fields))
            _advance(run, chunk)
            progress.step(run.done_count)
    with transaction.atomic():
        _finish(run, context)
        progress.step(run.done_count)


def _take_turn(run: ImportRun) -> None:
    """Hold the run's row; another worker that went on meanwhile has moved its position."""
    position = ImportRun.objects.select_for_update().values_list("position", flat=True)
    if position.get(pk=run.pk) != run.position:
        raise jobs.TakenOver


# -- all or nothing ---------------------------------------------------------------------------


def _run_all_or_nothing(
    run: ImportRun, table: Table, context: Context, job: Job, progress: jobs.Progress
) -> None:
    declared = importer(run.kind, context.actor)
    ImportIssue.objects.filter(run=run).delete()
    pulse = _Pulse(job)
    try:
        with pulse, transaction.atomic():
            _take_turn(run)
            reader = _Reader(declared, RowParser(declared, run.mapping, context))
            for chunk in reader.chunks(table, after=0):
                _write_chunk(run, declared, chunk, context)
                _refuse_all_if_any(run, chunk)
                _advance(run, chunk)
                pulse.beat(run.done_count)
            _finish(run, context)
            progress.step(run.done_count)
    except _RowsRefused as refused:
        with transaction.atomic():
            _store_findings(run, refused.chunk, room=_STORED_FINDINGS)
        raise Conflict(
            _("Row %(number)s is not good, so nothing was imported.") % {"number": refused.number}
        ) from None


class _RowsRefused(Exception):
    def __init__(self, chunk: _Chunk, number: int) -> None:
        super().__init__(number)
        self.chunk, self.number = chunk, number


def _refuse_all_if_any(run: ImportRun, chunk: _Chunk) -> None:
    for row in chunk.rows:
        if row.is_refused:
            raise _RowsRefused(chunk, row.number)


class _Pulse:
    """Tells the outside how far an open transaction is, and hears whether to stop it.

    The transaction's own changes are invisible until it ends, so a thread with a connection of its
    own keeps the job's heartbeat and count.
    """

    def __init__(self, job: Job) -> None:
        self.job_id = job.pk
        self.schema_name = current_schema()
        self.done = 0
        self.cancelled = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def beat(self, done: int) -> None:
        """Say how many rows are done. Raises Cancelled when somebody wants it stopped."""
        self.done = done
        if self.cancelled.is_set():
            raise jobs.Cancelled

    def __enter__(self) -> _Pulse:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._over.set()
        self._thread.join(timeout=30)

    def _keep(self) -> None:
        try:
            with inside(self.schema_name):
                while not self._over.wait(_PULSE_SECONDS):
                    running = Job.objects.filter(pk=self.job_id, state=Job.State.RUNNING)
                    running.update(heartbeat_at=now(), done_count=self.done)
                    if running.filter(cancel_requested=True).exists():
                        self.cancelled.set()
        finally:
            connection.close()


# -- both -------------------------------------------------------------------------------------


def _context(run: ImportRun, *, dry_run: bool) -> Context:
    group = current_group()
    if run.user_id is None:
        raise LookupError(f"Import {run.pk} has no person whose rights it could use.")
    return Context(
        actor=actor_again(run.user_id, channel="import"),
        region=run.options.get("region", "CN"),
        currency=group.currency if group else settings.DEFAULT_CURRENCY,
        time_zone=group.time_zone if group else settings.TIME_ZONE,
        store_id=run.store_id,
        dry_run=dry_run,
        mapped=frozenset(run.mapping),
    )


def _write_chunk(run: ImportRun, declared: Importer, chunk: _Chunk, context: Context) -> None:
    """Check and write the good rows; afterwards each row has an outcome or is refused."""
    if chunk.good:
        declared.check(chunk.good, context)
    if not run.options.get("accept_warnings"):
        for row in chunk.good:
            if row.has_warnings:
                _refuse_doubtful(row)
    _write_rows(declared, chunk.good, context)
    _remember(run, declared, chunk)


def _refuse_doubtful(row: ImportRow) -> None:
    for problem in [problem for problem in row.problems if problem.is_warning]:
        row.refuse(problem.message, field=problem.field, code=problem.code)
    row.problems = [problem for problem in row.problems if not problem.is_warning]


def _write_rows(declared: Importer, rows: Sequence[ImportRow], context: Context) -> None:
    """Write them together; where that fails, halve until the rows that fail stand alone."""
    if not rows:
        return
    try:
        with transaction.atomic():
            declared.write(rows, context)
    except (DomainError, DatabaseError) as failure:
        context.memory.clear()
        for row in rows:
            row.outcome = row.subject_id = None
        if len(rows) == 1:
            _refuse_alone(rows[0], failure)
            return
        middle = len(rows) // 2
        _write_rows(declared, rows[:middle], context)
        _write_rows(declared, rows[middle:], context)
        return
    for row in rows:
        if row.outcome is None and not row.is_refused:
            raise TypeError(f"{type(declared).__name__}.write left row {row.number} unanswered.")


def _refuse_alone(row: ImportRow, failure: Exception) -> None:
    if isinstance(failure, DomainError):
        row.refuse(failure.message, field=failure.field, code=failure.code)
    else:
        row.refuse(_("The database does not accept this row."), code="not_storable")


def _remember(run: ImportRun, declared: Importer, chunk: _Chunk) -> None:
    """What each row became, so that the same file brings nothing twice."""
    fresh, changed = [], []
    for row in chunk.rows:
        if row.is_refused or row.outcome is None:
            continue
        key, content = chunk.keys[row.number], chunk.contents[row.number]
        earlier = chunk.known.get(key)
        if earlier is None:
            fresh.append(
                ImportedRow(
                    kind=declared.kind,
                    key=key,
                    content=content,
                    subject_id=row.subject_id,
                    run_id=run.pk,
                )
            )
        elif earlier.content != content or earlier.subject_id != row.subject_id:
            earlier.content, earlier.subject_id, earlier.run_id = content, row.subject_id, run.pk
            changed.append(earlier)
    insert_many(fresh)
    ImportedRow.objects.bulk_update(changed, ["content", "subject_id", "run_id"], batch_size=500)


def chunk_findings(chunk: _Chunk) -> int:
    """How many problems the chunk's rows have."""
    return sum(len(row.problems) for row in chunk.rows)


def _store_findings(run: ImportRun, chunk: _Chunk, *, room: int) -> None:
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


def _advance(run: ImportRun, chunk: _Chunk) -> None:
    """Move the run's position and counts over the chunk, in the chunk's transaction."""
    outcomes = Counter(row.outcome for row in chunk.rows if not row.is_refused)
    run.position = chunk.last_number
    run.done_count += len(chunk.rows)
    run.created_count += outcomes[Outcome.CREATED]
    run.updated_count += outcomes[Outcome.UPDATED]
    run.unchanged_count += outcomes[Outcome.UNCHANGED]
    run.rejected_count += sum(row.is_refused for row in chunk.rows)
    run.save(
        update_fields=[
            "position",
            "done_count",
            "created_count",
            "updated_count",
            "unchanged_count",
            "rejected_count",
        ]
    )


def _finish(run: ImportRun, context: Context) -> None:
    run.state = ImportRun.State.DONE
    run.finished_at = now()
    run.row_count = run.done_count
    run.save(update_fields=["state", "finished_at", "row_count"])
    audit.record(context.actor, "imported", run, _counts(run), store_id=run.store_id)


def _counts(run: ImportRun) -> dict[str, Any]:
    return {
        "kind": run.kind,
        "rows": run.done_count,
        "created": run.created_count,
        "updated": run.updated_count,
        "unchanged": run.unchanged_count,
        "rejected": run.rejected_count,
    }


def _end(run: ImportRun, state: str) -> None:
    ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.RUNNING).update(
        state=state, finished_at=now()
    )


@dataclass
class _Tally:
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

    def add(self, chunk: _Chunk) -> None:
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
