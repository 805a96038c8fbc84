"""Sample data: what shows a new group the product at work, and leaves again in one click.

A module registers functions in its ``sample.py`` that make rows through its own actions::

    @sample(order=40)
    def leads(making: Making) -> None:
        for name in NAMES:
            create_lead(..., actor=making.actor)

Nothing has to be said about which rows those are: each function runs in a transaction that sees no
others' work, so what is new at its end is its own, down to the log entries, and is noted in
:class:`SampleRow`. Removal takes out exactly those rows. What real work has come to depend on
stays, with its own log, and is named.
"""

from __future__ import annotations

import logging
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import (
    DatabaseError,
    IntegrityError,
    connection,
    connections,
    models,
    transaction,
)
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from forecourt.kernel import jobs, summaries
from forecourt.kernel.access import Actor
from forecourt.kernel.actors import actor_again
from forecourt.kernel.groups import current_schema, inside_alias
from forecourt.kernel.models import (
    AuditEntry,
    IdempotencyKey,
    Job,
    MeasureDelta,
    MeasureTotal,
    OutboxMessage,
    SampleRow,
)
from forecourt.kernel.seals import removals

logger = logging.getLogger(__name__)

LOAD, REMOVE = "sample.load", "sample.remove"
OWNER = "owner"
"""Rows of append-only tables go out under the role that may delete them."""
SEED = 20260101
TRIES = 5
NAMED = 20
NOT_SAMPLE = (SampleRow, Job, OutboxMessage, IdempotencyKey, MeasureDelta, MeasureTotal)
"""Bookkeeping that lives and dies by itself; figures are made anew from what is left."""

Key = tuple[str, int]
"""A row: its table's name and its id."""


@dataclass(frozen=True)
class Making:
    """What a module's function works with. ``random`` gives the same on every machine."""

    actor: Actor
    random: random.Random = field(default_factory=lambda: random.Random(SEED))


Maker = Callable[[Making], None]
_makers: list[tuple[int, str, Maker]] = []


def sample(order: int) -> Callable[[Maker], Maker]:
    """Decorator: make these rows with the sample data; modules below come first."""

    def register(maker: Maker) -> Maker:
        _makers.append((order, f"{maker.__module__}.{maker.__name__}", maker))
        _makers.sort(key=lambda item: item[:2])
        return maker

    return register


def is_loaded() -> bool:
    return SampleRow.objects.exists()


def is_offered() -> bool:
    return bool(_makers)


def last_job() -> Job | None:
    """The latest loading or removal, under way or ended."""
    return Job.objects.filter(kind__in=[LOAD, REMOVE]).order_by("-id").first()


def open_job() -> Job | None:
    """The loading or removal that is under way."""
    job = last_job()
    return job if job is not None and job.is_open else None


# --- Loading ------------------------------------------------------------------------------------


@jobs.runs(LOAD, label=_("Loading sample data"))
def load(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """One transaction a function; a job that is taken up again skips those that are done."""
    actor = actor_again(job.params["user_id"], channel="sample")
    progress.total(len(_makers))
    for done, (_order, _name, maker) in enumerate(list(_makers), start=1):
        if done > job.done_count:
            _make(job, maker, Making(actor), progress, done)
    return {"rows": SampleRow.objects.count()}


def _make(job: Job, maker: Maker, making: Making, progress: jobs.Progress, done: int) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                _see_no_others()
                before = {model: _last_id(model) for model in _models()}
                maker(making)
                _note(before)
                entries = AuditEntry.objects.filter(pk__gt=before[AuditEntry])
                removals.record_loaded(
                    job, entries.values_list("pk", flat=True), actor=making.actor
                )
                progress.step(done)
            return
        except DatabaseError as error:
            if not _is_conflict(error) or attempt == TRIES:
                raise


def _see_no_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _is_conflict(error: Exception) -> bool:
    """Whether somebody changed the same row meanwhile; the transaction may be tried again."""
    return getattr(error.__cause__, "sqlstate", "") in {"40001", "40P01"}


def _note(before: dict[type[models.Model], int]) -> None:
    for model, last in before.items():
        new = model._default_manager.filter(pk__gt=last).order_by("pk")
        SampleRow.objects.bulk_create(
            [
                SampleRow(model=model._meta.label_lower, row_id=pk)
                for pk in new.values_list("pk", flat=True)
            ],
            batch_size=1000,
        )


def _models() -> Iterator[type[models.Model]]:
    """Every table of a group whose rows have a number."""
    group_apps = set(settings.TENANT_APPS)
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_config.name not in group_apps or model in NOT_SAMPLE:
            continue
        if model._meta.proxy or not model._meta.managed:
            continue
        if isinstance(model._meta.pk, models.AutoField | models.BigAutoField):
            yield model


def _last_id(model: type[models.Model]) -> int:
    return model._default_manager.aggregate(last=Max("pk"))["last"] or 0


# --- Removing -----------------------------------------------------------------------------------


@jobs.runs(REMOVE, label=_("Removing sample data"))
def remove(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Take the sample rows out, but those that real work depends on; answers what stayed."""
    actor = Actor(user_id=None, staff_id=job.actor_id, name=job.actor_name, channel="sample")
    progress.total(2)
    for attempt in range(1, TRIES + 1):
        try:
            kept = _delete_unneeded(job, actor)
            break
        except IntegrityError:  # somebody has just begun to use one of the rows
            if attempt == TRIES:
                raise
    with transaction.atomic():
        _forget_what_is_gone()
        progress.step(1)
    summaries.rebuild()
    with transaction.atomic():
        progress.step(2)
    names = [name for name in map(_name_of, sorted(kept)) if name]
    return {"kept": len(kept), "kept_names": names[:NAMED]}


def _delete_unneeded(job: Job, actor: Actor) -> set[Key]:
    """Returns the rows that stay."""
    rows = _rows()
    schema_name = current_schema()
    with (
        inside_alias(OWNER, schema_name),
        transaction.atomic(using=OWNER),
        connections[OWNER].cursor() as cursor,
    ):
        kept = _needed(rows, list(_references(cursor, schema_name, rows)))
        gone = {
            table: sorted(row_id for row_id in ids if (table, row_id) not in kept)
            for table, ids in rows.items()
        }
        removals.record_removed(
            job, gone.get(AuditEntry._meta.db_table, ()), actor=actor, using=OWNER
        )
        _delete_at_once(cursor, {table: ids for table, ids in gone.items() if ids})
    return kept


def _rows() -> dict[str, set[int]]:
    """The sample rows by table."""
    rows: dict[str, set[int]] = defaultdict(set)
    for label, row_id in SampleRow.objects.values_list("model", "row_id"):
        rows[apps.get_model(label)._meta.db_table].add(row_id)
    return dict(rows)


def _references(
    cursor: Any, schema_name: str, rows: dict[str, set[int]]
) -> Iterator[tuple[Key, Key]]:
    """(who refers, to which sample row) along every foreign key of the schema."""
    cursor.execute(
        """
        SELECT a.relname, b.relname,
               (SELECT array_agg(attname::text ORDER BY n) FROM unnest(k.conkey)
                WITH ORDINALITY u(num, n)
                JOIN pg_attribute ON attrelid = a.oid AND attnum = num),
               (SELECT array_agg(attname::text ORDER BY n) FROM unnest(k.confkey)
                WITH ORDINALITY u(num, n)
                JOIN pg_attribute ON attrelid = b.oid AND attnum = num)
        FROM pg_constraint k JOIN pg_class a ON a.oid = k.conrelid
        JOIN pg_class b ON b.oid = k.confrelid
        WHERE k.contype = 'f' AND k.connamespace = %s::regnamespace AND b.relname = ANY(%s)
          AND EXISTS (SELECT 1 FROM pg_attribute
                      WHERE attrelid = a.oid AND attname = 'id' AND NOT attisdropped)
        """,
        [schema_name, list(rows)],
    )
    for source, target, columns, keys in cursor.fetchall():
        pairs = zip(columns, keys, strict=True)
        joined = " AND ".join(f's."{column}" = t."{key}"' for column, key in pairs)
        cursor.execute(
            f'SELECT s.id, t.id FROM "{source}" s JOIN "{target}" t ON {joined}'  # noqa: S608
            " WHERE t.id = ANY(%s)",
            [sorted(rows[target])],
        )
        for source_id, target_id in cursor.fetchall():
            yield (source, source_id), (target, target_id)


def _needed(rows: dict[str, set[int]], references: Iterable[tuple[Key, Key]]) -> set[Key]:
    """Sample rows that must stay: real rows refer to them, or they are the log of such a row."""
    refers_to: dict[Key, list[Key]] = defaultdict(list)
    referred_by: dict[Key, list[Key]] = defaultdict(list)
    waiting: list[Key] = []
    logs = _append_only_tables()
    for source, target in references:
        if source[1] not in rows.get(source[0], ()):
            waiting.append(target)
            continue
        refers_to[source].append(target)
        if source[0] in logs:
            referred_by[target].append(source)
    kept: set[Key] = set()
    while waiting:
        key = waiting.pop()
        if key not in kept:
            kept.add(key)
            waiting += refers_to[key] + referred_by[key]
    return kept


def _append_only_tables() -> set[str]:
    return {
        model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False)
    }


def _delete_at_once(cursor: Any, gone: dict[str, list[int]]) -> None:
    """In one statement: its constraints are checked at its end, so circles come apart."""
    if not gone:
        return
    parts = [f'"d_{table}" AS (DELETE FROM "{table}" WHERE id = ANY(%s))' for table in gone]  # noqa: S608
    cursor.execute(f"WITH {', '.join(parts)} SELECT 1", list(gone.values()))


def _forget_what_is_gone() -> None:
    """Only notes of rows that stayed remain, so that a later removal tries them again."""
    for label in SampleRow.objects.values_list("model", flat=True).distinct().order_by():
        model = apps.get_model(label)
        notes = SampleRow.objects.filter(model=label)
        present = model._default_manager.filter(pk__in=notes.values("row_id")).values("pk")
        notes.exclude(row_id__in=present).delete()


def _name_of(key: Key) -> str:
    """What a person would call the row; empty for log entries and links."""
    table, row_id = key
    for model in apps.get_models():
        if model._meta.db_table == table and not getattr(model, "append_only", False):
            row = model._default_manager.filter(pk=row_id).first()
            return str(row) if row else ""
    return ""
