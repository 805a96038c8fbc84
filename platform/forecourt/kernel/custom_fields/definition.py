"""A custom field as the running code knows it: small, frozen, kept in the cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language

from forecourt.kernel.access import Actor
from forecourt.kernel.models import CustomField
from forecourt.kernel.option_lists.values import values as option_values

Kind = CustomField.Kind
PREFIX = "custom."
"""Before a field's code where it stands among others: in refusals, the log, imports, lists."""

KEYED = frozenset(Kind) - {Kind.LONG_TEXT, Kind.FILE}
"""Kinds that can be indexed."""
SORTABLE = frozenset({Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.MONEY, Kind.DATE, Kind.MOMENT})
NUMBERED = SORTABLE - {Kind.TEXT}
"""Kinds that are sorted by a number; days and moments are counted."""
UNIQUE = KEYED - {Kind.BOOLEAN, Kind.CHOICES}
NUMERIC = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})


def in_language(zh: str, en: str) -> str:
    """The text in the present language, or the other one where it is missing."""
    return (en or zh) if (get_language() or "").startswith("en") else (zh or en)


@dataclass(frozen=True, slots=True)
class ListedChoice:
    """One of the values that a field of a list may hold; a retired one stays on old rows."""

    value: str
    label_zh: str
    label_en: str = ""
    is_active: bool = True

    @property
    def label(self) -> str:
        return in_language(self.label_zh, self.label_en)

    def as_json(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "label_zh": self.label_zh,
            "label_en": self.label_en,
            "is_active": self.is_active,
        }


@dataclass(frozen=True, slots=True)
class Definition:
    """A field's definition. ``is_indexed``: new values get keys; ``is_ready``: all have them."""

    id: int
    host: str
    code: str
    kind: str
    label_zh: str
    label_en: str = ""
    help_zh: str = ""
    help_en: str = ""
    section_zh: str = ""
    section_en: str = ""
    sequence: int = 0
    is_required: bool = False
    default: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)
    is_unique: bool = False
    is_searchable: bool = False
    index_state: str = ""
    visible_to_roles: frozenset[str] = frozenset()
    editable_by_roles: frozenset[str] = frozenset()
    is_active: bool = True

    @property
    def name(self) -> str:
        return f"{PREFIX}{self.code}"

    @property
    def label(self) -> str:
        return in_language(self.label_zh, self.label_en)

    @property
    def help(self) -> str:
        return in_language(self.help_zh, self.help_en)

    @property
    def section(self) -> str:
        return in_language(self.section_zh, self.section_en)

    @property
    def is_indexed(self) -> bool:
        return self.index_state != CustomField.IndexState.NONE

    @property
    def is_ready(self) -> bool:
        return self.index_state == CustomField.IndexState.READY

    @property
    def is_sortable(self) -> bool:
        return self.is_ready and self.kind in SORTABLE

    @property
    def is_of_a_list(self) -> bool:
        return self.kind in (Kind.CHOICE, Kind.CHOICES)

    @property
    def choices(self) -> list[ListedChoice]:
        """All choices in their order, retired ones included; of an option list, its values."""
        if list_code := self.options.get("option_list"):
            return [
                ListedChoice(value.code, value.name_zh, value.name_en, value.is_active)
                for value in option_values(list_code).values()
            ]
        return [ListedChoice(**choice) for choice in self.options.get("choices", ())]

    def is_visible_to(self, actor: Actor) -> bool:
        return _allows(self.visible_to_roles, actor)

    def is_editable_by(self, actor: Actor) -> bool:
        return self.is_visible_to(actor) and _allows(self.editable_by_roles, actor)


def _allows(roles: frozenset[str], actor: Actor) -> bool:
    """No role named: everybody who may do it with the record."""
    return not roles or actor.is_system or bool(roles & actor.role_codes)


def definition_of(row: CustomField) -> Definition:
    return Definition(
        id=row.pk,
        host=row.host,
        code=row.code,
        kind=row.kind,
        label_zh=row.label_zh,
        label_en=row.label_en,
        help_zh=row.help_zh,
        help_en=row.help_en,
        section_zh=row.section_zh,
        section_en=row.section_en,
        sequence=row.sequence,
        is_required=row.is_required,
        default=row.default,
        options=row.options,
        is_unique=row.is_unique,
        is_searchable=row.is_searchable,
        index_state=row.index_state,
        visible_to_roles=frozenset(row.visible_to_roles),
        editable_by_roles=frozenset(row.editable_by_roles),
        is_active=row.is_active,
    )
