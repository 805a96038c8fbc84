"""What an administrator does with fields: add, change, order, retire, delete; and the values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields import conversion, indexing, keys, patterns, registry
from forecourt.kernel.custom_fields.definition import (
    KEYED,
    NUMERIC,
    UNIQUE,
    Definition,
    Kind,
    ListedChoice,
    definition_of,
)
from forecourt.kernel.custom_fields.errors import FieldInUse
from forecourt.kernel.custom_fields.hosts import get_host
from forecourt.kernel.custom_fields.kinds import (
    LONGEST_LONG_TEXT,
    LONGEST_TEXT,
    MOST_PLACES,
    cleaned,
    read_text,
)
from forecourt.kernel.custom_fields.queries import lock_field
from forecourt.kernel.custom_fields.values import Values, save_values
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.models import CustomField, Job
from forecourt.kernel.option_lists import all_lists

MANAGE = "custom_fields.manage_field"
MOST_FIELDS = 300
"""Of one host; more make every form and every list slow to read."""
MOST_CHOICES = 200
LONGEST_LABEL, LONGEST_HELP = 60, 200
CODE = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
_CHOICE_VALUE = re.compile(r"^[A-Za-z0-9_-]{1,40}$")
_TEXTS = ("label_zh", "label_en", "help_zh", "help_en", "section_zh", "section_en")
CHANGEABLE = (
    *_TEXTS,
    "is_required",
    "default",
    "options",
    "is_unique",
    "is_indexed",
    "is_searchable",
    "visible_to_roles",
    "editable_by_roles",
)


@transaction.atomic
def add_field(*, host: str, code: str, kind: str, actor: Actor, **details: Any) -> CustomField:
    """A new field, at the end of the form; ``details`` are named in ``CHANGEABLE``.

    Raises NotPermitted, NotFound (host), Invalid, Conflict (code taken, too many fields).
    """
    actor.require(MANAGE)
    get_host(host)
    if not CODE.match(code):
        raise Invalid(
            _("A code begins with a letter and has up to 40 small letters, digits and _."),
            field="code",
        )
    if kind not in Kind.values:
        raise Invalid(_("Choose one of the values offered."), field="kind")
    keys.as_definer(host)
    others = CustomField.objects.filter(host=host)
    if others.count() >= MOST_FIELDS:
        raise Conflict(_("There are %(count)s fields already.") % {"count": MOST_FIELDS})
    last = others.order_by("-sequence").values_list("sequence", flat=True).first()
    field = CustomField(host=host, code=code, kind=kind, sequence=(last or 0) + 1)
    values = _checked(field, details)
    _put(field, values)
    # Nothing has a value yet, so there is nothing to index.
    field.is_unique = values.get("is_unique", False)
    wanted = field.is_unique or field.is_searchable or values.get("is_indexed", False)
    field.index_state = indexing.State.READY if wanted else indexing.State.NONE
    try:
        with transaction.atomic():
            field.save()
    except IntegrityError as error:
        raise Conflict(_("There is a field of this code already."), field="code") from error
    audit.record(actor, "created", field, _facts(field))
    registry.changed()
    return field


@transaction.atomic
def change_field(*, field_id: int, actor: Actor, **details: Any) -> CustomField:
    """Change a field; ``details`` are named in ``CHANGEABLE``, what is not named stays.

    Marking a field with many values as indexed or unique goes on in the background
    (``index_state`` BUILDING). Raises NotPermitted, NotFound, Invalid, ValuesClash, Conflict.
    """
    field = _lock(field_id, actor)
    values = _checked(field, details)
    before = _facts(field)
    _put(field, values)
    unique = values.get("is_unique", field.is_unique)
    wanted = (
        unique or field.is_searchable or values.get("is_indexed", definition_of(field).is_indexed)
    )
    _index(field, wanted=wanted, unique=unique, actor=actor)
    changes = audit.changes_between(before, _facts(field))
    if changes:
        audit.record(actor, "changed", field, changes)
    registry.changed()
    return field


def change_kind(
    *, field_id: int, kind: str, actor: Actor, options: Mapping[str, Any] | None = None
) -> Job | None:
    """Turn a field into another kind, every value with it, or refuse with what blocks.

    Answers the job where there are many values, None when it is done. Raises NotPermitted,
    NotFound, Invalid, ValuesDoNotConvert, ValuesClash, Conflict.
    """
    with transaction.atomic():
        actor.require(MANAGE)
        field = lock_field(field_id=field_id, actor=actor)
        if kind not in Kind.values:
            raise Invalid(_("Choose one of the values offered."), field="kind")
        if kind == field.kind:
            return None
        if field.index_state == indexing.State.BUILDING:
            raise Conflict(_("This field is being indexed; wait until that is done."))
        checked = checked_options(kind, options or {})
        count = indexing.rows_with_value(field).count()
        if count > conversion.AT_ONCE:
            return conversion.start(field, kind=kind, options=checked, actor=actor)
        keys.as_definer(field.host)
        conversion.convert(field, kind=kind, options=checked, actor=actor)
    return None


@transaction.atomic
def retire_field(*, field_id: int, actor: Actor) -> CustomField:
    """Hide a field everywhere; its values stay. Raises NotPermitted, NotFound."""
    return _set_active(field_id, actor, is_active=False)


@transaction.atomic
def restore_field(*, field_id: int, actor: Actor) -> CustomField:
    """Bring a retired field back with its values. Raises NotPermitted, NotFound."""
    return _set_active(field_id, actor, is_active=True)


@transaction.atomic
def delete_field(*, field_id: int, actor: Actor) -> None:
    """Remove a field that no row has a value of. Raises NotPermitted, NotFound, FieldInUse."""
    field = _lock(field_id, actor)
    count = indexing.rows_with_value(field).count()
    if count:
        raise FieldInUse(
            _("%(count)s records have a value of this field; retire it instead.") % {"count": count}
        )
    audit.record(actor, "deleted", field, _facts(field))
    field.delete()
    registry.changed()


@transaction.atomic
def order_fields(*, host: str, field_ids: Sequence[int], actor: Actor) -> None:
    """Put the fields of a host into this order; those not named follow as they stood.

    Raises NotPermitted, NotFound (host), Invalid for a field that is not the host's.
    """
    actor.require(MANAGE)
    get_host(host)
    rows = list(
        CustomField.objects.select_for_update(no_key=True)
        .filter(host=host)
        .order_by("sequence", "id")
    )
    by_id = {row.pk: row for row in rows}
    if not set(field_ids) <= set(by_id) or len(set(field_ids)) != len(field_ids):
        raise Invalid(_("These are not the fields of this form."), field="field_ids")
    ordered = [by_id[pk] for pk in field_ids]
    ordered += [row for row in rows if row.pk not in set(field_ids)]
    for sequence, row in enumerate(ordered, start=1):
        row.sequence = sequence
    CustomField.objects.bulk_update(ordered, ["sequence"])
    registry.changed()


@transaction.atomic
def change_values(*, host: str, row_id: int, values: Values, actor: Actor) -> Any:
    """Change custom values of one record and nothing else; answers the record.

    Raises NotPermitted, NotFound, ValuesRefused, ValueTaken.
    """
    declared = get_host(host)
    row = declared.lock_row(row_id, actor)
    changes = save_values(row, values, actor=actor)
    if changes:
        audit.record(actor, "changed", row, changes)
        if declared.changed is not None:
            declared.changed(row)
    return row


# -- parts ------------------------------------------------------------------------------------


def _lock(field_id: int, actor: Actor) -> CustomField:
    actor.require(MANAGE)
    host = CustomField.objects.filter(pk=field_id).values_list("host", flat=True).first()
    if host is not None:
        keys.as_definer(host)
    return lock_field(field_id=field_id, actor=actor)


def _set_active(field_id: int, actor: Actor, *, is_active: bool) -> CustomField:
    field = _lock(field_id, actor)
    if field.is_active != is_active:
        field.is_active = is_active
        field.save(update_fields=["is_active"])
        audit.record(actor, "restored" if is_active else "retired", field)
        registry.changed()
    return field


def _index(field: CustomField, *, wanted: bool, unique: bool, actor: Actor) -> None:
    """Bring keys and uniqueness to what is wanted, at once or by a job; saves the field."""
    state = indexing.State
    if field.index_state == state.BUILDING and (not wanted or unique != field.is_unique):
        raise Conflict(_("This field is being indexed; wait until that is done."))
    if not wanted:
        field.index_state, field.is_unique = state.NONE, False
        field.save()
        indexing.drop(field)
        return
    was_indexed = field.index_state != state.NONE
    if was_indexed and unique == field.is_unique:
        field.save()
        return
    if was_indexed:
        if unique:
            indexing.require_no_clash(field)
        field.is_unique = unique
        field.save()
        field.keys.update(is_unique=unique)
        return
    field.index_state, field.is_unique = state.BUILDING, False
    field.save()
    if indexing.rows_with_value(field).count() <= indexing.AT_ONCE:
        indexing.fill_at_once(field, unique=unique)
    else:
        indexing.start(field, unique=unique, actor=actor)


def _put(field: CustomField, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name not in ("is_unique", "is_indexed"):
            setattr(field, name, value)


def _checked(field: CustomField, details: Mapping[str, Any]) -> dict[str, Any]:
    """Raises Invalid with the field's name; LookupError for what cannot be changed."""
    unknown = set(details) - set(CHANGEABLE)
    if unknown:
        raise LookupError(f"A custom field has no {min(unknown)} to change.")
    values = dict(details)
    for name in _TEXTS:
        if name in values:
            values[name] = _short_text(name, values[name])
    if not values.get("label_zh", field.label_zh) and not values.get("label_en", field.label_en):
        raise Invalid(_("Please enter a name."), field="label_zh")
    for name in ("visible_to_roles", "editable_by_roles"):
        if name in values:
            values[name] = sorted(set(values[name]))
    if "options" in values:
        values["options"] = checked_options(field.kind, values["options"] or {})
        _require_choices_kept(field, values["options"])
    _require_possible(field, values)
    if "default" in values:
        values["default"] = _checked_default(field, values)
    return values


def _short_text(name: str, value: str) -> str:
    limit = LONGEST_HELP if name.startswith("help_") else LONGEST_LABEL
    text = " ".join((value or "").split())
    if len(text) > limit:
        raise Invalid(_("At most %(length)s characters.") % {"length": limit}, field=name)
    return text


def _require_possible(field: CustomField, values: Mapping[str, Any]) -> None:
    kind = field.kind
    if values.get("is_unique") and kind not in UNIQUE:
        raise Invalid(_("Values of this kind cannot be unique."), field="is_unique")
    if values.get("is_indexed") and kind not in KEYED:
        raise Invalid(_("Values of this kind cannot be indexed."), field="is_indexed")
    if values.get("is_searchable") and kind != Kind.TEXT:
        raise Invalid(_("Only texts are found by the search."), field="is_searchable")
    if values.get("is_unique") and values.get("default") is not None:
        raise Invalid(_("A unique field has no default."), field="default")


def _checked_default(field: CustomField, values: Mapping[str, Any]) -> Any:
    if values["default"] in (None, "", []):
        return None
    if field.kind in (Kind.FILE, Kind.STAFF):
        raise Invalid(_("Values of this kind have no default."), field="default")
    options = values.get("options", field.options)
    draft = replace(definition_of(field), id=field.pk or 0, options=options)
    given = values["default"]
    try:
        return read_text(draft, given) if isinstance(given, str) else cleaned(draft, given)
    except Invalid as refusal:
        raise Invalid(refusal.message, field="default") from refusal


def checked_options(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that the kind knows, in the form in which they are kept. Raises Invalid."""
    kept: dict[str, Any] = {}
    if kind in (Kind.TEXT, Kind.LONG_TEXT):
        longest = LONGEST_TEXT if kind == Kind.TEXT else LONGEST_LONG_TEXT
        _keep_number(kept, options, "max_length", 1, longest)
        if options.get("pattern"):
            patterns.require_pattern(str(options["pattern"]))
            kept["pattern"] = str(options["pattern"])
    if kind == Kind.DECIMAL:
        _keep_number(kept, options, "places", 0, MOST_PLACES)
        kept.setdefault("places", 2)
    if kind == Kind.FILE:
        _keep_number(kept, options, "max_megabytes", 1, 20)
    if kind in NUMERIC or kind in (Kind.DATE, Kind.MOMENT):
        _keep_bounds(kept, kind, options)
    if kind in (Kind.CHOICE, Kind.CHOICES):
        if options.get("option_list"):
            kept["option_list"] = _checked_list(str(options["option_list"]))
        else:
            kept["choices"] = _checked_choices(options.get("choices") or [])
    return kept


def _keep_number(
    kept: dict[str, Any], options: Mapping[str, Any], name: str, low: int, high: int
) -> None:
    value = options.get(name)
    if value in (None, ""):
        return
    if isinstance(value, bool) or not str(value).isdigit() or not low <= int(value) <= high:
        raise Invalid(_("Between %(low)s and %(high)s.") % {"low": low, "high": high}, field=name)
    kept[name] = int(value)


def _keep_bounds(kept: dict[str, Any], kind: str, options: Mapping[str, Any]) -> None:
    plain = Kind.DATE if kind == Kind.MOMENT else kind
    free = Definition(0, "", "bound", plain, "", options={"places": MOST_PLACES})
    for name in ("min", "max"):
        if options.get(name) in (None, ""):
            continue
        try:
            kept[name] = str(cleaned(free, options[name]))
        except Invalid as refusal:
            raise Invalid(refusal.message, field=name) from refusal
    if "min" in kept and "max" in kept:
        low, high = kept["min"], kept["max"]
        backwards = float(low) > float(high) if kind in NUMERIC else low > high
        if backwards:
            raise Invalid(_("The highest value lies below the lowest."), field="max")


def _checked_list(code: str) -> str:
    if code not in {declared.code for declared in all_lists()}:
        raise Invalid(_("There is no such option list."), field="option_list")
    return code


def _checked_choices(raw: Iterable[Any]) -> list[dict[str, Any]]:
    names = {field.name for field in dataclass_fields(ListedChoice)}
    choices: list[ListedChoice] = []
    for each in raw:
        if not isinstance(each, Mapping) or not set(each) <= names:
            raise Invalid(_("A choice has a value and its names."), field="choices")
        zh = " ".join(str(each.get("label_zh") or "").split())
        en = " ".join(str(each.get("label_en") or "").split())
        value = str(each.get("value") or "") or _free_value(choices, raw)
        choices.append(ListedChoice(value, zh, en, bool(each.get("is_active", True))))
    for choice in choices:
        if not _CHOICE_VALUE.match(choice.value):
            raise Invalid(
                _("A choice's value has up to 40 letters, digits, - and _."), field="choices"
            )
        if not (choice.label_zh or choice.label_en):
            raise Invalid(_("Each choice needs a name."), field="choices")
        if max(len(choice.label_zh), len(choice.label_en)) > 60:
            raise Invalid(_("At most %(length)s characters.") % {"length": 60}, field="choices")
    if not choices or not any(choice.is_active for choice in choices):
        raise Invalid(_("A list needs at least one choice."), field="choices")
    if len(choices) > MOST_CHOICES:
        raise Invalid(_("A list has at most 200 choices."), field="choices")
    for named in ("value", "label_zh", "label_en"):
        texts = [text for choice in choices if (text := getattr(choice, named))]
        if len(set(texts)) < len(texts):
            raise Invalid(_("Two choices are called the same."), field="choices")
    return [choice.as_json() for choice in choices]


def _free_value(choices: Iterable[ListedChoice], raw: Iterable[Any]) -> str:
    taken = {choice.value for choice in choices}
    taken |= {str(each.get("value") or "") for each in raw if isinstance(each, Mapping)}
    number = 1
    while f"c{number}" in taken:
        number += 1
    return f"c{number}"


def _require_choices_kept(field: CustomField, options: Mapping[str, Any]) -> None:
    """A choice that a row has is retired, not removed. Raises Invalid."""
    if not field.pk or field.kind not in (Kind.CHOICE, Kind.CHOICES):
        return
    kept = {choice.value for choice in replace(definition_of(field), options=options).choices}
    for choice in definition_of(field).choices:
        if choice.value in kept:
            continue
        held = [choice.value] if field.kind == Kind.CHOICES else choice.value
        rows = get_host(field.host).model._base_manager
        if rows.filter(custom__contains={field.code: held}).exists():
            raise Invalid(
                _("“%(name)s” stands in records; retire it instead of removing it.")
                % {"name": choice.label},
                field="choices",
            )


def _facts(field: CustomField) -> dict[str, Any]:
    names = [name for name in CHANGEABLE if name != "is_indexed"]
    facts = {name: getattr(field, name) for name in names}
    return {"kind": field.kind, **facts, "index_state": field.index_state}
