"""Writing values: one check and one way for forms, the API, imports and every action."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields import files, keys, registry
from forecourt.kernel.custom_fields.definition import PREFIX, Definition, Kind
from forecourt.kernel.custom_fields.hosts import Host, host_labelled, host_of, people
from forecourt.kernel.custom_fields.kinds import as_text, cleaned
from forecourt.kernel.errors import Invalid

Values = Mapping[str, Any]
Changes = dict[str, list[Any]]


class ValuesRefused(Invalid):
    """Values that do not fit their fields; ``errors`` has all of them, by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        field, message = next(iter(errors.items()))
        super().__init__(message, field=field)
        self.errors = errors


def save_values(row: Any, values: Values | None, *, actor: Actor, is_new: bool = False) -> Changes:
    """Write custom values of a row that the caller has made or locked; answers what changed.

    ``values`` are by code; fields that it does not name keep theirs. None: whoever asks does not
    know of custom fields, so nothing is demanded. A new row gets defaults and, where values are
    given at all, every required field that the actor may fill in.

    Call it in the action's transaction after the row is saved, and put the answer into the audit
    entry's changes. Raises ValuesRefused and ValueTaken.
    """
    host = _host(row)
    if not values and not registry.active(host.name):
        return {}
    if values is None and not is_new:
        return {}
    fields = _fields_to_write(host)
    before = dict(row.custom)
    after, errors = checked(
        fields, values or {}, actor=actor, before=before, fill=is_new, demand=values is not None
    )
    if errors:
        raise ValuesRefused(errors)
    changes = _changes(fields, before, after)
    if changes:
        with transaction.atomic():
            row.custom = after
            row.save(update_fields=["custom"])
            _write_keys(fields, {row.pk: row.custom}, changes)
    return changes


def save_many(
    written: Sequence[tuple[Any, Values]], *, actor: Actor, only_blanks: bool = False
) -> set[int]:
    """As :func:`save_values` for rows of one model in a few statements; answers the changed ids.

    ``only_blanks`` leaves what a row has. Nothing is demanded: a file brings what it has.
    """
    written = [(row, values) for row, values in written if values]
    if not written:
        return set()
    host = _host(written[0][0])
    fields = _fields_to_write(host)
    customs: dict[int, Values] = {}
    codes: set[str] = set()
    for row, values in written:
        before = dict(row.custom)
        wanted = {
            code: value
            for code, value in values.items()
            if not only_blanks or before.get(code) is None
        }
        after, errors = checked(fields, wanted, actor=actor, before=before)
        if errors:
            raise ValuesRefused(errors)
        changes = _changes(fields, before, after)
        if changes:
            row.custom = after
            customs[row.pk] = after
            codes.update(changes)
    changed = {row.pk: row for row, _values in written if row.pk in customs}
    host.model.objects.bulk_update(list(changed.values()), ["custom"], batch_size=500)
    _write_keys(fields, customs, codes)
    return set(customs)


def release_keys(row: Any) -> None:
    """Let others have the unique values of a row that is put away; its values stay."""
    fields = _fields_to_write(_host(row))
    keys.rewrite({row.pk: {}}, fields)


def restore_keys(rows: Sequence[Any]) -> None:
    """Find rows by their values again. Raises ValueTaken when another has a unique one by now."""
    fields = _fields_to_write(_host(rows[0]))
    keys.rewrite({row.pk: row.custom for row in rows}, fields)


def checked(
    fields: Iterable[Definition],
    values: Values,
    *,
    actor: Actor,
    before: Values,
    fill: bool = False,
    demand: bool = False,
) -> tuple[dict[str, Any], dict[str, str]]:
    """All values of the row afterwards, and what is wrong with the given ones, by field.

    ``fill`` puts defaults in; ``demand`` refuses a row without a required value that is given as
    nothing or, together with ``fill``, not given at all.
    """
    known = {field.code: field for field in fields if field.is_active}
    after, errors = dict(before), {}
    if fill:
        for field in known.values():
            if field.default is not None and field.code not in values:
                after[field.code] = field.default
    for code, raw in values.items():
        if code not in known or not known[code].is_visible_to(actor):
            errors[f"{PREFIX}{code}"] = _("There is no such field.")
            continue
        field = known[code]
        try:
            value = raw if raw == before.get(code) else cleaned(field, raw)
        except Invalid as refusal:
            errors[field.name] = refusal.message
            continue
        if value == before.get(code):
            continue
        if not field.is_editable_by(actor):
            errors[field.name] = _("You may not change this field.")
        elif value is None:
            after.pop(code, None)
        else:
            after[code] = value
    if demand:
        for field in known.values():
            is_asked = field.code in values or (fill and field.is_editable_by(actor))
            if field.is_required and is_asked and after.get(field.code) is None:
                errors.setdefault(field.name, _("This must not be blank."))
    _require_people(known, values, after, errors)
    _take_files(known, after, errors, actor)
    return after, errors


def visible_values(custom: Values, fields: Iterable[Definition]) -> dict[str, Any]:
    """``{code: value}`` of the given (visible) fields; a file is shown without its key."""
    return {
        field.code: files.shown(custom[field.code])
        if field.kind == Kind.FILE and field.code in custom
        else custom.get(field.code)
        for field in fields
    }


def shown_changes(
    subject_kind: str, changes: Mapping[str, Any], actor: Actor
) -> dict[str, tuple[str, Any]]:
    """Of an audit entry's changes those of custom fields that the actor may see.

    ``{name as in the entry: (label, [before, after] in words)}``; whatever begins with ``custom.``
    and is not in the answer must not be shown.
    """
    if not any(name.startswith(PREFIX) for name in changes):
        return {}
    host = host_labelled(subject_kind)
    if host is None:
        return {}
    fields = {field.name: field for field in registry.definitions(host.name)}
    names = _names_in(fields, changes)
    return {
        name: (field.label, [_in_words(field, each, names) for each in pair])
        for name, pair in changes.items()
        if (field := fields.get(name)) is not None and field.is_visible_to(actor)
    }


def hidden_changes(subject_kind: str, changes: Mapping[str, Any], actor: Actor) -> set[str]:
    """The names of an audit entry's changes that are custom fields which the actor does not see."""
    custom = {name for name in changes if name.startswith(PREFIX)}
    host = host_labelled(subject_kind) if custom else None
    if host is None:
        return custom
    fields = registry.definitions(host.name)
    return custom - {field.name for field in fields if field.is_visible_to(actor)}


def _names_in(fields: Mapping[str, Definition], changes: Mapping[str, Any]) -> Mapping[int, str]:
    ids = {
        value
        for name, pair in changes.items()
        if name in fields and fields[name].kind == Kind.STAFF
        for value in pair
        if isinstance(value, int)
    }
    return people().names_of(ids) if ids else {}


def _in_words(field: Definition, value: Any, names: Mapping[int, str]) -> str:
    try:
        return as_text(field, value, names)
    except (TypeError, ValueError, KeyError, ArithmeticError):
        # Written while the field was of another kind.
        return str(value)


def _host(row: Any) -> Host:
    model: type[Model] = type(row)
    host = host_of(model)
    if host is None:
        raise LookupError(f"{type(row).__name__} is declared as no host of custom fields.")
    return host


def _fields_to_write(host: Host) -> list[Definition]:
    """The definitions as they are now and stay until this transaction ends."""
    keys.as_writer(host.name)
    return registry.read(host.name).get(host.name, [])


def _require_people(
    known: Mapping[str, Definition],
    values: Values,
    after: Mapping[str, Any],
    errors: dict[str, str],
) -> None:
    chosen = {
        field.name: after[code]
        for code, field in known.items()
        if field.kind == Kind.STAFF and values.get(code) is not None and code in after
    }
    if not chosen:
        return
    names = people().names_of(set(chosen.values()))
    for name, staff_id in chosen.items():
        if staff_id not in names:
            errors.setdefault(name, _("Choose a member of staff."))


def _take_files(
    known: Mapping[str, Definition], after: dict[str, Any], errors: dict[str, str], actor: Actor
) -> None:
    """Put the records of uploads in the place of their ids."""
    for code, field in known.items():
        if field.kind == Kind.FILE and isinstance(after.get(code), int):
            try:
                after[code] = files.brought(after[code], field, actor)
            except Invalid as refusal:
                errors.setdefault(field.name, refusal.message)


def _changes(fields: Iterable[Definition], before: Values, after: Values) -> Changes:
    return {
        field.name: [_loggable(before.get(field.code)), _loggable(after.get(field.code))]
        for field in fields
        if before.get(field.code) != after.get(field.code)
    }


def _loggable(value: Any) -> Any:
    return {"name": value["name"]} if isinstance(value, Mapping) else value


def _write_keys(
    fields: Iterable[Definition], customs: Mapping[int, Values], names: Collection[str]
) -> None:
    keys.rewrite(customs, [field for field in fields if field.name in names])
