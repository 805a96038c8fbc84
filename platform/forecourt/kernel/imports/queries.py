"""Reads of imports: runs, what was found, what each row became."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.definition import PREFIX
from forecourt.kernel.errors import NotFound, NotPermitted
from forecourt.kernel.imports.declaration import importer
from forecourt.kernel.models import ImportedRow, ImportIssue, ImportMapping, ImportRun, Job


def list_runs(actor: Actor) -> QuerySet[ImportRun]:
    """The imports that the actor may see, newest first."""
    runs: QuerySet[ImportRun] = ImportRun.objects.visible_to(actor).order_by("-id")
    return runs


def get_run(*, run_id: int, actor: Actor) -> ImportRun:
    """Raises NotFound outside the actor's scope, and NotPermitted for a kind she may not import."""
    run = list_runs(actor).filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no such import."))
    actor.require(importer(run.kind).permission)
    return run


def may_read_file(run: ImportRun, actor: Actor) -> bool:
    """Whether the file's own cells may be shown: always to who brought it.

    To others only with the rights that hidden values need, in the store that the file is for.
    """
    if run.actor_id is not None and run.actor_id == actor.staff_id:
        return True
    declared = importer(run.kind, actor)
    if {name for name in run.mapping if name.startswith(PREFIX)} - {
        field.name for field in declared.fields
    }:
        return False  # a custom field that is not for this person's role
    grants = [actor.grant(field.mask) for field in declared.fields if field.mask]
    return all(grant.everything or run.store_id in grant.store_ids for grant in grants)


def get_readable_run(*, run_id: int, actor: Actor) -> ImportRun:
    """An import with what its file holds. Raises NotFound, or NotPermitted for hidden values."""
    run = get_run(run_id=run_id, actor=actor)
    if not may_read_file(run, actor):
        raise NotPermitted(
            _("This file holds values that are hidden from you; %(name)s, who brought it, sees it.")
            % {"name": run.actor_name}
        )
    return run


def records_of(run: ImportRun) -> QuerySet:
    """The ids of what its rows became, or changed, as a subquery."""
    rows = ImportedRow.objects.filter(kind=run.kind, run_id=run.pk, subject_id__isnull=False)
    return rows.values("subject_id")


def job_of(run: ImportRun) -> Job | None:
    """The work that was last started for the import."""
    return Job.objects.filter(pk=run.job_id).first() if run.job_id else None


def list_issues(run: ImportRun) -> QuerySet[ImportIssue]:
    """What was found, by row."""
    return ImportIssue.objects.filter(run=run).order_by("row_number", "id")


def refusals_by_row(run: ImportRun) -> dict[int, str]:
    """Row number → all reasons why it was rejected."""
    reasons: dict[int, list[str]] = {}
    issues = ImportIssue.objects.filter(run=run, severity=ImportIssue.Severity.ERROR)
    for number, column, message in issues.order_by("row_number", "id").values_list(
        "row_number", "column", "message"
    ):
        reasons.setdefault(number, []).append(f"{column}: {message}" if column else message)
    return {number: "; ".join(found) for number, found in reasons.items()}


def remembered_mapping(kind: str, signature: str) -> ImportMapping | None:
    """How a file with this header was mapped last time."""
    return ImportMapping.objects.filter(kind=kind, signature=signature).first()


def imported_rows(kind: str, keys: Iterable[UUID]) -> dict[UUID, ImportedRow]:
    """What earlier imports made of rows with these keys."""
    known = ImportedRow.objects.filter(kind=kind, key__in=list(keys))
    return {row.key: row for row in known}
