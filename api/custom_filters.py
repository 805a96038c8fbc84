"""Lists narrowed and ordered by custom fields: ``custom.hobby=skiing``, ``ordering=custom.age``."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields import keys
from forecourt.kernel.custom_fields.definition import NUMERIC, PREFIX, Definition, Kind
from forecourt.kernel.custom_fields.kinds import as_python, cleaned
from forecourt.kernel.custom_fields.registry import visible
from forecourt.kernel.errors import Invalid

Narrow = Callable[[QuerySet, str], QuerySet]
RANGED = NUMERIC | {Kind.DATE, Kind.MOMENT}
UNFILTERED = frozenset({Kind.LONG_TEXT, Kind.FILE})


def by_custom_fields(query: Mapping[str, str], host: str, actor: Actor) -> dict[str, Narrow]:
    """What each parameter of the query that names a custom field does with the rows."""
    if not any(name.startswith(PREFIX) for name in query):
        return {}
    known: dict[str, Narrow] = {}
    for field in visible(host, actor):
        if field.kind in UNFILTERED:
            continue
        known[field.name] = partial(_equal, field, field.name)
        if field.kind in RANGED:
            known[f"{field.name}_from"] = partial(_from, field, f"{field.name}_from")
            known[f"{field.name}_to"] = partial(_to, field, f"{field.name}_to")
    return {name: narrow for name, narrow in known.items() if name in query}


def by_a_custom_field(
    rows: QuerySet, query: Mapping[str, str], host: str, actor: Actor
) -> tuple[QuerySet, dict[str, str]]:
    """The rows joined with what the custom field in ``ordering`` is sorted by, and its path.

    One field at a time, and only one that is indexed; any other name is left to be refused.
    """
    asked = [term.removeprefix("-") for term in query.get("ordering", "").split(",")]
    if not any(name.startswith(PREFIX) for name in asked):
        return rows, {}
    sortable = {field.name: field for field in visible(host, actor) if field.is_sortable}
    name = next((name for name in asked if name in sortable), None)
    if name is None:
        return rows, {}
    rows, path = keys.sorted_by(rows, sortable[name])
    return rows, {name: path}


def _equal(field: Definition, name: str, rows: QuerySet, text: str) -> QuerySet:
    """Of a list, several values are separated by commas."""
    if field.kind == Kind.CHOICES:
        return keys.equal_to(rows, field, [[_value(field, name, part)] for part in text.split(",")])
    if field.kind == Kind.CHOICE:
        return keys.equal_to(rows, field, [_value(field, name, part) for part in text.split(",")])
    return keys.equal_to(rows, field, [_value(field, name, text)])


def _from(field: Definition, name: str, rows: QuerySet, text: str) -> QuerySet:
    value = _value(field, name, text)
    if field.kind in NUMERIC:
        return keys.between_numbers(rows, field, as_python(field, value), None)
    return keys.between(rows, field, value, None)


def _to(field: Definition, name: str, rows: QuerySet, text: str) -> QuerySet:
    value = _value(field, name, text)
    if field.kind in NUMERIC:
        return keys.between_numbers(rows, field, None, as_python(field, value))
    return keys.between(rows, field, None, value)


def _value(field: Definition, name: str, text: str) -> Any:
    """The parameter in the form of kept values, whatever its bounds. Raises ValidationError."""
    if field.kind in (Kind.CHOICE, Kind.CHOICES):
        # A retired choice is found too.
        if all(text != choice.value for choice in field.choices):
            raise ValidationError({name: [_("Choose one of the values offered.")]})
        return text
    free = replace(field, options={"places": 6})
    try:
        value = cleaned(free, text)
    except Invalid as refusal:
        raise ValidationError({name: [refusal.message]}) from refusal
    if value is None:
        raise ValidationError({name: [_("Choose one of the values offered.")]})
    return value
