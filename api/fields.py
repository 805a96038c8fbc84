"""Values as the API writes them: ids as text, money with currency, records narrowed on request."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from forecourt.kernel.access import Actor, may_see, shown
from forecourt.kernel.groups import current_group
from forecourt.kernel.option_lists.values import values as option_values

LARGEST_ID = 2**63 - 1


@extend_schema_field({"type": "string", "pattern": "^[0-9]+$", "example": "1027"})
class IdField(serializers.Field):
    """An identifier. Text, because JavaScript's numbers end at 2⁵³."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": gettext_lazy("“{value}” is no identifier."),
    }

    def to_representation(self, value: int) -> str:
        return str(value)

    def to_internal_value(self, data: Any) -> int:
        text = str(data) if isinstance(data, (str, int)) and not isinstance(data, bool) else ""
        if not re.fullmatch(r"[0-9]{1,19}", text) or int(text) > LARGEST_ID:
            self.fail("invalid", value=str(data)[:40])
        return int(text)


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "amount": {
                "type": "string",
                "pattern": r"^-?[0-9]+\.[0-9]{2}$",
                "example": "189800.00",
            },
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "example": "CNY"},
        },
        "required": ["amount", "currency"],
    }
)
class MoneyField(serializers.Field):
    """``{"amount": "189800.00", "currency": "CNY"}``; null for those who may not see it."""

    def __init__(self, **options: Any) -> None:
        self._amount = options.pop("source", None)
        super().__init__(source="*", read_only=True, allow_null=True, **options)

    def to_representation(self, row: Any) -> dict[str, str] | None:
        name = self._amount or self.field_name
        amount = getattr(row, name)
        if amount is None:
            return None
        if name in getattr(row, "masked_fields", {}) and not may_see(_asked.get().actor, row, name):
            return None
        group = current_group()
        currency = group.currency if group else settings.DEFAULT_CURRENCY
        return {"amount": f"{amount:.2f}", "currency": currency}


class OptionField(serializers.Field):
    """The code of a value of one of the group's option lists; the reference names them."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid_choice": gettext_lazy("“{value}” is no value of the list."),
    }

    def __init__(self, list_code: str, **options: Any) -> None:
        self.list_code = list_code
        super().__init__(**options)

    def to_representation(self, value: str) -> str:
        return value

    def to_internal_value(self, data: Any) -> str:
        """Whether a retired one may still be chosen is the action's to say."""
        if not isinstance(data, str) or data not in option_values(self.list_code):
            self.fail("invalid_choice", value=str(data)[:40])
        return data


class ListOf(serializers.ListField):
    """One attribute of each of several related rows: ``ListOf("code", source="roles")``."""

    def __init__(self, attribute: str, **options: Any) -> None:
        self._attribute = attribute
        options.setdefault("child", serializers.CharField())
        super().__init__(read_only=True, **options)

    def to_representation(self, related: Any) -> list[Any]:
        rows = related.all() if hasattr(related, "all") else related
        return [self.child.to_representation(getattr(row, self._attribute)) for row in rows]


@dataclass(frozen=True)
class Asked:
    """What the caller wants to see of each record."""

    actor: Actor
    fields: frozenset[str] | None = None
    expand: frozenset[str] = frozenset()
    memory: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What is read once for all records of an answer."""

    @property
    def in_full(self) -> "Asked":
        return Asked(self.actor)


@dataclass(frozen=True)
class Expansion:
    """A related record that ``expand=`` puts beside its id.

    ``load(actor, ids)`` gives the related rows by id, within the caller's scope, in one query for
    the page.
    """

    representation: "type[Representation]"
    key: str
    load: Callable[[Actor, Collection[int]], Mapping[int, Any]] = field(repr=False)


_asked: ContextVar[Asked] = ContextVar("asked")


class Representation(serializers.Serializer):
    """A record as the API shows it. Subclasses are plain lists of fields.

    One instance of each class represents all records of all requests (making fields anew for each
    costs more than the record itself); who asks, and for what, stands in a context variable.
    """

    expansions: ClassVar[dict[str, Expansion]] = {}

    def get_fields(self) -> dict[str, serializers.Field]:
        """All fields, for the reference also what may be expanded."""
        fields = super().get_fields()
        if not self._is_part_of_another:
            for name, expansion in self.expansions.items():
                fields[name] = expansion.representation(
                    required=False, allow_null=True, help_text=_("Only with expand=%s.") % name
                )
        return fields

    @property
    def _is_part_of_another(self) -> bool:
        holder = self.parent
        if isinstance(holder, serializers.ListSerializer):
            holder = holder.parent
        return holder is not None

    @cached_property
    def _columns(self) -> list[tuple[str, serializers.Field]]:
        return [
            (name, shape)
            for name, shape in self.fields.items()
            if not shape.write_only and name not in self.expansions
        ]

    def to_representation(self, row: Any) -> dict[str, Any]:
        """The row's values, each masked as it is everywhere from those who may not see it."""
        asked = _asked.get()
        masked = getattr(row, "masked_fields", {})
        wanted = None if self._is_part_of_another else asked.fields
        data = {}
        for name, shape in self._columns:
            if wanted is not None and name not in wanted:
                continue
            if shape.source in masked:
                value = shown(asked.actor, row, shape.source)
            else:
                value = shape.get_attribute(row)
            data[name] = None if value is None else shape.to_representation(value)
        return data

    @classmethod
    def field_names(cls) -> list[str]:
        return list(cls._declared_fields)


@cache
def _instance(representation: type[Representation]) -> Representation:
    return representation()


class Body(serializers.Serializer):
    """What a request carries. A name that means nothing is refused: it is a misspelt one."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise ValidationError({name: [_("There is no such field.")] for name in unknown})
        return super().to_internal_value(data)


class NoBody(Body):
    """Nothing, or an empty object."""


def represent(representation: type[Representation], row: Any, asked: Asked) -> dict[str, Any]:
    return represent_many(representation, [row], asked)[0]


def asked_now() -> Asked:
    """What a representation is being made for."""
    return _asked.get()


def actor_asking() -> Actor:
    """Whom a representation is being made for."""
    return _asked.get().actor


def represent_many(
    representation: type[Representation], rows: Iterable[Any], asked: Asked
) -> list[dict[str, Any]]:
    """The rows as data, with what was asked to be expanded loaded once for all of them."""
    rows = list(rows)
    one = _instance(representation)
    token = _asked.set(asked)
    try:
        data = [one.to_representation(row) for row in rows]
    finally:
        _asked.reset(token)
    for name in sorted(asked.expand):
        _expand(representation.expansions[name], name, rows, data, asked.actor)
    return data


def _expand(
    expansion: Expansion, name: str, rows: list[Any], data: list[dict[str, Any]], actor: Actor
) -> None:
    ids = {getattr(row, expansion.key) for row in rows} - {None}
    loaded = expansion.load(actor, ids) if ids else {}
    plain = Asked(actor)
    shown = {
        pk: represent(expansion.representation, related, plain) for pk, related in loaded.items()
    }
    for row, item in zip(rows, data, strict=True):
        item[name] = shown.get(getattr(row, expansion.key))


def asked_of(actor: Actor, representation: type[Representation], query: Mapping[str, str]) -> Asked:
    """What ``fields=`` and ``expand=`` of a query say. Raises ValidationError for unknown names."""
    return Asked(
        actor,
        _names(query, "fields", representation.field_names(), empty=None),
        _names(query, "expand", list(representation.expansions), empty=frozenset()) or frozenset(),
    )


def _names(
    query: Mapping[str, str], parameter: str, known: list[str], empty: frozenset[str] | None
) -> frozenset[str] | None:
    text = query.get(parameter)
    if text is None:
        return empty
    names = frozenset(name for name in text.split(",") if name)
    unknown = sorted(names - set(known))
    if unknown:
        message = _("Unknown: %(names)s. Possible: %(known)s.") % {
            "names": ", ".join(unknown)[:200],
            "known": ", ".join(known) or "–",
        }
        raise ValidationError({parameter: [message]})
    return names
