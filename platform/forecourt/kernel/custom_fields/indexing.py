"""Filling the keys of a field that is marked as indexed or unique.

The mark is set under the definers' lock, so from its commit on every writer writes keys, and no
writer by the old definition is left (:func:`keys.as_definer`). What is filled in here afterwards,
chunk by chunk, takes each row's lock first: it waits for a writer of that row and then copies what
the writer has left. Whether the values are unique is decided at the end, again under the lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from forecourt.kernel import audit, jobs
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.custom_fields import keys, registry
from forecourt.kernel.custom_fields.definition import Definition, definition_of
from forecourt.kernel.custom_fields.errors import SHOWN_ROWS, BlockingRow, ValuesClash
from forecourt.kernel.custom_fields.hosts import get_host
from forecourt.kernel.models import CustomField, CustomKey, Job

JOB = "custom_fields.index"
AT_ONCE = 2000
"""So many rows with a value are indexed within the request."""
_CHUNK = 1000
State = CustomField.IndexState


def rows_with_value(field: Definition | CustomField) -> QuerySet:
    """The host's rows that have a value of the field, as far as they are met at all."""
    return get_host(field.host).model._default_manager.filter(custom__has_key=field.code)


def fill_at_once(field: CustomField, *, unique: bool) -> None:
    """All keys in the caller's transaction, which holds the definers' lock. Raises ValuesClash."""
    definition = definition_of(field)
    for chunk in _chunks(definition, after=0, locked=False):
        keys.rewrite(chunk, [definition])
    _finish(field, unique=unique)


@jobs.runs(JOB)
def fill(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """The keys of a large table, resumed where it stopped; the field is READY at the end."""
    field = CustomField.objects.get(pk=job.params["field_id"])
    definition = definition_of(field)
    progress.total(rows_with_value(definition).count())
    done, last = job.done_count, int(job.result.get("last", 0))
    while True:
        with transaction.atomic():
            chunk = next(_chunks(definition, after=last, locked=True), None)
            if chunk is None:
                break
            keys.rewrite(chunk, [definition])
            last, done = max(chunk), done + len(chunk)
            progress.step(done, {"last": last})
    return _end(job, field, progress)


def _end(job: Job, field: CustomField, progress: jobs.Progress) -> dict[str, Any]:
    """READY and, if that was asked, unique; where values clash, indexed only."""
    unique = bool(job.params["unique"])
    actor = system_actor(job.actor_name)
    try:
        with transaction.atomic():
            keys.as_definer(field.host)
            field = CustomField.objects.select_for_update(no_key=True).get(pk=field.pk)
            if field.index_state == State.NONE:
                return {"rows": job.done_count, "given_up": True}
            _finish(field, unique=unique)
            audit.record(actor, "changed", field, {"index_state": ["BUILDING", "READY"]})
    except ValuesClash as refusal:
        with transaction.atomic():
            blocking = [[row.row_id, row.value] for row in refusal.rows]
            progress.step(job.done_count, {"blocking": blocking, "count": refusal.count})
            keys.as_definer(field.host)
            field = CustomField.objects.select_for_update(no_key=True).get(pk=field.pk)
            _finish(field, unique=False)
        raise
    return {"rows": job.done_count}


def start(field: CustomField, *, unique: bool, actor: Actor) -> Job:
    return jobs.start(JOB, {"field_id": field.pk, "unique": unique}, actor)


def drop(field: CustomField) -> None:
    """Forget the keys, in the transaction that unmarks the field."""
    CustomKey.objects.filter(field=field).delete()


def clashes(field: CustomField) -> QuerySet:
    """The texts that more than one row has."""
    return (
        CustomKey.objects.filter(field=field)
        .values("text_key")
        .annotate(rows=Count("id"))
        .filter(rows__gt=1)
        .order_by("text_key")
    )


def require_no_clash(field: CustomField) -> None:
    """Raises ValuesClash with the rows."""
    found = clashes(field)
    count = found.count()
    if not count:
        return
    texts = found.values("text_key")[:SHOWN_ROWS]
    rows = CustomKey.objects.filter(field=field, text_key__in=texts).order_by("text_key", "row_id")
    raise ValuesClash(
        _("%(count)s values stand in more than one record; make them differ first.")
        % {"count": count},
        rows=[BlockingRow(key.row_id, key.text_key) for key in rows[:SHOWN_ROWS]],
        count=count,
    )


def _finish(field: CustomField, *, unique: bool) -> None:
    if unique:
        require_no_clash(field)
        CustomKey.objects.filter(field=field).update(is_unique=True)
        field.is_unique = True
    field.index_state = State.READY
    field.save(update_fields=["index_state", "is_unique"])
    registry.changed()


def _chunks(field: Definition, after: int, *, locked: bool) -> Iterator[dict[int, dict[str, Any]]]:
    """``{row id: custom}`` of rows that have a value.

    Who holds the definers' lock needs no lock of the rows, and must not ask for it: a writer that
    has a row waits for the definer.
    """
    while True:
        rows = rows_with_value(field).filter(pk__gt=after).order_by("pk")
        if locked:
            rows = rows.select_for_update(of=("self",))
        chunk = dict(rows.values_list("pk", "custom")[:_CHUNK])
        if not chunk:
            return
        yield chunk
        after = max(chunk)
