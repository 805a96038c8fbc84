"""What people do with an import, step by step. Every action asks for the importer's permission."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import PurePath
from typing import Any, BinaryIO

from django.core.files.base import File
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from forecourt.kernel import audit, jobs
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid, NotFound
from forecourt.kernel.imports.declaration import Importer, importer
from forecourt.kernel.imports.engine import ALL_OR_NOTHING, CHECK, GOOD_ROWS, RUN
from forecourt.kernel.imports.files import stored_file
from forecourt.kernel.imports.mapping import Mapped, guess, signature, validated
from forecourt.kernel.imports.queries import (
    get_readable_run,
    get_run,
    job_of,
    list_runs,
    remembered_mapping,
)
from forecourt.kernel.models import ImportIssue, ImportMapping, ImportRun, Job
from forecourt.kernel.tabular import ColumnProfile, Shape, Table, open_table, profile

State = ImportRun.State

FILES_KEPT = timedelta(days=30)
"""How long an uploaded file, and with it the rejected rows, can be fetched and run again."""

_HASHED_BYTES = 1 << 20
# Enough to know the columns while the person waits; the check reads the rest.
_PROFILED_ROWS = 50_000
_LONGEST_NAME = 200


def upload_file(
    *,
    kind: str,
    name: str,
    content: BinaryIO,
    actor: Actor,
    store_id: int | None = None,
    region: str = "CN",
) -> ImportRun:
    """Take a file in, find out how to read it and guess its columns.

    `content` is a seekable binary file, `region` the country whose phone numbers it holds. Raises
    NotPermitted, NotFound for an unknown kind, and Invalid for what is no table.
    """
    declared = importer(kind, actor)
    actor.require(declared.permission, store_id=store_id)
    if declared.needs_store and store_id is None:
        raise Invalid(_("Choose the store that the rows belong to."), field="store")
    table = open_table(content)
    profiles, rows = profile(table.shape.columns, table.rows(), region=region, limit=_PROFILED_ROWS)
    if not rows:
        raise Invalid(_("The table has a header and no rows."), field="file")
    digest, size = _digest(content)
    mapped, options = _proposal(declared, table.shape, profiles)
    content.seek(0)
    suffix = PurePath(name).suffix.lower()[:8] or ".csv"
    stored_name = storages["default"].save(
        f"imports/{secrets.token_hex(16)}{suffix}", File(content)
    )
    with transaction.atomic():
        run = ImportRun.objects.create(
            kind=kind,
            original_name=PurePath(name).name[-_LONGEST_NAME:],
            stored_name=stored_name,
            sha256=digest,
            size_bytes=size,
            shape=table.shape.as_json(),
            profile=[column.as_json() for column in profiles],
            mapping=mapped,
            options={**options, "region": region},
            row_count=rows,
            store_id=store_id,
            user_id=actor.user_id,
            actor_id=actor.staff_id,
            actor_name=actor.name,
            created_at=now(),
        )
        audit.record(actor, "uploaded", run, {"kind": kind, "sha256": digest}, store_id=store_id)
    return run


def read_again(
    *,
    run_id: int,
    actor: Actor,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    region: str | None = None,
) -> ImportRun:
    """Read the file in another way than was found out. Raises Invalid when it cannot be."""
    run = _open_run(run_id, actor)
    with stored_file(run) as file:
        try:
            table = open_table(
                file, encoding=encoding, delimiter=delimiter, sheet=sheet, header_row=header_row
            )
        except LookupError:
            raise Invalid(_("There is no such encoding."), field="encoding") from None
        chosen_region = region or run.options.get("region", "CN")
        return _reshaped(run, table, chosen_region, actor)


@transaction.atomic
def map_columns(*, run_id: int, mapping: Mapping[str, Any], actor: Actor) -> ImportRun:
    """Say which column goes to which field. Raises Invalid with the field that is wrong."""
    run = _lock_open_run(run_id, actor)
    run.mapping = validated(importer(run.kind, actor), mapping, run.shape["columns"])
    run.state = State.MAPPED
    run.findings = {}
    run.save(update_fields=["mapping", "state", "findings"])
    return run


@transaction.atomic
def start_check(*, run_id: int, actor: Actor) -> Job:
    """Have every row checked in the background; nothing is written. Raises Conflict if running."""
    run = _lock_open_run(run_id, actor)
    if run.state not in (State.MAPPED, State.CHECKED):
        raise Conflict(_("Choose the columns first."))
    run.state = State.MAPPED
    return _start_job(run, CHECK, actor)


@transaction.atomic
def start_run(
    *, run_id: int, actor: Actor, mode: str = GOOD_ROWS, accept_warnings: bool = False
) -> Job:
    """Write the checked rows in the background.

    `mode` is GOOD_ROWS (the rest comes back as a file) or ALL_OR_NOTHING. Rows with warnings count
    as bad unless they are accepted. A run that failed or was cancelled goes on where it stopped.
    Raises Conflict when it runs, has ended, was not checked, or not all rows are good.
    """
    run = _lock_run(run_id, actor)
    if mode not in (GOOD_ROWS, ALL_OR_NOTHING):
        raise Invalid(_("Choose whether bad rows stop the import."), field="mode")
    if run.state not in (State.CHECKED, State.FAILED, State.CANCELLED):
        raise Conflict(_("This import was not checked yet, or has been run already."))
    bad = run.findings.get("bad", 0) + (0 if accept_warnings else run.warning_count)
    if mode == ALL_OR_NOTHING and run.state == State.CHECKED and bad:
        raise Conflict(
            _("%(count)s rows are not good; import the good ones, or correct the file.")
            % {"count": bad}
        )
    if run.position == 0:
        run.unchanged_count = run.rejected_count = 0
    run.state = State.RUNNING
    run.options = {**run.options, "mode": mode, "accept_warnings": accept_warnings}
    run.save(update_fields=["state", "options", "unchanged_count", "rejected_count"])
    _remember_mapping(run)
    return _start_job(run, RUN, actor)


def cancel_run(*, run_id: int, actor: Actor) -> ImportRun:
    """Stop the check or the run after its present chunk, or give up an import that waits.

    What was written stays, and going on later brings nothing twice. Raises Conflict when it ended.
    """
    run = get_run(run_id=run_id, actor=actor)
    if run.has_ended:
        raise Conflict(_("This import has already ended."))
    job = job_of(run)
    if job is not None and job.is_open:
        # Not the run's row: an all-or-nothing run holds it until its end.
        job = jobs.cancel(job.pk, actor)
        if job.is_open:
            return run
    return _cancel_now(run_id, actor)


@transaction.atomic
def _cancel_now(run_id: int, actor: Actor) -> ImportRun:
    run = _lock_run(run_id, actor)
    if run.state != State.CANCELLED:
        if run.has_ended:
            raise Conflict(_("This import has already ended."))
        run.state = State.CANCELLED
        run.finished_at = now()
        run.save(update_fields=["state", "finished_at"])
    audit.record(actor, "cancelled", run, store_id=run.store_id)
    return run


def settle_run(*, run_id: int, actor: Actor) -> ImportRun:
    """The import as it stands; one whose work ended without a last word is ended here."""
    run = get_run(run_id=run_id, actor=actor)
    if run.state != State.RUNNING:
        return run
    job = job_of(run)
    if job is not None and job.is_open:
        return run
    with transaction.atomic():
        return _lock_run(run_id, actor)


def open_rejected(*, run_id: int, actor: Actor) -> ImportRun:
    """The import whose rejected rows are about to be handed out; they hold customers' data.

    Raises NotFound (also when the file has been removed), or NotPermitted for a file with values
    that are hidden from the actor.
    """
    run = get_readable_run(run_id=run_id, actor=actor)
    if not run.stored_name or not storages["default"].exists(run.stored_name):
        raise NotFound(_("The file of this import has been removed."))
    audit.record(actor, "exported", run, {"rows": run.rejected_count}, store_id=run.store_id)
    return run


def expired_runs() -> QuerySet[ImportRun]:
    """Imports whose file is kept for longer than is needed to correct and repeat it."""
    old = ImportRun.objects.filter(created_at__lt=now() - FILES_KEPT).exclude(stored_name="")
    return old.exclude(state=State.RUNNING)


def has_expired_runs() -> bool:
    return expired_runs().exists()


def remove_expired_files() -> int:
    """Delete the files of old imports with what was found in them; what came of them stays.

    Answers how many. Whatever waited to be checked or run is over.
    """
    removed = 0
    for run_id in expired_runs().values_list("pk", flat=True):
        with transaction.atomic():
            run = expired_runs().select_for_update(skip_locked=True).filter(pk=run_id).first()
            if run is None:
                continue
            storages["default"].delete(run.stored_name)
            ImportIssue.objects.filter(run=run).delete()
            run.stored_name, run.profile, run.findings = "", [], {}
            if not run.has_ended:
                run.state, run.finished_at = State.CANCELLED, now()
            run.save(update_fields=["stored_name", "profile", "findings", "state", "finished_at"])
            removed += 1
    return removed


@transaction.atomic
def discard_run(*, run_id: int, actor: Actor) -> None:
    """Delete the file with what was found in it; what was imported stays. Raises Conflict."""
    run = _lock_run(run_id, actor)
    audit.record(actor, "discarded", run, store_id=run.store_id)
    stored_name = run.stored_name
    ImportIssue.objects.filter(run=run).delete()
    run.delete()
    transaction.on_commit(lambda: storages["default"].delete(stored_name))


# -- within -----------------------------------------------------------------------------------


def _open_run(run_id: int, actor: Actor) -> ImportRun:
    run = get_run(run_id=run_id, actor=actor)
    if run.has_ended or run.state == State.RUNNING:
        raise Conflict(_("This import can no longer be changed."))
    return run


def _lock_run(run_id: int, actor: Actor) -> ImportRun:
    """Raises Conflict while a worker has it, instead of waiting for the worker's transaction."""
    _require_no_open_job(get_run(run_id=run_id, actor=actor))
    run = list_runs(actor).select_for_update(of=("self",)).filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no such import."))
    actor.require(importer(run.kind).permission, store_id=run.store_id)
    _require_no_open_job(run)
    _settle(run)
    return run


def _settle(run: ImportRun) -> None:
    """A job that ended without its worker's last word (stopped while it waited) ends the run."""
    if run.state != State.RUNNING:
        return
    job = job_of(run)
    if job is not None and job.state in (Job.State.CANCELLED, Job.State.FAILED):
        run.state = State.CANCELLED if job.state == Job.State.CANCELLED else State.FAILED
        run.finished_at = job.finished_at
        run.save(update_fields=["state", "finished_at"])


def _lock_open_run(run_id: int, actor: Actor) -> ImportRun:
    run = _lock_run(run_id, actor)
    if run.has_ended or run.state == State.RUNNING:
        raise Conflict(_("This import can no longer be changed."))
    return run


def _require_no_open_job(run: ImportRun) -> None:
    if run.job_id and Job.objects.filter(pk=run.job_id, state__in=Job.OPEN_STATES).exists():
        raise Conflict(_("This import is being worked on; wait or stop it."))


def _start_job(run: ImportRun, kind: str, actor: Actor) -> Job:
    job = jobs.start(kind, {"run_id": run.pk}, actor)
    Job.objects.filter(pk=job.pk).update(total_count=run.row_count)
    run.job_id = job.pk
    run.save(update_fields=["job_id", "state"])
    return job


def _remember_mapping(run: ImportRun) -> None:
    ImportMapping.objects.update_or_create(
        kind=run.kind,
        signature=signature(importer(run.kind), run.shape["columns"]),
        defaults={"mapping": run.mapping, "options": run.options, "used_at": now()},
    )


def _reshaped(run: ImportRun, table: Table, region: str, actor: Actor) -> ImportRun:
    profiles, rows = profile(table.shape.columns, table.rows(), region=region, limit=_PROFILED_ROWS)
    mapped, _options = _proposal(importer(run.kind, actor), table.shape, profiles)
    with transaction.atomic():
        run.shape = table.shape.as_json()
        run.profile = [column.as_json() for column in profiles]
        run.mapping = mapped
        run.row_count = rows
        run.state = State.UPLOADED
        run.options = {**run.options, "region": region}
        run.save(update_fields=["shape", "profile", "mapping", "row_count", "state", "options"])
    return run


def _proposal(
    declared: Importer, shape: Shape, profiles: list[ColumnProfile]
) -> tuple[Mapped, dict[str, Any]]:
    """The mapping used last time for such a file, else the guessed one."""
    remembered = remembered_mapping(declared.kind, signature(declared, shape.columns))
    if remembered is None:
        return guess(declared, profiles), {}
    mapped: Mapped = remembered.mapping
    names = {field.name for field in declared.fields}
    kept = {name: rule for name, rule in mapped.items() if name in names}
    return kept, {"remembered": True}


def _digest(content: BinaryIO) -> tuple[str, int]:
    content.seek(0)
    digest, size = hashlib.sha256(), 0
    while piece := content.read(_HASHED_BYTES):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size
