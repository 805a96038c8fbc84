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

from collections import Counter
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from forecourt.kernel import audit, jobs
from forecourt.kernel.actors import actor_again
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict
from forecourt.kernel.groups import current_group
from forecourt.kernel.imports.chunks import Chunk, Reader
from forecourt.kernel.imports.declaration import (
    Context,
    Outcome,
    importer,
)
from forecourt.kernel.imports.files import stored_table
from forecourt.kernel.imports.findings import STORED_FINDINGS, Tally, store_findings
from forecourt.kernel.imports.parsing import RowParser
from forecourt.kernel.imports.pulse import Pulse
from forecourt.kernel.imports.writing import write_chunk
from forecourt.kernel.models import ImportIssue, ImportRun, Job
from forecourt.kernel.tabular import Table

CHECK = "imports.check"
RUN = "imports.run"
ALL_OR_NOTHING = "all_or_nothing"
GOOD_ROWS = "good_rows"


@jobs.runs(CHECK)
def check(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Read everything as the run would, and write down what is wrong; nothing else is written."""
    run = ImportRun.objects.get(pk=job.params["run_id"])
    context = _context(run, dry_run=True)
    declared = importer(run.kind, context.actor)
    ImportIssue.objects.filter(run=run).delete()
    tally = Tally()
    with override(context.actor.language), stored_table(run) as table:
        reader = Reader(declared, RowParser(declared, run.mapping, context))
        for chunk in reader.chunks(table, after=0):
            if chunk.good:
                declared.check(chunk.good, context)
            tally.add(chunk)
            with transaction.atomic():
                store_findings(run, chunk, room=STORED_FINDINGS - tally.stored)
                tally.stored += chunk.finding_count
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
    reader = Reader(declared, RowParser(declared, run.mapping, context))
    for chunk in reader.chunks(table, after=run.position):
        with transaction.atomic():
            _take_turn(run)
            write_chunk(run, declared, chunk, context)
            store_findings(run, chunk, room=len(chunk.rows) * len(declared.fields))
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
    pulse = Pulse(job)
    try:
        with pulse, transaction.atomic():
            _take_turn(run)
            reader = Reader(declared, RowParser(declared, run.mapping, context))
            for chunk in reader.chunks(table, after=0):
                write_chunk(run, declared, chunk, context)
                _refuse_all_if_any(run, chunk)
                _advance(run, chunk)
                pulse.beat(run.done_count)
            _finish(run, context)
            progress.step(run.done_count)
    except _RowsRefused as refused:
        with transaction.atomic():
            store_findings(run, refused.chunk, room=STORED_FINDINGS)
        raise Conflict(
            _("Row %(number)s is not good, so nothing was imported.") % {"number": refused.number}
        ) from None


class _RowsRefused(Exception):
    def __init__(self, chunk: Chunk, number: int) -> None:
        super().__init__(number)
        self.chunk, self.number = chunk, number


def _refuse_all_if_any(run: ImportRun, chunk: Chunk) -> None:
    for row in chunk.rows:
        if row.is_refused:
            raise _RowsRefused(chunk, row.number)


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


def _advance(run: ImportRun, chunk: Chunk) -> None:
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
    importer(run.kind, context.actor).finish(run, context)
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
