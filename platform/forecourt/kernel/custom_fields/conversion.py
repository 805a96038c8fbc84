"""A field of another kind: only where every value says something in it.

All rows are tried first, without a lock. Then, under the definers' lock, they are tried again and
rewritten in one transaction: who writes a value meanwhile waits, and writes one of the new kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from forecourt.kernel import audit, jobs
from forecourt.kernel.access import Actor
from forecourt.kernel.actors import actor_again
from forecourt.kernel.custom_fields import indexing, keys, registry
from forecourt.kernel.custom_fields.definition import KEYED, UNIQUE, Definition, Kind, definition_of
from forecourt.kernel.custom_fields.errors import SHOWN_ROWS, BlockingRow, ValuesDoNotConvert
from forecourt.kernel.custom_fields.hosts import get_host
from forecourt.kernel.custom_fields.kinds import as_text, cleaned, read_text, written_out
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.models import CustomField, Job

JOB = "custom_fields.convert"
AT_ONCE = 2000
_CHUNK = 1000
_NEVER = (Kind.FILE, Kind.STAFF)


def converted(old: Definition, new: Definition, value: Any) -> Any:
    """The value in the new kind. Raises Invalid."""
    if old.kind in _NEVER or new.kind in _NEVER:
        raise Invalid(_("A value of this kind cannot become another."))
    if {old.kind, new.kind} <= {Kind.TEXT, Kind.LONG_TEXT}:
        return cleaned(new, value)
    if old.kind == Kind.CHOICE and new.kind == Kind.CHOICES:
        return cleaned(new, [value])
    return read_text(new, written_out(old, value))


def require_convertible(old: Definition, new: Definition) -> int:
    """How many values there are. Raises ValuesDoNotConvert with the first rows that block."""
    blocking: list[BlockingRow] = []
    bad = total = 0
    for row_id, custom in _values(old):
        total += 1
        try:
            converted(old, new, custom[old.code])
        except Invalid:
            bad += 1
            if len(blocking) < SHOWN_ROWS:
                blocking.append(BlockingRow(row_id, as_text(old, custom[old.code])[:100]))
    if bad:
        raise ValuesDoNotConvert(
            _("%(count)s values make no sense as “%(kind)s”; change them first.")
            % {"count": bad, "kind": Kind(new.kind).label},
            rows=blocking,
            count=bad,
        )
    return total


def convert(field: CustomField, *, kind: str, options: dict[str, Any], actor: Actor) -> None:
    """Rewrite every value and the keys, in the caller's transaction under the definers' lock.

    Raises ValuesDoNotConvert, ValuesClash when values of a unique field become the same, or
    Conflict when somebody who writes holds a row.
    """
    old = definition_of(field)
    new = replace(old, kind=kind, options=options, default=None)
    require_convertible(old, new)
    was_unique, was_indexed = field.is_unique and kind in UNIQUE, old.is_indexed and kind in KEYED
    indexing.drop(field)
    field.kind, field.options, field.default = kind, options, None
    field.is_unique, field.is_searchable = False, field.is_searchable and kind == Kind.TEXT
    field.index_state = indexing.State.BUILDING if was_indexed else indexing.State.NONE
    field.save()
    with keys.giving_way():
        _rewrite(old, new)
        if was_indexed:
            indexing.fill_at_once(field, unique=was_unique)
    audit.record(actor, "changed", field, {"kind": [old.kind, kind]})
    registry.changed()


def _rewrite(old: Definition, new: Definition) -> None:
    changed: list[tuple[int, str]] = []
    for row_id, custom in _values(old):
        value = converted(old, new, custom[old.code])
        if value != custom[old.code]:
            changed.append((row_id, json.dumps(value)))
        if len(changed) >= _CHUNK:
            _write(old, changed)
            changed = []
    _write(old, changed)


def _write(field: Definition, changed: list[tuple[int, str]]) -> None:
    table = connection.ops.quote_name(get_host(field.host).model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS h SET custom = jsonb_set(h.custom, %s, n.value::jsonb) "  # noqa: S608
            "FROM unnest(%s::bigint[], %s::text[]) AS n (id, value) WHERE h.id = n.id",
            [[field.code], [row_id for row_id, _value in changed], [v for _id, v in changed]],
        )


def start(field: CustomField, *, kind: str, options: dict[str, Any], actor: Actor) -> Job:
    """Have a large table converted in the background."""
    params = {
        "field_id": field.pk,
        "kind": kind,
        "from": field.kind,
        "options": options,
        "user_id": actor.user_id,
    }
    return jobs.start(JOB, params, actor)


@jobs.runs(JOB)
def convert_in_background(job: Job, progress: jobs.Progress) -> dict[str, Any]:
    """Check without a lock, then convert under it; what blocks stands in the job's result."""
    params = job.params
    actor = actor_again(params["user_id"], channel="job")
    field = CustomField.objects.get(pk=params["field_id"])
    old = definition_of(field)
    progress.total(indexing.rows_with_value(old).count())
    try:
        new = replace(old, kind=params["kind"], options=params["options"], default=None)
        done = require_convertible(old, new)
        with transaction.atomic():
            keys.as_definer(field.host)
            field = CustomField.objects.select_for_update(no_key=True).get(pk=field.pk)
            if field.kind != params["from"]:
                raise Conflict(_("Somebody else has changed this field meanwhile."))
            convert(field, kind=params["kind"], options=params["options"], actor=actor)
            progress.step(done)
    except ValuesDoNotConvert as refusal:
        blocking = [[row.row_id, row.value] for row in refusal.rows]
        with transaction.atomic():
            progress.step(0, {"blocking": blocking, "count": refusal.count})
        raise
    return {"rows": done}


def _values(field: Definition) -> Iterator[tuple[int, dict[str, Any]]]:
    """(row id, custom) of every row that has a value, read in chunks."""
    after = 0
    while True:
        rows = indexing.rows_with_value(field).filter(pk__gt=after).order_by("pk")
        chunk = list(rows.values_list("pk", "custom")[:_CHUNK])
        yield from chunk
        if len(chunk) < _CHUNK:
            return
        after = chunk[-1][0]
