"""The facts about a subject that conditions may look at: their kinds, and how they are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import Promise

Choices = Callable[[], Iterable[tuple[str, "str | Promise"]]]


class FieldKind(TextChoices):
    NUMBER = "NUMBER", _("Number")
    MONEY = "MONEY", _("Amount")
    RATE = "RATE", _("Percentage")
    TEXT = "TEXT", _("Text")
    CHOICE = "CHOICE", _("One of a list")
    BOOLEAN = "BOOLEAN", _("Yes or no")
    DATE = "DATE", _("Date")
    PERSON = "PERSON", _("Person")


NUMERIC = (FieldKind.NUMBER, FieldKind.MONEY, FieldKind.RATE)


def no_choices() -> Iterable[tuple[str, str]]:
    return ()


@dataclass(frozen=True, slots=True)
class SubjectField:
    """A fact that conditions name as ``name``; a rate is a share of one (0.05 is 5 %).

    ``mask`` is the permission without which the value is not shown. A person is kept by her id;
    ``named`` says what she is called.
    """

    name: str
    label: str | Promise
    kind: FieldKind
    choices: Choices = no_choices
    mask: str = ""
    named: Callable[[str], str] | None = None

    def label_of(self, value: Any) -> str:
        """The value of a choice as people call it."""
        if self.named is not None:
            return self.named(str(value)) or str(value)
        return str(dict(self.choices()).get(str(value), value))


Fields = Mapping[str, SubjectField]


def kept(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as JSON holds them: numbers as text, so that no digit is lost, days as ISO dates."""
    return {name: _kept(value) for name, value in facts.items()}


def _kept(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def restored(fields: Fields, values: Mapping[str, Any]) -> dict[str, Any]:
    """What conditions see: numbers as Decimal, days as ISO text, which compares like days."""
    return {
        name: Decimal(value) if name in fields and _is_number(fields[name], value) else value
        for name, value in values.items()
    }


def _is_number(field: SubjectField, value: Any) -> bool:
    return field.kind in NUMERIC and value not in (None, "")
