"""A chunk's rows become records, or are refused one by one."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from forecourt.kernel.db.rows import insert_many
from forecourt.kernel.errors import DomainError
from forecourt.kernel.imports.chunks import Chunk
from forecourt.kernel.imports.declaration import Context, Importer, ImportRow
from forecourt.kernel.models import ImportedRow, ImportRun


def write_chunk(run: ImportRun, declared: Importer, chunk: Chunk, context: Context) -> None:
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


def _remember(run: ImportRun, declared: Importer, chunk: Chunk) -> None:
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
